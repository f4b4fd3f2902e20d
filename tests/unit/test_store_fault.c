/*
 * The writer of flow files on a disk that fails: what readers see meanwhile,
 * and what is put on stable storage.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "fault.h"
#include "files.h"
#include "store/reader.h"
#include "store/writer.h"
#include "tap.h"

#define RECORD_LEN 100
#define LONG 50 /* records of a long block */

static struct store_writer *
begin(void)
{
	struct err err = { .code = ERR_NONE };
	struct store_writer *w = store_writer_open(AT_FDCWD,
	    "file", codec_by_id(CODEC_NONE, &err), "i", 0, &err);

	if (w == NULL)
		bail("%s", err.text);
	return w;
}

static int
put(struct store_writer *w, uint32_t records)
{
	uint8_t raw[LONG * RECORD_LEN];
	struct err err;

	/* The torn ones would do as block headers, too. */
	memset(raw, 1, sizeof(raw));
	for (uint32_t i = 0; i < records; i++) {
		store_u16(raw + i * RECORD_LEN, 300);
		store_u16(raw + i * RECORD_LEN + 2, RECORD_LEN);
	}
	return store_writer_block(w, raw, records * RECORD_LEN, records, &err);
}

/* Blocks that a reader sees; -1 when it meets an error. */
static int
blocks_seen(void)
{
	struct err err = { .code = ERR_NONE };
	struct store_file *f = store_file_open("file", &err);
	struct store_ref ref;
	int n = 0, rc = -1;

	while (f != NULL && (rc = store_file_next(f, &ref, &err)) == 1)
		n++;
	if (rc == -1)
		note("%s", err.text);
	store_file_close(f);
	return rc == -1 ? -1 : n;
}

/* A write fails in the middle, and so does cutting the torn block off. */
static void
test_torn(void)
{
	struct store_writer *w = begin();

	is_int(put(w, 3), 0, "a block");
	fault_at(1, 3, EIO);
	is_int(put(w, LONG), -1, "one that fails");
	is_int(put(w, 1), -1, "none is written over the torn one");
	is_int(blocks_seen(), 1, "readers see one block");
	is_int(put(w, 1), 0, "a short one, when it can be cut off");
	is_int(blocks_seen(), 2, "readers see two");
	is_int(
	    files_size("file"), 40 + 12 + 300 + 12 + 100, "and nothing else");
	fault_at(1, 2, EIO);
	is_int(put(w, LONG), -1, "one that fails and cannot be cut off");
	is_int(put(w, 1), 0, "a short one takes its place");
	fault_at(0, 0, 0);
	is_int(blocks_seen(), 3, "readers see three");
	store_writer_close(w);
}

static void
test_sync(void)
{
	struct store_writer *w = begin();
	struct record_stats s;
	struct err err;

	is_int(put(w, 3), 0, "a block");
	is_int(store_writer_sync(w, &err), 0, "is safe");
	is_int(put(w, 3), 0, "another one");
	is_int(put(w, 1), 0, "and a third");
	fault_at(1, 1, EIO);
	is_int(store_writer_sync(w, &err), -1, "are not");
	is_int(err.code, ERR_SYSTEM, "an error of the system");
	is_uint(store_writer_blocks(w), 1, "one block is left");
	is_int(blocks_seen(), 1, "for readers, too");
	is_int(put(w, 1), 0, "a second one");
	fault_at(1, 2, EIO);
	is_int(store_writer_sync(w, &err), -1, "is not safe");
	is_uint(store_writer_blocks(w), 2, "and stays when it cannot be cut");
	fault_at(1, 1, EINVAL);
	is_int(store_writer_sync(w, &err), 0,
	    "a file system without the operation");
	record_stats_init(&s);
	is_int(store_writer_commit(w, &s, &err), 0, "commit");
	fault_at(1, 1, EIO);
	is_int(store_writer_sync(w, &err), -1, "is not safe");
	is_int(blocks_seen(), 2, "the file stays");
	is_int(store_writer_renew(w, &err), 0, "and is written again");
	fault_at(2, 1, EIO);
	is_int(store_writer_renew(w, &err), -1, "which can fail");
	fault_at(0, 0, 0);
	is_int(blocks_seen(), 2, "the file stays");
	store_writer_close(w);
}

/* The header came to the disk, and the data of the second block did not. */
static void
test_hollow(void)
{
	struct store_writer *w;
	struct record_stats s;
	struct err err;
	uint8_t *data;
	size_t len;

	unlink("file");
	w = begin();
	record_stats_init(&s);
	if (put(w, 3) == -1 || put(w, 3) == -1 ||
	    store_writer_commit(w, &s, &err) == -1)
		bail("file");
	store_writer_close(w);
	is_int(store_recover(AT_FDCWD, "file", "i", &err), 2, "a sound file");
	data = files_read("file", &len);
	memset(data + 40 + 312 + 12, 0, 300);
	files_write("file", data, len);
	is_int(store_recover(AT_FDCWD, "file", "i", &err), 1,
	    "a hollow one is cut");
	is_int(blocks_seen(), 1, "and read");
	free(data);
}

int
main(void)
{
	files_begin();
	test_torn();
	test_sync();
	test_hollow();
	return done_testing();
}
