/*
 * Numbers with units.
 */

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/quantity.h"

struct unit {
	char letter;
	uint64_t factor;
	const char *name;
};

static const struct unit sizes[] = {
	{ 'b', 1, NULL },
	{ 'k', UINT64_C(1) << 10, NULL },
	{ 'm', UINT64_C(1) << 20, NULL },
	{ 'g', UINT64_C(1) << 30, NULL },
	{ 't', UINT64_C(1) << 40, NULL },
};

static const struct unit spans[] = {
	{ 'w', 604800, "weeks" },
	{ 'd', 86400, "days" },
	{ 'H', 3600, "hours" },
	{ 'M', 60, "minutes" },
};

#define SIZES (sizeof(sizes) / sizeof(sizes[0]))
#define SPANS (sizeof(spans) / sizeof(spans[0]))
#define HOURS 2 /* in spans */

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The length of digits with at most one dot; 0 without any digit. */
static size_t
number_len(const char *s)
{
	size_t len = strspn(s, "0123456789");
	size_t digits = len;

	if (s[len] == '.') {
		digits += strspn(s + len + 1, "0123456789");
		len = digits + 1;
	}
	return digits == 0 ? 0 : len;
}

/* The number of len characters times a factor; false: above 64 bits. */
static bool
multiply(const char *s, size_t len, uint64_t factor, uint64_t *value)
{
	uint64_t v = 0, fraction = 0;
	size_t i, dot;

	for (dot = 0; dot < len && is_digit(s[dot]); dot++)
		if (__builtin_mul_overflow(v, UINT64_C(10), &v) ||
		    __builtin_add_overflow(v, (uint64_t)(s[dot] - '0'), &v))
			return false;
	/* From the last digit: what is cut off on the way does not count. */
	for (i = len; i-- > dot + 1;)
		fraction = ((uint64_t)(s[i] - '0') * factor + fraction) / 10;
	return !__builtin_mul_overflow(v, factor, &v) &&
	    !__builtin_add_overflow(v, fraction, value);
}

static const struct unit *
find_unit(const struct unit *table, size_t rows, char letter)
{
	for (size_t i = 0; i < rows; i++)
		if (table[i].letter == letter)
			return &table[i];
	return NULL;
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static int
too_large(const char *text, struct err *err)
{
	return err_set(err, ERR_VALUE, "'%s' is too large", text);
}

int
quantity_size(const char *text, uint64_t *bytes, struct err *err)
{
	size_t len = number_len(text);
	const char *end = text + len;
	const struct unit *unit = &sizes[0];

	if (len == 0)
		return err_set(err, ERR_VALUE, "Missing number in '%s'", text);
	if (*end != '\0') {
		unit = find_unit(sizes, SIZES, lower(*end));
		if (unit == NULL)
			return err_set(err, ERR_VALUE,
			    "Garbage character(s) '%s' in '%s'", end, text);
		end++;
		if (unit != &sizes[0] && lower(*end) == 'b')
			end++;
	}
	if (*end != '\0')
		return err_set(err, ERR_VALUE,
		    "Garbage character(s) '%s' in '%s'", end, text);
	return multiply(text, len, unit->factor, bytes) ? 0 :
	    too_large(text, err);
}

int
quantity_span(const char *text, uint64_t *seconds, struct err *err)
{
	const char *s = text;
	const struct unit *unit;
	bool has[SPANS] = { false };
	uint64_t sum = 0, part;
	size_t len;

	if (*s == '\0')
		return err_set(err, ERR_VALUE, "Missing number in '%s'", text);
	for (; *s != '\0'; s += len + (s[len] != '\0')) {
		if ((len = number_len(s)) == 0)
			return err_set(err, ERR_VALUE,
			    "Missing number before '%s'", s);
		unit = s[len] == '\0' ? &spans[HOURS] :
		    find_unit(spans, SPANS, s[len]);
		if (unit == NULL)
			return err_set(err, ERR_VALUE,
			    "Unknown time unit '%s'", s);
		if (has[unit - spans])
			return err_set(err, ERR_VALUE, "Ambiguous %s %s",
			    unit->name, s);
		has[unit - spans] = true;
		if (!multiply(s, len, unit->factor, &part) ||
		    __builtin_add_overflow(sum, part, &sum))
			return too_large(text, err);
	}
	*seconds = sum;
	return 0;
}
