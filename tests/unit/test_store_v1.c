/*
 * Files of nfdump 1.6: what their headers say, blocks to the end of the file,
 * maps that reach over blocks, damage; completing, appending and changing
 * the ident.
 */

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "dice.h"
#include "files.h"
#include "record/v1.h"
#include "record/v3.h"
#include "store/layout1.h"
#include "store/reader.h"
#include "store/writer.h"
#include "tap.h"
#include "v1kit.h"

#define HEADER STORE_V1_HEADER_LEN

static const struct v1kit_map map_a = { 5, { 9 }, 1 };
static const struct v1kit_map map_b = { 5, { 6 }, 1 };
static const struct flow flow_a = { .src_port = 1,
	.next_hop = { 0, UINT64_C(0xffff0a000001) } };
static const struct flow flow_b = { .src_port = 2, .src_as = 65000 };

static struct store_block block;

/* What a pass over a file found. */
struct pass {
	uint32_t blocks;
	uint32_t flows;
	uint64_t ports; /* of the flows, as decimal digits */
	int rc;
	struct err err;
	uint32_t failed; /* blocks that cannot be read to their end */
	struct err why;
};

static void
count_flows(struct pass *p)
{
	struct record_cursor c = { .data = block.raw, .len = block.len };
	struct fieldset want = { { 0 } };
	struct record_decoder *d;
	struct batch b;

	fieldset_add(&want, FLD_SRC_PORT);
	if (batch_init(&b, &want, false, NULL) == -1 ||
	    (d = record_decoder_new(&want, NULL)) == NULL)
		bail("out of memory");
	while (record_decode(d, &c, &b, NULL) == 1)
		for (uint32_t i = 0; i < b.rows; i++, p->flows++)
			p->ports = p->ports * 10 +
			    BATCH_COL(&b, SRC_PORT, uint16_t)[i];
	record_decoder_free(d);
	batch_fini(&b);
}

static struct pass
read_file(const char *path)
{
	struct pass p = { .rc = -1 };
	struct store_file *f = store_file_open(path, &p.err);
	struct store_ref ref;

	if (f == NULL)
		return p;
	while ((p.rc = store_file_next(f, &ref, &p.err)) == 1) {
		p.blocks++;
		if (store_block_load(f, &ref, &block, &p.why) == -1)
			p.failed++;
		count_flows(&p);
	}
	store_file_close(f);
	return p;
}

static const struct codec *
codec_none(void)
{
	return codec_by_id(CODEC_NONE, NULL);
}

/* A file of three blocks; the map is replaced in the second one. */
static void
write_three(const char *path, const struct codec *codec, bool is_complete)
{
	const struct record_stats s = { .flows = 4,
		.bytes = 44,
		.packets = 4,
		.first_ms = 1718452740500,
		.last_ms = 1718452799266 };
	struct buffer b = BUFFER_EMPTY;
	struct v1kit_file f;

	v1kit_create(&f, path, codec);
	v1kit_put_map(&b, &map_a);
	v1kit_put_flow(&b, &map_a, &flow_a, 0);
	v1kit_put_block(&f, 2, 2, b.data, b.len);
	b.len = 0;
	v1kit_put_flow(&b, &map_a, &flow_a, 0);
	v1kit_put_map(&b, &map_b);
	v1kit_put_flow(&b, &map_b, &flow_b, 0);
	v1kit_put_block(&f, 2, 3, b.data, b.len);
	b.len = 0;
	v1kit_put_flow(&b, &map_b, &flow_b, 0);
	v1kit_put_block(&f, 2, 1, b.data, b.len);
	if (is_complete)
		v1kit_finish(&f, "edge", 0, &s);
	else
		v1kit_crash(&f);
	buffer_fini(&b);
}

/* The bytes of a file from "at" on replaced, and the file cut or grown. */
static void
patch(const char *path, size_t at, const void *bytes, size_t len, size_t size)
{
	size_t old;
	uint8_t *data = files_read(path, &old), *copy = calloc(1, size);

	if (copy == NULL)
		bail("out of memory");
	memcpy(copy, data, old < size ? old : size);
	if (len > 0)
		memcpy(copy + at, bytes, len);
	files_write(path, copy, size);
	free(copy);
	free(data);
}

