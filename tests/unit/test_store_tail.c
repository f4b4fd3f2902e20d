/*
 * Following files: written in front of us by our writer, grown byte by byte,
 * left torn and recovered, damaged, cut, moved and removed.
 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "files.h"
#include "nomem.h"
#include "record/stats.h"
#include "record/v3.h"
#include "store/tail.h"
#include "store/writer.h"
#include "tap.h"

#define BLOCKS 4
#define FLOWS 3 /* in a block: few, as an appendix has */

#define LAYOUT_1_HEADER_LEN 276
#define LAYOUT_3_ENTRY_LEN 16 /* of a block in the directory */

#define LONG_MS STORE_TAIL_PATIENCE_MS

static struct record_stats stats;

static int64_t created_s;

static uint64_t bytes; /* of a flow: no block is like another */

static struct store_writer *
create(const char *path, int codec)
{
	struct err err;
	struct store_writer *w = store_writer_open(AT_FDCWD, path,
	    codec_by_id((uint8_t)codec, NULL), "here", created_s, &err);

	if (w == NULL)
		bail("%s", err.text);
	record_stats_init(&stats);
	return w;
}

static void
put(struct store_writer *w)
{
	struct record_encoder *e = record_encoder_new(0, NULL);
	struct flow f = { .extensions = FLOW_EXT(EXT_GENERIC) };
	uint8_t block[FLOWS * 128];
	size_t len = 0;

	for (int i = 0; i < FLOWS; i++) {
		f.in_bytes = ++bytes;
		record_stats_add_flow(&stats, &f);
		len += record_encode(e, &f, block + len, 128);
	}
	if (store_writer_block(w, block, len, FLOWS, NULL) == -1)
		bail("cannot write");
	record_encoder_free(e);
}

static void
commit(struct store_writer *w)
{
	if (store_writer_commit(w, &stats, NULL) == -1)
		bail("cannot write");
	store_writer_close(w);
}

/* A complete file of BLOCKS blocks. */
static void
make(const char *path, int codec)
{
	struct store_writer *w = create(path, codec);

	for (int i = 0; i < BLOCKS; i++)
		put(w);
	commit(w);
}

static struct store_tail *
follow(const char *path)
{
	int fd = open(path, O_RDONLY);
	struct store_tail *t = fd == -1 ? NULL : store_tail_new(fd, path, NULL);

	if (t == NULL)
		bail("cannot open %s", path);
	return t;
}

/* Look, and take what is there: the number of blocks, or -1. */
static int
take(struct store_tail *t, uint64_t now_ms)
{
	struct store_block b = { 0 };
	struct store_ref ref;
	struct err err;
	int n = 0, rc;

	if (store_tail_look(t, now_ms, &err) == -1) {
		note("%s", err.text);
		return -1;
	}
	while ((rc = store_tail_next(t, &ref, &err)) == 1) {
		n++;
		if (store_block_load(store_tail_file(t), &ref, &b, &err) == -1)
			bail("%s", err.text);
	}
	store_block_fini(&b);
	if (rc == -1)
		note("%s", err.text);
	return rc == -1 ? -1 : n;
}

static void
test_written(void)
{
	struct store_tail *t;
	struct store_writer *w;
	struct store_ref ref;

	files_touch("live");
	t = follow("live");
	is_int(take(t, 0), 0, "an empty file");
	is_int(take(t, 2 * LONG_MS), 0, "for long");
	ok(store_tail_file(t) == NULL, "has no header");
	store_tail_free(t);
	unlink("live");

	w = create("live", CODEC_LZ4);
	t = follow("live");
	is_int(take(t, 0), 0, "a header");
	put(w);
	is_int(take(t, 1), 1, "a block");
	is_int(take(t, 1), 0, "once");
	put(w);
	put(w);
	is_int(take(t, 1), 2, "two more");
	rename("live", "moved");
	put(w);
	store_tail_look(t, 1, NULL);
	is_int(store_tail_next(t, &ref, NULL), 1, "one after it was moved");
	store_tail_back(t);
	is_int(take(t, 2), 1, "the same again");
	put(w);
	commit(w);
	ok(!store_tail_is_complete(t) && !store_tail_is_done(t), "not done");
	is_int(take(t, 2), 1, "the last");
	ok(store_tail_is_complete(t) && store_tail_is_done(t), "done");
	is_str(store_file_info(store_tail_file(t))->ident, "here", "ident");
	is_int(take(t, 3), 0, "nothing more");
	store_tail_free(t);
	unlink("moved");
}

