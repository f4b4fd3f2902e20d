/*
 * Reading files of layout 3: files of nfcapd 1.8 beta, whole, without a
 * directory, with checksums, damaged in every way, and never written to.
 */

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include "base/bytes.h"
#include "files.h"
#include "record/v3.h"
#include "store/reader.h"
#include "store/writer.h"
#include "tap.h"

#define PLAIN "files/nfcapd-1.8-none"
#define PACKED "files/nfcapd-1.8-lz4"

/* Where things are in the file that is not compressed. */
enum {
	HEADER_FLAGS = 20,
	HEADER_DIRECTORY = 32,
	NAMES = 0x30, /* the first block */
	FLOWS = 0x110, /* the fourth */
	FLOWS_LEN = 0x1098,
	EXPORTERS = 0x11a8,
	STATS = 0x1380,
	DIRECTORY = 0x14c0,
	DIRECTORY_LEN = 120,
	FOOTER = DIRECTORY + DIRECTORY_LEN
};

#define BLOCKS 5 /* less those of statistics and ident */
#define FLOW_COUNT 26

static struct store_block block;

static uint8_t *golden;
static size_t golden_len;
static uint8_t *copy; /* of it, to be changed */

struct pass {
	uint32_t blocks; /* that could be loaded */
	uint32_t flows;
	int rc; /* -1 also when a block could not be loaded */
	struct err err; /* the first one */
};

static void
count_flows(struct pass *p)
{
	struct record_cursor c = { .data = block.raw, .len = block.len };
	struct span record;
	uint32_t records = 0;
	uint16_t type;

	while (record_next(&c, &type, &record, NULL) == 1) {
		records++;
		p->flows += type == RECORD_FLOW_V3;
	}
	if (c.pos != block.len || records != block.records)
		bail("block of %u records has %u", block.records, records);
}

/* Keep the first error. */
static void
fail(struct pass *p, const struct err *err)
{
	if (err->code != ERR_MALFORMED)
		bail("%s", err->text);
	if (p->rc == 0)
		p->err = *err;
	p->rc = -1;
}

static void
read_file(const char *path, struct pass *p)
{
	struct store_file *f = store_file_open(path, &p->err);
	struct store_ref ref;
	struct err err;
	int rc = 0;

	p->blocks = p->flows = 0;
	p->rc = f == NULL ? -1 : 0;
	while (f != NULL && (rc = store_file_next(f, &ref, &err)) == 1) {
		if (store_block_load(f, &ref, &block, &err) == 0)
			p->blocks++;
		else
			fail(p, &err);
		if (block.len > 0)
			count_flows(p);
	}
	if (rc == -1)
		fail(p, &err);
	store_file_close(f);
}

/* Read the copy as a file of len bytes. */
static struct pass
read_copy(size_t len)
{
	struct pass p;

	files_write("copy", copy, len);
	read_file("copy", &p);
	memcpy(copy, golden, golden_len);
	return p;
}

static bool
is_whole(const struct pass *p)
{
	return p->rc == 0 && p->blocks == BLOCKS && p->flows == FLOW_COUNT;
}

static void
test_golden(const char *name)
{
	char path[FILES_PATH_MAX];
	const struct store_info *info;
	struct store_file *f;
	struct pass p;

	files_data(name, path);
	if ((f = store_file_open(path, &p.err)) == NULL)
		bail("%s", p.err.text);
	info = store_file_info(f);
	is_uint(info->layout, 3, "%s: layout", name);
	is_str(info->codec->name, strstr(name, "lz4") ? "lz4" : "none",
	    "%s: codec", name);
	is_uint(info->nfdversion, 0xd1080000, "%s: version", name);
	ok(info->is_complete && info->has_stats, "%s: complete", name);
	is_uint(info->blocks, BLOCKS, "%s: blocks", name);
	is_str(info->ident, "golden", "%s: ident", name);
	is_uint(info->stats.flows, FLOW_COUNT, "%s: flows", name);
	is_uint(info->stats.packets, UINT64_C(18000001275), "%s: packets",
	    name);
	store_file_close(f);
	read_file(path, &p);
	ok(is_whole(&p), "%s: read to the end", name);
}

/* Read with n bytes at a place changed to a number; the whole file. */
static struct pass
read_changed(size_t at, uint64_t value, size_t n)
{
	store_host(copy + at, value, n);
	return read_copy(golden_len);
}

