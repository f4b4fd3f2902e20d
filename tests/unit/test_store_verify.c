/*
 * Checking files: each kind of damage is named, and what is not damaged is
 * found all the same.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "files.h"
#include "nomem.h"
#include "store/store_int.h"
#include "store/verify.h"
#include "storekit.h"
#include "tap.h"

/* All but one block, of which two can be read where that is possible. */
#define SOME 0

#define ALL (STOREKIT_BLOCKS * STOREKIT_FLOWS)

static char told[16384];
static size_t told_len;

static void
tell(void *ctx, enum store_finding kind, const char *text)
{
	int len;

	(void)ctx;
	len = snprintf(told + told_len, sizeof(told) - told_len, "%s%s\n",
	    kind == FINDING_NOTE ? "note: " : "", text);
	if (len > 0 && (size_t)len < sizeof(told) - told_len)
		told_len += (size_t)len;
}

static const struct store_listener listener = { tell, NULL };

static int
verify(const char *path, struct store_verdict *v, struct err *err)
{
	told_len = 0;
	told[0] = '\0';
	return store_verify(path, &listener, v, err);
}

/* Where a damage is. */
enum place { HEADER, BLOCK_1, PAYLOAD_1, PAYLOAD_3, APPENDIX, END };

/* clang-format off */
static const struct damage {
	const char *name;
	enum place place;
	int at;
	const char *bytes;
	size_t len; /* 0: the file ends there */
	unsigned flows; /* that are found all the same, at least */
	const char *text;
} damages[] = {
	{ "magic", HEADER, 0, "\x0d", 1, ALL, "magic 0xa50d" },
	{ "layout", HEADER, 2, "\x07", 1, ALL, "layout 7" },
	{ "compression", HEADER, 16, "\x09", 1, ALL, "compression 9, but" },
	{ "encryption", HEADER, 17, "\x01", 1, ALL, "encryption 1" },
	{ "appendix blocks", HEADER, 18, "\x02", 1, ALL,
	    "1 appendix block, the header says 2" },
	{ "creator", HEADER, 20, "\x63", 1, ALL, "note: creator 99" },
	{ "place of the appendix", HEADER, 24, "\x01\x02\x03", 3, ALL,
	    "the header says" },
	{ "block size", HEADER, 33, "\x01", 1, ALL, "note: block size 256" },
	{ "number of blocks", HEADER, 36, "\x09", 1, ALL,
	    "4 data blocks, the header says 9" },
	{ "no records", BLOCK_1, 0, "\0\0\0\0", 4, ALL,
	    "no records; reading goes on at" },
	{ "fewer records", BLOCK_1, 0, "\x05", 1, ALL,
	    "records where its header says 5" },
	{ "size of nothing", BLOCK_1, 4, "\0\0\0\0", 4, ALL,
	    "size of 0 bytes" },
	{ "size too large", BLOCK_1, 4, "\xff\xff\xff\xff", 4, ALL,
	    "size of 4294967295 bytes" },
	{ "size a little off", BLOCK_1, 4, "\x99", 1, ALL, "block 1 at offset" },
	{ "size behind the end", BLOCK_1, 6, "\x40", 1, ALL, "are left" },
	{ "type", BLOCK_1, 8, "\x33", 1, ALL, "type 51, but it holds records" },
	{ "flags", BLOCK_1, 10, "\x01", 1, ALL, "flags 0x1" },
	{ "all of a header", BLOCK_1, 0,
	    "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12, ALL,
	    "block 1 at offset" },
	{ "zeros", BLOCK_1, -200, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
	    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
	    52, ALL - STOREKIT_FLOWS, "block 0 at offset 40: " },
	{ "data", PAYLOAD_1, 700, "\xff\xff\xff\xff\xff\xff\xff\xff\xff"
	    "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
	    "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
	    39, SOME, "block 1 at offset" },
	{ "the file ends in a block", PAYLOAD_3, 900, NULL, 0, SOME,
	    "truncated: appendix at" },
	{ "the file ends in a header", PAYLOAD_3, -5, NULL, 0,
	    ALL - STOREKIT_FLOWS, "7 bytes, then the file ends" },
	{ "the file ends before the appendix", APPENDIX, 0, NULL, 0, ALL,
	    "truncated: appendix at" },
	{ "header of the appendix", APPENDIX, 8, "\x04", 1, ALL, "" },
	{ "bytes behind the end", END, 0, "some bytes", 10, ALL,
	    "note: 10 bytes behind the appendix" },
};
/* clang-format on */

