/*
 * Reading files of layout 2 (file-format.md section 1).
 *
 * A file that holds less than its header says is opened all the same: its
 * whole blocks are handed out first, then the error.
 */

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "store/index_int.h"
#include "store/layout1.h"
#include "store/ledger_int.h"
#include "store/store_int.h"

/* An appendix is an ident and a statistics record, some 200 bytes. */
#define APPENDIX_MAX (64U * 1024)

/* Ident records of this size or more are not used by any reader. */
#define IDENT_RECORD_MAX 128

static int
read_header(struct store_file *f, struct store_header *h, struct err *err)
{
	uint8_t data[STORE_HEADER_LEN];
	ssize_t len = store_pread(f->fd, data, sizeof(data), 0);

	if (len == -1)
		return err_system(err, "reading");
	if (store_header_get(data, (size_t)len, h, err) == -1 ||
	    (f->info.codec = codec_by_id(h->compression, err)) == NULL ||
	    store_file_measure(f, err) == -1)
		return -1;
	f->info.nfdversion = h->nfdversion;
	f->info.created_s = h->created_s;
	f->info.blocks = h->blocks;
	f->appendix = h->appendix;
	f->is_counted = h->appendix != 0 || h->blocks != 0;
	f->end = f->info.size;
	if (f->appendix != 0 && f->appendix < f->end)
		f->end = f->appendix;
	return 0;
}

bool
store_ident_get(char ident[STORE_IDENT_MAX], const uint8_t *text, size_t len)
{
	if (len + RECORD_HEADER_LEN >= IDENT_RECORD_MAX)
		return false;
	if ((len = strnlen((const char *)text, len)) == 0)
		return true;
	if (len > STORE_IDENT_MAX - 1) /* the NUL is missing */
		len = STORE_IDENT_MAX - 1;
	memcpy(ident, text, len);
	ident[len] = '\0';
	return true;
}

/*
 * The records of the appendix.  Those that we do not know are passed over,
 * and so are statistics of another size.
 */
static void
take_appendix(
    struct store_file *f, const uint8_t *raw, size_t len, uint32_t records)
{
	struct record_cursor c = { .data = raw, .len = len };
	struct reader r;
	struct span record;
	uint16_t type;

	for (; records > 0; records--) {
		if (record_next(&c, &type, &record, NULL) != 1) {
			f->damage = "damaged appendix";
			return;
		}
		reader_init(&r, record.data + RECORD_HEADER_LEN,
		    record.len - RECORD_HEADER_LEN);
		if (type == RECORD_IDENT)
			store_ident_get(f->info.ident, r.pos, r.left);
		else if (type == RECORD_STATS && record.len == RECORD_STATS_LEN)
			f->info.has_stats =
			    record_get_stats(&r, &f->info.stats) == 0;
	}
}

/* Read and expand into buf, which holds APPENDIX_MAX bytes twice. */
static int
load_appendix(struct store_file *f, uint8_t *buf, struct err *err)
{
	struct store_block_header h;
	uint64_t left = f->info.size - f->appendix;
	size_t want = left < APPENDIX_MAX ? (size_t)left : APPENDIX_MAX;
	ssize_t len = store_pread(f->fd, buf, want, f->appendix);
	int64_t raw;

	if (len == -1)
		return err_system(err, "reading");
	f->damage = "damaged appendix";
	if (len < STORE_BLOCK_HEADER_LEN ||
	    store_block_header_get(buf, &h, NULL) == -1 ||
	    h.type != STORE_BLOCK_RECORDS ||
	    h.stored > (size_t)len - STORE_BLOCK_HEADER_LEN)
		return 0;
	raw = f->info.codec->expand(buf + STORE_BLOCK_HEADER_LEN, h.stored,
	    buf + APPENDIX_MAX, APPENDIX_MAX);
	if (raw == -1)
		return 0;
	f->damage = NULL;
	f->tail = f->appendix + STORE_BLOCK_HEADER_LEN + h.stored;
	take_appendix(f, buf + APPENDIX_MAX, (size_t)raw, h.records);
	return 0;
}

