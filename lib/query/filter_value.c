/*
 * Numbers as they are written behind a word: with fractions, exponents and
 * units, as ranges, as AS numbers, as names.
 */

#include <string.h>
#include <strings.h>

#include "query/filter_forms.h"

/* A decimal number before its unit is known. */
struct decimal {
	uint64_t digits;
	int exponent; /* of 10 */
	const char *unit;
	size_t unit_len;
};

/* Factors of units; those of time are microseconds. */
static const struct unit {
	const char *text;
	unsigned words; /* flags of the words that have it; 0 is all */
	uint64_t factor;
} units[] = {
	{ "k", 0, 1000 },
	{ "m", 0, 1000000 },
	{ "g", 0, 1000000000 },
	{ "t", 0, 1000000000000 },
	{ "b", WORD_BYTES, 1 },
	{ "kb", WORD_BYTES, 1000 },
	{ "mb", WORD_BYTES, 1000000 },
	{ "gb", WORD_BYTES, 1000000000 },
	{ "tb", WORD_BYTES, 1000000000000 },
	{ "kib", WORD_BYTES, UINT64_C(1) << 10 },
	{ "mib", WORD_BYTES, UINT64_C(1) << 20 },
	{ "gib", WORD_BYTES, UINT64_C(1) << 30 },
	{ "tib", WORD_BYTES, UINT64_C(1) << 40 },
	{ "us", WORD_US, 1 },
	{ "ms", WORD_MS | WORD_US, 1000 },
	{ "s", WORD_MS | WORD_US, 1000000 },
	{ "sec", WORD_MS | WORD_US, 1000000 },
	{ "min", WORD_MS | WORD_US, 60000000 },
	{ "h", WORD_MS | WORD_US, 3600000000 },
	{ "d", WORD_MS | WORD_US, 86400000000 },
};

#define UNITS (sizeof(units) / sizeof(units[0]))

