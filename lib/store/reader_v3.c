/*
 * Reading files of layout 3, which nfdump 1.8 beta writes (file-format.md
 * section 6).
 *
 * Blocks are found by the directory at the end of the file.  A file that was
 * not closed has none, and one that is cut or damaged none that holds: then
 * the blocks are walked from the first one on, and in the second case an
 * error follows them.
 *
 * Whatever the directory says is compared with the block's own header, when
 * the block is found for its compression and when it is loaded for all the
 * rest, so that a damaged block costs only itself.
 */

#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#include "base/bytes.h"
#include "record/v4.h"
#include "store/store_int.h"

#define FILE_HEADER_LEN 48
#define FILE_IS_ENCRYPTED 1
#define DIRECTORY_MAGIC 0xb10cb10cU
#define DIRECTORY_HEADER_LEN 8
#define ENTRY_LEN 16
#define FOOTER_MAGIC 0x0000a50fU
#define FOOTER_LEN 56
#define BLOCK_HEADER_LEN 24
#define STATS_LEN 144
#define IDENT_LEN 128

/* A million blocks, which are some terabytes. */
#define DIRECTORY_MAX (16U * 1024 * 1024)

struct block_header {
	uint32_t type;
	uint32_t stored; /* bytes behind this header */
	uint32_t plain; /* the same when expanded */
	uint16_t compression;
	uint16_t encryption;
	uint64_t sum; /* XXH3 of the stored bytes, 0 none */
};

struct entry {
	uint32_t type;
	uint32_t size; /* with the header */
	uint64_t offset;
};

struct layout_3 {
	int fd;
	struct entry *entries; /* of data blocks, by number; NULL: walk */
	uint32_t count;
};

/* Numbers of codecs are one higher than in layout 2, and 0 is none, too. */
static const struct codec *
find_codec(unsigned compression, struct err *err)
{
	return codec_by_id(compression == 0 ? 0 : compression - 1, err);
}

/* ERR_MALFORMED when a size is not possible, or the block is encrypted. */
static int
block_header_get(const uint8_t data[BLOCK_HEADER_LEN], struct block_header *h,
    struct err *err)
{
	uint32_t size = load_u32(data + 4), plain = load_u32(data + 8);

	*h = (struct block_header){ load_u32(data), size - BLOCK_HEADER_LEN,
		plain - BLOCK_HEADER_LEN, load_u16(data + 12),
		load_u16(data + 14), load_u64(data + 16) };
	if (size <= BLOCK_HEADER_LEN || h->stored > STORE_BLOCK_DISK_MAX)
		return err_set(err, ERR_MALFORMED, "size of %u bytes", size);
	if (h->encryption != 0)
		return err_set(err, ERR_MALFORMED,
		    "encrypted, which is not supported");
	if (plain <= BLOCK_HEADER_LEN || h->plain > STORE_BLOCK_RAW_MAX)
		return err_set(
		    err, ERR_MALFORMED, "%u bytes when expanded", plain);
	return 0;
}

/* The header in front of the stored bytes at offset. */
static int
read_block_header(int fd, uint64_t offset, struct block_header *h,
    struct err *err)
{
	uint8_t data[BLOCK_HEADER_LEN];
	ssize_t len = store_pread(fd, data, sizeof(data), offset);

	if (len == -1)
		return err_system(err, "reading");
	if ((size_t)len < sizeof(data))
		return err_set(err, ERR_MALFORMED, "truncated");
	return block_header_get(data, h, err);
}

static int
check_sum(const struct block_header *h, const uint8_t *stored,
    struct err *err)
{
	if (h->sum != 0 && XXH3_64bits(stored, h->stored) != h->sum)
		return err_set(err, ERR_MALFORMED, "wrong checksum");
	return 0;
}

static int
make_room(struct store_block *b, struct err *err)
{
	size_t room = record_v4_room(b->bytes);
	uint8_t *p;

	if (room <= b->converted_room)
		return 0;
	if ((p = realloc(b->converted, room)) == NULL)
		return err_nomem(err);
	b->converted = p;
	b->converted_room = room;
	return 0;
}

