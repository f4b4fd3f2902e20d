/*
 * Files of layout 2 with blocks of layout 1: read, passed over by an index,
 * written anew, repaired, appended to.
 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "files.h"
#include "store/index.h"
#include "store/layout1.h"
#include "store/verify.h"
#include "store/writer.h"
#include "storekit.h"
#include "tap.h"
#include "v1kit.h"

#define LARGE 9000 /* flows; more than the index takes together */

static const struct v1kit_map map_a = { 5, { 9 }, 1 };
static const struct v1kit_map map_b = { 5, { 6 }, 1 };
static const struct flow flow_a = { .src_port = 1,
	.next_hop = { 0, UINT64_C(0xffff0a000001) } };
static const struct flow flow_b = { .src_port = 2, .src_as = 65000 };

/*
 * Two blocks of n flows with the map of the first one, and in the second one
 * more with another map: 2 * n + 1 flows.
 */
static void
write_old(const char *path, uint32_t n)
{
	const struct record_stats s = { .flows = 2 * n + 1 };
	struct buffer b = BUFFER_EMPTY;
	struct v1kit_file f;

	v1kit_create(&f, path, codec_by_id(CODEC_NONE, NULL));
	v1kit_put_map(&b, &map_a);
	for (uint32_t i = 0; i < n; i++)
		v1kit_put_flow(&b, &map_a, &flow_a, 0);
	v1kit_put_block(&f, 2, n + 1, b.data, b.len);
	b.len = 0;
	for (uint32_t i = 0; i < n; i++)
		v1kit_put_flow(&b, &map_a, &flow_a, 0);
	v1kit_put_map(&b, &map_b);
	v1kit_put_flow(&b, &map_b, &flow_b, 0);
	v1kit_put_block(&f, 2, n + 2, b.data, b.len);
	v1kit_finish(&f, "edge", 0, &s);
	buffer_fini(&b);
}

/* The blocks of such a file behind a header of layout 2. */
static void
write_open(const char *path, uint32_t n)
{
	const size_t at = STORE_V1_HEADER_LEN - STORE_HEADER_LEN;
	struct store_header h = { .nfdversion = STORE_NFDVERSION,
		.blocks = 2 };
	uint8_t *data;
	size_t len;

	write_old("old", n);
	data = files_read("old", &len);
	store_header_put(data + at, &h);
	files_write(path, data + at, len - at);
	free(data);
}

/* The same, with appendix and index. */
static void
write_mixed(const char *path, uint32_t n)
{
	struct err err;

	write_open(path, n);
	if (store_recover(AT_FDCWD, path, "edge", &err) == -1)
		bail("%s", err.text);
}

static struct store_file *
open_file(const char *path)
{
	struct err err;
	struct store_file *f = store_file_open(path, &err);

	if (f == NULL)
		bail("%s", err.text);
	return f;
}

static uint64_t
count_flows(const char *path)
{
	uint64_t flows;

	storekit_flows(path, &flows);
	return flows;
}

/* Flows by the index of a file; all of them if it has none. */
static uint64_t
indexed_flows(const char *path)
{
	struct store_file *f = open_file(path);
	const struct store_index *x;
	uint64_t flows = 0;

	if (store_file_load_index(f, NULL) == 1) {
		x = store_file_index(f);
		for (uint32_t i = 0; i < store_index_spans(x); i++)
			flows += store_index_span(x, i)->stats.flows;
	} else {
		flows = count_flows(path);
	}
	store_file_close(f);
	return flows;
}

static void
test_read(void)
{
	struct store_verdict v;
	struct err err;

	write_open("file", 1);
	is_uint(count_flows("file"), 3, "a file that is not complete");
	write_mixed("file", 1);
	is_uint(count_flows("file"), 3, "a complete one");
	is_uint(indexed_flows("file"), 3, "its index");
	is_int(store_verify("file", NULL, &v, &err), 0, "verified");
	is_uint(v.damages, 0, "it is whole");
}

/* A query that passes over the first block reads the second one. */
static void
test_skip(void)
{
	struct store_block b = { 0 };
	struct err err = { .text = "" };
	struct store_file *f;
	struct store_ref ref;

	write_mixed("file", LARGE);
	is_uint(indexed_flows("file"), 2 * LARGE + 1, "the index has all");
	f = open_file("file");
	is_int(store_file_load_index(f, NULL), 1, "it is loaded");
	is_uint(store_index_spans(store_file_index(f)), 2, "two spans");
	store_file_skip(f, store_index_span(store_file_index(f), 0));
	is_int(store_file_next(f, &ref, NULL), 1, "the second block");
	is_int(store_block_load(f, &ref, &b, &err), 0,
	    "is read with the map of the first: %s", err.text);
	is_uint(b.records, LARGE + 1, "all of it");
	store_block_fini(&b);
	store_file_close(f);
}

/* What is written anew is not hidden by its index. */
static void
test_rewritten(void)
{
	struct store_verdict v;
	struct err err;
	uint8_t *data;
	size_t len;

	write_mixed("file", 1);
	is_int(store_recompress("file", codec_by_id(CODEC_LZ4, NULL), &err),
	    1, "compressed");
	is_uint(count_flows("file"), 3, "its flows");
	is_uint(indexed_flows("file"), 3, "its index");
	is_int(store_set_ident("file", "west", &err), 0, "another ident");
	is_uint(indexed_flows("file"), 3, "the index");
	write_mixed("file", 1);
	data = files_read("file", &len);
	data[36] = 7; /* blocks */
	files_write("file", data, len);
	free(data);
	is_int(store_repair("file", NULL, &v, &err), 1, "repaired");
	is_uint(count_flows("file"), 3, "its flows");
	is_uint(indexed_flows("file"), 3, "its index");
}

/* What is left of a damaged block is kept as what it is. */
static void
test_damaged(void)
{
	struct store_verdict v;
	unsigned broken = 0;
	uint8_t *data;
	size_t len, end;

	write_mixed("whole", 1);
	store_recompress("whole", codec_by_id(CODEC_LZ4, NULL), NULL);
	data = files_read("whole", &len);
	end = (size_t)load_u64(data + 24);
	for (size_t i = STORE_HEADER_LEN; i < end; i++) {
		struct err err = { .code = ERR_NONE };

		data[i] ^= 0xff;
		files_write("file", data, len);
		if (store_repair("file", NULL, &v, &err) == -1 &&
		    err.code == ERR_INTERNAL && broken++ == 0)
			note("byte %zu: %s", i, err.text);
		data[i] ^= 0xff;
	}
	free(data);
	is_uint(broken, 0, "no repair breaks a file, any byte changed");
}

/* An append that counts is finished, and not begun again. */
static void
test_append(void)
{
	struct err err;

	write_mixed("to", 1);
	write_old("from", 1);
	is_int(store_append(AT_FDCWD, "to", AT_FDCWD, "from", &err), 0,
	    "appended");
	is_uint(count_flows("to"), 6, "flows of both");
	rename("to", "from.append");
	write_mixed("to", 1);
	is_int(store_append(AT_FDCWD, "to", AT_FDCWD, "from", &err), 0,
	    "resumed");
	is_uint(count_flows("to"), 6, "none is there twice");
}

int
main(void)
{
	files_begin();
	test_read();
	test_skip();
	test_rewritten();
	test_damaged();
	test_append();
	return done_testing();
}
