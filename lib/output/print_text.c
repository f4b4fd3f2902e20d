/*
 * Printers of values that are bytes from outside: names, payload.
 */

#include <string.h>

#include "base/bytes.h"
#include "output/format_int.h"
#include "output/number.h"

#define DUMP_BYTES 16
#define DUMP_WIDTH 50

/* U+0080 to U+009F in UTF-8: to some terminals the same as an escape. */
static bool
is_c1(const uint8_t *s, uint32_t len)
{
	return len >= 2 && s[0] == 0xc2 && s[1] >= 0x80 && s[1] < 0xa0;
}

char *
print_clean(char *p, const struct span *s)
{
	for (uint32_t i = 0; i < s->len; i++) {
		char c = (char)s->data[i];

		if (is_c1(s->data + i, s->len - i)) {
			*p++ = '.';
			c = '.';
			i++;
		}
		*p++ = byte_is_control(c) ? '.' : c;
	}
	return p;
}

/* Right-aligned; may be nothing. */
char *
print_text(char *p, struct cell *c, uint32_t row)
{
	const struct span *s = &CELL(c, 0, struct span);

	for (uint32_t len = s->len; len < c->arg; len++)
		*p++ = ' ';
	return print_clean(p, s);
}

char *
print_label_text(char *p, struct cell *c, uint32_t row)
{
	if (CELL(c, 0, struct span).len == 0)
		return number_text_right(p, "<none>", 6, c->arg);
	return print_text(p, c, row);
}

/* What the file calls itself, left-aligned. */
char *
print_ident(char *p, struct cell *c, uint32_t row)
{
	const char *ident = c->ident == NULL ? "none" : c->ident;
	const struct span s = { (const uint8_t *)ident,
		(uint32_t)strnlen(ident, TOKEN_IDENT_MAX) };

	(void)row;
	p = print_clean(p, &s);
	for (uint32_t len = s.len; len < c->arg; len++)
		*p++ = ' ';
	return p;
}

char *
print_user(char *p, struct cell *c, uint32_t row)
{
	const struct span *s = &CELL(c, 0, struct span);

	if (s->len == 0)
		return number_text_left(p, "<empty>", 7, 0);
	return print_clean(p, s);
}

/* "engine..selector", RFC 6759 */
char *
print_app_id(char *p, struct cell *c, uint32_t row)
{
	const struct span *s = &CELL(c, 0, struct span);
	uint64_t selector = 0;
	size_t len = s->len == 0 ? 0 : s->len - 1;

	if (len > sizeof(selector))
		len = sizeof(selector);
	if (len > 0)
		selector = load_be(s->data + s->len - len, len);
	p = number_right(p, s->len == 0 ? 0 : s->data[0], c->arg);
	*p++ = '.';
	*p++ = '.';
	return number_put(p, selector);
}

static char *
dump_line(char *p, const uint8_t *data, size_t len)
{
	char *end = p + DUMP_WIDTH;

	memset(p, ' ', DUMP_WIDTH);
	for (size_t i = 0; i < len; i++, p += i == 8 ? 4 : 3) {
		p[0] = "0123456789ABCDEF"[data[i] >> 4];
		p[1] = "0123456789ABCDEF"[data[i] & 0xf];
	}
	memcpy(end, "|  ", 3);
	p = end + 3;
	for (size_t i = 0; i < len; i++)
		*p++ = data[i] >= ' ' && data[i] < 0x7f ? (char)data[i] : '.';
	*p++ = ' ';
	return p;
}

/*
 * Printable in lines; a terminal does nothing else with it.  A newline stands
 * behind the text, too, so that a return may be its end; elsewhere it would
 * write over the line.
 */
static bool
is_text(const struct span *s)
{
	for (uint32_t i = 0; i < s->len; i++) {
		uint8_t c = s->data[i];

		if (c == '\r' && (i + 1 == s->len || s->data[i + 1] == '\n'))
			continue;
		if ((c < ' ' || c > '~') && c != '\n' && c != '\t')
			return false;
	}
	return true;
}

static char *
put_bytes(char *p, const struct span *s)
{
	if (s->len > 0)
		memcpy(p, s->data, s->len);
	return p + s->len;
}

static uint32_t
line_len(const struct span *s, uint32_t from)
{
	return s->len - from < DUMP_BYTES ? s->len - from : DUMP_BYTES;
}

/* Text as it is, else a dump; a newline ends both. */
char *
print_payload(char *p, struct cell *c, uint32_t row)
{
	const struct span *s = &CELL(c, 0, struct span);

	if (is_text(s)) {
		p = put_bytes(p, s);
		*p++ = '\n';
		return p;
	}
	for (uint32_t i = 0; i < s->len; i += DUMP_BYTES) {
		p = dump_line(p, s->data + i, line_len(s, i));
		*p++ = '\n';
	}
	return p;
}

/*
 * For raw: the length, and lines that each begin with a newline.  What is
 * text stands as it is, too, before the dump.
 */
char *
print_payload_lines(char *p, struct cell *c, uint32_t row)
{
	const struct span *s = &CELL(c, 0, struct span);

	p = number_right(p, s->len, c->arg);
	p = print_hello_lines(p, c, s, CELL(c, 1, uint8_t));
	if (is_text(s)) {
		*p++ = '\n';
		p = put_bytes(p, s);
	}
	for (uint32_t i = 0; i < s->len; i += DUMP_BYTES) {
		*p++ = '\n';
		p = dump_line(p, s->data + i, line_len(s, i));
	}
	return p;
}
