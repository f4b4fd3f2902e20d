/*
 * Bounded byte reader and writer: what need not be inline.
 */

#include <assert.h>

#include "base/bytes.h"

uint64_t
reader_host(struct reader *r, size_t len)
{
	const uint8_t *p = reader_take(r, len);

	if (p == NULL)
		return 0;
	switch (len) {
	case 1:
		return *p;
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

	if (p == NULL)
		return;
	switch (len) {
	case 1:
		*p = (uint8_t)value;
		break;
	case 2:
		store_u16(p, (uint16_t)value);
		break;
	case 4:
		store_u32(p, (uint32_t)value);
		break;
	case 8:
		store_u64(p, value);
		break;
	default:
		assert(false);
	}
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