static size_t
find_place(const struct storekit *k, const struct damage *d)
{
	const size_t places[] = {
		[HEADER] = 0,
		[BLOCK_1] = k->block[1],
		[PAYLOAD_1] = k->block[1] + STORE_BLOCK_HEADER_LEN,
		[PAYLOAD_3] = k->block[3] + STORE_BLOCK_HEADER_LEN,
		[APPENDIX] = k->block[STOREKIT_BLOCKS],
		[END] = k->end,
	};

	return places[d->place] + (size_t)d->at;
}

/* The file with one damage, at "file". */
static void
write_damaged(const struct storekit *k, const struct damage *d)
{
	size_t at = find_place(k, d), len = k->end;
	uint8_t *data = calloc(1, k->end + 64);

	if (data == NULL)
		bail("no memory");
	memcpy(data, k->data, k->end);
	if (d->len == 0)
		len = at;
	else {
		memcpy(data + at, d->bytes, d->len);
		if (at + d->len > len)
			len = at + d->len;
	}
	files_write("file", data, len);
	free(data);
}

static unsigned
least_flows(const struct damage *d, const struct codec *codec)
{
	if (d->flows != SOME)
		return d->flows;
	return ALL - STOREKIT_FLOWS + (codec->id == CODEC_BZ2 ||
	    codec->id == CODEC_ZSTD ? 0 : 2);
}

static void
test_damage(const struct storekit *k, const struct codec *codec)
{
	struct store_verdict v;
	struct err err = { .code = ERR_NONE };
	bool is_note;

	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		const struct damage *d = &damages[i];

		write_damaged(k, d);
		is_note = strncmp(d->text, "note: ", 6) == 0;
		is_int(verify("file", &v, &err), 0, "%s, %s: %s", codec->name,
		    d->name, err.text);
		ok(is_note ? v.damages == 0 && v.notes > 0 : v.damages > 0,
		    "%s, %s: %ju damages", codec->name, d->name,
		    (uintmax_t)v.damages);
		ok(strstr(told, d->text) != NULL, "%s, %s: told %s",
		    codec->name, d->name, d->text);
		if (!ok(v.flows >= least_flows(d, codec) && v.flows <= ALL,
		    "%s, %s: %ju flows of %d", codec->name, d->name,
		    (uintmax_t)v.flows, ALL))
			note("%s", told);
	}
}

static void
test_sound(const struct storekit *k, const struct codec *codec)
{
	struct store_verdict v;
	struct err err = { .code = ERR_NONE };

	files_write("file", k->data, k->end);
	is_int(verify("file", &v, &err), 0, "%s: %s", codec->name, err.text);
	is_str(told, "", "%s: nothing is told", codec->name);
	is_uint(v.damages + v.notes, 0, "%s: no finding", codec->name);
	is_uint(v.flows, ALL, "%s: flows", codec->name);
	is_uint(v.blocks, STOREKIT_BLOCKS, "%s: blocks", codec->name);
	ok(!v.has_index, "%s: no index", codec->name);
	is_uint(v.type_blocks[3], STOREKIT_BLOCKS + 1, "with the appendix");
	ok(v.codec == codec, "codec");
	is_uint(v.created_s, 1700000000, "created");
	is_str(v.ident, "kit", "ident");
	is_uint(v.stats.sequence_failures, 7, "sequence failures");
	is_uint(v.sum.flows, ALL, "sum of flows");
}

