/*
 * What fuzz targets share: an input as text, as a file, as datagrams and as
 * the rows of a batch.  Everything here ends the program when it fails.
 */
#ifndef TESTS_FUZZKIT_H
#define TESTS_FUZZKIT_H

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "flow/batch.h"
#include "wire/decode.h"

/* A string of the input, up to its first NUL; for free(). */
char *fuzzkit_text(const uint8_t *data, size_t size);

/* The same of what is before the next newline, which is taken, too. */
char *fuzzkit_line(struct reader *in);

/*
 * Write a new file of this name to the directory of this process, which is
 * the present one from the first call on.
 */
void fuzzkit_write(const char *name, const uint8_t *data, size_t size);

/* Read all bytes of a span; their sum. */
uint64_t fuzzkit_read(struct span s);

#define FUZZKIT_MS UINT64_C(1700000000000)

/* Limits that are reached soon. */
extern const struct wire_limits fuzzkit_limits;

/*
 * Decode a row of datagrams, each behind its length in 2 bytes; the top bit
 * of the length says which of two senders it comes from.  They come every
 * three seconds from FUZZKIT_MS on.
 */
void fuzzkit_decode(struct wire_decoder *d, const uint8_t *data, size_t size);

/* Call fn for all flows of such datagrams. */
typedef void (*fuzzkit_fn)(void *ctx, const struct flow *f);
void fuzzkit_flows(const uint8_t *data, size_t size, fuzzkit_fn fn, void *ctx);

/*
 * Fill the columns that the batch wants with some rows of mostly small
 * values, made of a seed; spans lie in the input.
 */
#define FUZZKIT_ROWS 100
void fuzzkit_rows(struct batch *b, uint64_t seed, const uint8_t *data,
    size_t size);

/*
 * Is it text as JSON has it?  Strings end, their bytes are UTF-8 without
 * control characters, and brackets match.
 */
void fuzzkit_check_json(const char *text, size_t len);

#endif
