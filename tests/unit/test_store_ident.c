/*
 * A new ident: all else of the file stays, and nothing that goes wrong on
 * the way costs the file.
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

#define HEADER_KEPT 24 /* up to the place of the appendix */

static uint8_t *golden;
static size_t golden_len;

static void
restore(void)
{
	files_write("file", golden, golden_len);
}

static void
ident_is(const char *path, const char *want)
{
	struct err err = { .code = ERR_NONE };
	struct store_file *f = store_file_open(path, &err);

	if (f == NULL)
		bail("%s", err.text);
	is_str(store_file_info(f)->ident, want, "ident of %s", path);
	ok(store_file_info(f)->is_complete && store_file_info(f)->has_stats,
	    "complete, with statistics");
	store_file_close(f);
}

static void
is_untouched(const char *name)
{
	size_t len;
	uint8_t *data = files_read("file", &len);

	ok(len == golden_len && memcmp(data, golden, len) == 0,
	    "%s: the file stays as it was", name);
	is_uint(files_count(), 1, "%s: and alone", name);
	free(data);
}

static void
test_change(void)
{
	static const char *const idents[] = { "x", "golden",
		"a-rather-long-ident-of-a-router-in-some-other-town", "none" };
	struct err err = { .code = ERR_NONE };
	uint64_t appendix = load_u64(golden + 24);
	struct timespec times[2] = { { 1000000000, 5 }, { 1100000000, 7 } };
	struct stat st;
	uint8_t *data;
	size_t len;

	restore();
	chmod("file", 0640);
	utimensat(AT_FDCWD, "file", times, 0);
	for (size_t i = 0; i < sizeof(idents) / sizeof(idents[0]); i++) {
		is_int(store_set_ident("file", idents[i], &err), 0,
		    "set %s%s", idents[i], err.text);
		ident_is("file", idents[i]);
		is_uint(files_count(), 1, "no other file is left");
		data = files_read("file", &len);
		is_mem(data, golden, HEADER_KEPT, "header");
		ok(len > appendix && load_u64(data + 24) == appendix &&
		    memcmp(data + 40, golden + 40, appendix - 40) == 0,
		    "data blocks");
		free(data);
	}
	stat("file", &st);
	is_uint(st.st_mode & 07777, 0640, "permissions stay");
	is_int(st.st_mtim.tv_sec, 1100000000, "time of change stays");
	is_int(st.st_mtim.tv_nsec, 7, "to the nanosecond");
	is_int(store_set_ident("file", "golden", &err), 0, "back");
	data = files_read("file", &len);
	ok(len == golden_len && memcmp(data, golden, len) == 0,
	    "the file that we began with");
	free(data);
}

static void
test_link(void)
{
	struct err err = { .code = ERR_NONE };
	struct stat st;

	restore();
	if (symlink("file", "link") == -1)
		bail("symlink");
	is_int(store_set_ident("link", "other", &err), 0, "through a link");
	ident_is("file", "other");
	ok(lstat("link", &st) == 0 && S_ISLNK(st.st_mode), "the link stays");
	unlink("link");
}

static void
fails(const char *ident, enum err_code code, const char *want)
{
	struct err err = { .code = ERR_NONE };

	is_int(store_set_ident("file", ident, &err), -1, "fails: %s", want);
	is_int(err.code, code, "code");
	ok(strstr(err.text, want) != NULL, "message: %s", err.text);
}

static void
test_refused(void)
{
	char ident[STORE_IDENT_MAX + 1];

	restore();
	memset(ident, 'i', STORE_IDENT_MAX);
	ident[STORE_IDENT_MAX] = '\0';
	fails(ident, ERR_VALUE, "ident of 123 bytes");
	is_untouched("too long");
	files_write("file", golden, golden_len - 200);
	fails("x", ERR_MALFORMED, "file: not complete");
	is_int(files_size("file"), (intmax_t)golden_len - 200, "not touched");
	files_write("file", "junk", 4);
	fails("x", ERR_MALFORMED, "not a flow file");
	unlink("file");
	fails("x", ERR_SYSTEM, "file: No such file");
}

/* A directory that cannot be opened is found out before the change. */
static void
test_directory(void)
{
	if (geteuid() == 0) {
		skip(1, "root may read everything");
		return;
	}
	restore();
	chmod(".", 0300);
	fails("x", ERR_SYSTEM, "Permission denied");
	chmod(".", 0700);
	is_untouched("a directory that cannot be read");
}

/* The disk is full after so many bytes, for every number. */
static void
test_full(void)
{
	struct err err = { .code = ERR_NONE };
	struct rlimit limit;
	size_t room, len, failed = 0;
	uint8_t *data;
	int rc = -1;

	signal(SIGXFSZ, SIG_IGN);
	restore();
	getrlimit(RLIMIT_FSIZE, &limit);
	for (room = 0; rc == -1 && room < 2 * golden_len; room++) {
		limit.rlim_cur = room;
		setrlimit(RLIMIT_FSIZE, &limit);
		rc = store_set_ident("file", "another", &err);
		if (rc == 0)
			break;
		failed++;
		data = files_read("file", &len);
		if (len != golden_len || memcmp(data, golden, len) != 0 ||
		    files_count() != 1)
			bail("a disk full at %zu costs the file", room);
		free(data);
	}
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_FSIZE, &limit);
	is_uint(failed, room, "%zu full disks", failed);
	ok(room >= golden_len, "room that is needed: %zu", room);
	ident_is("file", "another");
}

int
main(void)
{
	char path[FILES_PATH_MAX];

	files_begin();
	files_data("files/nfcapd-1.7.1-single", path);
	golden = files_read(path, &golden_len);
	test_change();
	test_link();
	test_refused();
	test_directory();
	test_full();
	free(golden);
	return done_testing();
}
