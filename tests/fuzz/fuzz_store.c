/*
 * Flow files: all that is in the input is opened, loaded and walked.  Then
 * the file is recovered; if it was not complete before, it must be whole.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fuzz/fuzz.h"
#include "record/v3.h"
#include "store/reader.h"
#include "store/writer.h"

/* Blocks found; -1 when there is an error at the end. */
static int64_t
read_all(const char *path)
{
	struct store_file *f = store_file_open(path, NULL);
	struct store_block b = { 0 };
	struct record_cursor c;
	struct store_ref ref;
	struct span record;
	uint16_t type;
	int64_t blocks = 0;
	int rc = -1;

	while (f != NULL && (rc = store_file_next(f, &ref, NULL)) == 1) {
		blocks++;
		if (store_block_load(f, &ref, &b, NULL) == -1)
			continue;
		c = (struct record_cursor){ .data = b.raw, .len = b.len };
		while (record_next(&c, &type, &record, NULL) == 1)
			;
	}
	store_block_fini(&b);
	store_file_close(f);
	return rc == -1 ? -1 : blocks;
}

static bool
is_complete(const char *path)
{
	struct store_file *f = store_file_open(path, NULL);
	bool is = f != NULL && store_file_info(f)->is_complete;

	store_file_close(f);
	return is;
}

int
FUZZ_TARGET(store)(const uint8_t *data, size_t size)
{
	char path[] = "/tmp/fuzz_store."
		      "XX"
		      "XX"
		      "XX";
	int fd = mkstemp(path);
	int64_t blocks;
	bool is_open;

	if (fd == -1 || write(fd, data, size) != (ssize_t)size)
		abort();
	close(fd);
	is_open = !is_complete(path);
	read_all(path);
	blocks = store_recover(AT_FDCWD, path, "fuzz", NULL);
	if (is_open && blocks != -1 &&
	    (!is_complete(path) || read_all(path) == -1))
		abort();
	unlink(path);
	return 0;
}
