/*
 * Writing flow files: the bytes of nfcapd 1.7.1, round trips, and what is
 * left when a write fails.
 */

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "files.h"
#include "store/reader.h"
#include "store/writer.h"
#include "tap.h"

#define RECORD_LEN 48

static const struct codec *
codec(const char *name)
{
	struct err err = { .code = ERR_NONE };
	const struct codec *c = codec_by_name(name, &err);

	if (c == NULL)
		bail("%s", err.text);
	return c;
}

/* Block and statistics of another collector give its file, byte for byte. */
static void
test_worked_example(void)
{
	struct err err = { .code = ERR_NONE };
	char path[FILES_PATH_MAX];
	struct record_stats s;
	struct store_writer *w;
	struct reader r;
	uint8_t *want, *got;
	size_t len, got_len;

	files_data("files/nfcapd-1.7.1-single", path);
	want = files_read(path, &len);
	reader_init(&r, want + 267, 144);
	record_get_stats(&r, &s);
	w = store_writer_open(AT_FDCWD, "single", codec("none"), "golden",
	    (int64_t)load_u64(want + 8), &err);
	ok(w != NULL, "open%s", err.text);
	store_writer_no_index(w);
	is_int(store_writer_block(w, want + 52, 188, 3, &err), 0, "block");
	is_uint(store_writer_blocks(w), 1, "one block");
	is_uint(store_writer_size(w), 240, "240 bytes");
	is_int(store_writer_commit(w, &s, &err), 0, "commit");
	is_uint(store_writer_size(w), 411, "411 bytes");
	store_writer_close(w);
	got = files_read("single", &got_len);
	is_uint(got_len, len, "length of the file");
	is_mem(got, want, len, "the file of nfcapd 1.7.1, byte for byte");
	free(got);
	free(want);
}

/* Block number n: full of records whose content tells n. */
static uint32_t
fill(uint8_t *raw, size_t len, uint32_t n)
{
	uint32_t records = (uint32_t)(len / RECORD_LEN);

	for (uint32_t i = 0; i < records; i++, raw += RECORD_LEN) {
		memset(raw, (int)(n + i / 100), RECORD_LEN);
		store_u16(raw, 300);
		store_u16(raw + 2, RECORD_LEN);
	}
	return records;
}

static void
check_blocks(struct store_file *f, const char *name, size_t len)
{
	uint8_t *want = calloc(1, len);
	struct err err = { .code = ERR_NONE };
	struct store_block b = { 0 };
	struct store_ref ref;
	uint32_t n = 0, same = 0;
	int rc;

	while ((rc = store_file_next(f, &ref, &err)) == 1) {
		uint32_t records = fill(want, len, n);

		if (store_block_load(f, &ref, &b, &err) == 0 &&
		    b.len == (size_t)records * RECORD_LEN &&
		    ref.records == records && ref.number == n &&
		    memcmp(b.raw, want, b.len) == 0)
			same++;
		n++;
	}
	is_int(rc, 0, "%s: read to the end", name);
	is_uint(n, store_file_info(f)->blocks, "%s: blocks", name);
	is_uint(same, n, "%s: blocks as written", name);
	store_block_fini(&b);
	free(want);
}

static void
round_trip(const char *name, size_t len, uint32_t blocks)
{
	struct err err = { .code = ERR_NONE };
	uint8_t *raw = malloc(len);
	struct record_stats s;
	struct store_writer *w;
	struct store_file *f;

	record_stats_init(&s);
	s.flows = 12345;
	w = store_writer_open(
	    AT_FDCWD, "trip", codec(name), "", 1718452800, &err);
	for (uint32_t n = 0; n < blocks; n++) {
		uint32_t records = fill(raw, len, n);

		if (store_writer_block(w, raw, (size_t)records * RECORD_LEN,
			records, &err) == -1)
			bail("%s", err.text);
	}
	is_int(store_writer_commit(w, &s, &err), 0, "%s: commit", name);
	is_uint(store_writer_size(w), (uintmax_t)files_size("trip"),
	    "%s: size as told", name);
	store_writer_close(w);
	if ((f = store_file_open("trip", &err)) == NULL)
		bail("%s", err.text);
	is_str(store_file_info(f)->ident, "none", "%s: no ident", name);
	is_int(store_file_info(f)->created_s, 1718452800, "%s: created", name);
	is_uint(store_file_info(f)->stats.flows, 12345, "%s: flows", name);
	is_uint(
	    store_file_info(f)->blocks, blocks, "%s: %u blocks", name, blocks);
	check_blocks(f, name, len);
	store_file_close(f);
	unlink("trip");
	free(raw);
}