static int
convert(const struct store_ref *ref, struct store_block *b, struct err *err)
{
	const struct layout_3 *l = ref->context;
	struct block_header h;
	struct writer w;
	int rc;

	b->len = 0;
	if (read_block_header(l->fd, ref->offset - BLOCK_HEADER_LEN, &h,
		err) == -1)
		return -1;
	if (h.type != ref->type || h.stored != ref->stored)
		return err_set(err, ERR_MALFORMED,
		    "type %u, %u bytes, but the directory has type %u, %u "
		    "bytes", h.type, h.stored, ref->type, ref->stored);
	if (find_codec(h.compression, err) == NULL ||
	    check_sum(&h, store_block_stored(ref, b), err) == -1)
		return -1;
	if (h.plain != b->bytes)
		return err_set(err, ERR_MALFORMED, "%zu bytes, not %u",
		    b->bytes, h.plain);
	if (make_room(b, err) == -1)
		return -1;
	b->records = 0;
	writer_init(&w, b->converted, b->converted_room);
	rc = record_v4_convert(
	    ref->type, b->plain, b->bytes, &w, &b->records, err);
	b->raw = b->converted;
	b->len = w.used;
	return rc;
}

static int
read_header(struct store_file *f, uint8_t data[FILE_HEADER_LEN],
    struct err *err)
{
	ssize_t len = store_pread(f->fd, data, FILE_HEADER_LEN, 0);

	if (len == -1)
		return err_system(err, "reading");
	if (len < FILE_HEADER_LEN)
		return err_set(err, ERR_MALFORMED,
		    "truncated: %zd bytes of a header of %d", len,
		    FILE_HEADER_LEN);
	if (load_u32(data + 20) & FILE_IS_ENCRYPTED)
		return err_set(err, ERR_MALFORMED,
		    "encrypted flow file: not supported");
	f->info.codec = find_codec(load_u16(data + 18), err);
	if (f->info.codec == NULL || store_file_measure(f, err) == -1)
		return -1;
	f->info.nfdversion = load_u32(data + 4);
	f->info.created_s = (int64_t)load_u64(data + 8);
	return 0;
}

/* Whether len bytes at offset lie inside the file, behind its header. */
static bool
is_inside(const struct store_file *f, uint64_t offset, uint64_t len)
{
	return offset >= FILE_HEADER_LEN && len <= f->info.size &&
	    offset <= f->info.size - len;
}

/* The directory's entries; false when one is not possible. */
static bool
take_entries(const struct store_file *f, struct layout_3 *l,
    const uint8_t *data)
{
	uint64_t left = f->info.size;
	struct entry *e;

	for (uint32_t i = 0; i < l->count; i++, data += ENTRY_LEN) {
		e = &l->entries[i];
		*e = (struct entry){ load_u32(data), load_u32(data + 4),
			load_u64(data + 8) };
		/* No block twice: a small file must not become a large one. */
		if (e->size <= BLOCK_HEADER_LEN || e->size > left ||
		    !is_inside(f, e->offset, e->size))
			return false;
		left -= e->size;
	}
	return true;
}

/* Does the footer behind the directory, if there is one, vouch for it? */
static bool
footer_agrees(const uint8_t *data, uint32_t size)
{
	const uint8_t *footer = data + size;
	uint64_t sum = load_u64(footer + 16);

	return load_u32(footer) != FOOTER_MAGIC || sum == 0 ||
	    XXH3_64bits(data, size) == sum;
}

static int
take_directory(const struct store_file *f, struct layout_3 *l,
    const uint8_t *data, uint32_t size, struct err *err)
{
	uint32_t count = load_u32(data + 4);

	if (load_u32(data) != DIRECTORY_MAGIC || !footer_agrees(data, size) ||
	    count != (size - DIRECTORY_HEADER_LEN) / ENTRY_LEN)
		return 0;
	l->entries = calloc(count == 0 ? 1 : count, sizeof(*l->entries));
	if (l->entries == NULL)
		return err_nomem(err);
	l->count = count;
	if (take_entries(f, l, data + DIRECTORY_HEADER_LEN))
		return 1;
	free(l->entries);
	l->entries = NULL;
	return 0;
}

