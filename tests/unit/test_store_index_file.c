/*
 * Indexes for files that have none: made in place, or not at all.
 */

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "files.h"
#include "store/index.h"
#include "store/index_file.h"
#include "storekit.h"
#include "tap.h"

/* Is the file what it was, apart from its index? */
static void
is_indexed_as(const char *path, const char *like, const char *name)
{
	size_t len, want_len;
	uint8_t *data = files_read(path, &len);
	uint8_t *want = files_read(like, &want_len);

	is_uint(len, want_len, "%s: length", name);
	is_mem(data, want, len < want_len ? len : want_len, "%s: bytes", name);
	free(data);
	free(want);
}

static void
test_index_file(void)
{
	const struct timespec times[2] = { { 1000, 1 }, { 2000, 2 } };
	struct err err = { .code = ERR_NONE };
	char path[FILES_PATH_MAX];
	enum index_result result;
	size_t len, start;
	struct stat st;
	uint64_t made;
	uint8_t *data;

	files_data("files/nfcapd-1.7.1-lz4", path);
	data = files_read(path, &start);
	files_write("whole", data, start);
	free(data);
	if (store_index_file("whole", &result, &made, &err) == -1)
		bail("%s", err.text);
	data = files_read("whole", &len);
	is_int(store_index_file("whole", &result, &made, &err), 0, "there");
	ok(result == INDEX_THERE && made == 0, "nothing is done");

	files_write("bare", data, start);
	utimensat(AT_FDCWD, "bare", times, 0);
	is_int(store_index_file("bare", &result, &made, &err), 0, "bare");
	ok(result == INDEX_MADE, "an index is made");
	is_uint(made, len - start, "of that length");
	stat("bare", &st);
	ok(st.st_mtim.tv_sec == 2000 && st.st_mtim.tv_nsec == 2 &&
	    st.st_atim.tv_sec == 1000, "its times stay");
	is_indexed_as("bare", "whole", "bare");

	memset(data + start, 'x', 30);
	files_write("stale", data, len);
	is_int(store_index_file("stale", &result, &made, &err), 0, "stale");
	is_indexed_as("stale", "whole", "stale");
	free(data);

	chmod("bare", 0444);
	is_int(store_index_file("bare", &result, &made, &err), 0,
	    "a file with an index may be read-only");
	data = files_read("whole", &len);
	files_write("locked", data, start);
	chmod("locked", 0444);
	is_int(store_index_file("locked", &result, &made, &err), -1,
	    "one without may not");
	ok(strstr(err.text, "locked: Permission denied") != NULL, "%s",
	    err.text);
	is_int(files_size("locked"), (intmax_t)start, "and is as it was");
	if (symlink("bare", "link") == -1)
		bail("symlink");
	is_int(store_index_file("link", &result, &made, &err), -1, "a link");
	storekit_open_header("whole");
	is_int(store_index_file("whole", &result, &made, &err), -1,
	    "a file in writing");
	data[start - 1]++;
	data[60]++;
	files_write("damaged", data, start);
	is_int(store_index_file("damaged", &result, &made, &err), -1,
	    "a damaged file: %s", err.text);
	is_int(files_size("damaged"), (intmax_t)start, "is left alone");
	free(data);
}

static void
test_foreign(void)
{
	struct err err = { .code = ERR_NONE };
	char path[FILES_PATH_MAX];
	enum index_result result;
	uint64_t made;
	size_t len;
	uint8_t *data;

	files_data("files/nfcapd-1.6.25-lz4", path);
	data = files_read(path, &len);
	files_write("old", data, len);
	is_int(store_index_file("old", &result, &made, &err), 0, "layout 1");
	ok(result == INDEX_FOREIGN, "gets no index");
	is_indexed_as("old", path, "layout 1");
	free(data);
	files_data("files/nfcapd-1.7.8-lz4", path);
	data = files_read(path, &len);
	files_write("new", data, len);
	is_int(store_index_file("new", &result, &made, &err), 0, "layout 2");
	is_int(storekit_load_index("new", &err), 1, "gets one");
	free(data);
}

int
main(void)
{
	files_begin();
	test_index_file();
	test_foreign();
	return done_testing();
}