static void
test_open(void)
{
	struct err err = { .code = ERR_NONE };
	char ident[124];
	struct store_writer *w;
	struct store_file *f;
	struct record_stats s;
	struct stat st;

	record_stats_init(&s);
	files_write("there", "x", 1);
	ok(store_writer_open(AT_FDCWD, "there", codec("lz4"), "i", 0, &err) ==
		NULL,
	    "an existing file is refused");
	is_int(err.code, ERR_SYSTEM, "by the system");
	is_int(files_size("there"), 1, "and left alone");
	if (symlink("elsewhere", "link") == -1)
		bail("symlink");
	ok(store_writer_open(AT_FDCWD, "link", codec("lz4"), "i", 0, &err) ==
		NULL,
	    "a link is refused");
	ok(!files_exist("elsewhere"), "and not followed");

	memset(ident, 'i', sizeof(ident));
	ident[123] = '\0';
	ok(store_writer_open(AT_FDCWD, "ident", codec("lz4"), ident, 0, &err) ==
		NULL,
	    "an ident of 123 bytes is refused");
	is_int(err.code, ERR_VALUE, "as a value");
	ok(!files_exist("ident"), "and no file is made");
	ident[122] = '\0';
	umask(027);
	w = store_writer_open(AT_FDCWD, "ident", codec("lz4"), ident, 0, &err);
	stat("ident", &st);
	is_uint(st.st_mode & 0777, 0640, "mode is 0644 less the umask");
	is_int(store_writer_commit(w, &s, &err), 0, "a file without blocks");
	store_writer_close(w);
	f = store_file_open("ident", &err);
	is_str(store_file_info(f)->ident, ident, "an ident of 122 bytes");
	ok(store_file_info(f)->is_complete, "complete without blocks");
	check_blocks(f, "empty", RECORD_LEN);
	store_file_close(f);

	w = store_writer_open(AT_FDCWD, "left", codec("lz4"), "i", 0, &err);
	ok(files_exist("left"), "a file while it is written");
	store_writer_close(w);
	ok(!files_exist("left"), "no file without a commit");
	store_writer_close(NULL);
}

/* A block in every place while the file is open can be read. */
static void
test_live(void)
{
	struct err err = { .code = ERR_NONE };
	uint8_t raw[RECORD_LEN * 4];
	struct store_writer *w;
	struct store_file *f;
	struct store_ref ref;
	uint32_t found = 0;

	w = store_writer_open(AT_FDCWD, "live", codec("lz4"), "i", 0, &err);
	for (uint32_t n = 0; n < 3; n++)
		store_writer_block(
		    w, raw, sizeof(raw), fill(raw, sizeof(raw), n), &err);
	f = store_file_open("live", &err);
	ok(f != NULL && !store_file_info(f)->is_complete, "open, not complete");
	store_writer_block(w, raw, sizeof(raw), 4, &err);
	while (store_file_next(f, &ref, &err) == 1)
		found++;
	is_uint(found, 3, "a file in writing is read as it was when opened");
	store_file_close(f);
	store_writer_close(w);
}

static void
limit_files(rlim_t max)
{
	struct rlimit limit;

	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = max;
	if (setrlimit(RLIMIT_FSIZE, &limit) == -1)
		bail("setrlimit");
}

#define FULL_BLOCK (RECORD_LEN * 2)
#define FULL_STORED (FULL_BLOCK + 12)

/* Write two blocks; the first write that fails lifts the limit. */
static void
write_limited(struct store_writer *w, size_t limit)
{
	struct err err = { .code = ERR_NONE };
	uint8_t raw[FULL_BLOCK];
	bool is_limited = true;

	for (uint32_t n = 0; n < 2; n++) {
		uint32_t records = fill(raw, sizeof(raw), n);
		size_t before = 40 + n * FULL_STORED;
		bool fits = !is_limited || limit >= before + FULL_STORED;

		if ((store_writer_block(w, raw, sizeof(raw), records, &err) ==
			0) != fits)
			bail("limit %zu, block %u: %s", limit, n, err.text);
		if (fits)
			continue;
		if (err.code != ERR_SYSTEM ||
		    files_size("full") != (int64_t)before)
			bail("limit %zu, block %u: a tail stays", limit, n);
		limit_files(RLIM_INFINITY);
		is_limited = false;
		if (store_writer_block(w, raw, sizeof(raw), records, &err) ==
		    -1)
			bail("limit %zu, block %u: %s", limit, n, err.text);
	}
}

static void
commit_limited(struct store_writer *w, size_t limit)
{
	struct err err = { .code = ERR_NONE };
	struct record_stats s;

	record_stats_init(&s);
	if (store_writer_commit(w, &s, &err) == 0)
		return;
	if (files_size("full") != 40 + 2 * FULL_STORED)
		bail("limit %zu: a piece of the appendix stays", limit);
	limit_files(RLIM_INFINITY);
	if (store_writer_commit(w, &s, &err) == -1)
		bail("limit %zu: %s", limit, err.text);
}

/*
 * For every limit on the size of a file: what was written before the limit
 * stays, and the writer goes on when there is room again.
 */
static void
test_full(void)
{
	const size_t end = 40 + 2 * FULL_STORED + 170;
	struct err err = { .code = ERR_NONE };
	struct store_writer *w;
	struct store_file *f;
	uint32_t good = 0;

	signal(SIGXFSZ, SIG_IGN);
	for (size_t limit = 0; limit <= end; limit++) {
		limit_files(limit);
		w = store_writer_open(
		    AT_FDCWD, "full", codec("none"), "i", 0, &err);
		if (w == NULL) {
			good += limit < 40 && !files_exist("full");
			limit_files(RLIM_INFINITY);
			continue;
		}
		write_limited(w, limit);
		commit_limited(w, limit);
		limit_files(RLIM_INFINITY);
		store_writer_close(w);
		if ((f = store_file_open("full", &err)) == NULL)
			bail("limit %zu: %s", limit, err.text);
		good += store_file_info(f)->is_complete &&
		    store_file_info(f)->blocks == 2;
		store_file_close(f);
		unlink("full");
	}
	is_uint(good, end + 1, "writes that fail at any byte leave good files");
}

int
main(void)
{
	files_begin();
	test_worked_example();
	round_trip("none", 1000, 3);
	round_trip("lz4", 1000, 3);
	round_trip("none", STORE_BLOCK_SIZE_MAX, 2);
	round_trip("lz4", STORE_BLOCK_SIZE_MAX, 2);
	test_open();
	test_live();
	test_full();
	return done_testing();
}
