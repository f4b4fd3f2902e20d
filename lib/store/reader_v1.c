/*
 * Reading files of layout 1 (file-format.md section 5).  Blocks are read to
 * the end of the file, because not all that append to one count them.
 */

#include "store/layout1.h"

static int
open_layout_1(struct store_file *f, struct err *err)
{
	uint8_t data[STORE_V1_HEADER_LEN];
	ssize_t len = store_pread(f->fd, data, sizeof(data), 0);
	struct store_v1_header h;
	size_t ident_len;

	if (len == -1)
		return err_system(err, "reading");
	if (store_v1_header_get(data, (size_t)len, &h, err) == -1 ||
	    (f->info.codec = codec_by_id(h.codec, err)) == NULL ||
	    store_file_measure(f, err) == -1)
		return -1;
	f->pos = STORE_V1_HEADER_LEN;
	f->end = f->info.size;
	f->is_anonymised = h.flags & STORE_V1_ANONYMISED;
	f->info.created_s = f->changed_s;
	f->info.blocks = h.blocks;
	f->info.is_complete = h.is_closed &&
	    (h.blocks > 0 || f->info.size == STORE_V1_HEADER_LEN);
	f->is_counted = f->info.is_complete;
	f->info.has_stats = f->info.is_complete;
	if (f->info.has_stats)
		f->info.stats = h.stats;
	if ((ident_len = strnlen(h.ident, STORE_IDENT_MAX - 1)) > 0) {
		memcpy(f->info.ident, h.ident, ident_len);
		f->info.ident[ident_len] = '\0';
	}
	return 0;
}

/*
 * No further block fits, for the reason in *why: expected while the file is
 * being written.
 */
static int
end_of_blocks(
    const struct store_file *f, const struct err *why, struct err *err)
{
	if (!f->is_counted)
		return 0;
	if (f->number < f->info.blocks)
		return err_set(err, ERR_MALFORMED, "%s: block %u of %u: %s",
		    f->path, f->number, f->info.blocks, why->text);
	if (f->pos == f->end)
		return 0;
	return err_set(err, ERR_MALFORMED,
	    "%s: %ju bytes behind block %u that no block holds", f->path,
	    (uintmax_t)(f->end - f->pos), f->number);
}

/* 1, 0 with the reason when there is no block, -1 when it cannot be read. */
static int
read_block_header(
    const struct store_file *f, struct store_block_header *h, struct err *err)
{
	uint8_t data[STORE_BLOCK_HEADER_LEN];
	uint64_t left = f->end - f->pos;
	ssize_t len = 0;

	if (left >= sizeof(data) &&
	    (len = store_pread(f->fd, data, sizeof(data), f->pos)) == -1)
		return err_system(err, "%s: block %u", f->path, f->number);
	if ((size_t)len < sizeof(data))
		err_set(err, ERR_MALFORMED, "truncated");
	else if (store_v1_block_header_get(data, h, err) == 0) {
		if (h->stored <= left - sizeof(data))
			return 1;
		err_set(err, ERR_MALFORMED, "truncated");
	}
	return 0;
}

static int
refuse_1_5(const struct store_ref *ref, struct store_block *b, struct err *err)
{
	b->len = 0;
	return err_set(err, ERR_MALFORMED,
	    "%u records of nfdump 1.5 are not supported", ref->records);
}

static int
next_block(struct store_file *f, struct store_ref *ref, struct err *err)
{
	struct store_block_header h;
	struct err why;
	int rc = read_block_header(f, &h, &why);

	if (rc == 0)
		return end_of_blocks(f, &why, err);
	if (rc == -1)
		return err_set(err, why.code, "%s", why.text);
	*ref = (struct store_ref){
		.offset = f->pos + STORE_BLOCK_HEADER_LEN,
		.stored = h.stored,
		.records = h.records,
		.number = f->number++,
		.type = h.type,
		.codec = f->info.codec,
	};
	f->pos = ref->offset + h.stored;
	if (h.type == STORE_V1_BLOCK_1_5) {
		ref->has_records = true;
		ref->convert = refuse_1_5;
	}
	if (h.type == STORE_V1_BLOCK_RECORDS &&
	    store_v1_prepare(f, ref, err) == -1)
		return -1;
	return 1;
}

const struct store_layout store_layout_1 = { 1, open_layout_1, next_block,
	store_v1_close };
