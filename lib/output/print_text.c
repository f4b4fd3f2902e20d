/*
 * Printers of values that are bytes from outside: names, payload.
 */

#include <string.h>

#include "base/bytes.h"
#include "output/format_int.h"
#include "output/number.h"

#define DUMP_BYTES 16
#define DUMP_WIDTH 50

/* Text from outside; control characters would reach the terminal. */
static char *
clean_text(char *p, const struct span *s)
{
	for (uint32_t i = 0; i < s->len; i++) {
		char c = (char)s->data[i];

		*p++ = byte_is_control(c) ? '.' : c;
	}
	return p;
}

char *
print_label_text(char *p, struct cell *c, uint32_t row)
{
	const struct span *s = &CELL(c, 0, struct span);

	if (s->len == 0)
		return number_text_right(p, "<none>", 6, c->arg);
	for (uint32_t len = s->len; len < c->arg; len++)
		*p++ = ' ';
	return clean_text(p, s);
}

char *
print_user(char *p, struct cell *c, uint32_t row)
{
	const struct span *s = &CELL(c, 0, struct span);

	if (s->len == 0)
		return number_text_left(p, "<empty>", 7, 0);
	return clean_text(p, s);
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
	memcpy(p, " \n", 2);
	return p + 2;
}

static bool
is_text(const struct span *s)
{
	for (uint32_t i = 0; i < s->len; i++)
		if ((s->data[i] < ' ' || s->data[i] > '~') &&
		    s->data[i] != '\n' && s->data[i] != '\r')
			return false;
	return true;
}

/* Text as it is, else a dump; a newline ends both. */
char *
print_payload(char *p, struct cell *c, uint32_t row)
{
	const struct span *s = &CELL(c, 0, struct span);

	if (is_text(s)) {
		if (s->len > 0)
			memcpy(p, s->data, s->len);
		p += s->len;
		*p++ = '\n';
		return p;
	}
	for (uint32_t i = 0; i < s->len; i += DUMP_BYTES)
		p = dump_line(p, s->data + i, s->len - i < DUMP_BYTES ?
		    s->len - i : DUMP_BYTES);
	return p;
}