/* The blocks before the place of reading. */
static int
count_before(struct store_tail *t)
{
	struct store_place at = { 0 };
	struct store_ref ref;
	int n = 0;

	while (store_tail_before(t, &at, &ref, NULL) == 1)
		n++;
	return n;
}

/*
 * Reading goes on in another tail, behind every block of a complete file.  The
 * place behind the last one.
 */
static struct store_place
resume_everywhere(const char *path, int blocks)
{
	struct store_place place, other;
	struct store_tail *t, *again;
	struct store_ref ref;

	t = follow(path);
	store_tail_look(t, 0, NULL);
	for (int i = 0; i <= blocks; i++) {
		store_tail_place(t, &place);
		again = follow(path);
		store_tail_look(again, 0, NULL);
		is_int(store_tail_resume(again, &place, NULL), 1,
		    "resumed behind %d blocks", i);
		is_int(count_before(again), i, "which lie before it");
		store_tail_place(again, &other);
		ok(place.pos == other.pos && place.number == other.number &&
			place.hash == other.hash, "the same place");
		is_int(take(again, 0), blocks - i, "the blocks behind it");
		ok(store_tail_is_done(again), "done");
		store_tail_free(again);
		is_int(store_tail_next(t, &ref, NULL), i < blocks, "next");
	}
	store_tail_free(t);
	return place;
}

static void
test_resumed(int codec)
{
	struct store_place place;
	struct store_tail *t;

	make("whole", codec);
	place = resume_everywhere("whole", BLOCKS);
	unlink("whole");

	make("whole", codec); /* with other flows */
	t = follow("whole");
	store_tail_look(t, 0, NULL);
	is_int(store_tail_resume(t, &place, NULL), 0, "another file");
	place.offset = UINT64_MAX;
	is_int(store_tail_resume(t, &place, NULL), 0, "a place far away");
	place = (struct store_place){ 0 };
	is_int(store_tail_resume(t, &place, NULL), 1, "the beginning");
	is_int(take(t, 0), BLOCKS, "all blocks");
	store_tail_free(t);
	unlink("whole");
}

/* The header as it is while the file is written. */
static void
open_header(uint8_t *data, unsigned layout)
{
	uint8_t codec = data[16];

	if (layout == 2) {
		memset(data + 16, 0, STORE_HEADER_LEN - 16);
		data[16] = codec;
		return;
	}
	memset(data + 8, 0, LAYOUT_1_HEADER_LEN - 8);
	memcpy(data + 260, "\377\377\377\177", 4); /* first seen */
}

/*
 * What a file has at each moment: all of it up to len, header last.  Blocks
 * are found in it as the layout says.
 */
static void
test_grown(const char *path, unsigned layout, unsigned blocks)
{
	struct store_tail *t;
	size_t len, start = layout == 2 ? STORE_HEADER_LEN :
	    LAYOUT_1_HEADER_LEN, end, i;
	uint8_t *data = files_read(path, &len), header[LAYOUT_1_HEADER_LEN];
	unsigned found = 0, bad = 0;
	int fd, n;

	memcpy(header, data, start);
	open_header(data, layout);
	end = start + 12 + load_u32(data + start + 4);
	files_touch("live");
	fd = open("live", O_RDWR);
	t = follow("live");
	for (i = 0; i < len; i++) {
		if (write(fd, data + i, 1) != 1)
			bail("cannot write");
		n = i + 1 == end && found < blocks;
		if (n == 1 && i + 1 < len)
			end += 12 + load_u32(data + end + 4);
		found += (unsigned)n;
		bad += take(t, i) != n;
	}
	is_uint(bad, 0, "%s: grown by bytes", path);
	is_uint(found, blocks, "%s: all blocks", path);
	ok(!store_tail_is_done(t), "%s: no header yet", path);
	if (pwrite(fd, header, start, 0) != (ssize_t)start)
		bail("cannot write");
	is_int(take(t, i), 0, "%s: header", path);
	ok(store_tail_is_done(t), "%s: done", path);
	store_tail_free(t);
	close(fd);
	free(data);
	unlink("live");
}

static void
test_layouts(void)
{
	char path[FILES_PATH_MAX];

	make("none", CODEC_NONE);
	test_grown("none", 2, BLOCKS);
	make("lz4", CODEC_LZ4);
	test_grown("lz4", 2, BLOCKS);
	files_data("files/nfcapd-1.6.25-none", path);
	test_grown(path, 1, 2);
	files_data("files/nfcapd-1.6.25-lz4", path);
	test_grown(path, 1, 2);
}