/* 1, 0 when no directory is there, -1 on error. */
static int
read_directory(struct store_file *f, struct layout_3 *l, uint64_t offset,
    uint32_t size, struct err *err)
{
	uint8_t *data;
	ssize_t len;
	int rc = 0;

	if (size < DIRECTORY_HEADER_LEN || size > DIRECTORY_MAX ||
	    !is_inside(f, offset, size))
		return 0;
	if ((data = calloc(1, size + FOOTER_LEN)) == NULL)
		return err_nomem(err);
	len = store_pread(f->fd, data, size + FOOTER_LEN, offset);
	if (len == -1)
		rc = err_system(err, "reading");
	else if ((size_t)len >= size)
		rc = take_directory(f, l, data, size, err);
	free(data);
	return rc;
}

/*
 * Find the directory by the header, else by the footer.  1, 0, -1 as above;
 * damage is told when one should be there.
 */
static int
find_directory(struct store_file *f, struct layout_3 *l,
    const uint8_t header[FILE_HEADER_LEN], struct err *err)
{
	uint64_t offset = load_u64(header + 32);
	uint8_t footer[FOOTER_LEN];
	ssize_t len;
	int rc;

	if (offset != 0)
		f->damage = "truncated, or its directory is damaged";
	rc = read_directory(f, l, offset, load_u32(header + 28), err);
	if (rc != 0 || !is_inside(f, f->info.size - FOOTER_LEN, FOOTER_LEN))
		return rc;
	len = store_pread(
	    f->fd, footer, sizeof(footer), f->info.size - FOOTER_LEN);
	if (len == -1)
		return err_system(err, "reading");
	if (len < FOOTER_LEN || load_u32(footer) != FOOTER_MAGIC)
		return 0;
	f->damage = "truncated, or its directory is damaged";
	return read_directory(
	    f, l, load_u64(footer + 8), load_u32(footer + 4), err);
}

/*
 * The payload of a small block, which must be of want bytes.  1, 0 when it
 * is not, -1 on error.
 */
static int
read_small(const struct store_file *f, const struct entry *e, uint8_t *plain,
    size_t want, struct err *err)
{
	uint8_t data[BLOCK_HEADER_LEN + 2 * STATS_LEN];
	const struct codec *codec;
	struct block_header h;
	ssize_t len;

	if (e->size > sizeof(data))
		return 0;
	if ((len = store_pread(f->fd, data, e->size, e->offset)) == -1)
		return err_system(err, "reading");
	if ((size_t)len < e->size || block_header_get(data, &h, NULL) == -1 ||
	    h.type != e->type || h.stored != e->size - BLOCK_HEADER_LEN ||
	    check_sum(&h, data + BLOCK_HEADER_LEN, NULL) == -1 ||
	    (codec = find_codec(h.compression, NULL)) == NULL)
		return 0;
	return codec->expand(data + BLOCK_HEADER_LEN, h.stored, plain, want) ==
	    (int64_t)want;
}

static void
take_ident(struct store_file *f, const uint8_t *text)
{
	size_t len = strnlen((const char *)text, STORE_IDENT_MAX - 1);

	if (len == 0)
		return;
	memcpy(f->info.ident, text, len);
	f->info.ident[len] = '\0';
}

static bool
is_about_file(uint32_t type)
{
	return type == RECORD_V4_STATS || type == RECORD_V4_IDENT;
}

/* A block that tells of the file. */
static int
take_about(struct store_file *f, const struct entry *e, struct err *err)
{
	uint8_t plain[STATS_LEN]; /* the larger one */
	struct reader r;
	int rc;

	if (e->type == RECORD_V4_STATS) {
		rc = read_small(f, e, plain, STATS_LEN, err);
		reader_init(&r, plain, sizeof(plain));
		if (rc == 1)
			f->info.has_stats =
			    record_get_stats(&r, &f->info.stats) == 0;
		else
			f->damage = "damaged statistics";
		return rc;
	}
	rc = read_small(f, e, plain, IDENT_LEN, err);
	if (rc == 1)
		take_ident(f, plain);
	else
		f->damage = "damaged ident";
	return rc;
}

static int
use_directory(struct store_file *f, struct layout_3 *l, struct err *err)
{
	uint32_t count = l->count;

	f->damage = NULL;
	l->count = 0;
	for (uint32_t i = 0; i < count; i++)
		if (!is_about_file(l->entries[i].type))
			l->entries[l->count++] = l->entries[i];
		else if (take_about(f, &l->entries[i], err) == -1)
			return -1;
	f->info.blocks = l->count;
	f->info.is_complete = f->damage == NULL;
	return 0;
}

