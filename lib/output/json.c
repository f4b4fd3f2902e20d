/*
 * JSON text.
 */

#include <string.h>

#include "base/text.h"
#include "output/json.h"
#include "output/number.h"

static char *
put_escape(char *p, unsigned v)
{
	static const char hex[] = "0123456789abcdef";

	memcpy(p, "\\u00", 4);
	p[4] = hex[v >> 4 & 0xf];
	p[5] = hex[v & 0xf];
	return p + 6;
}

/* A character of ASCII. */
static char *
put_ascii(char *p, unsigned char c)
{
	static const char letters[] = "btn\0fr"; /* from 8 on */

	if (c == '"' || c == '\\')
		*p++ = '\\';
	else if (c >= 8 && c <= 13 && c != 11) {
		*p++ = '\\';
		c = (unsigned char)letters[c - 8];
	} else if (c < ' ' || c == 0x7f)
		return put_escape(p, c);
	*p++ = (char)c;
	return p;
}

char *
json_put_text(char *p, const void *data, size_t len)
{
	const unsigned char *s = data;
	size_t n;

	*p++ = '"';
	for (size_t i = 0; i < len; i += n) {
		n = 1;
		if (s[i] < 0x80) {
			p = put_ascii(p, s[i]);
			continue;
		}
		if ((n = text_utf8_len(s + i, len - i)) == 0) {
			memcpy(p, "\xef\xbf\xbd", 3);
			p += 3;
			n = 1;
		} else if (s[i] == 0xc2 && s[i + 1] < 0xa0)
			p = put_escape(p, s[i + 1]);
		else {
			memcpy(p, s + i, n);
			p += n;
		}
	}
	*p++ = '"';
	return p;
}

char *
json_put_time(char *p, struct civil_cache *c, uint64_t ms)
{
	*p++ = '"';
	p += civil_format_iso(c, ms, p);
	*p++ = '"';
	return p;
}

void
json_init(struct json *j, enum json_layout layout, struct buffer *out)
{
	*j = (struct json){ .out = out, .layout = layout };
}

/* What stands around the objects of a list, and at the end of each. */
static const struct {
	const char *begin, *first, *next, *end, *object_end;
} layouts[] = {
	[JSON_ARRAY] = { "[\n", "", ",\n", "]\n", "\n}" },
	[JSON_LINES] = { "", "", "", "", "}\n" },
	[JSON_MEMBER] = { "[\n", "\t\t", ",\n\t\t", "\n\t]", "}" },
};

void
json_list_begin(struct json *j)
{
	buffer_text(j->out, layouts[j->layout].begin);
}

void
json_list_end(struct json *j)
{
	buffer_text(j->out, layouts[j->layout].end);
}

void
json_object_begin(struct json *j)
{
	buffer_text(j->out, j->has_object ? layouts[j->layout].next :
					    layouts[j->layout].first);
	buffer_char(j->out, '{');
	j->has_object = true;
	j->has_member = false;
}

/* The newline of an array's last object is left to what stands behind. */
void
json_object_end(struct json *j)
{
	buffer_text(j->out, layouts[j->layout].object_end);
}

static void
add_key(struct json *j, const char *key, const char *suffix)
{
	bool is_array = j->layout == JSON_ARRAY;

	if (j->has_member)
		buffer_char(j->out, ',');
	buffer_text(j->out, is_array ? "\n\t\"" : "\"");
	buffer_text(j->out, key);
	buffer_text(j->out, suffix);
	buffer_text(j->out, is_array ? "\" : " : "\":");
	j->has_member = true;
}

void
json_key(struct json *j, const char *key)
{
	add_key(j, key, "");
}

void
json_text(struct json *j, const char *key, const void *data, size_t len)
{
	char *p;

	json_key(j, key);
	p = buffer_room(j->out, 2 + JSON_TEXT_FACTOR * len);
	if (p != NULL)
		j->out->len =
		    (size_t)(json_put_text(p, data, len) - j->out->data);
}

void
json_string(struct json *j, const char *key, const char *text)
{
	json_text(j, key, text, strlen(text));
}

static void
add_number(struct json *j, uint64_t v)
{
	char text[NUMBER_ROOM], *end = number_put(text, v);

	buffer_add(j->out, text, (size_t)(end - text));
}

void
json_u64(struct json *j, const char *key, uint64_t v)
{
	json_key(j, key);
	add_number(j, v);
}

void
json_time(struct json *j, const char *key, uint64_t ms)
{
	char text[CIVIL_TEXT_MAX + 2], *end;

	json_key(j, key);
	end = json_put_time(text, &j->civil, ms);
	buffer_add(j->out, text, (size_t)(end - text));
	add_key(j, key, "_ms");
	add_number(j, ms);
}