static void
test_directory(void)
{
	struct pass p = read_changed(HEADER_DIRECTORY, 0, 8);

	ok(is_whole(&p), "the directory is found by the footer");
	p = read_changed(HEADER_DIRECTORY, 50, 8);
	ok(is_whole(&p), "and so when the header is wrong");
	p = read_changed(FOOTER, 0, 4);
	ok(is_whole(&p), "and without a footer");
	p = read_copy(golden_len - 1);
	ok(is_whole(&p), "and with one that is cut");

	p = read_changed(DIRECTORY, 0, 4);
	ok(p.rc == -1 && p.blocks == BLOCKS && p.flows == FLOW_COUNT,
	    "without a directory the blocks, then an error");
	is_str(p.err.text, "copy: truncated, or its directory is damaged",
	    "which says so");
	p = read_changed(DIRECTORY + 4, UINT32_MAX, 4);
	ok(p.rc == -1 && p.blocks == BLOCKS, "a directory of 4 G entries");
	p = read_changed(DIRECTORY + 12, UINT32_MAX, 4);
	ok(p.rc == -1 && p.blocks == BLOCKS, "a block larger than the file");
	p = read_changed(DIRECTORY + 16, UINT64_MAX - 8, 8);
	ok(p.rc == -1 && p.blocks == BLOCKS, "a block behind the file");
	store_u32(copy + DIRECTORY + 8 + 4, FLOWS_LEN);
	p = read_changed(DIRECTORY + 8 + 16 + 4, FLOWS_LEN, 4);
	ok(p.rc == -1 && p.blocks == BLOCKS, "more blocks than bytes");
}

/* A file that was not closed. */
static void
test_open_file(void)
{
	struct store_file *f;
	struct pass p;

	store_u64(copy + HEADER_DIRECTORY, 0);
	p = read_copy(DIRECTORY);
	ok(p.rc == 0 && p.blocks == BLOCKS && p.flows == FLOW_COUNT,
	    "a file without directory and footer is read to its end");
	store_u64(copy + HEADER_DIRECTORY, 0);
	p = read_copy(FLOWS + FLOWS_LEN - 1);
	ok(p.rc == 0 && p.blocks == 3 && p.flows == 0,
	    "up to its last whole block");
	store_u64(copy + HEADER_DIRECTORY, 0);
	store_u32(copy + FLOWS + 4, 10);
	p = read_copy(DIRECTORY);
	ok(p.rc == -1 && p.blocks == 3, "or one that is none");
	is_str(p.err.text, "copy: block 3: size of 10 bytes", "with an error");
	store_u64(copy + HEADER_DIRECTORY, 0);
	read_copy(DIRECTORY);
	if ((f = store_file_open("copy", NULL)) == NULL)
		bail("it was read a moment ago");
	ok(!store_file_info(f)->is_complete, "it is not complete");
	store_file_close(f);
}

static void
test_sums(void)
{
	struct pass p;

	store_u64(copy + FLOWS + 16,
	    XXH3_64bits(copy + FLOWS + 24, FLOWS_LEN - 24));
	p = read_copy(golden_len);
	ok(is_whole(&p), "right checksum of a block");
	p = read_changed(FLOWS + 16, 1, 8);
	ok(p.rc == -1 && p.blocks == BLOCKS - 1 && p.flows == 0,
	    "a wrong one costs the block");
	is_str(p.err.text, "copy: block 3: wrong checksum", "and says so");

	store_u64(copy + FOOTER + 16,
	    XXH3_64bits(copy + DIRECTORY, DIRECTORY_LEN));
	p = read_copy(golden_len);
	ok(is_whole(&p), "right checksum of the directory");
	p = read_changed(FOOTER + 16, 1, 8);
	ok(p.rc == -1 && p.flows == FLOW_COUNT,
	    "with a wrong one the blocks are walked");
}

static void
block_error(size_t at, uint64_t value, size_t n, const char *want)
{
	struct pass p = read_changed(at, value, n);

	is_int(p.rc, -1, "an error: %s", want);
	is_str(p.err.text, want, "the message: %s", want);
	is_uint(p.blocks, BLOCKS - 1, "the other blocks are read");
}

static void
test_block_errors(void)
{
	struct pass p = read_changed(HEADER_FLAGS, 1, 4);

	is_str(p.err.text, "copy: encrypted flow file: not supported",
	    "a file that is encrypted");
	p = read_changed(18, 9, 2);
	is_int(p.err.code, ERR_MALFORMED, "%s", p.err.text);
	block_error(FLOWS + 14, 1, 2,
	    "copy: block 3: encrypted, which is not supported");
	block_error(FLOWS + 12, 77, 2, "copy: block 3: unknown compression 76");
	block_error(FLOWS + 12, 4, 2, "copy: block 3: damaged lz4 data");
	block_error(FLOWS + 8, 24, 4,
	    "copy: block 3: 24 bytes when expanded");
	block_error(FLOWS + 8, FLOWS_LEN + 8, 4,
	    "copy: block 3: 4224 bytes, not 4232");
	block_error(FLOWS + 4, 4000, 4,
	    "copy: block 3: type 1, 3976 bytes, but the directory has type 1, "
	    "4224 bytes");
	block_error(FLOWS, 7, 4,
	    "copy: block 3: type 7, 4224 bytes, but the directory has type 1, "
	    "4224 bytes");
	block_error(EXPORTERS + 24 + 10, 8, 2,
	    "copy: block 4: record of type 17 with 8 bytes, 440 are left");

	p = read_changed(STATS + 4, 160, 4);
	ok(p.rc == -1 && p.blocks == BLOCKS, "damaged statistics");
	is_str(p.err.text, "copy: damaged statistics", "are told at the end");
}

