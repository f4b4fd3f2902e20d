/*
 * Reading flow files: files of other collectors, files that are refused,
 * files cut at every byte and files with every byte changed.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "files.h"
#include "record/v3.h"
#include "store/reader.h"
#include "tap.h"

static const char *const golden[] = { "nfcapd-1.7.1-none", "nfcapd-1.7.1-lz4",
	"nfcapd-1.7.8-none", "nfcapd-1.7.8-lz4", "nfcapd-1.7.1-single" };

#define GOLDEN (sizeof(golden) / sizeof(golden[0]))

static struct store_block block; /* taken once, files are many */

/* What a pass over a file found. */
struct pass {
	uint32_t blocks;
	uint32_t records;
	uint32_t flows;
	int rc; /* of the call that ended it */
	struct err err;
};

static void
count_records(struct pass *p)
{
	struct record_cursor c = { .data = block.raw, .len = block.len };
	struct span record;
	uint16_t type;

	while (record_next(&c, &type, &record, NULL) == 1) {
		p->records++;
		p->flows += type == RECORD_FLOW_V3;
	}
}

static void
read_file(const char *path, struct pass *p)
{
	struct store_file *f = store_file_open(path, &p->err);
	struct store_ref ref;

	p->blocks = p->records = p->flows = 0;
	p->rc = -1;
	if (f == NULL)
		return;
	while ((p->rc = store_file_next(f, &ref, &p->err)) == 1) {
		if (store_block_load(f, &ref, &block, &p->err) == -1) {
			p->rc = -1;
			break;
		}
		p->blocks++;
		count_records(p);
	}
	store_file_close(f);
}

/* The number after "NAME: " in what nfdump -I says. */
static uint64_t
stat_value(const char *text, const char *name)
{
	char want[40];
	const char *p;

	snprintf(want, sizeof(want), "\n%s: ", name);
	if ((p = strstr(text, want)) == NULL)
		return UINT64_MAX;
	return strtoull(p + strlen(want), NULL, 10);
}

static void
check_stats(const char *name, const struct record_stats *s, const char *text)
{
	static const char *const group[] = { "tcp", "udp", "icmp", "other" };
	char key[40];

	is_uint(s->flows, stat_value(text, "Flows"), "%s: Flows", name);
	is_uint(s->packets, stat_value(text, "Packets"), "%s: Packets", name);
	is_uint(s->bytes, stat_value(text, "Bytes"), "%s: Bytes", name);
	for (int i = 0; i < STAT_PROTOS; i++) {
		snprintf(key, sizeof(key), "Flows_%s", group[i]);
		is_uint(s->proto_flows[i], stat_value(text, key), "%s: %s",
		    name, key);
		snprintf(key, sizeof(key), "Packets_%s", group[i]);
		is_uint(s->proto_packets[i], stat_value(text, key), "%s: %s",
		    name, key);
		snprintf(key, sizeof(key), "Bytes_%s", group[i]);
		is_uint(s->proto_bytes[i], stat_value(text, key), "%s: %s",
		    name, key);
	}
	is_uint(
	    s->first_ms / 1000, stat_value(text, "First"), "%s: First", name);
	is_uint(s->last_ms / 1000, stat_value(text, "Last"), "%s: Last", name);
	is_uint(s->last_ms % 1000, stat_value(text, "msec_last"),
	    "%s: msec_last", name);
	is_uint(s->sequence_failures, stat_value(text, "Sequence failures"),
	    "%s: Sequence failures", name);
}

static void
test_golden(const char *name)
{
	char path[FILES_PATH_MAX], data[64];
	struct err err = { .code = ERR_NONE };
	const struct store_info *info;
	struct store_file *f;
	struct pass p;
	char *text;
	size_t len;

	snprintf(data, sizeof(data), "files/%s.stat.txt", name);
	files_data(data, path);
	text = (char *)files_read(path, &len);
	snprintf(data, sizeof(data), "files/%s", name);
	files_data(data, path);
	if ((f = store_file_open(path, &err)) == NULL)
		bail("%s", err.text);
	info = store_file_info(f);
	is_str(store_file_path(f), path, "%s: path", name);
	is_uint(info->layout, 2, "%s: layout", name);
	is_str(info->codec->name, strstr(name, "lz4") ? "lz4" : "none",
	    "%s: codec", name);
	is_uint(info->nfdversion,
	    strstr(name, "1.7.1") ? 0x01070100 : 0xf1070800, "%s: version",
	    name);
	ok(info->is_complete && info->has_stats, "%s: complete", name);
	is_uint(info->blocks, 1, "%s: blocks", name);
	is_str(info->ident, "golden", "%s: ident", name);
	is_int((intmax_t)info->size, files_size(path), "%s: size", name);
	check_stats(name, &info->stats, text);
	read_file(path, &p);
	is_int(p.rc, 0, "%s: read to the end", name);
	is_uint(p.blocks, 1, "%s: blocks found", name);
	is_uint(p.flows, info->stats.flows, "%s: flows found", name);
	store_file_close(f);
	free(text);
}