/* The context, without a directory. */
static struct layout_3 *
get_context(struct store_file *f, struct err *err)
{
	struct layout_3 *l = f->context;

	if (l == NULL && (f->context = l = calloc(1, sizeof(*l))) == NULL) {
		err_nomem(err);
		return NULL;
	}
	free(l->entries);
	*l = (struct layout_3){ .fd = f->fd };
	return l;
}

static int
open_layout_3(struct store_file *f, struct err *err)
{
	uint8_t header[FILE_HEADER_LEN];
	struct layout_3 *l;
	int rc;

	if (read_header(f, header, err) == -1)
		return -1;
	if ((l = get_context(f, err)) == NULL)
		return -1;
	f->info.blocks = 0;
	f->pos = FILE_HEADER_LEN;
	f->end = f->info.size;
	if ((rc = find_directory(f, l, header, err)) != 1)
		return rc;
	f->is_counted = true;
	return use_directory(f, l, err);
}

static void
close_layout_3(struct store_file *f)
{
	struct layout_3 *l = f->context;

	if (l != NULL)
		free(l->entries);
	free(l);
}

static int
end_of_blocks(const struct store_file *f, struct err *err)
{
	if (f->damage == NULL)
		return 0;
	return err_set(err, ERR_MALFORMED, "%s: %s", f->path, f->damage);
}

static bool
has_records(uint32_t type)
{
	return type == RECORD_V4_FLOWS || type == RECORD_V4_ARRAY ||
	    type == RECORD_V4_EXPORTERS;
}

/*
 * A block whose header cannot be used is handed out like others: loading it
 * tells what is wrong, and the next one is read.
 */
static void
make_ref(struct store_file *f, const struct entry *e, struct store_ref *ref)
{
	const struct codec *codec = NULL;
	struct block_header h;

	if (read_block_header(f->fd, e->offset, &h, NULL) == 0)
		codec = find_codec(h.compression, NULL);
	*ref = (struct store_ref){
		.offset = e->offset + BLOCK_HEADER_LEN,
		.stored = e->size - BLOCK_HEADER_LEN,
		.number = f->number++,
		.type = (uint16_t)e->type,
		.has_records = has_records(e->type),
		.codec = codec != NULL ? codec : codec_by_id(CODEC_NONE, NULL),
		.convert = convert,
		.context = f->context,
	};
}

static int
next_listed(struct store_file *f, struct store_ref *ref, struct err *err)
{
	const struct layout_3 *l = f->context;
	const struct entry *e;

	if (f->number >= l->count)
		return end_of_blocks(f, err);
	e = &l->entries[f->number];
	make_ref(f, e, ref);
	f->pos = e->offset + e->size; /* a tail goes by it */
	return 1;
}

/* The next block that is whole, or -1 when what is there is none. */
static int
next_walked(struct store_file *f, struct store_ref *ref, struct err *err)
{
	uint8_t data[BLOCK_HEADER_LEN];
	struct block_header h;
	struct entry e;
	ssize_t len;

	while (f->end - f->pos >= sizeof(data)) {
		len = store_pread(f->fd, data, sizeof(data), f->pos);
		if (len == -1)
			return err_system(
			    err, "%s: block %u", f->path, f->number);
		if ((size_t)len < sizeof(data) ||
		    load_u32(data) == DIRECTORY_MAGIC)
			break;
		e = (struct entry){ load_u32(data), load_u32(data + 4),
			f->pos };
		if (block_header_get(data, &h, err) == -1) {
			if (f->damage != NULL)
				break;
			return err_context(
			    err, "%s: block %u", f->path, f->number);
		}
		if (e.size > f->end - f->pos)
			break;
		f->pos += e.size;
		if (is_about_file(e.type))
			continue;
		make_ref(f, &e, ref);
		return 1;
	}
	return end_of_blocks(f, err);
}

static int
next_block(struct store_file *f, struct store_ref *ref, struct err *err)
{
	return f->is_counted ? next_listed(f, ref, err) :
			       next_walked(f, ref, err);
}

const struct store_layout store_layout_3 = { 3, open_layout_3, next_block,
	close_layout_3 };
