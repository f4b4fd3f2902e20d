/*
 * Walking a file of layout 1 or 2 that may be damaged.
 *
 * A block whose records fit it exactly is right, and the next one is behind
 * it.  So it is behind a damaged one when there is a block header, the
 * appendix or the end.  Otherwise the header itself is not to be trusted:
 * the next block that is right is searched for, and all that is before it is
 * tried as one block.
 */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "store/layout1.h"
#include "store/salvage.h"

#define SEARCH_TRIES 4096

/* Creators that are known, file-format.md 1.1. */
#define CREATORS 10

static void
tell(struct salvage *s, enum store_finding kind, const char *text)
{
	const struct store_listener *l = s->sink->listener;

	if (kind == FINDING_DAMAGE)
		s->v->damages++;
	else
		s->v->notes++;
	if (l != NULL)
		l->tell(l->ctx, kind, text);
}

void
salvage_tell(struct salvage *s, enum store_finding kind, const char *fmt, ...)
{
	char text[ERR_TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	tell(s, kind, text);
}

void
salvage_tell_block(struct salvage *s, enum store_finding kind,
    const char *fmt, ...)
{
	char text[ERR_TEXT_MAX];
	int len = snprintf(text, sizeof(text), "block %u at offset %ju: ",
	    s->number, (uintmax_t)s->pos);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text + len, sizeof(text) - (size_t)len, fmt, ap);
	va_end(ap);
	tell(s, kind, text);
}

const char *
salvage_without_path(const struct salvage *s, const char *text)
{
	size_t len = strlen(s->file.path);

	if (strncmp(text, s->file.path, len) == 0 && text[len] == ':')
		text += len + strspn(text + len, ": ");
	return text;
}

int
salvage_load(struct salvage *s, uint64_t pos,
    const struct store_block_header *h, struct err *err)
{
	const struct store_ref ref = {
		.offset = pos + STORE_BLOCK_HEADER_LEN,
		.stored = h->stored,
		.records = h->records,
		.type = h->type,
		.codec = s->file.info.codec,
	};
	struct err why;

	s->b.len = 0;
	if (store_block_expand(&s->file, &ref, &s->b, &why) == 0)
		return 0;
	if (why.code == ERR_SYSTEM)
		s->failure = why;
	if (err != NULL)
		*err = why;
	return -1;
}

ssize_t
salvage_read(struct salvage *s, void *buf, size_t len, uint64_t pos)
{
	ssize_t got = store_pread(s->file.fd, buf, len, pos);

	if (got == -1)
		err_system(&s->failure, "reading");
	return got;
}

/*
 * What the block that could not be expanded gives before the damage.  Bytes
 * behind that are zero, and no record.
 */
static void
load_prefix(struct salvage *s, const struct store_block_header *h)
{
	const struct codec *codec = s->file.info.codec;
	size_t len = STORE_BLOCK_RAW_MAX;

	if (codec->id == CODEC_NONE || s->b.stored == NULL)
		return;
	memset(s->b.plain, 0, len);
	codec->expand(s->b.stored, h->stored, s->b.plain, len);
	while (len > 0 && s->b.plain[len - 1] == 0)
		len--;
	s->b.raw = s->b.plain;
	s->b.len = len;
}

/*
 * Has reading failed?  A repair must not take a disk that fails for a block
 * that is damaged.
 */
static int
check_disk(const struct salvage *s, struct err *err)
{
	if (s->sink->keep == NULL || s->failure.code == ERR_NONE)
		return 0;
	return err_set(err, s->failure.code, "%s: block %u: %s", s->file.path,
	    s->number, s->failure.text);
}

static int
keep(struct salvage *s, const struct salvage_block *b, struct err *err)
{
	s->v->blocks++;
	if (s->sink->keep == NULL)
		return 0;
	return s->sink->keep(s->sink->ctx, b, err);
}

