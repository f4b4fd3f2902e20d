/*
 * Flows of every kind, for comparing filters: extensions come and go at
 * random, and most values are numbers and addresses that occur in a file of
 * filters, or their neighbours.  A flow is known by its first-seen time,
 * which no other has.
 *
 * usage: diverse FILTERS DIRECTORY COUNT SEED
 *
 * Two files are made, that of the first half says "router1" as its
 * identification and the other one "edge-gw_02".
 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "dice.h"
#include "record/stats.h"
#include "record/v3.h"
#include "store/writer.h"

#define POOL_MAX 1024
#define TOKEN_MAX 64

/*
 * What nfdump 1.7.1 compares: 16 bits of a VLAN, 12 bits of the first, third,
 * ... label.
 */
#define VLAN_MAX 65535
#define LABEL_MAX 4095

#define BASE_MS UINT64_C(1700000000000)

/* Extensions that nfdump 1.7.1 knows. */
#define KNOWN \
	((FLOW_EXT(EXT_SAMPLER) - 2) | FLOW_EXT(EXT_VRF) | \
	    (FLOW_EXT(EXT_FRAME_META) - FLOW_EXT(EXT_FW_EVENT)))

/* What the filters ask for. */
static struct pools {
	uint64_t number[POOL_MAX];
	size_t numbers;
	uint64_t mac[POOL_MAX];
	size_t macs;
	struct addr v4[POOL_MAX];
	size_t v4s;
	struct addr v6[POOL_MAX];
	size_t v6s;
} pools;

static struct dice dice;

static uint64_t
draw(uint64_t below)
{
	return dice_below(&dice, below);
}

static void
give_up(const char *what)
{
	fprintf(stderr, "diverse: %s\n", what);
	exit(1);
}

/* Literals */

static void
add_number(uint64_t v)
{
	for (size_t i = 0; i < pools.numbers; i++)
		if (pools.number[i] == v)
			return;
	if (pools.numbers < POOL_MAX)
		pools.number[pools.numbers++] = v;
}

static void
add_addr(struct addr a)
{
	if (addr_is_v4(a) && pools.v4s < POOL_MAX)
		pools.v4[pools.v4s++] = a;
	/* families that mix are a matter of their own */
	else if (a.hi != 0 && pools.v6s < POOL_MAX)
		pools.v6[pools.v6s++] = a;
}

/* The first and the last address of a network, and those beside it. */
static void
add_prefix(const struct prefix *p)
{
	struct addr last = p->addr;

	for (unsigned bit = p->len; bit < 128; bit++)
		if (bit < 64)
			last.hi |= UINT64_C(1) << (63 - bit);
		else
			last.lo |= UINT64_C(1) << (127 - bit);
	add_addr(p->addr);
	add_addr(last);
	if (p->addr.lo > 0)
		add_addr((struct addr){ p->addr.hi, p->addr.lo - 1 });
	if (last.lo < UINT64_MAX)
		add_addr((struct addr){ last.hi, last.lo + 1 });
}

static bool
take_mac(const char *token)
{
	unsigned octet[6];
	uint64_t mac = 0;
	int used = 0;

	if (sscanf(token, "%2x:%2x:%2x:%2x:%2x:%2x%n", &octet[0], &octet[1],
		&octet[2], &octet[3], &octet[4], &octet[5], &used) != 6 ||
	    token[used] != '\0')
		return false;
	for (int i = 0; i < 6; i++)
		mac = mac << 8 | octet[i];
	if (pools.macs < POOL_MAX)
		pools.mac[pools.macs++] = mac;
	return true;
}

static void
take_number(const char *token)
{
	static const char scales[] = "kmgt";
	char *end;
	uint64_t v =
	    strtoull(token, &end, strncasecmp(token, "0x", 2) == 0 ? 16 : 10);
	const char *scale = *end == '\0' ? NULL : strchr(scales, *end | 0x20);

	if (end == token || (*end != '\0' && (scale == NULL || end[1] != '\0')))
		return;
	for (; scale != NULL && scale >= scales; scale--)
		v *= 1000;
	add_number(v);
}

static void
take_token(const char *token)
{
	struct err err;
	struct addr a;
	struct prefix p;

	if (strchr(token, '/') != NULL) {
		if (prefix_parse(token, &p, &err) == 0)
			add_prefix(&p);
	} else if (addr_parse(token, &a) == 0)
		add_addr(a);
	else if (!take_mac(token))
		take_number(token);
}

static void
read_literals(const char *path)
{
	static const char word[] = "0123456789abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ_.:/-";
	char line[4096], token[TOKEN_MAX];
	FILE *in = fopen(path, "r");

	if (in == NULL)
		give_up(path);
	while (fgets(line, sizeof(line), in) != NULL) {
		char *c = line;

		line[strcspn(line, "\t\n")] = '\0';
		for (c += strcspn(c, word); *c != '\0'; c += strcspn(c, word)) {
			size_t len = strspn(c, word);

			if (len < sizeof(token)) {
				memcpy(token, c, len);
				token[len] = '\0';
				take_token(token);
			}
			c += len;
		}
	}
	fclose(in);
	if (pools.numbers == 0 || pools.macs == 0 || pools.v4s == 0 ||
	    pools.v6s == 0)
		give_up("the filters lack numbers or addresses");
}