/* The index, whose own damage is told, tells of all other damage. */
static void
test_index(const struct storekit *k)
{
	struct store_verdict v;
	struct err err = { .code = ERR_NONE };
	uint8_t *flow = k->data + k->block[1] + STORE_BLOCK_HEADER_LEN + 300;

	files_write("file", k->data, k->len);
	is_int(verify("file", &v, &err), 0, "with an index: %s", err.text);
	ok(v.has_index && v.damages + v.notes == 0, "sound: %s", told);
	*flow ^= 1;
	files_write("file", k->data, k->len);
	is_int(verify("file", &v, &err), 0, "one bit of a flow");
	ok(strstr(told, "block 1 at offset") != NULL &&
	    strstr(told, "not what its index was made of") != NULL,
	    "is told: %s", told);
	is_uint(v.flows, ALL, "and all flows can be read");
	*flow ^= 1;
	k->data[(k->end + k->len) / 2] ^= 1;
	files_write("file", k->data, k->len);
	is_int(verify("file", &v, &err), 0, "one bit of the index");
	ok(v.damages == 1 && !v.has_index && strstr(told, "index") != NULL,
	    "is told: %s", told);
	k->data[(k->end + k->len) / 2] ^= 1;
}

static void
test_codec(const char *name)
{
	const struct codec *codec = codec_by_name(name, NULL);
	struct storekit k;

	if (codec == NULL) {
		skip(1, "%s is not compiled in", name);
		return;
	}
	storekit_make(&k, codec);
	test_sound(&k, codec);
	test_damage(&k, codec);
	if (codec->id == CODEC_NONE)
		test_index(&k);
	storekit_free(&k);
}

/* An element of a record, and counters of the statistics. */
static void
test_contents(void)
{
	struct storekit k;
	struct store_verdict v;
	struct err err;
	uint8_t *record, *stats;

	storekit_make(&k, codec_by_id(CODEC_NONE, NULL));
	record = k.data + k.block[2] + STORE_BLOCK_HEADER_LEN;
	while (load_u16(record) != RECORD_FLOW_V3)
		record += load_u16(record + 2);
	store_u16(record + 12 + 52, 77); /* behind the generic one */
	files_write("file", k.data, k.end);
	is_int(verify("file", &v, &err), 0, "an extension that is not known");
	is_str(told, "note: extension 77 is not known; 1 such records\n",
	    "is a note");
	store_u16(record + 12 + 52, 3);
	files_write("file", k.data, k.end);
	is_int(verify("file", &v, &err), 0, "an extension of wrong length");
	ok(strstr(told, "extension 3 of 12 bytes") != NULL, "is damage");
	is_uint(v.flows, ALL, "the flow can be read");
	store_u16(record + 12 + 52, 2);
	store_u16(record + 4, 44);
	files_write("file", k.data, k.end);
	is_int(verify("file", &v, &err), 0, "more elements than there are");
	ok(strstr(told, "it says 44 elements") != NULL, "is damage");
	is_uint(v.flows, ALL, "the flow can be read");
	store_u16(record + 4, load_u16(record + 4) - 38);
	files_write("file", k.data, k.end);
	stats = k.data + k.end - 144;
	for (size_t i = 0; i < 17; i++) {
		stats[8 * i + 7] ^= 0x10;
		files_write("file", k.data, k.end);
		is_int(verify("file", &v, &err), 0, "counter %zu", i);
		ok(strstr(told, "statistics: ") != NULL, "%s", told);
		stats[8 * i + 7] ^= 0x10;
	}
	storekit_free(&k);
}

static void
test_unfinished(void)
{
	struct storekit k;
	struct store_verdict v;
	struct err err;

	storekit_make(&k, codec_by_id(CODEC_LZ4, NULL));
	memset(k.data + 18, 0, 2);
	memset(k.data + 24, 0, 16);
	files_write("file", k.data, k.block[STOREKIT_BLOCKS]);
	is_int(verify("file", &v, &err), 0, "unfinished");
	ok(v.is_unfinished, "is told");
	is_uint(v.flows, ALL, "its flows are found");
	is_uint(v.damages, 1, "and nothing else is wrong");
	storekit_free(&k);
}

