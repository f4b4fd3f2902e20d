#ifndef QUERY_FILTER_PAYLOAD_H
#define QUERY_FILTER_PAYLOAD_H

#include "query/filter_int.h"

/*
 * Tests of what is inside of payload, and the regular expressions that they
 * use.
 */

/* The "max" of a word with OPERAND_PAYLOAD. */
enum payload_test {
	PAYLOAD_REGEX,
	PAYLOAD_TLS,
	PAYLOAD_TLS_VERSION,
	PAYLOAD_SSL_VERSION,
	PAYLOAD_TLS_NAME,
	PAYLOAD_JA3,
	PAYLOAD_HAS_JA3,
	PAYLOAD_JA4,
	PAYLOAD_HAS_JA4,
	PAYLOAD_DNS,
	PAYLOAD_DNS_NAME,
	PAYLOAD_DNS_ADDRESS,
	PAYLOAD_TESTS
};

/* What a thread needs to run them.  NULL with ERR_NOMEM, ERR_INTERNAL. */
struct payload_room *payload_room_new(struct err *err);
void payload_room_free(struct payload_room *r);

/* Read what follows the word, write it, make an operation of it. */
int payload_parse(struct parser *p, struct node *n);
void payload_text(const struct node *n, struct buffer *out);
void payload_fill(struct op *o, const struct node *n);

/* As a kernel. */
uint32_t payload_run(struct payload_room *r, const struct op *o,
    const struct span *a, const struct span *b, const uint16_t *in, uint32_t n,
    uint16_t *out);

/* Regular expressions (filter_pattern.c); threads share them. */

struct pattern; /* opaque */

#define PATTERN_NOCASE 0x1
#define PATTERN_LINES 0x2 /* ^ and $ match at every line */
#define PATTERN_DOT_ALL 0x4 /* . matches the end of a line */

/* NULL with ERR_FILTER, and the place of the fault in *at, or ERR_NOMEM. */
struct pattern *pattern_new(const char *text, size_t len, unsigned flags,
    size_t *at, struct err *err);

/* Put it in front of a list; free all of a list. */
void pattern_keep(struct pattern **list, struct pattern *p);
void pattern_free_all(struct pattern *list);

/* What a thread needs to match them; NULL when out of memory. */
struct pattern_room *pattern_room_new(void);
void pattern_room_free(struct pattern_room *r);

bool pattern_matches(const struct pattern *p, struct pattern_room *r,
    struct span s);

#endif