/* Values */

/* -1, 0 or 1; half the time 0 */
static uint64_t
nudge(void)
{
	return draw(2) == 0 ? 0 : draw(3) - 1;
}

static uint64_t
draw_number(uint64_t max)
{
	uint64_t v = draw(16);

	for (int tries = draw(4) == 0 ? 0 : 20; tries > 0; tries--) {
		v = pools.number[draw(pools.numbers)] + nudge();
		if (v <= max)
			return v;
	}
	return v & max;
}

static struct addr
draw_addr(bool is_v6)
{
	struct addr a =
	    is_v6 ? pools.v6[draw(pools.v6s)] : pools.v4[draw(pools.v4s)];
	uint64_t low;

	switch (draw(16)) {
	case 0:
		return is_v6 ? (struct addr){ 0, 0 } : addr_v4(0);
	case 1:
		a.lo ^= draw(is_v6 ? UINT64_MAX : UINT32_MAX);
		return a;
	default:
		low = a.lo + nudge();
		return low >> 32 == a.lo >> 32 ? (struct addr){ a.hi, low } : a;
	}
}

static struct span
draw_text(enum field_id id)
{
	static const char *const labels[] = { "dmz", "DMZ", "core", "dmz2" };
	static const char *const payloads[] = {
		"GET /index.html HTTP/1.1\r\nHost: example.com\r\n\r\n",
		"POST /login HTTP/1.0\r\nuser-AGENT: x\r\n\r\n",
		"SSH-2.0-OpenSSH_9.2",
		"get /",
		"220 mail\r\nSSH-",
		"G",
	};
	const char *text = "x";

	if (id == FLD_LABEL)
		text = labels[draw(4)];
	else if (id == FLD_IN_PAYLOAD) /* all that nfdump 1.7.1 looks into */
		text = payloads[draw(6)];
	return (struct span){ (const uint8_t *)text, (uint32_t)strlen(text) };
}

static void
fill_field(struct flow *f, enum field_id id)
{
	static const uint64_t max[FIELD_TYPES] = { UINT8_MAX, UINT16_MAX,
		UINT32_MAX, UINT64_MAX };
	const struct field *field = &field_table[id];
	uint8_t *at = (uint8_t *)f + field->offset;
	bool is_v6 =
	    (f->extensions & field_extensions(id) &
		(FLOW_EXT(EXT_IPV6) | FLOW_EXT(EXT_BGP_V6) |
		    FLOW_EXT(EXT_NEXT_HOP_V6) | FLOW_EXT(EXT_EXPORTER_V6) |
		    FLOW_EXT(EXT_XLATE_V6) | FLOW_EXT(EXT_TUNNEL_V6))) != 0;
	struct addr a = draw_addr(is_v6);
	struct span text = draw_text(id);

	if (field->type == FIELD_ADDR)
		memcpy(at, &a, sizeof(a));
	else if (field->type == FIELD_SPAN)
		memcpy(at, &text, sizeof(text));
	else if (field->type == FIELD_MAC)
		store_host(
		    at, pools.mac[draw(pools.macs)] + nudge(), field->size);
	else
		store_host(at, draw_number(max[field->type]), field->size);
}

/* Of the two families one at most; the flow's own is always there. */
static uint64_t
draw_extensions(void)
{
	static const uint8_t families[] = { EXT_IPV4, EXT_BGP_V4,
		EXT_NEXT_HOP_V4, EXT_EXPORTER_V4, EXT_XLATE_V4, EXT_TUNNEL_V4 };
	uint64_t bits = dice_next(&dice) | dice_next(&dice) * draw(2);
	uint64_t both = FLOW_EXT(EXT_FW_EVENT) | FLOW_EXT(EXT_NAT_EVENT);

	for (size_t i = 0; i < sizeof(families); i++)
		if (i == 0 || draw(2) == 0) {
			bits &= ~(FLOW_EXT(families[i]) * 3);
			bits |= FLOW_EXT(families[i]) << draw(2);
		} else
			bits &= ~(FLOW_EXT(families[i]) * 3);
	/* nfdump 1.7.1 keeps one event for both */
	bits =
	    (bits & FLOW_EXT(EXT_FW_EVENT)) != 0 ? bits | both : bits & ~both;
	return (bits | FLOW_EXT(EXT_GENERIC)) & KNOWN;
}

static void
fill_protocol(struct flow *f)
{
	static const uint8_t usual[] = { 1, 6, 6, 6, 17, 17, 58, 47 };

	if (draw(4) > 0)
		f->proto = usual[draw(sizeof(usual))];
	f->tcp_flags = (uint8_t)draw(64);
	if (draw(4) == 0)
		f->tcp_flags = draw(2) == 0 ? 2 : 18;
	if ((f->proto == 1 || f->proto == 58) && draw(4) > 0) {
		f->src_port = 0;
		f->dst_port = (uint16_t)(draw_number(UINT8_MAX) << 8 | draw(5));
	}
}

