#ifndef COMMON_INPUT_H
#define COMMON_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

/*
 * The bytes of a capture: of a file or a pipe, compressed by gzip or not.
 * Nothing waits for more than has arrived.
 */

/*
 * Nothing is there to be read, now and again; false: do not wait for it.  NULL
 * waits until something comes, or a signal.
 */
typedef bool (*input_fn)(void *ctx);

struct input; /* opaque */

/* "-" is standard input.  ERR_SYSTEM, ERR_NOMEM. */
struct input *input_open(const char *path, input_fn idle, void *ctx,
    struct err *err);

/* NULL is allowed. */
void input_close(struct input *in);

/*
 * As read(2): some bytes, 0 at the end, or -1 with errno, which is EINTR also
 * if idle() said so and EBADMSG for gzip that is damaged.
 */
ssize_t input_read(struct input *in, void *buf, size_t len);

/* What is wrong with the gzip, or NULL. */
const char *input_trouble(const struct input *in);

#endif