static void
refused(const char *path, const char *want)
{
	struct err err = { .code = ERR_NONE };
	char text[200];

	snprintf(text, sizeof(text), "%s: %s", path, want);
	ok(store_file_open(path, &err) == NULL, "refused: %s", want);
	is_int(err.code, ERR_MALFORMED, "refused as malformed: %s", want);
	is_str(err.text, text, "the message names path and reason");
}

/* Refused with one byte of the header changed. */
static void
refused_byte(
    const uint8_t *data, size_t len, size_t at, uint8_t value, const char *want)
{
	uint8_t *copy = malloc(len);

	memcpy(copy, data, len);
	copy[at] = value;
	files_write("bad", copy, len);
	refused("bad", want);
	free(copy);
}

static void
test_refused(const uint8_t *data, size_t len)
{
	static const uint8_t swapped[40] = { 0xa5, 0x0c, 0, 2 };
	struct err err = { .code = ERR_NONE };

	files_write("bad", "", 0);
	refused("bad", "empty file");
	files_write("bad", "abc", 3);
	refused("bad", "not a flow file: 3 bytes");
	files_write("bad", "#!/bin/sh\n", 10);
	refused("bad", "not a flow file: it starts with 0x2123");
	files_write("bad", swapped, sizeof(swapped));
	refused("bad", "flow file of a host with the other byte order");
	files_write("bad", data, 39);
	refused("bad", "truncated: 39 bytes of a header of 40");
	refused_byte(data, len, 2, 4, "flow file layout 4 is not supported");
	refused_byte(data, len, 16, 9, "unknown compression 9");
	refused_byte(data, len, 17, 1, "encryption 1 is not supported");
	refused_byte(data, len, 24, 12, "appendix at 12");
	refused_byte(data, len, 31, 0xff, "appendix at -72057594037927696");
	mkdir("directory", 0755);
	refused("directory", "not a regular file");
	mkfifo("pipe", 0644);
	refused("pipe", "not a regular file");
	ok(store_file_open("nothing", &err) == NULL, "no file");
	is_int(err.code, ERR_SYSTEM, "no file is an error of the system");
	ok(strncmp(err.text, "nothing: ", 9) == 0, "that names the file: %s",
	    err.text);
	store_file_close(NULL);
}

/* Data block of the file with one flow: from 40 to 240. */
static void
block_error(const uint8_t *data, size_t len, size_t at, uint32_t value,
    const char *want)
{
	uint8_t *copy = malloc(len);
	struct pass p;

	memcpy(copy, data, len);
	store_u32(copy + at, value);
	files_write("bad", copy, len);
	read_file("bad", &p);
	is_int(p.rc, -1, "an error: %s", want);
	is_str(p.err.text, want, "the message: %s", want);
	free(copy);
}

static void
test_block_errors(const uint8_t *data, size_t len)
{
	block_error(data, len, 40, 0, "bad: block 0: no records");
	block_error(data, len, 44, 0, "bad: block 0: size of 0 bytes");
	block_error(data, len, 44, STORE_BLOCK_DISK_MAX + 1,
	    "bad: block 0: size of 5242881 bytes");
	block_error(data, len, 44, 300, "bad: appendix starts at block 0 of 1");
	block_error(data, len, 36, 0,
	    "bad: 200 bytes behind block 0 that no block holds");
	block_error(data, len, 36, 2, "bad: appendix starts at block 1 of 2");
	block_error(data, len, 244, 1000, "bad: damaged appendix");
	block_error(data, len, 24, 1000,
	    "bad: truncated: appendix at 1000, file has 411 bytes");
}

/* A file that is still open, cut at every byte: whole blocks, no error. */
static void
test_open_file(const uint8_t *data, size_t len)
{
	uint8_t *copy = malloc(len);
	size_t cut, good = 0;
	struct pass p;

	memcpy(copy, data, len);
	store_u16(copy + 18, 0);
	store_u64(copy + 24, 0);
	store_u32(copy + 36, 0);
	for (cut = 40; cut < 240; cut++) {
		files_write("open", copy, cut);
		read_file("open", &p);
		if (p.rc != 0 || p.blocks != 0)
			break;
		good++;
	}
	is_uint(good, 200, "an open file without a whole block is empty");
	files_write("open", copy, 240);
	read_file("open", &p);
	ok(p.rc == 0 && p.blocks == 1 && p.flows == 1,
	    "an open file is read to its last whole block");
	free(copy);
}