/* Layout 3 as far as readers go, whatever else its bytes look like. */
static void
test_layout_3(void)
{
	enum { FLOWS = 0x110, SUM = 16, RECORDS = 24 + 32, GOOD = 10 };
	uint8_t flow[STORE_BLOCK_HEADER_LEN + 64] = { 0 };
	struct store_verdict v;
	struct err err;
	char path[FILES_PATH_MAX];
	uint8_t *data, *p;
	size_t len;

	files_data("files/nfcapd-1.8-none", path);
	data = files_read(path, &len);
	if ((data = realloc(data, len + sizeof(flow))) == NULL)
		bail("no memory");
	p = flow + STORE_BLOCK_HEADER_LEN;
	store_block_header_put(flow, &(struct store_block_header){
	    1, 64, STORE_BLOCK_RECORDS });
	store_u16(p, RECORD_FLOW_V3);
	store_u16(p + 2, 64);
	store_u16(p + 4, 1);
	store_u16(p + 12, 1);
	store_u16(p + 14, 52);
	memcpy(data + len, flow, sizeof(flow));
	files_write("file", data, len + sizeof(flow));
	is_int(verify("file", &v, &err), 0, "layout 3 with a flow of 2");
	is_uint(v.layout, 3, "is layout 3");
	is_uint(v.flows, 26, "has its flows");
	is_uint(v.damages, 0, "and is sound");

	store_u64(data + FLOWS + SUM, 0);
	p = data + FLOWS + RECORDS;
	for (int i = 0; i < GOOD; i++)
		p += load_u16(p + 2);
	store_u16(p + 2, 3);
	files_write("file", data, len);
	is_int(verify("file", &v, &err), 0, "a record of no length");
	ok(v.damages > 0, "is damage: %s", told);
	is_uint(v.flows, GOOD, "what is before it counts");
	is_uint(v.blocks_partial, 1, "of a block in part");
	is_uint(v.blocks_lost, 0, "none is lost");
	free(data);
}

static void
test_refused(void)
{
	struct store_verdict v;
	struct err err;

	files_write("file", "some text that is no flow file at all, but is "
	    "longer than a header", 66);
	is_int(verify("file", &v, &err), -1, "text");
	is_int(err.code, ERR_MALFORMED, "%s", err.text);
	files_write("file", "", 0);
	is_int(verify("file", &v, &err), -1, "empty");
	is_int(verify("nosuch", &v, &err), -1, "missing");
	is_int(err.code, ERR_SYSTEM, "%s", err.text);
	is_int(verify(".", &v, &err), -1, "directory");
}

static void
test_nomem(void)
{
	struct store_verdict v;
	struct err err;
	struct storekit k;
	unsigned n;
	int rc;

	storekit_make(&k, codec_by_id(CODEC_LZ4, NULL));
	k.data[k.block[1] + 20] ^= 0xff;
	memset(k.data + k.block[2], 0xff, STORE_BLOCK_HEADER_LEN);
	files_write("file", k.data, k.end);
	for (n = 1; n < 1000; n++) {
		nomem_at(n);
		rc = verify("file", &v, &err);
		if (!nomem_hit())
			break;
		if (rc == -1 ? err.code != ERR_NOMEM : v.flows == 0)
			bail("allocation %u fails, verify says %d", n, rc);
	}
	nomem_at(0);
	is_int(rc, 0, "%u allocations fail, then it works", n - 1);
	storekit_free(&k);
}

int
main(void)
{
	static const char *const names[] = { "none", "lzo", "bz2", "lz4",
		"zstd" };

	files_begin();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		test_codec(names[i]);
	test_contents();
	test_unfinished();
	test_layout_3();
	test_refused();
	test_nomem();
	return done_testing();
}
