/*
 * Writing flow files of layout 2.  Everything is written at an offset, and
 * pos moves only behind a block that is there as a whole: what a failed
 * write left is cut off before anything else is written.  The header says
 * nothing about blocks and appendix until both are written.
 */

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "store/indexer.h"
#include "store/layout1.h"
#include "store/ledger_int.h"
#include "store/packer.h"
#include "store/store_int.h"

#define APPENDIX_ROOM (RECORD_HEADER_LEN + STORE_IDENT_MAX + RECORD_STATS_LEN)

struct store_writer {
	int fd;
	int dir; /* that path is in; not ours */
	char *path;
	struct store_header header;
	char ident[STORE_IDENT_MAX];
	uint64_t pos; /* end of the last whole block */
	uint64_t safe_pos; /* pos and blocks on stable storage */
	uint32_t safe_blocks;
	struct store_packer block;
	bool has_tail; /* what is behind pos could not be cut off */
	bool keep; /* the file stays when it is not committed */
	bool is_committed;
	struct store_indexer *indexer; /* NULL: no index */
	struct store_ledger *ledger; /* NULL: none */
	bool needs_ledger; /* without it the file is not complete */
};

static struct store_writer *
writer_new(int dir, const char *path, const struct codec *codec,
    const char *ident, struct err *err)
{
	struct store_writer *w;

	if (ident == NULL || *ident == '\0')
		ident = "none";
	if (strlen(ident) >= STORE_IDENT_MAX) {
		err_set(err, ERR_VALUE, "ident of %zu bytes, %d are allowed",
		    strlen(ident), STORE_IDENT_MAX - 1);
		return NULL;
	}
	if ((w = calloc(1, sizeof(*w))) == NULL ||
	    (w->path = strdup(path)) == NULL ||
	    store_packer_room(&w->block, codec->bound(STORE_BLOCK_SIZE_MAX),
	    err) == -1) {
		err_nomem(err);
		if (w != NULL)
			free(w->path);
		free(w);
		return NULL;
	}
	w->fd = -1;
	w->dir = dir;
	w->block.codec = codec;
	memcpy(w->ident, ident, strlen(ident) + 1);
	return w;
}

static int
write_header(struct store_writer *w, struct err *err)
{
	uint8_t data[STORE_HEADER_LEN];

	store_header_put(data, &w->header);
	if (store_pwrite(w->fd, data, sizeof(data), 0) == -1)
		return err_system(err, "%s: writing", w->path);
	return 0;
}