/* Stored bytes of which nothing can be read. */
static void
lose(struct salvage *s, uint64_t len)
{
	s->v->blocks_lost++;
	s->v->bytes_lost += len;
}

/* The records of the loaded block, whatever its header says of the type. */
static int
keep_records(struct salvage *s, const struct store_block_header *h,
    struct salvage_block *b, struct err *err)
{
	if (salvage_records(s, h, b, err) == -1)
		return -1;
	s->v->type_blocks[b->type]++;
	s->v->records += b->records;
	if (b->records == 0) {
		lose(s, STORE_BLOCK_HEADER_LEN + h->stored);
		return 0;
	}
	if (b->ref == NULL)
		s->v->blocks_partial++;
	return keep(s, b, err);
}

static bool
is_v1(const struct salvage *s)
{
	return s->records_type == STORE_V1_BLOCK_RECORDS;
}

/* Has the loaded block flows, or records about exporters? */
static bool
holds_records(const struct salvage *s, uint32_t stated)
{
	uint16_t type = s->b.len < RECORD_HEADER_LEN ? 0 :
	    load_u16(s->b.raw);
	uint32_t count;

	return type >= (is_v1(s) ? RECORD_V1_MAP : RECORD_EXPORTER) &&
	    type <= RECORD_SAMPLER &&
	    salvage_fits(s, &count) && count == stated;
}

static bool
is_array(const struct salvage *s, const struct store_block_header *h)
{
	return h->type == STORE_BLOCK_ARRAY && !is_v1(s);
}

/* The loaded block holds no records with headers of their own. */
static int
keep_other(struct salvage *s, const struct store_block_header *h,
    const struct salvage_block *b, struct err *err)
{
	if (is_array(s, h) && !salvage_array_fits(s, h->records)) {
		salvage_tell_block(s, FINDING_DAMAGE, "array of %u elements "
		    "does not fit %zu bytes", h->records, s->b.len);
		lose(s, h->stored);
		return 0;
	}
	if (!is_array(s, h))
		salvage_tell_block(s, FINDING_NOTE,
		    "type %u, which readers pass over", h->type);
	s->v->type_blocks[h->type < STORE_VERDICT_TYPES ? h->type : 0]++;
	s->v->records += h->records;
	return keep(s, b, err);
}

/* The loaded block, whose flags are "flags". */
static int
take_loaded(struct salvage *s, const struct store_block_header *h,
    uint16_t flags, struct err *err)
{
	const struct store_ref ref = { .stored = h->stored,
		.codec = s->file.info.codec };
	struct salvage_block b = { h->type, h->records, s->b.raw, s->b.len,
		&ref, &s->b };
	struct store_block_header as = *h;

	if (flags != 0)
		salvage_tell_block(s, FINDING_DAMAGE, "flags 0x%x", flags);
	if (h->type == s->records_type || h->type == STORE_V1_BLOCK_RECORDS)
		return keep_records(s, h, &b, err);
	if (!holds_records(s, h->records))
		return keep_other(s, h, &b, err);
	salvage_tell_block(s, FINDING_DAMAGE,
	    "type %u, but it holds records", h->type);
	as.type = b.type = s->records_type;
	return keep_records(s, &as, &b, err);
}

static bool
is_appendix(const struct salvage *s, uint16_t block_type)
{
	return block_type == STORE_BLOCK_RECORDS && !is_v1(s) &&
	    store_block_is_appendix(&s->b);
}

bool
salvage_is_right(const struct salvage *s, const struct store_block_header *h)
{
	uint32_t count;

	if (is_array(s, h))
		return salvage_array_fits(s, h->records);
	return salvage_fits(s, &count) && count == h->records;
}

/* May something begin here, or the file end? */
static bool
is_boundary(struct salvage *s, uint64_t pos)
{
	return pos == s->h.appendix || pos == s->file.info.size ||
	    salvage_is_start(s, pos);
}