/*
 * A complete file cut at every byte: its whole blocks and an error, never
 * the flows of a block that is not whole, never an end without an error.
 */
static void
test_truncated(const uint8_t *data, size_t len)
{
	size_t cut;
	struct pass p;

	for (cut = 0; cut < len; cut++) {
		files_write("cut", data, cut);
		read_file("cut", &p);
		if (p.rc != -1 || p.err.code != ERR_MALFORMED ||
		    p.blocks != (cut >= 240) ||
		    strncmp(p.err.text, "cut: ", 5) != 0)
			break;
	}
	is_uint(cut, len, "cut at any byte, all that is there and an error");
}

/* Any byte changed: an error or something readable. */
static void
test_flipped(const char *name)
{
	static const uint8_t masks[] = { 0x01, 0x80, 0xff };
	char path[FILES_PATH_MAX], data_name[64];
	uint32_t most = 0;
	uint8_t *data;
	struct pass p;
	size_t len;

	snprintf(data_name, sizeof(data_name), "files/%s", name);
	files_data(data_name, path);
	data = files_read(path, &len);
	for (size_t at = 0; at < len; at++) {
		for (size_t i = 0; i < sizeof(masks); i++) {
			data[at] ^= masks[i];
			files_write("flip", data, len);
			data[at] ^= masks[i];
			read_file("flip", &p);
			if (p.rc == -1 && p.err.code != ERR_MALFORMED)
				bail("byte %zu: %s", at, p.err.text);
			if (p.blocks > most)
				most = p.blocks;
		}
	}
	is_uint(most, 1, "%s: no block too many with a byte changed", name);
	free(data);
}

static const uint8_t *committed; /* what a writer makes of "race" */
static size_t committed_len;

int __real_fstat(int fd, struct stat *st);
int __wrap_fstat(int fd, struct stat *st);

/* A writer completes the file when its size has been taken once. */
int
__wrap_fstat(int fd, struct stat *st)
{
	int rc = __real_fstat(fd, st), out;

	if (committed == NULL)
		return rc;
	out = open("race", O_WRONLY);
	if (write(out, committed, committed_len) != (ssize_t)committed_len)
		bail("race");
	close(out);
	committed = NULL;
	return rc;
}

static void
test_race(const uint8_t *data, size_t len)
{
	uint8_t open_header[40];
	struct pass p;

	memcpy(open_header, data, sizeof(open_header));
	memset(open_header + 18, 0, 2);
	memset(open_header + 24, 0, 16);
	files_write("race", open_header, sizeof(open_header));
	committed = data;
	committed_len = len;
	read_file("race", &p);
	is_int(p.rc, 0, "completed while it is opened: %s",
	    p.rc == -1 ? p.err.text : "read");
	is_uint(p.blocks, 1, "as it is then");
}

/* Blocks of other types and unknown appendix records are passed over. */
static void
test_other_blocks(const uint8_t *data, size_t len)
{
	uint8_t *copy = malloc(len * 2);
	struct store_file *f;
	struct pass p;

	memcpy(copy, data, 240);
	memcpy(copy + 240, data + 40, len - 40);
	store_u16(copy + 40 + 8, 4);
	store_u64(copy + 24, 440);
	store_u32(copy + 36, 2);
	files_write("other", copy, len + 200);
	read_file("other", &p);
	is_int(p.rc, 0, "a block of type 4 is no error");
	is_uint(p.blocks, 1, "and is not handed out");

	memcpy(copy, data, len);
	store_u16(copy + 252, 0x9000);
	memcpy(copy + len, "index of another tool", 21);
	files_write("other", copy, len + 21);
	if ((f = store_file_open("other", NULL)) == NULL)
		bail("a file with bytes behind its appendix");
	ok(store_file_info(f)->has_stats,
	    "unknown record in the appendix, bytes behind it: still read");
	is_str(store_file_info(f)->ident, "none", "without ident it is none");
	store_file_close(f);
	free(copy);
}

int
main(void)
{
	char path[FILES_PATH_MAX];
	uint8_t *data;
	size_t len;

	files_begin();
	for (size_t i = 0; i < GOLDEN; i++)
		test_golden(golden[i]);
	files_data("files/nfcapd-1.7.1-single", path);
	data = files_read(path, &len);
	test_refused(data, len);
	test_block_errors(data, len);
	test_open_file(data, len);
	test_truncated(data, len);
	test_other_blocks(data, len);
	test_race(data, len);
	free(data);
	test_flipped("nfcapd-1.7.1-single");
	test_flipped("nfcapd-1.7.8-lz4");
	store_block_fini(&block);
	return done_testing();
}
