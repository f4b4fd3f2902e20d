#ifndef OUTPUT_JSON_H
#define OUTPUT_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/civil.h"

/*
 * JSON text (RFC 8259), as a list of objects in one of these layouts:
 *
 *	JSON_ARRAY	an array, each member on a line of its own
 *	JSON_LINES	an object on each line, without blanks
 *	JSON_MEMBER	the same as the value of a member of an object
 *
 * Text from outside becomes valid whatever it holds: quotes, backslashes and
 * control characters (also DEL and U+0080 to U+009F) are escaped, and each
 * byte that is no UTF-8 becomes U+FFFD.
 */

enum json_layout {
	JSON_ARRAY,
	JSON_LINES,
	JSON_MEMBER
};

struct json {
	struct buffer *out; /* a failed growth latches there */
	enum json_layout layout;
	bool has_object; /* the next one stands behind a comma */
	bool has_member;
	struct civil_cache civil;
};

void json_init(struct json *j, enum json_layout layout, struct buffer *out);

/*
 * "[" and "]" with their newlines; nothing in JSON_LINES.  A list in
 * JSON_MEMBER stands behind json_key() of another writer with the same buffer.
 */
void json_list_begin(struct json *j);
void json_list_end(struct json *j);

/*
 * One object of the list.  Only in JSON_LINES does a newline end it: else the
 * comma or the end of the list comes first.
 */
void json_object_begin(struct json *j);
void json_object_end(struct json *j);

/*
 * Members of the object.  Keys are ours and not escaped.  json_key() leaves
 * the value to the caller.
 */
void json_key(struct json *j, const char *key);
void json_text(struct json *j, const char *key, const void *data, size_t len);
void json_string(struct json *j, const char *key, const char *text);
void json_u64(struct json *j, const char *key, uint64_t v);

/* KEY is the local time with its zone's offset, KEY_ms that in numbers. */
void json_time(struct json *j, const char *key, uint64_t ms);

/*
 * The writers of values below write at p without a check, and return the
 * position behind.
 */

/* Quoted text: at most 2 bytes and JSON_TEXT_FACTOR for each of len. */
#define JSON_TEXT_FACTOR 6
char *json_put_text(char *p, const void *data, size_t len);

/* Quoted time, "2024-05-14T09:00:02.123+00:00": up to CIVIL_TEXT_MAX + 2. */
char *json_put_time(char *p, struct civil_cache *c, uint64_t ms);

#endif
