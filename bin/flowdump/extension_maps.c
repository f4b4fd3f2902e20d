/*
 * -x: the extension maps of a file, which records of nfdump 1.6 have.
 */

#include "flowdump/query.h"
#include "record/v1.h"
#include "record/v3.h"
#include "store/reader.h"

/* Names that nfdump has, with its numbers, which go by what, not by size. */
struct name {
	uint8_t number;
	const char *text;
};

/* clang-format off */
static const struct name names[RECORD_V1_EXT_END] = {
	[4] = { 1, "2 byte input/output interface index" },
	[5] = { 1, "4 byte input/output interface index" },
	[6] = { 2, "2 byte src/dst AS number" },
	[7] = { 2, "4 byte src/dst AS number" },
	[8] = { 3, "dst tos, direction, src/dst mask" },
	[9] = { 4, "IPv4 next hop" },
	[10] = { 4, "IPv6 next hop" },
	[11] = { 5, "IPv4 BGP next IP" },
	[12] = { 5, "IPv6 BGP next IP" },
	[13] = { 6, "src/dst vlan id" },
	[14] = { 7, "4 byte output packets" },
	[15] = { 7, "8 byte output packets" },
	[16] = { 8, "4 byte output bytes" },
	[17] = { 8, "8 byte output bytes" },
	[18] = { 9, "4 byte aggregated flows" },
	[19] = { 9, "8 byte aggregated flows" },
	[20] = { 10, "in src/out dst mac address" },
	[21] = { 11, "in dst/out src mac address" },
	[22] = { 12, "MPLS Labels" },
	[23] = { 13, "IPv4 router IP addr" },
	[24] = { 13, "IPv6 router IP addr" },
	[25] = { 14, "router ID" },
	[26] = { 15, "BGP adjacent prev/next AS" },
	[27] = { 16, "time packet received" },
	[37] = { 26, "NSEL Common block" },
	[38] = { 27, "NSEL xlate ports" },
	[39] = { 28, "NSEL xlate IPv4 addr" },
	[40] = { 28, "NSEL xlate IPv6 addr" },
	[41] = { 29, "NSEL ACL ingress/egress acl ID" },
	[42] = { 30, "NSEL username" },
	[43] = { 30, "NSEL max username" },
	[45] = { 64, "nprobe/nfpcapd latency" },
	[46] = { 31, "NEL Common block" },
	[47] = { 31, "NEL xlate IPv4 addr" },
	[48] = { 32, "NAT Port Block Allocation" },
};
/* clang-format on */

static void
add_extension(struct buffer *out, unsigned ext)
{
	static const struct name unknown = { 0, "unknown" };
	const struct name *n = &unknown;

	if (ext < RECORD_V1_EXT_END && names[ext].text != NULL)
		n = &names[ext];
	buffer_printf(out, "  ID %3u, ext %3u = %s\n", n->number, ext, n->text);
}

static int
add_map(struct buffer *out, const struct span *record, struct err *err)
{
	struct record_v1_map map;

	if (record_v1_get_map(record, &map, err) == -1)
		return -1;
	buffer_printf(out,
	    "Extension Map:\n"
	    "  Map ID   = %u\n"
	    "  Map Size = %u\n"
	    "  Ext Size = %u\n",
	    map.id, map.size, map.ext_size);
	for (uint32_t i = 0; i < map.count; i++)
		add_extension(out, record_v1_map_ext(&map, i));
	buffer_char(out, '\n');
	return 0;
}

/* The maps of a block, which is loaded as it is in the file. */
static int
add_maps(struct buffer *out, const struct store_block *b, struct err *err)
{
	struct record_cursor c = { .data = b->raw, .len = b->len };
	struct span record;
	uint16_t type;
	int rc;

	while ((rc = record_next(&c, &type, &record, err)) == 1)
		if (type == RECORD_V1_MAP && add_map(out, &record, err) == -1)
			return -1;
	return rc;
}

static int
add_file(struct buffer *out, struct store_file *f, struct err *err)
{
	struct store_block b = { 0 };
	struct store_ref ref;
	int rc;

	while ((rc = store_file_next(f, &ref, err)) == 1) {
		if (store_file_info(f)->layout != 1)
			continue;
		ref.convert = NULL;
		if ((rc = store_block_load(f, &ref, &b, err)) == -1)
			break;
		if (add_maps(out, &b, err) == -1) {
			rc = err_context(err, "%s: block %u",
			    store_file_path(f), ref.number);
			break;
		}
	}
	store_block_fini(&b);
	return rc;
}

int
extension_maps_run(const struct config *config, struct err *err)
{
	static const char heading[] = "\nDump all extension maps:\n"
				      "========================\n";
	struct store_file *f = store_file_open(config->extension_maps, err);
	struct buffer out = BUFFER_EMPTY;
	struct err why;
	size_t start;
	int rc, read;

	if (f == NULL)
		return -1;
	buffer_text(&out, heading);
	start = out.len;
	read = add_file(&out, f, &why);
	if (read == 0 && out.len == start)
		buffer_text(&out, "No 1.6.x extension definition records\n");
	rc = out.failed ? err_nomem(err) : query_write(out.data, out.len, err);
	if (rc == 0 && read == -1)
		rc = err_set(err, why.code, "%s", why.text);
	buffer_fini(&out);
	store_file_close(f);
	return rc;
}
