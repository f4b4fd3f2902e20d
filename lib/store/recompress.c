/*
 * Compressing a file with another codec.
 */

#include <fcntl.h>

#include "base/bytes.h"
#include "store/indexer.h"
#include "store/layout1.h"
#include "store/replace.h"
#include "store/store_int.h"
#include "store/verify.h"

static int
put(void *w, const struct store_ref *ref, const struct store_block *b,
    struct err *err)
{
	return store_writer_raw(w, ref->type, ref->records, b->raw, b->len,
	    err);
}

static int
put_v1(void *w, const struct store_ref *ref, const struct store_block *b,
    struct err *err)
{
	return store_v1_writer_raw(w, ref->type, ref->records, b->raw, b->len,
	    err);
}

/* All blocks, one for one, as the file has them. */
static int
copy_blocks(struct store_file *f,
    int (*to)(void *w, const struct store_ref *ref,
	const struct store_block *b, struct err *err),
    void *w, struct err *err)
{
	struct store_block b = { 0 };
	struct store_ref ref;
	int rc;

	while ((rc = store_file_block(f, &ref, err)) == 1) {
		ref.convert = NULL;
		if ((rc = store_block_load(f, &ref, &b, err)) == 0)
			rc = to(w, &ref, &b, err);
		if (rc == -1)
			break;
	}
	store_block_fini(&b);
	return rc;
}

static int
make_copy(struct store_file *f, const char *to, const struct codec *codec,
    struct err *err)
{
	struct store_header h = store_file_header(f);
	struct store_writer *w;
	int rc;

	h.compression = (uint8_t)codec->id;
	h.blocks = 0;
	w = store_writer_resume(AT_FDCWD, to, &h, f->info.ident,
	    STORE_HEADER_LEN, store_indexer_new(), err);
	if (w == NULL)
		return -1;
	if ((rc = store_writer_take_ledger(w, f, err)) == 0 &&
	    (rc = copy_blocks(f, put, w, err)) == 0)
		rc = store_writer_commit(w, &f->info.stats, err);
	store_writer_close(w);
	return rc;
}

/* The header stays, but for the bit that says the compression. */
static int
copy_header_v1(const struct store_file *f, struct store_v1_writer *w,
    const struct codec *codec, struct err *err)
{
	uint8_t data[STORE_V1_HEADER_LEN];
	struct store_v1_header h;
	ssize_t len = store_pread(f->fd, data, sizeof(data), 0);

	if (len == -1)
		return err_system(err, "%s: reading", f->path);
	if (store_v1_header_get(data, (size_t)len, &h, err) == -1)
		return -1;
	store_u32(data + STORE_V1_FLAGS_AT,
	    h.flags | (uint32_t)store_v1_codec_flag(codec->id));
	return store_v1_writer_commit(w, data, err);
}

static int
make_copy_v1(struct store_file *f, const char *to, const struct codec *codec,
    struct err *err)
{
	struct store_v1_writer *w = store_v1_writer_open(to, codec, err);
	int rc;

	if (w == NULL)
		return err_context(err, "%s", f->path);
	if ((rc = copy_blocks(f, put_v1, w, err)) == 0)
		rc = copy_header_v1(f, w, codec, err);
	store_v1_writer_close(w);
	return rc;
}

static int
replace(struct store_file *f, const struct codec *codec, struct err *err)
{
	struct store_replace r;
	int rc = store_replace_begin(&r, f->path, f->fd, err);

	if (rc == 0)
		rc = f->layout == &store_layout_1 ?
		    make_copy_v1(f, r.beside, codec, err) :
		    make_copy(f, r.beside, codec, err);
	if (rc == 0)
		rc = store_replace_commit(&r, err);
	store_replace_fini(&r);
	return rc == -1 ? -1 : 1;
}

int
store_recompress(const char *path, const struct codec *codec, struct err *err)
{
	struct store_file *f = store_file_open(path, err);
	int rc = -1;

	if (f == NULL)
		return -1;
	if (f->layout != &store_layout_1 && f->layout != &store_layout_2)
		err_set(err, ERR_MALFORMED, "%s: files of layout %u are not "
		    "compressed in place; use -r FILE --compress CODEC "
		    "-w NEW", path, f->info.layout);
	else if (!f->info.is_complete)
		err_set(err, ERR_MALFORMED, "%s: not complete", path);
	else if (f->info.codec == codec)
		rc = 0;
	else if (!f->info.has_stats)
		err_set(err, ERR_MALFORMED, "%s: no statistics in its "
		    "appendix; see --repair", path);
	else
		rc = replace(f, codec, err);
	store_file_close(f);
	return rc;
}
