#ifndef WIRE_TERA_INT_H
#define WIRE_TERA_INT_H

#include <stddef.h>
#include <stdint.h>

#include "wire/tera.h"

/*
 * A message of Cap'n Proto: the number of segments less 1, the words of each,
 * 32 bits all of them, padded to a word; then the segments.  The first word
 * of the first one points to the struct: words of data, then pointers.
 */
#define TERA_WORD 8
#define TERA_DATA_WORDS 12
#define TERA_DATA_LEN (TERA_DATA_WORDS * TERA_WORD)

enum tera_pointer {
	TERA_SRC_ADDR6,
	TERA_DST_ADDR6,
	TERA_SRC_MAC,
	TERA_DST_MAC,
	TERA_POINTERS
};

/* Low bits of a pointer, and the size of the elements of a list of bytes. */
#define TERA_KIND 3
#define TERA_STRUCT 0
#define TERA_LIST 1
#define TERA_FAR 2
#define TERA_LIST_BYTES 2

#define TERA_ADDR6_LEN 16
#define TERA_MAC_LEN 6

/* In the data section, besides the numbers of tera.def. */
#define TERA_SRC_IP_AT 8
#define TERA_DST_IP_AT 12
#define TERA_FLAGS_AT 56
#define TERA_AGENT_AT 84

#define TERA_FRAGMENTED 0x01
#define TERA_DONT_FRAGMENT 0x02

/* A number in the data section. */
struct tera_number {
	uint16_t member; /* in struct tera */
	uint8_t at;
	uint8_t len;
};

#define TERA_NUMBERS 20

extern const struct tera_number tera_numbers[TERA_NUMBERS];

/* Little endian numbers of len bytes, 1 to 8. */
static inline uint64_t
load_le(const uint8_t *p, size_t len)
{
	uint64_t v = 0;

	while (len-- > 0)
		v = v << 8 | p[len];
	return v;
}

static inline void
store_le(uint8_t *p, uint64_t v, size_t len)
{
	for (size_t i = 0; i < len; i++, v >>= 8)
		p[i] = (uint8_t)v;
}

#endif
