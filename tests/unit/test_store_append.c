/*
 * Joining files and completing what a crash left, stopped at every place.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "files.h"
#include "record/v3.h"
#include "store/index.h"
#include "store/reader.h"
#include "store/writer.h"
#include "tap.h"

static char golden_none[FILES_PATH_MAX];
static char golden_lz4[FILES_PATH_MAX];
static char golden_single[FILES_PATH_MAX];

/* Flow records in the file; -1 when it is not read to its end. */
static int64_t
count_flows(const char *path)
{
	struct err err = { .code = ERR_NONE };
	struct store_file *f = store_file_open(path, &err);
	struct store_block b = { 0 };
	struct record_cursor c;
	struct store_ref ref;
	struct span record;
	uint16_t type;
	int64_t flows = 0;
	int rc = -1;

	while (f != NULL && (rc = store_file_next(f, &ref, &err)) == 1) {
		if ((rc = store_block_load(f, &ref, &b, &err)) == -1)
			break;
		c = (struct record_cursor){ .data = b.raw, .len = b.len };
		while (record_next(&c, &type, &record, NULL) == 1)
			flows += type == RECORD_FLOW_V3;
	}
	if (rc == -1)
		note("%s", err.text);
	store_block_fini(&b);
	store_file_close(f);
	return rc == -1 ? -1 : flows;
}

static void
get_stats(const char *path, struct record_stats *s)
{
	struct err err = { .code = ERR_NONE };
	struct store_file *f = store_file_open(path, &err);

	if (f == NULL || !store_file_info(f)->has_stats)
		bail("%s: %s", path, err.text);
	*s = store_file_info(f)->stats;
	store_file_close(f);
}

static int64_t
created(const char *path)
{
	struct store_file *f = store_file_open(path, NULL);
	int64_t created_s;

	if (f == NULL)
		bail("%s", path);
	created_s = store_file_info(f)->created_s;
	store_file_close(f);
	return created_s;
}

static void
check_joined(const char *path, uint64_t flows, const char *name)
{
	struct record_stats s;

	is_int(count_flows(path), (intmax_t)flows, "%s: flows", name);
	get_stats(path, &s);
	is_uint(s.flows, flows, "%s: flows in the statistics", name);
	ok(!files_exist("from"), "%s: the other file is gone", name);
	ok(!files_exist("from.append"), "%s: no third file", name);
}

/* Take the statistics from a file: their record gets a type nobody knows. */
static void
lose_stats(const char *path)
{
	static const uint8_t head[] = { RECORD_STATS & 0xff, RECORD_STATS >> 8,
		RECORD_STATS_LEN, 0 };
	size_t len, at;
	uint8_t *data = files_read(path, &len);

	for (at = len - sizeof(head); at > 0; at--)
		if (memcmp(data + at, head, sizeof(head)) == 0)
			break;
	memset(data + at, 0x7f, 2);
	files_write(path, data, len);
	free(data);
}

static void
test_append(void)
{
	struct err err = { .code = ERR_NONE };
	struct record_stats a, b, sum;
	struct store_file *f;
	struct stat st;

	files_copy(golden_none, "to");
	chmod("to", 0600);
	files_copy(golden_single, "from");
	is_int(store_append(AT_FDCWD, "to", AT_FDCWD, "from", &err), 0,
	    "append%s", err.text);
	check_joined("to", 27, "append");
	get_stats(golden_none, &a);
	get_stats(golden_single, &b);
	record_stats_merge(&a, &b);
	get_stats("to", &sum);
	is_mem(&sum, &a, sizeof(sum), "statistics are summed");
	stat("to", &st);
	is_uint(st.st_mode & 0777, 0600, "permissions stay");
	f = store_file_open("to", &err);
	is_str(store_file_info(f)->ident, "golden", "ident stays");
	is_str(store_file_info(f)->codec->name, "none", "codec stays");
	is_uint(store_file_info(f)->blocks, 2, "two blocks");
	is_int(store_file_info(f)->created_s, created(golden_single),
	    "by its time the slot of the file appended is found");
	store_file_close(f);

	files_copy(golden_none, "to");
	files_copy(golden_single, "from");
	lose_stats("from");
	f = store_file_open("from", &err);
	ok(f != NULL && !store_file_info(f)->has_stats, "no statistics");
	store_file_close(f);
	is_int(store_append(AT_FDCWD, "to", AT_FDCWD, "from", &err), 0,
	    "append without statistics");
	check_joined("to", 27, "without statistics");
	get_stats("to", &sum);
	is_mem(&sum, &a, sizeof(sum), "the records are counted");

	files_copy(golden_lz4, "to");
	files_copy(golden_none, "from");
	is_int(store_append(AT_FDCWD, "to", AT_FDCWD, "from", &err), 0,
	    "append to another codec");
	check_joined("to", 52, "other codec");
	files_copy(golden_lz4, "from");
	is_int(store_append(AT_FDCWD, "to", AT_FDCWD, "from", &err), 0,
	    "append once more");
	check_joined("to", 78, "once more");
}