static void
test_codec(const char *name)
{
	const struct codec *codec = codec_by_name(name, NULL);
	struct pass p;

	if (codec == NULL) {
		skip(5, "%s is not compiled in", name);
		return;
	}
	write_three("file", codec, true);
	p = read_file("file");
	is_int(p.rc, 0, "%s: to the end", name);
	is_uint(p.blocks, 3, "%s: blocks", name);
	is_uint(p.failed, 0, "%s: all are good", name);
	is_uint(p.flows, 4, "%s: flows", name);
	is_uint(p.ports, 1122, "%s: in order", name);
}

static void
test_info(void)
{
	const struct store_info *info;
	struct store_file *f;

	write_three("file", codec_none(), true);
	if ((f = store_file_open("file", NULL)) == NULL)
		bail("cannot open a file of layout 1");
	info = store_file_info(f);
	is_uint(info->layout, 1, "layout");
	ok(info->is_complete && info->has_stats, "complete");
	is_uint(info->blocks, 3, "blocks");
	is_str(info->ident, "edge", "ident");
	is_uint(info->stats.flows, 4, "flows");
	is_uint(info->stats.first_ms, 1718452740500, "first");
	is_uint(info->stats.last_ms, 1718452799266, "last");
	store_file_close(f);
	write_three("file", codec_none(), false);
	if ((f = store_file_open("file", NULL)) == NULL)
		bail("cannot open a file that is not complete");
	info = store_file_info(f);
	ok(!info->is_complete && !info->has_stats, "not complete");
	is_str(info->ident, "none", "no ident");
	store_file_close(f);
	is_uint(read_file("file").flows, 4, "its flows");
}

/* The last block loaded first: its map is in the one before. */
static void
test_any_order(void)
{
	struct store_ref ref[3];
	struct store_file *f;
	struct pass p = { 0 };

	write_three("file", codec_none(), true);
	if ((f = store_file_open("file", NULL)) == NULL)
		bail("cannot open a file of layout 1");
	for (int i = 0; i < 3; i++)
		is_int(store_file_next(f, &ref[i], NULL), 1, "block %d", i);
	for (int i = 2; i >= 0; i--) {
		is_int(store_block_load(f, &ref[i], &block, &p.err), 0,
		    "block %d loaded", i);
		count_flows(&p);
	}
	is_uint(p.ports, 2121, "flows");
	p.ports = 0;
	is_int(store_block_load(f, &ref[1], &block, &p.err), 0, "once more");
	count_flows(&p);
	is_uint(p.ports, 12, "the same");
	store_file_close(f);
}

#define THREADS 6
#define MANY 60

/* Blocks of a file in an order of a thread's own. */
struct loader {
	struct store_file *f;
	const struct store_ref *ref;
	uint32_t order[MANY];
	uint32_t good;
};

/* The record of block i has the map that block i - 1 ends with. */
static bool
is_right(const struct store_block *b, uint32_t i)
{
	struct record_cursor c = { .data = b->raw, .len = b->len };
	struct span record;
	uint16_t type;
	bool is_a = i % 2 == 1;

	return record_next(&c, &type, &record, NULL) == 1 &&
	    record.len == (is_a ? 12 + 8 : 12 + 12) + 52 + 12 &&
	    load_u16(record.data + RECORD_V3_HEADER_LEN) ==
	    (is_a ? EXT_NEXT_HOP_V4 : EXT_AS);
}

static void *
load_all(void *arg)
{
	struct loader *l = arg;
	struct store_block b = { 0 };
	struct err err;

	for (uint32_t i = 0; i < MANY; i++)
		l->good += store_block_load(
			       l->f, &l->ref[l->order[i]], &b, &err) == 0 &&
		    is_right(&b, l->order[i]);
	store_block_fini(&b);
	return NULL;
}

