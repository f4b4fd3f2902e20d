#ifndef BASE_ADDR_H
#define BASE_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * IP addresses, both families in 128 bits, host order.  An IPv4 address a is
 * kept as the IPv4-mapped ::ffff:a (RFC 4291 section 2.5.5.2), so one
 * comparison serves both families and a zero address is no IPv4 address.
 */

struct addr {
	uint64_t hi;
	uint64_t lo;
};

/* len counts from the top of the 128 bits: IPv4 /24 is kept as 120. */
struct prefix {
	struct addr addr; /* bits behind the prefix are zero */
	uint8_t len;
};

#define ADDR_V4_MAPPED UINT64_C(0x0000ffff00000000)
#define ADDR_TEXT_MAX 46 /* with the terminating NUL */

static inline struct addr
addr_v4(uint32_t a)
{
	return (struct addr){ 0, ADDR_V4_MAPPED | a };
}

static inline bool
addr_is_v4(struct addr a)
{
	return a.hi == 0 && a.lo >> 32 == 0xffff;
}

static inline bool
addr_is_zero(struct addr a)
{
	return (a.hi | a.lo) == 0;
}

static inline bool
addr_equal(struct addr a, struct addr b)
{
	return a.hi == b.hi && a.lo == b.lo;
}

static inline int
addr_compare(struct addr a, struct addr b)
{
	if (a.hi != b.hi)
		return a.hi < b.hi ? -1 : 1;
	return a.lo < b.lo ? -1 : a.lo > b.lo;
}

/* The first len bits of a, the others zero; from 128 on all of a. */
struct addr addr_mask(struct addr a, unsigned len);

/* From and to 16 bytes in network order. */
struct addr addr_from_bytes(const uint8_t bytes[16]);
void addr_to_bytes(struct addr a, uint8_t bytes[16]);

/* Dotted decimal or RFC 4291 text, nothing else around it; -1 if not. */
int addr_parse(const char *text, struct addr *a);

/*
 * "ADDR/LEN"; an IPv4 address may have its trailing zero octets left out
 * ("10/8", "172.16/12").  ERR_VALUE names what is wrong.
 */
int prefix_parse(const char *text, struct prefix *p, struct err *err);

bool prefix_contains(const struct prefix *p, struct addr a);

/*
 * Write the text form (dotted decimal, RFC 5952), NUL terminated, to buf of
 * ADDR_TEXT_MAX bytes; returns its length.
 */
size_t addr_format(struct addr a, char *buf);
size_t addr_format_v4(uint32_t a, char *buf);
size_t addr_format_v6(struct addr a, char *buf);

#endif