static int
take_appendix(struct salvage *s, const struct store_block_header *h)
{
	salvage_appendix(s, h);
	s->has_appendix = true;
	s->pos += STORE_BLOCK_HEADER_LEN + h->stored;
	s->end = s->pos;
	return 0;
}

/*
 * The records that can be found in a damaged block; "why" says that it could
 * not be loaded as a whole.
 */
static int
take_pieces(struct salvage *s, const struct store_block_header *h,
    const struct err *why, struct err *err)
{
	struct salvage_block b = { .type = h->type == STORE_V1_BLOCK_RECORDS ?
		    STORE_V1_BLOCK_RECORDS : s->records_type };

	if (why != NULL && why->code == ERR_NOMEM)
		return err_nomem(err);
	if (check_disk(s, err) == -1)
		return -1;
	if (why != NULL && why->code == ERR_MALFORMED) /* it has been read */
		load_prefix(s, h);
	if (s->b.len == 0) {
		lose(s, STORE_BLOCK_HEADER_LEN + h->stored);
		return 0;
	}
	b.raw = s->b.raw;
	b.len = s->b.len;
	return keep_records(s, h, &b, err);
}

/*
 * The block at pos ends where its header says, and something is wrong with
 * it.
 */
static int
take_damaged(struct salvage *s, const struct store_block_header *h,
    uint16_t flags, const struct err *why, struct err *err)
{
	if (why == NULL)
		return take_loaded(s, h, flags, err);
	salvage_tell_block(s, FINDING_DAMAGE, "%s", why->text);
	return take_pieces(s, h, why, err);
}

/*
 * The header at pos cannot be right, "why" tells.  Up to the next block or
 * the end is one block, if it can be one.
 */
static int
take_unknown(struct salvage *s, const char *why, struct err *err)
{
	struct store_block_header h = { 0, 0, s->records_type };
	uint64_t next, len;
	struct err reason = { .code = ERR_NONE };
	uint32_t count = 0;
	int rc;

	if (salvage_find(s, s->pos + 1, &next, err) == -1)
		return -1;
	salvage_tell_block(s, FINDING_DAMAGE, "%s; reading goes on %s %ju",
	    why, next == s->file.info.size ? "behind" : "at",
	    (uintmax_t)next);
	len = next - s->pos;
	if (len <= STORE_BLOCK_HEADER_LEN) {
		s->v->bytes_lost += len;
		s->pos = next;
		return 0;
	}
	len -= STORE_BLOCK_HEADER_LEN;
	h.stored = len > STORE_BLOCK_DISK_MAX ? STORE_BLOCK_DISK_MAX :
	    (uint32_t)len;
	rc = salvage_load(s, s->pos, &h, &reason);
	if (rc == 0 && is_appendix(s, h.type))
		return take_appendix(s, &h);
	if (rc == 0 && salvage_fits(s, &count)) {
		h.records = count;
		rc = take_loaded(s, &h, 0, err);
	} else
		rc = take_pieces(s, &h, rc == 0 ? NULL : &reason, err);
	s->number++;
	s->pos = next;
	return rc;
}

/* What the file ends with is too short for a block header. */
static int
take_rest(struct salvage *s)
{
	uint64_t rest = s->file.info.size - s->pos;

	salvage_tell_block(s, FINDING_DAMAGE,
	    "%ju bytes, then the file ends", (uintmax_t)rest);
	s->v->bytes_lost += rest;
	s->pos = s->file.info.size;
	return 0;
}