static void
write_many(const char *path)
{
	const struct record_stats s = { .flows = MANY };
	struct buffer b = BUFFER_EMPTY;
	struct v1kit_file f;

	v1kit_create(&f, path, codec_none());
	v1kit_put_map(&b, &map_b);
	for (int i = 0; i < MANY; i++) {
		v1kit_put_flow(&b, i % 2 ? &map_a : &map_b, &flow_a, 0);
		v1kit_put_map(&b, i % 2 ? &map_b : &map_a);
		v1kit_put_block(&f, 2, 2, b.data, b.len);
		b.len = 0;
	}
	v1kit_finish(&f, "edge", 0, &s);
	buffer_fini(&b);
}

/* Threads that load all blocks of a file whose map changes in each. */
static void
test_threads(struct dice *dice)
{
	struct store_ref ref[MANY];
	struct loader loaders[THREADS];
	pthread_t threads[THREADS];
	struct store_file *f;
	uint32_t k, t;

	write_many("file");
	if ((f = store_file_open("file", NULL)) == NULL)
		bail("cannot open a file of layout 1");
	for (int i = 0; i < MANY; i++)
		store_file_next(f, &ref[i], NULL);
	for (int n = 0; n < THREADS; n++) {
		loaders[n] = (struct loader){ .f = f, .ref = ref };
		for (uint32_t i = 0; i < MANY; i++)
			loaders[n].order[i] = i;
		for (uint32_t i = 0; n > 1 && i < MANY; i++) {
			k = (uint32_t)dice_below(dice, MANY);
			t = loaders[n].order[i];
			loaders[n].order[i] = loaders[n].order[k];
			loaders[n].order[k] = t;
		}
		if (pthread_create(&threads[n], NULL, load_all, &loaders[n]) !=
		    0)
			bail("no thread");
	}
	for (int n = 0; n < THREADS; n++)
		pthread_join(threads[n], NULL);
	for (int n = 0; n < THREADS; n++)
		is_uint(loaders[n].good, MANY, "thread %d", n);
	store_file_close(f);
}

static void
check_end(const char *what, int rc, uint32_t flows, const char *text)
{
	struct pass p = read_file("file");

	is_int(p.rc, rc, "%s", what);
	is_uint(p.flows, flows, "%s: flows", what);
	if (rc == -1)
		is_str(p.err.text, text, "%s: message", what);
}

static void
test_end(void)
{
	const uint8_t two[4] = { 2 }, many[4] = { 9 };
	size_t size;

	write_three("file", codec_none(), true);
	size = (size_t)files_size("file");
	patch("file", 8, two, 4, size);
	check_end("more than is counted", 0, 4, NULL);
	patch("file", 8, many, 4, size);
	check_end("fewer than counted", -1, 4, "file: block 3 of 9: truncated");
	patch("file", 8, two, 4, size - 1);
	check_end("torn behind those counted", -1, 3,
	    "file: 71 bytes behind block 2 that no block holds");
	patch("file", 0, NULL, 0, size - 72 + 5);
	check_end("bytes behind the last", -1, 3,
	    "file: 5 bytes behind block 2 that no block holds");
	write_three("file", codec_none(), false);
	patch("file", 0, NULL, 0, size - 1);
	check_end("torn while being written", 0, 3, NULL);
	patch("file", 0, NULL, 0, HEADER);
	check_end("nothing yet", 0, 0, NULL);
	patch("file", 0, NULL, 0, HEADER - 1);
	check_end("half a header", -1, 0,
	    "file: truncated: 275 bytes of a header of 276");
}

static void
test_types(void)
{
	static const uint8_t one = 1, three = 3, seven = 7;
	struct pass p;
	size_t size;

	write_three("file", codec_none(), true);
	size = (size_t)files_size("file");
	patch("file", HEADER + 8, &three, 1, size);
	p = read_file("file");
	is_int(p.rc, 0, "large records are passed over");
	is_uint(p.blocks, 2, "as no block of records");
	is_uint(p.ports, 22, "without its map");
	is_str(p.why.text,
	    "file: block 1: record 0: flow of extension map 5, which the file "
	    "does not have",
	    "which is an error");
	patch("file", HEADER + 8, &one, 1, size);
	p = read_file("file");
	is_uint(p.failed, 2, "records of 1.5 are not read");
	is_uint(p.blocks, 3, "the others are");
	patch("file", HEADER + 8, &seven, 1, size);
	p = read_file("file");
	is_int(p.rc, -1, "an unknown block");
	is_str(p.err.text, "file: block 0 of 3: type 7", "ends the file");
	patch("file", 4, "\x11", 1, size);
	p = read_file("file");
	is_str(p.err.text, "file: flags 0x11: more than one compression",
	    "two compressions");
}

