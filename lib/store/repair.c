/*
 * Repairing a file: what can be read of it is written to a new one, which is
 * checked before it takes the old one's place.
 */

#include <fcntl.h>
#include <string.h>

#include "store/indexer.h"
#include "store/layout1.h"
#include "store/replace.h"
#include "store/salvage.h"

static int
keep(void *ctx, const struct salvage_block *b, struct err *err)
{
	struct store_writer *w = ctx;
	struct store_ref ref;

	if (b->ref != NULL) {
		ref = *b->ref;
		ref.type = b->type;
		ref.records = b->records;
		return store_writer_stored(w, &ref, b->block, err);
	}
	return store_writer_raw(w, b->type, b->records, b->raw, b->len, err);
}

static int
keep_v1(void *ctx, const struct salvage_block *b, struct err *err)
{
	struct store_v1_writer *w = ctx;

	if (b->ref != NULL)
		return store_v1_writer_stored(w, b->type, b->records,
		    store_block_stored(b->ref, b->block), b->ref->stored,
		    err);
	return store_v1_writer_raw(w, b->type, b->records, b->raw, b->len,
	    err);
}

/* The statistics of the new file. */
static struct record_stats
make_stats(const struct store_verdict *v)
{
	struct record_stats stats = v->sum;

	if (!v->has_stats)
		return stats;
	/* a file without flows has the times of its slot */
	if (v->flows == 0 && v->stats.flows == 0)
		return v->stats;
	stats.sequence_failures = v->stats.sequence_failures;
	return stats;
}

static int
write_blocks(const struct store_file *f, struct store_writer *w,
    struct err *err)
{
	const struct salvage_sink sink = { NULL, keep, w };
	struct record_stats stats;
	struct store_verdict v;

	if (store_salvage(f, store_layout_2.number, &sink, &v, err) == -1)
		return -1;
	stats = make_stats(&v);
	return store_writer_commit(w, &stats, err);
}

/* It counts when the header is right, whatever the blocks are. */
static int
take_ledger(struct store_writer *w, const char *path, struct err *err)
{
	struct err why;
	struct store_file *f = store_file_open(path, &why);
	int rc;

	if (f == NULL && why.code == ERR_MALFORMED)
		return 0;
	if (f == NULL) {
		*err = why;
		return -1;
	}
	rc = store_writer_take_ledger(w, f, err);
	store_file_close(f);
	return rc;
}

static int
make_copy(const struct store_file *f, const struct store_verdict *v,
    const char *to, struct err *err)
{
	const struct store_header h = {
		.nfdversion = v->nfdversion,
		.created_s = v->created_s,
		.compression = (uint8_t)v->codec->id,
	};
	struct store_writer *w;
	int rc;

	w = store_writer_resume(AT_FDCWD, to, &h, v->ident, STORE_HEADER_LEN,
	    store_indexer_new(), err);
	if (w == NULL)
		return -1;
	if ((rc = take_ledger(w, f->path, err)) == 0)
		rc = write_blocks(f, w, err);
	store_writer_close(w);
	return rc;
}

static int
write_blocks_v1(const struct store_file *f, struct store_v1_writer *w,
    struct err *err)
{
	const struct salvage_sink sink = { NULL, keep_v1, w };
	uint8_t data[STORE_V1_HEADER_LEN];
	struct store_v1_header h = { 0 };
	struct store_verdict v;

	if (store_salvage(f, store_layout_1.number, &sink, &v, err) == -1)
		return -1;
	h.flags = v.v1_flags;
	h.codec = v.codec->id;
	h.blocks = (uint32_t)v.blocks;
	h.stats = make_stats(&v);
	if (strcmp(v.ident, "none") != 0)
		memcpy(h.ident, v.ident, sizeof(v.ident));
	store_v1_header_put(data, &h);
	return store_v1_writer_commit(w, data, err);
}

static int
make_copy_v1(const struct store_file *f, const struct store_verdict *v,
    const char *to, struct err *err)
{
	struct store_v1_writer *w = store_v1_writer_open(to, v->codec, err);
	int rc;

	if (w == NULL)
		return -1;
	rc = write_blocks_v1(f, w, err);
	store_v1_writer_close(w);
	return rc;
}

/* No damage, and all that was to be kept is there. */
static int
check_copy(const char *copy, const struct store_verdict *v, struct err *err)
{
	struct store_verdict is;

	if (store_verify(copy, NULL, &is, err) == -1)
		return -1;
	if (is.damages > 0 || is.flows != v->flows)
		return err_set(err, ERR_INTERNAL, "%s: repaired, it has %ju "
		    "flows of %ju and %ju damages", copy, (uintmax_t)is.flows,
		    (uintmax_t)v->flows, (uintmax_t)is.damages);
	return 0;
}

static int
check_repairable(const char *path, const struct store_verdict *v,
    struct err *err)
{
	if (v->layout != store_layout_1.number &&
	    v->layout != store_layout_2.number)
		return err_set(err, ERR_MALFORMED, "%s: files of layout %u "
		    "are not repaired; what can be read of it is copied by "
		    "-r FILE -w NEW", path, v->layout);
	if (v->is_unread)
		return err_set(err, ERR_SYSTEM, "%s: left alone, a part of it "
		    "cannot be read; -r FILE -w NEW copies the rest", path);
	if (v->flows == 0 && v->blocks_lost + v->records_lost > 0)
		return err_set(err, ERR_MALFORMED,
		    "%s: no flow can be read", path);
	return 0;
}

static int
replace(const char *path, const struct store_file *f,
    const struct store_verdict *v, struct err *err)
{
	struct store_replace r;
	int rc = store_replace_begin(&r, path, f->fd, err);

	if (rc == 0)
		rc = v->layout == store_layout_1.number ?
		    make_copy_v1(f, v, r.beside, err) :
		    make_copy(f, v, r.beside, err);
	if (rc == 0 && (rc = check_copy(r.beside, v, err)) == 0)
		rc = store_replace_commit(&r, err);
	store_replace_fini(&r);
	return rc;
}

int
store_repair(const char *path, const struct store_listener *listener,
    struct store_verdict *v, struct err *err)
{
	struct store_file *f;
	int rc;

	if (store_verify(path, listener, v, err) == -1)
		return -1;
	if (v->damages == 0)
		return 0;
	if (check_repairable(path, v, err) == -1 ||
	    (f = store_file_open_unread(path, err)) == NULL)
		return -1;
	rc = replace(path, f, v, err);
	store_file_close(f);
	return rc == -1 ? -1 : 1;
}