/* The directory of layout 3 is the order of its blocks. */
static void
test_resumed_layouts(void)
{
	static const char *const names[] = { "files/nfcapd-1.6.25-lz4",
		"files/nfcapd-1.8-none", "files/nfcapd-1.8-lz4" };
	char path[FILES_PATH_MAX];
	struct store_tail *t;

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		files_data(names[i], path);
		t = follow(path);
		store_tail_look(t, 0, NULL);
		resume_everywhere(path, take(t, 0));
		store_tail_free(t);
	}
}

/* A directory that lists blocks in another order than they are stored in. */
static void
test_resumed_listed(void)
{
	char path[FILES_PATH_MAX];
	uint8_t *data, *entry, kept[LAYOUT_3_ENTRY_LEN];
	size_t len;

	files_data("files/nfcapd-1.8-none", path);
	data = files_read(path, &len);
	entry = data + load_u64(data + 32) + 8;
	memcpy(kept, entry, sizeof(kept));
	memmove(entry, entry + sizeof(kept), 3 * sizeof(kept));
	memcpy(entry + 3 * sizeof(kept), kept, sizeof(kept));
	files_write("listed", data, len);
	free(data);
	resume_everywhere("listed", 5);
	unlink("listed");
}

/* Cut off the file's end and have it not complete. */
static int64_t
tear(const char *path, int64_t len)
{
	static const uint8_t zeros[STORE_HEADER_LEN];
	int fd = open(path, O_RDWR);

	if (fd == -1 || ftruncate(fd, len) == -1 ||
	    pwrite(fd, zeros, 2, 18) == -1 || pwrite(fd, zeros, 16, 24) == -1)
		bail("cannot tear");
	close(fd);
	return len;
}

/* Where the data of a complete file ends. */
static int64_t
data_end(const char *path)
{
	uint8_t header[STORE_HEADER_LEN];
	int fd = open(path, O_RDONLY);

	if (fd == -1 || pread(fd, header, sizeof(header), 0) !=
	    (ssize_t)sizeof(header))
		bail("cannot read a header");
	close(fd);
	return (int64_t)load_u64(header + 24);
}

static void
test_recovered(void)
{
	struct store_tail *t;

	make("live", CODEC_LZ4);
	tear("live", data_end("live") - 1);
	t = follow("live");
	is_int(take(t, 0), BLOCKS - 1, "a torn file: whole blocks");
	is_int(take(t, 2 * LONG_MS), 0, "no complaint");
	is_int(store_recover(AT_FDCWD, "live", "x", NULL), BLOCKS - 1,
	    "recovered");
	is_int(take(t, 2 * LONG_MS), 0, "nothing is new");
	ok(store_tail_is_done(t), "done");
	store_tail_free(t);
	unlink("live");
}

/* Recovery did not like what had been taken. */
static void
test_cut(void)
{
	struct store_tail *t;

	make("live", CODEC_LZ4);
	tear("live", files_size("live"));
	t = follow("live");
	is_int(take(t, 0), BLOCKS, "all blocks");
	tear("live", files_size("live") / 2);
	is_int(take(t, 2 * LONG_MS), 0, "less than was taken");
	store_recover(AT_FDCWD, "live", "x", NULL);
	is_int(take(t, 2 * LONG_MS), 0, "complete with less");
	is_int(take(t, 3 * LONG_MS), 0, "for long");
	ok(store_tail_is_done(t), "done");
	store_tail_free(t);
	unlink("live");
}

/* Blocks that end where "from" does, written to "live" at pos. */
static void
write_over(const char *from, uint64_t pos)
{
	int fd = open("live", O_WRONLY);
	size_t len;
	uint8_t *data = files_read(from, &len);

	len -= STORE_HEADER_LEN;
	if (fd == -1 || pwrite(fd, data + STORE_HEADER_LEN, len,
	    (off_t)pos) != (ssize_t)len)
		bail("cannot write over");
	free(data);
	close(fd);
}

/*
 * A collector cuts off what it cannot put on stable storage and writes other
 * blocks there.
 */