static void
test_recover(void)
{
	struct store_file *f;
	struct err err;
	size_t size;

	write_three("file", codec_none(), false);
	size = (size_t)files_size("file");
	patch("file", 0, NULL, 0, size + 7);
	is_int(store_recover(AT_FDCWD, "file", "west", &err), 3,
	    "blocks completed");
	is_int(files_size("file"), (intmax_t)size, "the tail is cut");
	f = store_file_open_complete(AT_FDCWD, "file", &err);
	ok(f != NULL, "it is complete");
	if (f != NULL) {
		is_str(store_file_info(f)->ident, "west", "its ident");
		is_uint(store_file_info(f)->stats.flows, 4, "its flows");
	}
	store_file_close(f);
	is_uint(read_file("file").ports, 1122, "all are there");

	write_three("file", codec_none(), false);
	patch("file", HEADER + 12 + 4, "\x63", 1, size); /* map 99, not 5 */
	is_int(store_recover(AT_FDCWD, "file", "west", &err), 3,
	    "blocks of unknown records are kept");
	is_int(files_size("file"), (intmax_t)size, "all of them");
	write_three("file", codec_none(), false);
	patch("file", size - 1 - 60, "\0\0\0\0", 4, size);
	is_int(store_recover(AT_FDCWD, "file", "west", &err), 2,
	    "what is no record ends the data");
	is_uint(read_file("file").ports, 112, "the others are there");
}

static void
test_ident(void)
{
	struct store_file *f;
	struct err err;
	size_t size, len;
	uint8_t *a, *b;

	write_three("file", codec_none(), true);
	a = files_read("file", &size);
	is_int(store_set_ident("file", "a-longer-one", &err), 0, "set");
	is_int(store_set_ident("file", "x", &err), 0, "and again");
	b = files_read("file", &len);
	ok(len == size && memcmp(a, b, 12) == 0 &&
		memcmp(a + 140, b + 140, size - 140) == 0,
	    "nothing else is changed");
	f = store_file_open("file", &err);
	is_str(f == NULL ? err.text : store_file_info(f)->ident, "x", "ident");
	store_file_close(f);
	free(a);
	free(b);
}

static void
check_joined(const char *what)
{
	struct store_file *f = store_file_open_complete(AT_FDCWD, "to", NULL);
	struct pass p = read_file("to");

	ok(f != NULL && store_file_info(f)->layout == 2, "%s: layout 2", what);
	if (f != NULL) {
		is_uint(store_file_info(f)->stats.flows, 8, "%s: sum", what);
		is_str(store_file_info(f)->ident, "edge", "%s: ident", what);
	}
	store_file_close(f);
	is_int(p.rc, 0, "%s: to the end", what);
	is_uint(p.ports, 11221122, "%s: flows of both", what);
	ok(!files_exist("from") && !files_exist("from.append"),
	    "%s: nothing is left", what);
}

static void
test_append(void)
{
	struct err err;

	write_three("to", codec_none(), true);
	write_three("from", codec_none(), true);
	is_int(store_append(AT_FDCWD, "to", AT_FDCWD, "from", &err), 0,
	    "appended");
	check_joined("1 to 1");

	/* stopped before the last step */
	write_three("old", codec_none(), true);
	write_three("from", codec_none(), true);
	rename("to", "from.append");
	rename("old", "to");
	unlink("from");
	is_int(
	    store_append(AT_FDCWD, "to", AT_FDCWD, "from", &err), 0, "resumed");
	check_joined("resumed");

	/* what looks so, but was an append to another file */
	write_three("old", codec_none(), true);
	patch(
	    "old", HEADER + 12 + 12 + 24, "\x09", 1, (size_t)files_size("old"));
	rename("to", "from.append");
	rename("old", "to");
	is_int(store_append(AT_FDCWD, "to", AT_FDCWD, "from", &err), 0,
	    "to another file");
	is_uint(read_file("to").flows, 12, "flows of all three");
}

