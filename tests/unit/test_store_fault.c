/*
 * The writer of flow files on a disk that fails: what readers see meanwhile,
 * and what is put on stable storage.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "fault.h"
#include "files.h"
#include "store/reader.h"
#include "store/slot.h"
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

#define SLOT "2024/06/nfcapd.202406151200"
#define IN_BASE "nfcapd.202406151200"
#define CURRENT "nfcapd.current.1"

/* A complete file of n blocks in the directory. */
static void
make_file(int dir, const char *name, int n)
{
	struct record_stats s;
	struct store_writer *w;
	struct err err;

	w = store_writer_open(
	    dir, name, codec_by_id(CODEC_NONE, &err), "i", 0, &err);
	if (w == NULL)
		bail("%s", err.text);
	record_stats_init(&s);
	while (n-- > 0)
		if (put(w, 1) == -1)
			bail("%s", name);
	if (store_writer_commit(w, &s, &err) == -1)
		bail("%s", err.text);
	store_writer_close(w);
}

/* Blocks of a complete file, 0 without one. */
static unsigned
blocks_of(int dir, const char *name)
{
	struct store_file *f = store_file_open_at(dir, name, NULL);
	unsigned n = 0;

	if (f != NULL && store_file_info(f)->is_complete)
		n = store_file_info(f)->blocks;
	store_file_close(f);
	return n;
}

/*
 * Move it while the nth call fails, and again what is left of it.  Was there
 * such a call?
 */
static bool
commit_twice(int dir, unsigned nth)
{
	bool in_base, was_hit;
	struct err err;
	int rc;

	fault_at(nth, 1, EIO);
	rc = slot_commit(dir, CURRENT, SLOT, &in_base, &err);
	was_hit = fault_hit();
	fault_at(0, 0, 0);
	if (rc == 0)
		return was_hit;
	if (slot_commit(dir, faccessat(dir, CURRENT, F_OK, 0) == 0 ? CURRENT :
	    CURRENT ".append", SLOT, &in_base, &err) == -1)
		note("call %u: %s", nth, err.text);
	return was_hit;
}

/* A new directory, with a file of the slot if one is appended to. */
static int
make_directory(bool is_append, unsigned nth)
{
	char name[16];
	int dir;

	snprintf(name, sizeof(name), "%d.%u", is_append, nth);
	if (mkdir(name, 0755) == -1 ||
	    (dir = open(name, O_RDONLY | O_DIRECTORY)) == -1)
		bail("%s", name);
	if (is_append) {
		if (mkdirat(dir, "2024", 0755) == -1 ||
		    mkdirat(dir, "2024/06", 0755) == -1)
			bail("2024/06");
		make_file(dir, SLOT, 2);
	}
	make_file(dir, CURRENT, 1);
	return dir;
}

/* Every call of a move to new directories, or of an append, fails once. */
static void
test_commit(bool is_append)
{
	const char *title = is_append ? "append" : "move";
	unsigned nth = 0, bad = 0;
	bool was_hit = true;
	int dir;

	while (was_hit) {
		dir = make_directory(is_append, ++nth);
		was_hit = commit_twice(dir, nth);
		if (blocks_of(dir, SLOT) + blocks_of(dir, IN_BASE) !=
			(is_append ? 3 : 1) ||
		    blocks_of(dir, CURRENT) + blocks_of(dir, CURRENT ".append")
			!= 0)
			bad++;
		close(dir);
	}
	is_uint(bad, 0, "%s: nothing is lost, nothing is there twice", title);
	ok(nth > 4, "%s: %u calls", title, nth - 1);
}

int
main(void)
{
	files_begin();
	test_torn();
	test_sync();
	test_hollow();
	test_commit(false);
	test_commit(true);
	return done_testing();
}