static void
fill_labels(struct flow *f)
{
	unsigned count = 1 + (unsigned)draw(10);

	memset(f->mpls, 0, sizeof(f->mpls));
	for (unsigned i = 0; i < count; i++)
		f->mpls[i] =
		    (uint32_t)(draw_number(LABEL_MAX) << 4 | draw(8) << 1);
	if (draw(8) > 0)
		f->mpls[count - 1] |= 1;
}

/* Both ends alike now and then. */
static void
mirror(struct flow *f)
{
	static const uint8_t pairs[][2] = { { FLD_SRC_ADDR, FLD_DST_ADDR },
		{ FLD_SRC_PORT, FLD_DST_PORT }, { FLD_SRC_AS, FLD_DST_AS },
		{ FLD_SRC_MASK, FLD_DST_MASK }, { FLD_SRC_VLAN, FLD_DST_VLAN },
		{ FLD_SRC_TOS, FLD_DST_TOS },
		{ FLD_XLATE_SRC_ADDR, FLD_XLATE_DST_ADDR },
		{ FLD_XLATE_SRC_PORT, FLD_XLATE_DST_PORT },
		{ FLD_TUN_SRC_ADDR, FLD_TUN_DST_ADDR } };

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		const struct field *from = &field_table[pairs[i][0]];
		const struct field *to = &field_table[pairs[i][1]];

		if (draw(5) == 0 &&
		    (field_extensions(pairs[i][1]) & f->extensions) != 0)
			memcpy((char *)f + to->offset, (char *)f + from->offset,
			    from->size);
	}
}

static void
make_flow(struct flow *f, uint64_t number)
{
	static const uint8_t versions[] = { 5, 9, 10, 9 };

	memset(f, 0, sizeof(*f));
	f->extensions = draw_extensions();
	for (int id = 0; id < FLD_COUNT; id++)
		if (id != FLD_EXTENSIONS &&
		    (field_extensions(id) &
			(f->extensions | FLOW_EXT(EXT_HEADER))) != 0)
			fill_field(f, (enum field_id)id);
	fill_protocol(f);
	if ((f->extensions & FLOW_EXT(EXT_MPLS)) != 0)
		fill_labels(f);
	f->src_vlan &= VLAN_MAX;
	f->dst_vlan &= VLAN_MAX;
	f->fw_event = f->nat_event;
	f->record_flags = 0;
	f->export_version = versions[draw(4)];
	f->exporter_id &= UINT8_MAX;
	f->first_ms = BASE_MS + number * 10;
	f->last_ms = f->first_ms + draw_number(1000000);
	f->received_ms = f->last_ms;
	mirror(f);
}

/* Files */

static int
put_flows(struct store_writer *w, uint64_t begin, uint64_t end,
    struct record_stats *stats, struct err *err)
{
	struct record_encoder *e = record_encoder_new(0, err);
	uint8_t *block = malloc(STORE_BLOCK_SIZE_MAX);
	uint32_t records = 0;
	size_t used = 0;
	struct flow f;
	int rc = 0;

	if (e == NULL || block == NULL)
		give_up("out of memory");
	for (uint64_t i = begin; i < end && rc == 0; i++) {
		make_flow(&f, i);
		used += record_encode(
		    e, &f, block + used, STORE_BLOCK_SIZE_MAX - used);
		record_stats_add_flow(stats, &f);
		records++;
		if (used < STORE_BLOCK_SIZE && i + 1 < end)
			continue;
		rc = store_writer_block(w, block, used, records, err);
		used = records = 0;
	}
	record_encoder_free(e);
	free(block);
	return rc;
}

static int
write_file(const char *dir, const char *name, const char *ident, uint64_t begin,
    uint64_t end, struct err *err)
{
	char path[4096];
	struct record_stats stats;
	struct store_writer *w;
	const struct codec *codec = codec_by_name("lz4", err);
	int rc = -1;

	record_stats_init(&stats);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	w = store_writer_open(
	    AT_FDCWD, path, codec, ident, BASE_MS / 1000, err);
	if (w != NULL && put_flows(w, begin, end, &stats, err) == 0)
		rc = store_writer_commit(w, &stats, err);
	store_writer_close(w);
	return rc;
}

int
main(int argc, char **argv)
{
	struct err err;
	uint64_t count;

	if (argc != 5)
		give_up("usage: diverse filters directory count seed");
	read_literals(argv[1]);
	count = strtoull(argv[3], NULL, 10);
	dice.state = strtoull(argv[4], NULL, 10);
	if (write_file(argv[2], "nfcapd.202311142210", "router1", 0, count / 2,
		&err) == -1 ||
	    write_file(argv[2], "nfcapd.202311142215", "edge-gw_02", count / 2,
		count, &err) == -1)
		give_up(err.text);
	return 0;
}