/* More than 2 MiB when converted. */
static void
test_large(void)
{
	const struct v1kit_map m = { 1, { 4, 6, 13, 14 }, 4 };
	const struct record_stats s = { .flows = 15000 };
	struct buffer b = BUFFER_EMPTY;
	struct v1kit_file f;
	struct pass p;
	struct err err;

	v1kit_create(&f, "from", codec_none());
	v1kit_put_map(&b, &m);
	for (int i = 0; i < 15000; i++)
		v1kit_put_flow(&b, &m, &flow_b, V1KIT_COUNTERS_32);
	v1kit_put_block(&f, 2, 15001, b.data, b.len);
	v1kit_finish(&f, "edge", 0, &s);
	buffer_fini(&b);
	write_three("to", codec_none(), true);
	is_int(store_append(AT_FDCWD, "to", AT_FDCWD, "from", &err), 0,
	    "a large block");
	p = read_file("to");
	is_int(p.rc, 0, "to the end");
	is_uint(p.failed, 0, "all blocks");
	is_uint(p.flows, 15004, "flows");
	ok(p.blocks > 4, "it is divided: %u blocks", p.blocks);
}

/* More maps than we take: no block behind them is read as if they were not. */
static void
test_many_maps(void)
{
	const struct record_stats s = { .flows = 100 };
	struct v1kit_map m = { 0, { 4, 5, 6, 7 }, 4 };
	struct buffer b = BUFFER_EMPTY;
	struct v1kit_file f;
	struct pass p;

	v1kit_create(&f, "file", codec_none());
	for (unsigned i = 0; i <= RECORD_V1_MAPS_MAX; i++) {
		m.id = (uint16_t)i;
		m.ext[3] = i > UINT16_MAX ? 8 : 7;
		v1kit_put_map(&b, &m);
	}
	v1kit_put_block(&f, 2, RECORD_V1_MAPS_MAX + 1, b.data, b.len);
	for (int i = 0; i < 100; i++) {
		b.len = 0;
		v1kit_put_map(&b, &map_a);
		v1kit_put_flow(&b, &map_a, &flow_a, 0);
		v1kit_put_block(&f, 2, 2, b.data, b.len);
	}
	v1kit_finish(&f, "edge", 0, &s);
	buffer_fini(&b);
	p = read_file("file");
	is_uint(p.failed, 101, "too many maps: all blocks fail");
	is_uint(p.flows, 0, "and none is taken for another");
}

/* Every file of 1.6 that we have, cut at every byte and every byte changed. */
static void
test_hostile(const char *name)
{
	char path[FILES_PATH_MAX], data[64];
	uint8_t *bytes;
	size_t len, i;

	snprintf(data, sizeof(data), "files/nfcapd-1.6.%s", name);
	files_data(data, path);
	bytes = files_read(path, &len);
	for (i = 0; i < len; i += 7) {
		files_write("bad", bytes, i);
		read_file("bad");
	}
	ok(i >= len, "%s: cut", name);
	for (i = 0; i < len; i += 3) {
		bytes[i] ^= 0xff;
		files_write("bad", bytes, len);
		read_file("bad");
		bytes[i] ^= 0xff;
	}
	ok(i >= len, "%s: bytes changed", name);
	free(bytes);
}

int
main(void)
{
	struct dice dice;

	files_begin();
	dice_init(&dice);
	test_codec("none");
	test_codec("lzo");
	test_codec("bz2");
	test_codec("lz4");
	test_info();
	test_any_order();
	for (int i = 0; i < 5; i++)
		test_threads(&dice);
	test_end();
	test_types();
	test_recover();
	test_ident();
	test_append();
	test_large();
	test_many_maps();
	test_hostile("25-none");
	test_hostile("25-lzo");
	test_hostile("25-lz4");
	test_hostile("25-bz2");
	store_block_fini(&block);
	return done_testing();
}