/* An ident that fills its record to the last byte and has no NUL. */
static void
test_full_ident(void)
{
	struct err err = { .code = ERR_NONE };
	char ident[STORE_IDENT_MAX];
	struct record_stats stats;
	struct store_writer *w;
	uint8_t *data;
	size_t len;

	memset(ident, 'i', sizeof(ident) - 1);
	ident[sizeof(ident) - 1] = '\0';
	record_stats_init(&stats);
	unlink("to");
	w = store_writer_open(
	    AT_FDCWD, "to", codec_by_id(CODEC_NONE, &err), ident, 0, &err);
	if (w == NULL || store_writer_commit(w, &stats, &err) == -1)
		bail("%s", err.text);
	store_writer_close(w);
	data = files_read("to", &len);
	data[40 + 12 + 4 + strlen(ident)] = 'i';
	files_write("to", data, len);
	free(data);
	files_copy(golden_single, "from");
	is_int(store_append(AT_FDCWD, "to", AT_FDCWD, "from", &err), 0,
	    "ident without a NUL%s", err.text);
	check_joined("to", 1, "ident without a NUL");
}

/* "to" and "from" stay as they are. */
static void
append_fails(const char *to, const char *from, const char *want)
{
	struct err err = { .code = ERR_NONE };
	size_t len_to, len_from, len;
	uint8_t *before_to = files_read(to, &len_to), *after;
	uint8_t *before_from = files_read(from, &len_from);

	is_int(store_append(AT_FDCWD, to, AT_FDCWD, from, &err), -1,
	    "no append: %s", want);
	ok(strstr(err.text, want) != NULL, "the message: %s", err.text);
	after = files_read(to, &len);
	ok(len == len_to && memcmp(after, before_to, len) == 0,
	    "%s: one file stays", want);
	free(after);
	after = files_read(from, &len);
	ok(len == len_from && memcmp(after, before_from, len) == 0,
	    "%s: the other file stays", want);
	free(after);
	ok(!files_exist("from.append"), "%s: no third file", want);
	free(before_to);
	free(before_from);
}

static void
test_refused(void)
{
	struct err err = { .code = ERR_NONE };
	uint8_t *data;
	size_t len;

	data = files_read(golden_lz4, &len);
	files_copy(golden_none, "to");
	files_write("from", data, len - 200);
	append_fails("to", "from", "from: not complete");
	files_write("from", "junk", 4);
	append_fails("to", "from", "from: not a flow file");
	append_fails("from", "to", "from: not a flow file");
	data[60] ^= 0xff;
	data[100] ^= 0xff;
	files_write("from", data, len);
	append_fails("to", "from", "from: block 0: damaged lz4 data");
	unlink("from");
	if (link("to", "from") == -1)
		bail("link");
	append_fails("to", "from", "to and from are one file");
	unlink("from");
	is_int(store_append(AT_FDCWD, "to", AT_FDCWD, "from", &err), -1,
	    "nothing to append");
	is_int(err.code, ERR_SYSTEM, "is an error of the system");
	ok(strncmp(err.text, "from: ", 6) == 0, "that names it: %s", err.text);
	free(data);
}

/* No room for the third file. */
static void
test_full(void)
{
	struct rlimit limit;

	signal(SIGXFSZ, SIG_IGN);
	files_copy(golden_none, "to");
	files_copy(golden_lz4, "from");
	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = 5000;
	setrlimit(RLIMIT_FSIZE, &limit);
	append_fails("to", "from", "from.append: writing: File too large");
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_FSIZE, &limit);
	unlink("from");
}