static int
take_block(struct salvage *s, struct err *err)
{
	uint8_t data[STORE_BLOCK_HEADER_LEN];
	struct store_block_header h;
	struct err why = { .code = ERR_NONE };
	uint64_t left = s->file.info.size - s->pos;
	char text[96];
	ssize_t got;
	int rc;

	if (left < sizeof(data))
		return take_rest(s);
	got = store_pread(s->file.fd, data, sizeof(data), s->pos);
	if (got == -1)
		return err_system(err, "%s: reading", s->file.path);
	if ((size_t)got < sizeof(data))
		return err_set(err, ERR_MALFORMED, "%s: it has been cut "
		    "meanwhile", s->file.path);
	left -= sizeof(data);
	if (store_block_header_get(data, &h, &why) == -1)
		return take_unknown(s, why.text, err);
	if (h.stored > left) {
		snprintf(text, sizeof(text), "%u bytes where %ju are left",
		    h.stored, (uintmax_t)left);
		return take_unknown(s, text, err);
	}
	rc = salvage_load(s, s->pos, &h, &why);
	if (rc == 0 && is_appendix(s, h.type))
		return take_appendix(s, &h);
	if (rc == 0 && salvage_is_right(s, &h))
		rc = take_loaded(s, &h, load_u16(data + 10), err);
	else if (is_boundary(s, s->pos + sizeof(data) + h.stored))
		rc = take_damaged(s, &h, load_u16(data + 10),
		    rc == 0 ? NULL : &why, err);
	else
		return take_unknown(s, "damaged header or data", err);
	s->number++;
	s->pos += sizeof(data) + h.stored;
	return rc;
}

void
salvage_start(struct salvage *s, const uint8_t *data)
{
	if (load_u16(data) != STORE_MAGIC)
		salvage_tell(s, FINDING_DAMAGE, "magic 0x%04x, not 0x%04x",
		    load_u16(data), STORE_MAGIC);
	if (load_u16(data + 2) != s->v->layout)
		salvage_tell(s, FINDING_DAMAGE, "layout %u, not %u",
		    load_u16(data + 2), s->v->layout);
}

/* Fields that no reader needs. */
static void
note_header(struct salvage *s, const uint8_t *data)
{
	if (load_u32(data + 20) >= CREATORS)
		salvage_tell(s, FINDING_NOTE, "creator %u is not known",
		    load_u32(data + 20));
	if (load_u32(data + 32) != 0)
		salvage_tell(s, FINDING_NOTE, "block size %u, which nfdump "
		    "1.8 takes for a limit", load_u32(data + 32));
	if (s->h.created_s < 0 || s->h.created_s > UINT32_MAX)
		salvage_tell(s, FINDING_NOTE, "created at %jd s",
		    (intmax_t)s->h.created_s);
}

/* Is the first block right with this codec? */
static bool
suits(struct salvage *s, const struct codec *codec)
{
	uint8_t data[STORE_BLOCK_HEADER_LEN];
	struct store_block_header h;

	s->file.info.codec = codec;
	return salvage_is_start(s, s->start) &&
	    salvage_read(s, data, sizeof(data), s->start) ==
		STORE_BLOCK_HEADER_LEN &&
	    store_block_header_get(data, &h, NULL) == 0 &&
	    salvage_load(s, s->start, &h, NULL) == 0 &&
	    salvage_is_right(s, &h);
}

/* The codec of the header, unless another one fits the first block. */
static int
choose_codec(struct salvage *s, struct err *err)
{
	const struct codec *stated = codec_by_id(s->h.compression, NULL);
	const struct codec *other;

	s->v->codec = stated;
	s->v->header_blocks = s->h.blocks;
	if (stated != NULL && suits(s, stated))
		return 0;
	for (unsigned id = CODEC_NONE; id <= CODEC_ZSTD; id++) {
		if ((other = codec_by_id(id, NULL)) == NULL ||
		    other == stated || !suits(s, other))
			continue;
		salvage_tell(s, FINDING_DAMAGE, "compression %u, but the "
		    "first block is %s", s->h.compression, other->title);
		s->v->codec = other;
		return 0;
	}
	s->file.info.codec = codec_by_id(s->h.compression, err);
	return stated == NULL ? -1 : 0;
}

