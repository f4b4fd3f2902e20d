/*
 * Numbers, durations and padded text.  All of them run once or more per
 * printed row, so there is no printf here but for the rare scaled value whose
 * rounding depends on the double.
 */

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "output/number.h"

#define DAY_MS UINT64_C(86400000)

static const char pairs[] =
    "00010203040506070809101112131415161718192021222324"
    "25262728293031323334353637383940414243444546474849"
    "50515253545556575859606162636465666768697071727374"
    "75767778798081828384858687888990919293949596979899";

static const char hex_digits[] = "0123456789abcdef";

static unsigned
digits_of(uint64_t v)
{
	unsigned n = 1;

	for (; v >= 10000; v /= 10000)
		n += 4;
	return n + (v >= 10) + (v >= 100) + (v >= 1000);
}

/* The digits of v, the last one before end. */
static void
write_back(char *end, uint64_t v)
{
	for (; v >= 100; v /= 100) {
		end -= 2;
		memcpy(end, pairs + v % 100 * 2, 2);
	}
	if (v >= 10)
		memcpy(end - 2, pairs + v * 2, 2);
	else
		end[-1] = (char)('0' + v);
}

static char *
write_pair(char *p, unsigned v)
{
	memcpy(p, pairs + v * 2, 2);
	return p + 2;
}

/* Blanks before a value of len bytes. */
static char *
pad(char *p, size_t len, unsigned width)
{
	assert(width <= NUMBER_WIDTH_MAX);
	if (len >= width)
		return p;
	if (width <= 16)
		memset(p, ' ', 16); /* one store; the value overwrites it */
	else
		memset(p, ' ', width - len);
	return p + (width - len);
}

char *
number_put(char *p, uint64_t v)
{
	if (v < 10) {
		*p = (char)('0' + v);
		return p + 1;
	}
	p += digits_of(v);
	write_back(p, v);
	return p;
}

char *
number_right(char *p, uint64_t v, unsigned width)
{
	unsigned n;

	if (width == 0)
		return number_put(p, v);
	n = digits_of(v);
	p = pad(p, n, width) + n;
	write_back(p, v);
	return p;
}

char *
number_left(char *p, uint64_t v, unsigned width)
{
	char *end = number_put(p, v);

	while (end < p + width)
		*end++ = ' ';
	return end;
}

char *
number_hex(char *p, uint64_t v, unsigned digits)
{
	unsigned n = 1;

	for (uint64_t rest = v >> 4; rest != 0; rest >>= 4)
		n++;
	if (n < digits)
		n = digits;
	for (unsigned i = n; i > 0; i--, v >>= 4)
		p[i - 1] = hex_digits[v & 0xf];
	return p + n;
}

char *
number_milli(char *p, uint64_t v, unsigned width)
{
	unsigned frac = (unsigned)(v % 1000);

	p = number_right(p, v / 1000, width > 4 ? width - 4 : 0);
	*p++ = '.';
	*p++ = (char)('0' + frac / 100);
	return write_pair(p, frac % 100);
}

/*
 * Tenths of v / unit as printf rounds the double.  The quotient's error is
 * far smaller than its distance from a tie unless it is one, or v is so
 * large that the double is no longer exact; then printf decides.
 */
static uint64_t
tenths_of(uint64_t v, uint64_t unit)
{
	uint64_t tenth = unit / 10, rest = v % tenth, tenths = 0;
	char text[40];

	if (rest != tenth / 2 && v < UINT64_C(1000000000000000))
		return v / tenth + (rest > tenth / 2);
	snprintf(text, sizeof(text), "%.1f", (double)v / (double)unit);
	for (const char *p = text; *p != '\0'; p++)
		if (*p != '.')
			tenths = tenths * 10 + (uint64_t)(*p - '0');
	return tenths;
}

/* A number with one decimal, from its tenths. */
static char *
put_tenths(char *p, uint64_t tenths, unsigned width)
{
	p = number_right(p, tenths / 10, width > 2 ? width - 2 : 0);
	*p++ = '.';
	*p++ = (char)('0' + tenths % 10);
	return p;
}

char *
number_scaled(char *p, uint64_t v, unsigned width)
{
	uint64_t unit = UINT64_C(1000000), tenths;
	char letter = 'M';

	if (v < unit)
		return number_right(p, v, width);
	if (v >= UINT64_C(1000000000000)) {
		unit = UINT64_C(1000000000000);
		letter = 'T';
	} else if (v >= UINT64_C(1000000000)) {
		unit = UINT64_C(1000000000);
		letter = 'G';
	}
	tenths = tenths_of(v, unit);
	p = put_tenths(p, tenths, width > 2 ? width - 2 : 0);
	*p++ = ' ';
	*p++ = letter;
	return p;
}

/*
 * As with tenths_of(): exact but for ties, and for numbers so large that
 * rounding of the double may reach a tie.
 */
char *
number_percent(char *p, uint64_t v, uint64_t total, unsigned width)
{
	const uint64_t exact = UINT64_C(1) << 40;
	char text[40];
	int len;

	if (total == 0)
		return put_tenths(p, 0, width);
	if (v < exact && total < exact && v * 2000 / total % 2 == 0)
		return put_tenths(p, v * 1000 / total, width);
	if (v < exact && total < exact && v * 2000 % total != 0)
		return put_tenths(p, v * 1000 / total + 1, width);
	len = snprintf(text, sizeof(text), "%.1f",
	    100.0 * (double)v / (double)total);
	return number_text_right(p, text, (size_t)len, width);
}

char *
number_duration(char *p, uint64_t ms)
{
	unsigned rest = (unsigned)(ms % DAY_MS), frac = rest % 1000;

	if (ms < DAY_MS)
		p = pad(p, 12, 16);
	else {
		p = number_right(p, ms / DAY_MS, 2);
		*p++ = 'd';
		*p++ = ' ';
	}
	rest /= 1000;
	p = write_pair(p, rest / 3600);
	*p++ = ':';
	p = write_pair(p, rest / 60 % 60);
	*p++ = ':';
	p = write_pair(p, rest % 60);
	*p++ = '.';
	*p++ = (char)('0' + frac / 100);
	return write_pair(p, frac % 100);
}

char *
number_mac(char *p, uint64_t mac)
{
	if (mac == 0) { /* most records have two of these */
		memcpy(p, "00:00:00:00:00:00", 17);
		return p + 17;
	}
	for (int shift = 40; shift >= 0; shift -= 8) {
		*p++ = hex_digits[mac >> shift >> 4 & 0xf];
		*p++ = hex_digits[mac >> shift & 0xf];
		*p++ = ':';
	}
	return p - 1;
}

char *
number_text_right(char *p, const char *text, size_t len, unsigned width)
{
	p = pad(p, len, width);
	memcpy(p, text, len);
	return p + len;
}

char *
number_text_left(char *p, const char *text, size_t len, unsigned width)
{
	memcpy(p, text, len);
	for (; len < width; len++)
		p[len] = ' ';
	return p + len;
}
