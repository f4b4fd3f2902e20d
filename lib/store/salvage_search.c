/*
 * Looking for the next block where no header tells its place.
 *
 * A place is taken when it looks like the header of a block, and what it
 * points to can be expanded into records that fit exactly.  Most places fail
 * the first look; how many may fail the second is limited, so that a file
 * made for it cannot keep us busy.
 */

#include "base/bytes.h"
#include "record/check.h"
#include "store/layout1.h"
#include "store/salvage.h"

#define WINDOW_LEN (64U * 1024)

/* Looked at before all of an uncompressed block is read. */
#define HEAD_LEN 4096U
#define HEAD_RECORDS 4

static bool
header_fits(const struct salvage *s, uint64_t pos, const uint8_t *data,
    struct store_block_header *h)
{
	uint64_t size = s->file.info.size;

	return load_u16(data + 10) == 0 &&
	    load_u16(data + 8) - 1U < STORE_BLOCK_ARRAY &&
	    store_block_header_get(data, h, NULL) == 0 &&
	    size - pos >= STORE_BLOCK_HEADER_LEN &&
	    h->stored <= size - pos - STORE_BLOCK_HEADER_LEN;
}

bool
salvage_is_start(struct salvage *s, uint64_t pos)
{
	uint8_t data[STORE_BLOCK_HEADER_LEN];
	struct store_block_header h;

	return salvage_read(s, data, sizeof(data), pos) ==
	    STORE_BLOCK_HEADER_LEN && header_fits(s, pos, data, &h);
}

/* Do its first records look like such? */
static bool
has_head(struct salvage *s, uint64_t pos,
    const struct store_block_header *h)
{
	uint8_t data[HEAD_LEN];
	size_t want = h->stored < HEAD_LEN ? h->stored : HEAD_LEN;
	struct record_cursor c = { .data = data };
	struct span record;
	uint16_t type;
	ssize_t len;
	int rc = 1;

	len = salvage_read(s, data, want, pos + STORE_BLOCK_HEADER_LEN);
	if (len != (ssize_t)want)
		return false;
	if (h->type == STORE_BLOCK_ARRAY)
		return true;
	c.len = want;
	for (int i = 0; rc == 1 && i < HEAD_RECORDS; i++) {
		rc = record_next(&c, &type, &record, NULL);
		if (rc == 1 && record_check(type, &record, NULL) == RECORD_BAD)
			return false;
	}
	return rc != -1 || c.pos > 0 || want < h->stored;
}

/* Is there a block that is right? */
static int
is_block(struct salvage *s, uint64_t pos, const struct store_block_header *h,
    struct err *err)
{
	struct err why;

	if (h->type != s->records_type && s->records_type !=
	    STORE_BLOCK_RECORDS)
		return 0;
	if (s->file.info.codec->id == CODEC_NONE && !has_head(s, pos, h))
		return 0;
	if (s->tries == 0)
		return 0;
	if (salvage_load(s, pos, h, &why) == -1) {
		s->tries--;
		return why.code == ERR_NOMEM ? err_nomem(err) : 0;
	}
	if (salvage_is_right(s, h))
		return 1;
	s->tries--;
	return 0;
}

/* Fill the window from pos on; bytes read. */
static ssize_t
fill(struct salvage *s, uint64_t pos, struct err *err)
{
	ssize_t len;

	if (buffer_room(&s->window, WINDOW_LEN) == NULL)
		return err_nomem(err);
	len = salvage_read(s, s->window.data, WINDOW_LEN, pos);
	return len == -1 ? 0 : len; /* what cannot be read holds no block */
}

/* Look through the window; 1: found. */
static int
search(struct salvage *s, uint64_t from, size_t len, uint64_t *found,
    struct err *err)
{
	const uint8_t *data = (const uint8_t *)s->window.data;
	struct store_block_header h;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i + STORE_BLOCK_HEADER_LEN <= len; i++) {
		*found = from + i;
		if (*found == s->h.appendix)
			return 1;
		if (header_fits(s, *found, data + i, &h))
			rc = is_block(s, *found, &h, err);
	}
	return rc;
}

int
salvage_find(struct salvage *s, uint64_t pos, uint64_t *found,
    struct err *err)
{
	const size_t overlap = STORE_BLOCK_HEADER_LEN - 1;
	uint64_t size = s->file.info.size;
	ssize_t len;
	int rc;

	while (pos < size && size - pos >= STORE_BLOCK_HEADER_LEN) {
		if ((len = fill(s, pos, err)) == -1)
			return -1;
		rc = search(s, pos, (size_t)len, found, err);
		if (rc != 0)
			return rc == 1 ? 0 : -1;
		pos += (size_t)len > overlap ? (size_t)len - overlap :
		    WINDOW_LEN;
	}
	*found = size;
	return 0;
}