static int
take_header(struct salvage *s, struct err *err)
{
	uint8_t data[STORE_HEADER_LEN];
	ssize_t len = store_pread(s->file.fd, data, sizeof(data), 0);
	struct err why;

	if (len == -1)
		return err_system(err, "%s: reading", s->file.path);
	if (len < STORE_HEADER_LEN)
		return err_set(err, ERR_MALFORMED,
		    "%s: %zd bytes of a header of %d", s->file.path, len,
		    STORE_HEADER_LEN);
	if (store_file_measure(&s->file, err) == -1)
		return err_context(err, "%s", s->file.path);
	salvage_start(s, data);
	if (store_header_get(data, sizeof(data), &s->h, &why) == -1)
		salvage_tell(s, FINDING_DAMAGE, "%s", why.text);
	note_header(s, data);
	s->start = STORE_HEADER_LEN;
	s->v->nfdversion = s->h.nfdversion;
	s->v->created_s = s->h.created_s;
	s->v->appendix_blocks = s->h.appendix_blocks;
	return 0;
}

/* Does the header say what there is? */
static void
compare_header(struct salvage *s)
{
	const struct store_header *h = &s->h;
	uint64_t size = s->file.info.size;

	s->v->is_unfinished = h->appendix == 0 && h->appendix_blocks == 0 &&
	    !s->has_appendix;
	if (s->v->is_unfinished) {
		salvage_tell(s, FINDING_DAMAGE, "not complete: it is being "
		    "written, or a crash left it");
		if (h->blocks == 0)
			return;
	}
	if (h->blocks != s->number)
		salvage_tell(s, FINDING_DAMAGE, "%u data blocks, the header "
		    "says %u", s->number, h->blocks);
	if (s->v->is_unfinished)
		return;
	if (!s->has_appendix && h->appendix >= size)
		salvage_tell(s, FINDING_DAMAGE, "truncated: appendix at %ju, "
		    "the file has %ju bytes", (uintmax_t)h->appendix,
		    (uintmax_t)size);
	else if (!s->has_appendix)
		salvage_tell(s, FINDING_DAMAGE, "no appendix can be read");
	if (s->has_appendix && h->appendix_blocks != 1)
		salvage_tell(s, FINDING_DAMAGE,
		    "1 appendix block, the header says %u",
		    h->appendix_blocks);
}

static void
compare_end(struct salvage *s)
{
	if (s->foreign > 0)
		salvage_tell(s, FINDING_NOTE, "%s is not known; %ju such "
		    "records", s->foreign_why.text, (uintmax_t)s->foreign);
	if (s->has_appendix && s->end < s->file.info.size && !s->has_index &&
	    !s->has_ledger)
		salvage_tell(s, FINDING_NOTE, "%ju bytes behind the appendix",
		    (uintmax_t)(s->file.info.size - s->end));
	salvage_compare(s);
}

int
salvage_run(struct salvage *s, struct err *err)
{
	s->tries = SEARCH_TRIES;
	buffer_init(&s->kept);
	buffer_init(&s->converted);
	buffer_init(&s->window);
	if (salvage_tally_init(&s->tally, err) == -1 ||
	    (is_v1(s) ? salvage_header_v1(s, err) : take_header(s, err)) == -1)
		return -1;
	if (choose_codec(s, err) == -1)
		return err_context(err, "%s", s->file.path);
	s->pos = s->start;
	while (!s->has_appendix && s->pos < s->file.info.size)
		if (take_block(s, err) == -1 || check_disk(s, err) == -1)
			return -1;
	s->v->is_unread = s->failure.code != ERR_NONE;
	if (is_v1(s))
		salvage_compare_v1(s);
	else
		compare_header(s);
	if (salvage_index(s, err) == -1)
		return -1;
	compare_end(s);
	s->v->sum = s->tally.sum;
	return 0;
}

void
salvage_fini(struct salvage *s)
{
	salvage_tally_fini(&s->tally);
	store_block_fini(&s->b);
	record_v1_maps_free(s->maps);
	buffer_fini(&s->kept);
	buffer_fini(&s->converted);
	buffer_fini(&s->window);
}