static int
create_file(struct store_writer *w, bool is_hidden, struct err *err)
{
	w->fd = openat(w->dir, w->path,
	    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (w->fd == -1) {
		w->keep = true; /* not ours */
		return err_system(err, "%s", w->path);
	}
	w->pos = w->safe_pos = STORE_HEADER_LEN;
	return is_hidden ? 0 : write_header(w, err);
}

struct store_writer *
store_writer_create(int dir, const char *path, const struct codec *codec,
    const char *ident, int64_t created_s, bool is_hidden, struct err *err)
{
	struct store_writer *w = writer_new(dir, path, codec, ident, err);

	if (w == NULL)
		return NULL;
	w->header = (struct store_header){
		.nfdversion = STORE_NFDVERSION,
		.created_s = created_s,
		.compression = (uint8_t)codec->id,
	};
	w->indexer = store_indexer_new();
	if (create_file(w, is_hidden, err) == -1) {
		store_writer_close(w);
		return NULL;
	}
	return w;
}

struct store_writer *
store_writer_open(int dir, const char *name, const struct codec *codec,
    const char *ident, int64_t created_s, struct err *err)
{
	return store_writer_create(
	    dir, name, codec, ident, created_s, false, err);
}

struct store_writer *
store_writer_resume(int dir, const char *path, const struct store_header *h,
    const char *ident, uint64_t pos, struct store_indexer *indexer,
    struct err *err)
{
	const struct codec *codec = codec_by_id(h->compression, err);
	struct store_writer *w;

	if (codec == NULL ||
	    (w = writer_new(dir, path, codec, ident, err)) == NULL) {
		store_indexer_free(indexer);
		return NULL;
	}
	w->indexer = indexer;
	w->keep = true;
	w->header = *h;
	w->pos = w->safe_pos = pos;
	w->safe_blocks = h->blocks;
	w->fd = openat(dir, path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	if (w->fd == -1 || ftruncate(w->fd, (off_t)pos) == -1) {
		err_system(err, "%s", path);
		store_writer_close(w);
		return NULL;
	}
	return w;
}

/*
 * Cut off what is behind pos.  A reader would take the rest of a torn block
 * for blocks when a shorter one is written over it.
 */
static int
cut_tail(struct store_writer *w)
{
	w->has_tail = ftruncate(w->fd, (off_t)w->pos) == -1;
	return w->has_tail ? -1 : 0;
}

/* Write the block in the packer at pos.  The caller moves pos. */
static int
put_block(struct store_writer *w, uint16_t type, uint32_t records, size_t len,
    struct err *err)
{
	len = store_packer_head(&w->block, w->path, type, records, len, err);
	if (len == 0)
		return -1;
	if (w->has_tail && cut_tail(w) == -1)
		return err_system(err, "%s", w->path);
	if (store_pwrite(w->fd, w->block.buf, len, w->pos) == 0)
		return 0;
	err_system(err, "%s: writing", w->path);
	cut_tail(w);
	return -1;
}

static void
block_done(struct store_writer *w, size_t len)
{
	w->pos += STORE_BLOCK_HEADER_LEN + len;
	w->header.blocks++;
}

/*
 * Note in the index the block in the packer, which was written.  Flows of
 * layout 1 have not been converted: an index without them would hide them.
 */
static void
index_block(struct store_writer *w, uint16_t type, size_t stored,
    struct index_block *b)
{
	if (type == STORE_V1_BLOCK_RECORDS) {
		store_writer_no_index(w);
		return;
	}
	b->stored = store_packer_body(&w->block);
	b->stored_len = stored;
	b->bytes = b->raw_len;
	if (type != STORE_BLOCK_RECORDS)
		b->raw = NULL;
	store_indexer_add(w->indexer, b);
}

/* Compress and append what raw and records of *b say. */
static int
put_raw(struct store_writer *w, uint16_t type, struct index_block *b,
    struct err *err)
{
	size_t stored = store_packer_raw(
	    &w->block, w->path, b->raw, b->raw_len, err);

	assert(!w->is_committed);
	if (stored == 0 || put_block(w, type, b->records, stored, err) == -1)
		return -1;
	block_done(w, stored);
	index_block(w, type, stored, b);
	return 0;
}

int
store_writer_raw(struct store_writer *w, uint16_t type, uint32_t records,
    const void *raw, size_t len, struct err *err)
{
	struct index_block b = { .records = records, .raw = raw,
		.raw_len = len };

	return put_raw(w, type, &b, err);
}

int
store_writer_stored(struct store_writer *w, const struct store_ref *ref,
    const struct store_block *b, struct err *err)
{
	struct index_block x = { .records = ref->records, .raw = b->raw,
		.raw_len = b->len };

	assert(!w->is_committed);
	if (store_packer_stored(&w->block, store_block_stored(ref, b),
	    ref->stored, err) == -1 ||
	    put_block(w, ref->type, ref->records, ref->stored, err) == -1)
		return -1;
	block_done(w, ref->stored);
	index_block(w, ref->type, ref->stored, &x);
	return 0;
}

int
store_writer_block(struct store_writer *w, const void *raw, size_t len,
    uint32_t records, struct err *err)
{
	assert(len > 0 && len <= STORE_BLOCK_SIZE_MAX && records > 0);
	return store_writer_raw(w, STORE_BLOCK_RECORDS, records, raw, len, err);
}

int
store_writer_noted(struct store_writer *w, const void *raw, size_t len,
    uint32_t records, const struct record_stats *stats,
    const struct store_notes *notes, struct err *err)
{
	struct index_block b = { .records = records, .raw = raw,
		.raw_len = len, .stats = stats, .notes = notes };

	assert(len > 0 && len <= STORE_BLOCK_SIZE_MAX && records > 0);
	return put_raw(w, STORE_BLOCK_RECORDS, &b, err);
}

void
store_writer_no_index(struct store_writer *w)
{
	store_indexer_free(w->indexer);
	w->indexer = NULL;
}

/* The ledger belongs to the writer. */
static int
add_ledger(struct store_writer *w, struct store_ledger *l, struct err *err)
{
	int rc = 0;

	if (w->ledger == NULL) {
		w->ledger = l;
		return 0;
	}
	if (l != NULL && store_ledger_merge(w->ledger, l) == -1)
		rc = err_nomem(err);
	store_ledger_free(l);
	return rc;
}

void
store_writer_ledger(struct store_writer *w, struct store_ledger *l)
{
	add_ledger(w, l, NULL);
}

int
store_writer_take_ledger(struct store_writer *w, const struct store_file *f,
    struct err *err)
{
	struct store_ledger *l;
	int rc = store_file_ledger_sound(f, &l, err);

	if (rc != 1)
		return rc;
	w->needs_ledger = true;
	return add_ledger(w, l, err);
}

int
store_writer_sums(const struct store_writer *w, struct record_stats *s,
    struct err *err)
{
	if (w->indexer == NULL)
		return err_nomem(err);
	if (!store_indexer_sums(w->indexer, s))
		return err_set(err, ERR_MALFORMED,
		    "%s: a record cannot be decoded", w->path);
	return 0;
}

uint32_t
store_writer_blocks(const struct store_writer *w)
{
	return w->header.blocks;
}

uint64_t
store_writer_size(const struct store_writer *w)
{
	return w->pos;
}

static int
put_appendix(struct store_writer *w, const struct record_stats *s, size_t *len,
    struct err *err)
{
	uint8_t raw[APPENDIX_ROOM];
	size_t ident_len = strlen(w->ident) + 1;
	struct writer out;

	writer_init(&out, raw, sizeof(raw));
	writer_host(&out, RECORD_IDENT, 2);
	writer_host(&out, RECORD_HEADER_LEN + ident_len, 2);
	writer_bytes(&out, w->ident, ident_len);
	record_put_stats(&out, s);
	assert(!out.bad);
	*len = store_packer_raw(&w->block, w->path, raw, out.used, err);
	return *len == 0 ? -1 : put_block(w, STORE_BLOCK_RECORDS, 2, *len, err);
}

static struct index_place
place_at(const struct store_writer *w, uint64_t start)
{
	return (struct index_place){
		.start = start,
		.appendix = w->pos,
		.blocks = w->header.blocks,
		.compression = w->header.compression,
	};
}

/*
 * Write something behind the appendix, where the file ends now, at *end, which
 * is moved.  What does not fit the disk is cut off.
 */
static int
put_behind(struct store_writer *w, const struct buffer *b, uint64_t *end,
    struct err *err)
{
	int rc;

	if (store_pwrite(w->fd, b->data, b->len, *end) == 0) {
		*end += b->len;
		return 0;
	}
	rc = err_system(err, "%s: writing", w->path);
	/* a piece that cannot be cut off does not count either */
	w->has_tail = ftruncate(w->fd, (off_t)*end) == -1;
	return rc;
}

/* A file without it is as good. */
static void
put_index(struct store_writer *w, uint64_t *end)
{
	const struct index_place place = place_at(w, *end);
	const struct buffer *b = store_indexer_finish(w->indexer, &place);

	if (b != NULL)
		put_behind(w, b, end, NULL);
}

static int
put_ledger(struct store_writer *w, uint64_t *end, struct err *err)
{
	const struct index_place place = place_at(w, *end);
	struct buffer b = BUFFER_EMPTY;
	int rc = 0;

	if (w->ledger == NULL)
		return 0;
	if (store_ledger_encode(w->ledger, &place, &b))
		rc = put_behind(w, &b, end, err);
	else if (b.failed)
		rc = err_nomem(err);
	buffer_fini(&b);
	return w->needs_ledger ? rc : 0;
}

int
store_writer_commit(
    struct store_writer *w, const struct record_stats *s, struct err *err)
{
	uint64_t end;
	size_t len;

	assert(!w->is_committed);
	if (put_appendix(w, s, &len, err) == -1)
		return -1;
	end = w->pos + STORE_BLOCK_HEADER_LEN + len;
	put_index(w, &end);
	if (put_ledger(w, &end, err) == -1)
		return -1;
	w->header.appendix = w->pos;
	w->header.appendix_blocks = 1;
	if (write_header(w, err) == -1)
		return -1;
	w->pos = end;
	w->is_committed = true;
	return 0;
}

static int
sync_file(const struct store_writer *w)
{
	int rc = w->is_committed ? fsync(w->fd) : fdatasync(w->fd);

	return rc == -1 && errno == EINVAL ? 0 : rc;
}

/*
 * The pages that could not be written count as written now, another try
 * would say that all is well.  The header may be among them; if writing it
 * again fails here, the commit does it.
 */
static void
cut_back(struct store_writer *w)
{
	if (ftruncate(w->fd, (off_t)w->safe_pos) == -1)
		return;
	w->pos = w->safe_pos;
	w->header.blocks = w->safe_blocks;
	store_writer_no_index(w); /* it knows the blocks that are gone */
	if (w->safe_blocks == 0)
		write_header(w, NULL);
}

int
store_writer_sync(struct store_writer *w, struct err *err)
{
	if (sync_file(w) == -1) {
		err_system(err, "%s", w->path);
		if (!w->is_committed)
			cut_back(w);
		return -1;
	}
	w->safe_pos = w->pos;
	w->safe_blocks = w->header.blocks;
	return 0;
}

int
store_writer_renew(struct store_writer *w, struct err *err)
{
	uint64_t pos = 0;
	ssize_t len;

	assert(w->is_committed);
	do {
		len = store_pread(w->fd, w->block.buf, w->block.room, pos);
		if (len == -1 ||
		    store_pwrite(w->fd, w->block.buf, (size_t)len, pos) == -1)
			return err_system(err, "%s: writing again", w->path);
		pos += (uint64_t)len;
	} while (len > 0);
	if (sync_file(w) == -1)
		return err_system(err, "%s: writing again", w->path);
	return 0;
}

int
store_writer_settle(struct store_writer *w, mode_t mode, struct err *err)
{
	assert(w->is_committed);
	if (fchmod(w->fd, mode) == -1 || fsync(w->fd) == -1)
		return err_system(err, "%s", w->path);
	return 0;
}

void
store_writer_keep(struct store_writer *w)
{
	w->keep = true;
}

void
store_writer_close(struct store_writer *w)
{
	if (w == NULL)
		return;
	if (w->fd != -1)
		close(w->fd);
	if (!w->is_committed && !w->keep)
		unlinkat(w->dir, w->path, 0);
	store_indexer_free(w->indexer);
	store_ledger_free(w->ledger);
	free(w->path);
	store_packer_fini(&w->block);
	free(w);
}
