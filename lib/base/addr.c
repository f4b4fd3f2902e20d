/*
 * IP addresses and prefixes.
 */

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/bytes.h"

struct addr
addr_mask(struct addr a, unsigned len)
{
	if (len == 0)
		return (struct addr){ 0, 0 };
	if (len <= 64) {
		a.hi &= UINT64_MAX << (64 - len);
		a.lo = 0;
	} else if (len < 128)
		a.lo &= UINT64_MAX << (128 - len);
	return a;
}

struct addr
addr_from_bytes(const uint8_t bytes[16])
{
	return (struct addr){ load_be64(bytes), load_be64(bytes + 8) };
}

void
addr_to_bytes(struct addr a, uint8_t bytes[16])
{
	store_be64(bytes, a.hi);
	store_be64(bytes + 8, a.lo);
}

int
addr_parse(const char *text, struct addr *a)
{
	uint8_t bytes[16];

	if (inet_pton(AF_INET, text, bytes) == 1) {
		*a = addr_v4(load_be32(bytes));
		return 0;
	}
	if (inet_pton(AF_INET6, text, bytes) == 1) {
		*a = addr_from_bytes(bytes);
		return 0;
	}
	return -1;
}

/* Fill up "10" or "172.16" to four octets. */
static int
parse_short_v4(const char *text, struct addr *a)
{
	char full[32];
	size_t len = strlen(text);
	unsigned dots = 0;

	if (len == 0 || len > 15 || strspn(text, "0123456789.") != len)
		return -1;
	memcpy(full, text, len + 1);
	for (const char *p = text; *p != '\0'; p++)
		dots += *p == '.';
	for (; dots < 3; dots++) {
		memcpy(full + len, ".0", 3);
		len += 2;
	}
	return addr_parse(full, a);
}

int
prefix_parse(const char *text, struct prefix *p, struct err *err)
{
	char host[ADDR_TEXT_MAX];
	const char *slash = strchr(text, '/');
	unsigned long len;
	unsigned max;
	char *end;

	if (slash == NULL || (size_t)(slash - text) >= sizeof(host))
		return err_set(err, ERR_VALUE,
		    "%s is not an address with a prefix length", text);
	memcpy(host, text, (size_t)(slash - text));
	host[slash - text] = '\0';
	if (addr_parse(host, &p->addr) == -1 &&
	    parse_short_v4(host, &p->addr) == -1)
		return err_set(err, ERR_VALUE, "%s is not an address", host);
	max = addr_is_v4(p->addr) && strchr(host, ':') == NULL ? 32 : 128;
	len = strtoul(slash + 1, &end, 10);
	if (slash[1] < '0' || slash[1] > '9' || *end != '\0' || len > max)
		return err_set(err, ERR_VALUE,
		    "prefix length %s is not in 0..%u", slash + 1, max);
	p->len = (uint8_t)(len + (128 - max));
	p->addr = addr_mask(p->addr, p->len);
	return 0;
}

bool
prefix_contains(const struct prefix *p, struct addr a)
{
	return addr_equal(addr_mask(a, p->len), p->addr);
}

static char *
format_octet(char *p, unsigned v)
{
	if (v >= 100) {
		*p++ = (char)('0' + v / 100);
		v %= 100;
		*p++ = (char)('0' + v / 10);
		v %= 10;
	} else if (v >= 10) {
		*p++ = (char)('0' + v / 10);
		v %= 10;
	}
	*p++ = (char)('0' + v);
	return p;
}

size_t
addr_format_v4(uint32_t a, char *buf)
{
	char *p = buf;

	p = format_octet(p, a >> 24);
	*p++ = '.';
	p = format_octet(p, a >> 16 & 0xff);
	*p++ = '.';
	p = format_octet(p, a >> 8 & 0xff);
	*p++ = '.';
	p = format_octet(p, a & 0xff);
	*p = '\0';
	return (size_t)(p - buf);
}

static char *
format_group(char *p, unsigned v)
{
	static const char digits[] = "0123456789abcdef";
	int shift = v > 0xfff ? 12 : v > 0xff ? 8 : v > 0xf ? 4 : 0;

	for (; shift >= 0; shift -= 4)
		*p++ = digits[v >> shift & 0xf];
	return p;
}

/* Longest run of at least two zero groups; the first one of equals. */
static unsigned
longest_zero_run(const uint16_t group[8], unsigned *start)
{
	unsigned best = 0;

	for (unsigned i = 0, run; i < 8; i += run + 1) {
		for (run = 0; i + run < 8 && group[i + run] == 0; run++)
			;
		if (run > best) {
			best = run;
			*start = i;
		}
	}
	return best >= 2 ? best : 0;
}

size_t
addr_format_v6(struct addr a, char *buf)
{
	uint16_t group[8];
	unsigned start = 8, run;
	char *p = buf;

	for (unsigned i = 0; i < 4; i++) {
		group[i] = (uint16_t)(a.hi >> (48 - 16 * i));
		group[4 + i] = (uint16_t)(a.lo >> (48 - 16 * i));
	}
	run = longest_zero_run(group, &start);
	if (a.hi == 0 && (run == 6 || (run == 5 && group[5] == 0xffff)) &&
	    start == 0) {
		/* as inet_ntop() does for mapped and compatible addresses */
		memcpy(p, "::ffff:", 7);
		p += run == 5 ? 7 : 2;
		return (size_t)(p - buf) + addr_format_v4((uint32_t)a.lo, p);
	}
	for (unsigned i = 0; i < 8; i++) {
		if (run > 0 && i == start) {
			*p++ = ':';
			if (i == 0)
				*p++ = ':';
			i += run - 1;
			continue;
		}
		p = format_group(p, group[i]);
		if (i < 7)
			*p++ = ':';
	}
	*p = '\0';
	return (size_t)(p - buf);
}

size_t
addr_format(struct addr a, char *buf)
{
	if (addr_is_v4(a))
		return addr_format_v4((uint32_t)a.lo, buf);
	return addr_format_v6(a, buf);
}
