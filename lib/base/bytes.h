#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * Bounded access to bytes from outside.  A reader or writer that is asked
 * for more than is left latches "bad", gives zeroes and moves no further:
 * read a header, test once.
 *
 * Numbers on the wire are big endian: reader_uint(), writer_uint().  Numbers
 * in flow files are in host order: reader_host(), writer_host().
 */

struct reader {
	const uint8_t *pos;
	size_t left;
	bool bad;
};

struct writer {
	uint8_t *pos;
	size_t left;
	size_t used;
	bool bad;
};

static inline uint16_t
load_u16(const void *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline uint32_t
load_u32(const void *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline uint64_t
load_u64(const void *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline void
store_u16(void *p, uint16_t v)
{
	memcpy(p, &v, sizeof(v));
}

static inline void
store_u32(void *p, uint32_t v)
{
	memcpy(p, &v, sizeof(v));
}

static inline void
store_u64(void *p, uint64_t v)
{
	memcpy(p, &v, sizeof(v));
}

/* Host order numbers of len bytes: 1, 2, 4 or 8.  Storing cuts to len. */
uint64_t load_host(const void *p, size_t len);
void store_host(void *p, uint64_t v, size_t len);

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define BYTES_SWAP16(v) __builtin_bswap16(v)
#define BYTES_SWAP32(v) __builtin_bswap32(v)
#define BYTES_SWAP64(v) __builtin_bswap64(v)
#else
#define BYTES_SWAP16(v) (v)
#define BYTES_SWAP32(v) (v)
#define BYTES_SWAP64(v) (v)
#endif

/* A character that would not be printed but obeyed by a terminal. */
static inline bool
byte_is_control(char c)
{
	return (unsigned char)c < ' ' || c == 0x7f;
}

/* Big endian numbers at p. */
static inline uint16_t
load_be16(const void *p)
{
	return BYTES_SWAP16(load_u16(p));
}

static inline uint32_t
load_be32(const void *p)
{
	return BYTES_SWAP32(load_u32(p));
}

static inline uint64_t
load_be64(const void *p)
{
	return BYTES_SWAP64(load_u64(p));
}

static inline void
store_be16(void *p, uint16_t v)
{
	store_u16(p, BYTES_SWAP16(v));
}

static inline void
store_be32(void *p, uint32_t v)
{
	store_u32(p, BYTES_SWAP32(v));
}

static inline void
store_be64(void *p, uint64_t v)
{
	store_u64(p, BYTES_SWAP64(v));
}

/* Big endian number of len bytes, 0 to 8. */
static inline uint64_t
load_be(const uint8_t *p, size_t len)
{
	uint64_t v = 0;

	while (len-- > 0)
		v = v << 8 | *p++;
	return v;
}

/* data may be NULL when len is 0. */
static inline void
reader_init(struct reader *r, const void *data, size_t len)
{
	r->pos = data;
	r->left = len;
	r->bad = false;
}

/* The next len bytes, or NULL (and bad) when fewer are left. */
static inline const uint8_t *
reader_take(struct reader *r, size_t len)
{
	const uint8_t *p = r->pos;

	if (r->bad || len > r->left) {
		r->bad = true;
		return NULL;
	}
	if (len > 0) /* nothing may be added to NULL, not even 0 */
		r->pos += len;
	r->left -= len;
	return p;
}

/* Big endian number of len bytes, 1 to 8; 0 when bad. */
static inline uint64_t
reader_uint(struct reader *r, size_t len)
{
	const uint8_t *p = reader_take(r, len);

	return p == NULL ? 0 : load_be(p, len);
}

/* Host order number of len bytes: 1, 2, 4 or 8; 0 when bad. */
uint64_t reader_host(struct reader *r, size_t len);

/* data may be NULL when len is 0. */
static inline void
writer_init(struct writer *w, void *data, size_t len)
{
	w->pos = data;
	w->left = len;
	w->used = 0;
	w->bad = false;
}

/* Room for len bytes, to be filled by the caller; NULL (and bad) if full. */
static inline uint8_t *
writer_room(struct writer *w, size_t len)
{
	uint8_t *p = w->pos;

	if (w->bad || len > w->left) {
		w->bad = true;
		return NULL;
	}
	if (len > 0)
		w->pos += len;
	w->left -= len;
	w->used += len;
	return p;
}

/* Big endian, the low len bytes of value. */
void writer_uint(struct writer *w, uint64_t value, size_t len);

/* In host order; len is 1, 2, 4 or 8. */
void writer_host(struct writer *w, uint64_t value, size_t len);

/* data may be NULL when len is 0. */
void writer_bytes(struct writer *w, const void *data, size_t len);
void writer_zero(struct writer *w, size_t len);

#endif
