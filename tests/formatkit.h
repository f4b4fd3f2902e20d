/*
 * What tests of output formats share: flows to rows, rows to text.
 */
#ifndef TESTS_FORMATKIT_H
#define TESTS_FORMATKIT_H

#include "output/format.h"

#define FORMATKIT_T_MS UINT64_C(1718452800000) /* 2024-06-15 12:00:00 UTC */

extern const struct format_options no_options;

/* Times are printed in UTC from now on. */
void formatkit_begin(void);

/* From text; gives up when it is none. */
struct addr address(const char *text);
struct span bytes(const char *text, uint32_t len);

/* A mode that compiles. */
struct format *compile(const char *mode, const struct format_options *options);

/* A batch of these flows with the columns that the format asks for. */
void make_batch(struct batch *b, const struct format *f,
    const struct flow *flows, uint32_t n);

/* Heading and rows of some flows; free the result. */
char *print(const char *mode, const struct format_options *options,
    const struct flow *flows, uint32_t n);

/* Check: the row of a flow, without its newline, in fmt:TEXT. */
void row_is(const char *text, const struct format_options *options,
    const struct flow *flow, const char *want, const char *name);

/*
 * Flows in which every field has a value of its own, so that fields mixed up
 * are seen; with IPv4 and with IPv6 addresses.
 */
struct flow full_v4(void);
struct flow full_v6(void);

/* Check what has been put into the buffer, which is released. */
void text_is(struct buffer *out, const char *want, const char *name);

#endif
