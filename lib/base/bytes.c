/*
 * Bounded byte reader and writer: what need not be inline.
 */

#include <assert.h>

#include "base/bytes.h"

uint64_t
load_host(const void *p, size_t len)
{
	switch (len) {
	case 1:
		return *(const uint8_t *)p;
	case 2:
		return load_u16(p);
	case 4:
		return load_u32(p);
	case 8:
		return load_u64(p);
	}
	assert(false);
	return 0;
}

void
store_host(void *p, uint64_t v, size_t len)
{
	switch (len) {
	case 1:
		*(uint8_t *)p = (uint8_t)v;
		break;
	case 2:
		store_u16(p, (uint16_t)v);
		break;
	case 4:
		store_u32(p, (uint32_t)v);
		break;
	case 8:
		store_u64(p, v);
		break;
	default:
		assert(false);
	}
}

uint64_t
reader_host(struct reader *r, size_t len)
{
	const uint8_t *p = reader_take(r, len);

	return p == NULL ? 0 : load_host(p, len);
}

void
writer_uint(struct writer *w, uint64_t value, size_t len)
{
	uint8_t *p = writer_room(w, len);

	if (p == NULL)
		return;
	while (len-- > 0) {
		p[len] = (uint8_t)value;
		value >>= 8;
	}
}

void
writer_host(struct writer *w, uint64_t value, size_t len)
{
	uint8_t *p = writer_room(w, len);

	if (p != NULL)
		store_host(p, value, len);
}

void
writer_bytes(struct writer *w, const void *data, size_t len)
{
	uint8_t *p = writer_room(w, len);

	if (p != NULL && len > 0)
		memcpy(p, data, len);
}

void
writer_zero(struct writer *w, size_t len)
{
	uint8_t *p = writer_room(w, len);

	if (p != NULL)
		memset(p, 0, len);
}