/* What a crash can leave of an append of one flow to 26. */
static void
test_interrupted(void)
{
	struct err err = { .code = ERR_NONE };
	uint8_t zero[100] = { 0 };

	/* The file that holds both. */
	files_copy(golden_none, "to");
	files_copy(golden_single, "from");
	store_append(AT_FDCWD, "to", AT_FDCWD, "from", &err);
	files_copy("to", "both");

	files_copy(golden_none, "to");
	files_copy(golden_single, "from");
	files_write("from.append", zero, sizeof(zero));
	is_int(store_recover(AT_FDCWD, "from.append", "i", &err), -1,
	    "an unfinished third file cannot be recovered");
	is_int(store_append(AT_FDCWD, "to", AT_FDCWD, "from", &err), 0,
	    "stopped in the middle");
	check_joined("to", 27, "stopped in the middle");

	files_copy(golden_none, "to");
	files_copy(golden_single, "from");
	files_copy("both", "from.append");
	is_int(store_append(AT_FDCWD, "to", AT_FDCWD, "from.append", &err), 0,
	    "stopped before it counted: the third file is void");
	is_int(count_flows("to"), 26, "the target is as before");
	is_int(store_append(AT_FDCWD, "to", AT_FDCWD, "from", &err), 0,
	    "and the file appended");
	check_joined("to", 27, "stopped before it counted");

	files_copy(golden_none, "to");
	files_copy("both", "from.append");
	is_int(store_append(AT_FDCWD, "to", AT_FDCWD, "from", &err), 0,
	    "stopped before the rename, told the old name");
	check_joined("to", 27, "stopped before the rename");

	files_copy(golden_none, "to");
	files_copy("both", "from.append");
	is_int(store_recover(AT_FDCWD, "from.append", "i", &err), 2,
	    "a finished third file needs no recovery");
	is_int(store_append(AT_FDCWD, "to", AT_FDCWD, "from.append", &err), 0,
	    "stopped before the rename, told the name that is left");
	check_joined("to", 27, "name that is left");

	files_copy(golden_single, "to");
	files_copy("both", "from.append");
	is_int(store_append(AT_FDCWD, "to", AT_FDCWD, "from.append", &err), 0,
	    "a third file of another target");
	check_joined("to", 28, "another target");
}

static int stat_error; /* of every look by name; 0: none */

int __real_fstatat(int dir, const char *path, struct stat *st, int flags);
int __wrap_fstatat(int dir, const char *path, struct stat *st, int flags);

int
__wrap_fstatat(int dir, const char *path, struct stat *st, int flags)
{
	if (stat_error == 0)
		return __real_fstatat(dir, path, st, flags);
	errno = stat_error;
	return -1;
}

/* It may hold all flows, if nobody can say that FROM is there. */
static void
test_unknown(void)
{
	struct err err = { .code = ERR_NONE };

	files_copy(golden_none, "to");
	files_copy("both", "from.append");
	stat_error = EIO;
	is_int(store_append_discard(AT_FDCWD, "from.append", &err), -1,
	    "a disk that fails");
	is_str(err.text, "from: Input/output error", "which is told");
	is_int(store_append(AT_FDCWD, "to", AT_FDCWD, "from.append", &err),
	    -1, "nor can it be appended");
	stat_error = 0;
	ok(files_exist("from.append"), "the third file stays");
	is_int(store_append(AT_FDCWD, "to", AT_FDCWD, "from.append", &err), 0,
	    "and is taken later");
	check_joined("to", 27, "a disk that failed");
}

/* The file as it is before its header is completed. */
static void
reopen(uint8_t *data)
{
	store_u16(data + 18, 0);
	store_u64(data + 24, 0);
	store_u32(data + 36, 0);
}

/* Recover data[0..len): the number of blocks, and a good file of as many. */
static int64_t
recovered(const uint8_t *data, size_t len)
{
	struct err err = { .code = ERR_NONE };
	struct store_file *f;
	int64_t blocks;

	files_write("torn", data, len);
	blocks = store_recover(AT_FDCWD, "torn", "golden", &err);
	if (blocks == -1) {
		if (files_size("torn") != (int64_t)len)
			bail("%s, and cut", err.text);
		return -1;
	}
	if ((f = store_file_open("torn", &err)) == NULL)
		bail("%s", err.text);
	if (!store_file_info(f)->is_complete ||
	    !store_file_info(f)->has_stats ||
	    store_file_info(f)->blocks != blocks || count_flows("torn") == -1)
		bail("%zu bytes: not a good file", len);
	store_file_close(f);
	return blocks;
}