static uint64_t
multiply(uint64_t a, uint64_t b)
{
	uint64_t product;

	return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

static uint64_t
append_digit(uint64_t v, char digit)
{
	return lex_append_digit(v, 10, (unsigned)(digit - '0'));
}

/* Digits, which _ may group, with a point among them, and an exponent. */
static bool
read_decimal(const char *p, size_t len, struct decimal *d)
{
	bool has_point = false;
	size_t i;

	memset(d, 0, sizeof(*d));
	if (len == 0 || !lex_is_digit(*p))
		return false;
	for (i = 0; i < len; i++) {
		bool joins = i + 1 < len && lex_is_digit(p[i + 1]);

		if (lex_is_digit(p[i])) {
			d->digits = append_digit(d->digits, p[i]);
			d->exponent -= has_point;
		} else if (p[i] == '.' && !has_point && joins)
			has_point = true;
		else if (p[i] != '_' || !joins || !lex_is_digit(p[i - 1]))
			break;
	}
	if (i + 1 < len && (p[i] | 0x20) == 'e' && lex_is_digit(p[i + 1])) {
		int e = 0;

		for (i++; i < len && lex_is_digit(p[i]); i++)
			if (e < 100)
				e = e * 10 + (p[i] - '0');
		d->exponent += e;
	}
	d->unit = p + i;
	d->unit_len = len - i;
	return true;
}

/* The factor of the word's unit; 0 if it has no such unit. */
static uint64_t
unit_factor(const struct word *w, const char *text, size_t len)
{
	if (len == 0)
		return 1;
	for (size_t i = 0; i < UNITS; i++) {
		const struct unit *u = &units[i];

		if (strlen(u->text) != len ||
		    strncasecmp(u->text, text, len) != 0)
			continue;
		if (u->words == 0)
			return u->factor;
		if ((u->words & w->flags & WORD_MS) != 0)
			return u->factor / 1000;
		return (u->words & w->flags) != 0 ? u->factor : 0;
	}
	return 0;
}

/* False if the number is not a whole one. */
static bool
decimal_value(const struct decimal *d, uint64_t factor, uint64_t *value)
{
	uint64_t v = multiply(d->digits, factor);

	for (int e = d->exponent; e > 0 && v != 0 && v != UINT64_MAX; e--)
		v = multiply(v, 10);
	for (int e = d->exponent; e < 0; e++, v /= 10)
		if (v % 10 != 0)
			return false;
	*value = v;
	return true;
}

/* "AS3303", "1.10" */
static bool
read_asn(const char *p, size_t len, uint64_t *value)
{
	uint64_t part[2] = { 0, 0 };
	unsigned parts = 0;
	size_t i = len > 2 && strncasecmp(p, "as", 2) == 0 ? 2 : 0;

	if (i == len || !lex_is_digit(p[i]) || !lex_is_digit(p[len - 1]))
		return false;
	for (; i < len; i++) {
		if (p[i] == '.' && parts == 0)
			parts = 1;
		else if (!lex_is_digit(p[i]))
			return false;
		else
			part[parts] = append_digit(part[parts], p[i]);
	}
	if (parts == 1 && (part[0] > UINT16_MAX || part[1] > UINT16_MAX))
		return false;
	*value = parts == 1 ? part[0] << 16 | part[1] : part[0];
	return true;
}

/* A number in one piece. */
static bool
read_number(const struct word *w, const char *p, size_t len, uint64_t *value)
{
	struct decimal d;
	uint64_t factor;

	if (lex_number(p, len, value))
		return true;
	if ((w->flags & WORD_ASN) != 0 && read_asn(p, len, value))
		return true;
	if (!read_decimal(p, len, &d))
		return false;
	factor = unit_factor(w, d.unit, d.unit_len);
	return factor != 0 && decimal_value(&d, factor, value);
}

/* "80-90" */
static bool
read_range(const struct word *w, const struct token *t, uint64_t *lo,
    uint64_t *hi)
{
	const char *dash = memchr(t->text, '-', t->len);
	size_t len;

	if (dash == NULL)
		return false;
	len = (size_t)(dash - t->text);
	return read_number(w, t->text, len, lo) &&
	    read_number(w, dash + 1, t->len - len - 1, hi);
}

bool
number_begins(const struct word *w, const struct token *t)
{
	uint64_t lo, hi;

	return t->kind == TOKEN_NUMBER ||
	    (t->kind == TOKEN_WORD && (read_number(w, t->text, t->len, &lo) ||
		read_range(w, t, &lo, &hi)));
}

static const char *
what_expected(const struct word *w)
{
	if (w->operand != OPERAND_NAMED)
		return "a number";
	return w->max == 0 ? "a name" : "a name or number";
}

static int
unknown_name(struct parser *p, const struct word *w)
{
	const struct token *t = &p->token;
	const char *title = names_title(w->names);
	const char *near = names_near(w->names, t);

	if (near != NULL)
		return parse_error(p, t,
		    "unknown %s \"%.*s\"; did you mean \"%s\"?", title,
		    token_quote(t), t->text, near);
	return parse_error(p, t, "unknown %s \"%.*s\"; expected %s%s", title,
	    token_quote(t), t->text, what_expected(w),
	    w->operand == OPERAND_NAMED ? "" : " or a name");
}

/* Say what is wrong with what should be a number or name. */
static int
not_a_number(struct parser *p, const struct word *w)
{
	const struct token *t = &p->token;
	struct decimal d;
	uint64_t v;

	if (t->kind != TOKEN_WORD && t->kind != TOKEN_STRING)
		return parse_expected(p, what_expected(w), w->phrase);
	if (w->names != NAMES_NONE && names_find(w->names, t) != -1)
		return parse_error(p, t,
		    "names have no order; write the number of \"%.*s\"",
		    token_quote(t), t->text);
	if (w->names != NAMES_NONE &&
	    (w->operand == OPERAND_NAMED || !lex_is_digit(*t->text)) &&
	    *t->text != '-')
		return unknown_name(p, w);
	if (read_decimal(t->text, t->len, &d) && d.unit_len > 2 &&
	    memcmp(d.unit, "..", 2) == 0 &&
	    t->len == (size_t)token_quote(t)) /* else it is too long to quote */
		return parse_error(p, t, "a range is written %.*s-%.*s",
		    (int)(d.unit - t->text), t->text, (int)d.unit_len - 2,
		    d.unit + 2);
	if (!read_decimal(t->text, t->len, &d) ||
	    (d.unit_len > 0 && strchr("-._:", *d.unit) != NULL))
		return parse_expected(p, what_expected(w), w->phrase);
	if (unit_factor(w, d.unit, d.unit_len) == 0)
		return parse_error(p, t,
		    "%.*s has no unit \"%.*s\"; expected %s",
		    word_said_len(w), w->phrase,
		    d.unit_len > 20 ? 20 : (int)d.unit_len, d.unit,
		    what_expected(w));
	if (!decimal_value(&d, 1, &v))
		return parse_error(p, t, "%.*s is not a whole number",
		    token_quote(t), t->text);
	return parse_expected(p, what_expected(w), w->phrase);
}

/* A unit that stands apart: "1 k". */
static bool
take_unit(struct parser *p, const struct word *w, const struct token *number,
    uint64_t *value)
{
	const struct token *t = &p->token;
	struct decimal d;
	uint64_t factor;

	if (t->kind != TOKEN_WORD ||
	    !read_decimal(number->text, number->len, &d) || d.unit_len > 0 ||
	    (factor = unit_factor(w, t->text, t->len)) == 0 ||
	    !decimal_value(&d, factor, value))
		return false;
	parse_advance(p);
	return true;
}

/* A number or "80-90"; the parser is behind it. */
static int
take_plain(struct parser *p, const struct word *w, uint64_t *lo, uint64_t *hi)
{
	struct token t = p->token;
	struct decimal d;

	if (t.kind == TOKEN_WORD && read_range(w, &t, lo, hi)) {
		parse_advance(p);
		return 0;
	}
	if ((t.kind == TOKEN_NUMBER || t.kind == TOKEN_WORD) &&
	    read_number(w, t.text, t.len, lo)) {
		parse_advance(p);
		take_unit(p, w, &t, lo);
		*hi = *lo;
		return 0;
	}
	if (t.kind == TOKEN_WORD && read_decimal(t.text, t.len, &d) &&
	    d.unit_len == 0) { /* a fraction */
		parse_advance(p);
		if (take_unit(p, w, &t, lo)) {
			*hi = *lo;
			return 0;
		}
		p->lex = p->before;
		p->token = t;
	}
	return not_a_number(p, w);
}

/* "80 - 90": the second half */
static int
take_range_end(struct parser *p, const struct word *w, uint64_t *hi)
{
	uint64_t lo = 0;

	if (p->token.kind != TOKEN_WORD || !token_is(&p->token, "-"))
		return 0;
	parse_advance(p);
	return take_plain(p, w, &lo, hi);
}

static int
check_number(struct parser *p, const struct word *w, const struct token *at,
    const struct item *it)
{
	if (it->hi.lo > w->max)
		return parse_error(p, at, "%.*s %llu is above %llu",
		    word_said_len(w), w->phrase, (unsigned long long)it->hi.lo,
		    (unsigned long long)w->max);
	if (it->lo.lo > it->hi.lo)
		return parse_error(p, at,
		    "there is nothing from %llu to %llu",
		    (unsigned long long)it->lo.lo,
		    (unsigned long long)it->hi.lo);
	return 0;
}

int
parse_number(struct parser *p, const struct word *w, enum compare compare,
    struct item *it)
{
	struct token at = p->token;
	bool is_name = compare == COMPARE_EQ || w->operand != OPERAND_NAMED;
	bool is_point = (w->flags & WORD_DSCP) != 0;
	int name = -1;

	memset(it, 0, sizeof(*it));
	if (at.kind == TOKEN_BAD && *at.text == '\\') /* "proto \tcp" */
		parse_advance(p);
	if (is_name && w->names != NAMES_NONE &&
	    (p->token.kind == TOKEN_WORD || p->token.kind == TOKEN_STRING))
		name = names_find(w->names, &p->token);
	if (name != -1) {
		it->lo.lo = it->hi.lo = (uint64_t)name;
		is_point |= w->names == NAMES_DSCP;
		parse_advance(p);
	} else if (w->max == 0)
		return not_a_number(p, w);
	else if (take_plain(p, w, &it->lo.lo, &it->hi.lo) == -1 ||
	    take_range_end(p, w, &it->hi.lo) == -1 ||
	    check_number(p, w, &at, it) == -1)
		return -1;
	if (is_point) {
		it->lo.lo = it->lo.lo << 2;
		it->hi.lo = it->hi.lo << 2 | 3;
	}
	return 0;
}