/* A damaged record does not cost those before it. */
static void
test_record_error(void)
{
	size_t third = FLOWS + 24 + 32 + 128 + 112;
	struct pass p = read_changed(third + 2, 0, 2);

	ok(p.rc == -1 && p.blocks == BLOCKS - 1 && p.flows == 2,
	    "two flows, and then a record of 0 bytes");
}

/* Cut at any byte: an error, unless only the footer is missing. */
static void
test_truncated(void)
{
	static const size_t ends[BLOCKS] = { 0x80, 0xb8, FLOWS, EXPORTERS,
		STATS };
	struct pass p;
	size_t cut, want = 0;

	for (cut = 0; cut < golden_len; cut++) {
		if (want < BLOCKS && cut == ends[want])
			want++;
		p = read_copy(cut);
		if ((p.rc == -1) != (cut < FOOTER) || p.blocks != want)
			break;
		if (p.rc == -1 && strncmp(p.err.text, "copy: ", 6) != 0)
			break;
	}
	is_uint(cut, golden_len, "cut at any byte, all that is there");
}

static void
test_flipped(const char *name, size_t step)
{
	static const uint8_t masks[] = { 0x01, 0x80, 0xff };
	char path[FILES_PATH_MAX];
	uint32_t most = 0;
	uint8_t *data;
	struct pass p;
	size_t len;

	files_data(name, path);
	data = files_read(path, &len);
	for (size_t at = 0; at < len; at += step)
		for (size_t i = 0; i < sizeof(masks); i++) {
			data[at] ^= masks[i];
			files_write("flip", data, len);
			data[at] ^= masks[i];
			read_file("flip", &p);
			if (p.flows > most)
				most = p.flows;
		}
	is_uint(most, FLOW_COUNT, "%s: no flow too many with a byte changed",
	    name);
	free(data);
}

static void
same_file(const char *path, const uint8_t *data, size_t len)
{
	size_t got;
	uint8_t *now = files_read(path, &got);

	ok(got == len && memcmp(now, data, len) == 0, "%s is as it was", path);
	free(now);
}

static void
test_never_written(void)
{
	char path[FILES_PATH_MAX];
	uint8_t *ours;
	struct err err;
	size_t len;

	files_data("files/nfcapd-1.7.1-none", path);
	ours = files_read(path, &len);
	files_write("ours", ours, len);
	files_write("theirs", golden, golden_len);
	is_int(store_append(AT_FDCWD, "theirs", AT_FDCWD, "ours", &err), -1,
	    "append to it");
	is_str(err.text, "theirs: files of layout 3 are only read", "refused");
	is_int(store_append(AT_FDCWD, "ours", AT_FDCWD, "theirs", &err), -1,
	    "append it");
	is_int(store_set_ident("theirs", "x", &err), -1, "change its ident");
	same_file("theirs", golden, golden_len);
	same_file("ours", ours, len);

	store_u64(copy + HEADER_DIRECTORY, 0);
	files_write("theirs", copy, DIRECTORY);
	is_int((int)store_recover(AT_FDCWD, "theirs", "x", &err), -1,
	    "recover it");
	is_str(err.text, "theirs: files of layout 3 are only read", "refused");
	same_file("theirs", copy, DIRECTORY);
	free(ours);
}

int
main(void)
{
	char path[FILES_PATH_MAX];

	files_begin();
	files_data(PLAIN, path);
	golden = files_read(path, &golden_len);
	if ((copy = malloc(golden_len)) == NULL)
		bail("out of memory");
	memcpy(copy, golden, golden_len);
	test_golden(PLAIN);
	test_golden(PACKED);
	test_directory();
	test_open_file();
	test_sums();
	test_block_errors();
	test_record_error();
	test_truncated();
	test_flipped(PLAIN, 7);
	test_flipped(PACKED, 3);
	test_never_written();
	store_block_fini(&block);
	free(copy);
	free(golden);
	return done_testing();
}