static int
read_appendix(
    struct store_file *f, const struct store_header *h, struct err *err)
{
	uint8_t *buf;
	int rc;

	if (f->appendix == 0 || f->appendix >= f->info.size)
		return 0;
	if (h->appendix_blocks > 0) {
		if ((buf = malloc(2 * APPENDIX_MAX)) == NULL)
			return err_nomem(err);
		rc = load_appendix(f, buf, err);
		free(buf);
		if (rc == -1)
			return -1;
		if (h->appendix_blocks > 1) /* the end is not known */
			f->tail = 0;
	}
	f->info.is_complete = f->damage == NULL;
	return 0;
}

static int
open_layout_2(struct store_file *f, struct err *err)
{
	struct store_header h;

	f->pos = STORE_HEADER_LEN;
	if (read_header(f, &h, err) == -1)
		return -1;
	return read_appendix(f, &h, err);
}

/* All blocks that the header counts were found: is the rest as it says? */
static int
end_of_blocks(const struct store_file *f, struct err *err)
{
	if (f->appendix == 0)
		return 0;
	if (f->appendix >= f->info.size)
		return err_set(err, ERR_MALFORMED,
		    "%s: truncated: appendix at %ju, file has %ju bytes",
		    f->path, (uintmax_t)f->appendix, (uintmax_t)f->info.size);
	if (f->pos != f->appendix)
		return err_set(err, ERR_MALFORMED,
		    "%s: %ju bytes behind block %u that no block holds",
		    f->path, (uintmax_t)(f->appendix - f->pos), f->number);
	if (f->damage != NULL)
		return err_set(
		    err, ERR_MALFORMED, "%s: %s", f->path, f->damage);
	return 0;
}

/* The next block does not fit: expected unless it was counted. */
static int
end_of_file(const struct store_file *f, struct err *err)
{
	if (!f->is_counted)
		return 0;
	return err_set(err, ERR_MALFORMED, "%s: %s at block %u of %u", f->path,
	    f->end == f->info.size ? "truncated" : "appendix starts", f->number,
	    f->info.blocks);
}

/* Is it what follows an appendix, an index or, without one, a ledger? */
static bool
is_behind_appendix(const uint8_t data[STORE_BLOCK_HEADER_LEN])
{
	return memcmp(data, INDEX_MAGIC, INDEX_MAGIC_LEN) == 0 ||
	    memcmp(data, LEDGER_MAGIC, LEDGER_MAGIC_LEN) == 0;
}

static int
next_block(struct store_file *f, struct store_ref *ref, struct err *err)
{
	uint8_t data[STORE_BLOCK_HEADER_LEN];
	struct store_block_header h;
	uint64_t left = f->end - f->pos;
	ssize_t len;

	if (f->is_counted && f->number == f->info.blocks)
		return end_of_blocks(f, err);
	if (left < sizeof(data))
		return end_of_file(f, err);
	if ((len = store_pread(f->fd, data, sizeof(data), f->pos)) == -1)
		return err_system(err, "%s: block %u", f->path, f->number);
	if ((size_t)len < sizeof(data))
		return end_of_file(f, err);
	if (!f->is_counted && is_behind_appendix(data))
		return 0; /* the writer is about to complete the header */
	if (store_block_header_get(data, &h, err) == -1)
		return err_context(err, "%s: block %u", f->path, f->number);
	if (h.stored > left - sizeof(data))
		return end_of_file(f, err);
	*ref = (struct store_ref){
		.offset = f->pos + sizeof(data),
		.stored = h.stored,
		.records = h.records,
		.number = f->number++,
		.type = h.type,
		.has_records = h.type == STORE_BLOCK_RECORDS,
		.codec = f->info.codec,
	};
	f->pos = ref->offset + h.stored;
	if (h.type == STORE_V1_BLOCK_RECORDS &&
	    store_v1_prepare(f, ref, err) == -1)
		return -1;
	return 1;
}

const struct store_layout store_layout_2 = { 2, open_layout_2, next_block,
	store_v1_close };