static void
test_written_over(int codec, bool is_seen)
{
	struct store_writer *w = create("live", codec), *v;
	struct store_tail *t = follow("live");
	uint64_t end = 0;

	for (int i = 0; i < BLOCKS; i++) {
		put(w);
		if (i == 1)
			end = store_writer_size(w);
	}
	is_int(take(t, 0), BLOCKS, "blocks, of which two stay");
	if (truncate("live", (off_t)end) == -1)
		bail("cannot cut");
	if (is_seen)
		is_int(take(t, 1), 0, "they are cut off");
	v = create("other", codec);
	for (int i = 1; i <= BLOCKS; i++) {
		put(v);
		if (!is_seen && i < BLOCKS)
			continue;
		write_over("other", end);
		is_int(take(t, 1), is_seen ? 1 : BLOCKS, "others in their place");
	}
	is_int(take(t, 1), 0, "once");
	store_tail_free(t);
	store_writer_close(v);
	store_writer_close(w);
}

/* Another collector of the same process id begins a new file in it. */
static void
test_begun_anew(void)
{
	struct store_tail *t;
	uint8_t *data;
	size_t len;
	int fd;

	make("live", CODEC_LZ4);
	tear("live", files_size("live"));
	t = follow("live");
	is_int(take(t, 0), BLOCKS, "blocks of a file that is left behind");
	created_s++;
	make("new", CODEC_LZ4);
	data = files_read("new", &len);
	if ((fd = open("live", O_WRONLY | O_TRUNC)) == -1)
		bail("cannot truncate");
	is_int(take(t, 1), 0, "truncated");
	if (write(fd, data, len) != (ssize_t)len)
		bail("cannot write");
	is_int(take(t, LONG_MS), BLOCKS, "blocks of the new one");
	ok(store_tail_is_done(t), "done");
	store_tail_free(t);
	close(fd);
	free(data);
	unlink("new");
	unlink("live");
}

static void
test_damaged(void)
{
	static const char text[] = "no flow file, and longer than its header "
	    "would be";
	struct store_tail *t;
	uint8_t *data;
	size_t len;

	files_write("live", text, sizeof(text));
	t = follow("live");
	is_int(take(t, 0), 0, "no flow file");
	is_int(take(t, LONG_MS - 1), 0, "may become one");
	is_int(take(t, LONG_MS), -1, "not for ever");
	store_tail_free(t);
	unlink("live");

	/* a header that counts more blocks than there are */
	make("live", CODEC_NONE);
	data = files_read("live", &len);
	data[36]++;
	files_write("more", data, len);
	t = follow("more");
	is_int(take(t, 0), BLOCKS, "a wrong count: blocks");
	is_int(take(t, 1), 0, "may be right soon");
	is_int(take(t, LONG_MS), -1, "not for ever");
	ok(store_tail_is_done(t), "done");
	store_tail_free(t);
	unlink("more");

	/* joined with another meanwhile */
	t = follow("live");
	store_tail_look(t, 0, NULL);
	data[36]--;
	data[24]++;
	if (pwrite(open("live", O_RDWR), data, len, 0) != (ssize_t)len)
		bail("cannot write");
	is_int(take(t, 1), BLOCKS, "a complete file is read as it was");
	ok(store_tail_is_done(t), "done");
	store_tail_free(t);
	free(data);
	unlink("live");
}

/* 1 when all went well, 0 with *err. */
static int
run(struct err *err)
{
	int fd = open("live", O_RDONLY), rc;
	struct store_tail *t = store_tail_new(fd, "live", err);
	struct store_ref ref;

	if (t == NULL) {
		close(fd);
		return 0;
	}
	if ((rc = store_tail_look(t, 0, err)) == 0)
		while ((rc = store_tail_next(t, &ref, err)) == 1)
			;
	store_tail_free(t);
	return rc == 0;
}

static void
test_nomem(void)
{
	struct err err;
	unsigned n, bad = 0;

	make("live", CODEC_LZ4);
	tear("live", files_size("live"));
	for (n = 1;; n++) {
		err.code = ERR_NONE;
		nomem_at(n);
		if (run(&err) == (int)nomem_hit())
			bad++;
		if (!nomem_hit())
			break;
		bad += err.code != ERR_NOMEM;
		nomem_at(n);
		bad += run(NULL);
	}
	nomem_at(0);
	ok(n > 4, "%u allocations", n - 1);
	is_uint(bad, 0, "out of memory");
	unlink("live");
}

int
main(void)
{
	files_begin();
	test_written();
	test_resumed(CODEC_LZ4);
	test_resumed(CODEC_NONE);
	test_layouts();
	test_resumed_layouts();
	test_resumed_listed();
	test_recovered();
	test_cut();
	for (int seen = 0; seen < 2; seen++) {
		test_written_over(CODEC_NONE, seen);
		test_written_over(CODEC_LZ4, seen);
	}
	test_begun_anew();
	test_damaged();
	test_nomem();
	return done_testing();
}
