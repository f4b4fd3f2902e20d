/*
 * Text from outside.
 */

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/bytes.h"
#include "base/text.h"

size_t
text_utf8_len(const unsigned char *s, size_t len)
{
	static const struct {
		uint8_t first, last; /* lead bytes */
		uint8_t second_min, second_max;
		uint8_t len;
	} forms[] = {
		{ 0xc2, 0xdf, 0x80, 0xbf, 2 },
		{ 0xe0, 0xe0, 0xa0, 0xbf, 3 },
		{ 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 },
		{ 0xee, 0xef, 0x80, 0xbf, 3 },
		{ 0xf0, 0xf0, 0x90, 0xbf, TEXT_UTF8_MAX },
		{ 0xf1, 0xf3, 0x80, 0xbf, TEXT_UTF8_MAX },
		{ 0xf4, 0xf4, 0x80, 0x8f, TEXT_UTF8_MAX },
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (s[0] < forms[i].first || s[0] > forms[i].last)
			continue;
		if (len < forms[i].len || s[1] < forms[i].second_min ||
		    s[1] > forms[i].second_max)
			return 0;
		for (size_t n = 2; n < forms[i].len; n++)
			if (s[n] >> 6 != 2)
				return 0;
		return forms[i].len;
	}
	return 0;
}

/* U+0080 to U+009F: to some terminals the same as an escape. */
static bool
is_c1(const unsigned char *s, size_t len)
{
	return len == 2 && s[0] == 0xc2 && s[1] < 0xa0;
}

void
text_clean(char *text, char with)
{
	unsigned char *s = (unsigned char *)text;
	size_t left = strlen(text), len;

	for (; left > 0; s += len, left -= len) {
		len = *s < 0x80 ? 1 : text_utf8_len(s, left);
		if (len == 0 || is_c1(s, len) ||
		    (len == 1 && byte_is_control((char)*s))) {
			len = len == 2 ? 2 : 1;
			memset(s, with, len);
		}
	}
}