/* Length of the file without its index; -1 when it has none. */
static int64_t
length_before_index(const char *path)
{
	struct err err = { .code = ERR_NONE };
	struct store_file *f = store_file_open(path, &err);
	int rc = f == NULL ? -1 : store_file_load_index(f, &err);
	uint8_t *data;
	size_t len;
	uint64_t at;

	store_file_close(f);
	if (rc != 1)
		return -1;
	data = files_read(path, &len);
	at = load_u64(data + 24);
	at += 12 + load_u32(data + at + 4);
	free(data);
	return (int64_t)at;
}

static void
test_recover(const char *path, const char *name, size_t step)
{
	struct record_stats want, got;
	uint8_t *data, *after;
	uint64_t appendix;
	size_t len, cut, after_len;

	get_stats(path, &want);
	data = files_read(path, &len);
	appendix = load_u64(data + 24);
	is_int(recovered(data, len), 1, "%s: complete already", name);
	after = files_read("torn", &after_len);
	ok(after_len == len && memcmp(after, data, len) == 0, "%s: left alone",
	    name);
	free(after);
	reopen(data);
	for (cut = 0; cut < len; cut += step)
		if (recovered(data, cut) != (cut < 40 ? -1 : cut >= appendix))
			break;
	ok(cut >= len, "%s: cut at %zu", name, cut);
	is_int(recovered(data, len), 1, "%s: only the header is missing", name);
	get_stats("torn", &got);
	is_mem(&got, &want, sizeof(got), "%s: statistics rebuilt", name);
	is_int(length_before_index("torn"), (intmax_t)len,
	    "%s: same length, and an index", name);
	free(data);
}

/* The whole file comes back as it was, byte for byte. */
static void
test_recover_bytes(void)
{
	uint8_t *data, *after;
	size_t len, after_len;

	data = files_read(golden_single, &len);
	reopen(data);
	recovered(data, 240);
	after = files_read("torn", &after_len);
	free(data);
	data = files_read(golden_single, &len);
	ok(after_len > len, "length after recovery, with an index");
	is_mem(after, data, len, "bytes after recovery");
	free(after);
	free(data);
}

/* Two blocks, the second one not as it should be. */
static void
test_bad_tail(void)
{
	uint8_t data[440], copied[440];
	uint8_t *single;
	size_t len;

	single = files_read(golden_single, &len);
	memcpy(data, single, 240);
	memcpy(data + 240, single + 40, 200);
	reopen(data);
	is_int(recovered(data, 440), 2, "two good blocks");
	memcpy(copied, data, sizeof(copied));
	memset(copied + 260, 0, 180);
	is_int(recovered(copied, 440), 1, "zeroes where records should be");
	memset(copied + 240, 0, 200);
	is_int(recovered(copied, 440), 1, "zeroes where a block should be");
	memcpy(copied, data, sizeof(copied));
	store_u32(copied + 240, 4);
	is_int(recovered(copied, 440), 1, "a record is missing");
	memcpy(copied, data, sizeof(copied));
	store_u16(copied + 248, 77);
	is_int(recovered(copied, 440), 1, "a block of unknown type");
	is_int(length_before_index("torn"), 411, "the rest is cut off");
	/* The header counts two blocks, and there is one and a half. */
	memcpy(copied, data, sizeof(copied));
	store_u64(copied + 24, 440);
	store_u32(copied + 36, 2);
	is_int(recovered(copied, 300), 1, "truncated after it was complete");
	free(single);
}

int
main(void)
{
	struct err err = { .code = ERR_NONE };

	files_begin();
	files_data("files/nfcapd-1.7.1-none", golden_none);
	files_data("files/nfcapd-1.7.1-lz4", golden_lz4);
	files_data("files/nfcapd-1.7.1-single", golden_single);
	test_append();
	test_full_ident();
	test_refused();
	test_full();
	test_interrupted();
	test_unknown();
	test_recover(golden_single, "single", 1);
	test_recover(golden_none, "none", 11);
	test_recover(golden_lz4, "lz4", 11);
	test_recover_bytes();
	test_bad_tail();
	is_int(store_recover(AT_FDCWD, "nothing", "i", &err), -1,
	    "no file to recover");
	files_touch("nothing");
	is_int(
	    store_recover(AT_FDCWD, "nothing", "i", &err), -1, "an empty file");
	return done_testing();
}
