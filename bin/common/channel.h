#ifndef COMMON_CHANNEL_H
#define COMMON_CHANNEL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "common/tls.h"

/* A connection of TCP, with or without TLS, that never waits. */

struct channel {
	int fd; /* -1: none */
	struct ssl_st *ssl; /* NULL: plain */
	short events; /* of poll(2), before the last call is worth repeating */
};

#define CHANNEL_NONE { -1, NULL, 0 }
#define CHANNEL_END (-2)

/* A connected socket that does not block; tls NULL: plain.  See tls.h. */
int channel_open(struct channel *c, int fd, struct tls_context *tls,
    const char *host, struct err *err);

/* 1 when done, 0 when it has to wait, -1 on error. */
int channel_handshake(struct channel *c, struct err *err);

/*
 * Bytes read, 0 when there are none now, CHANNEL_END when the other side has
 * ended, -1 on error.
 */
ssize_t channel_read(struct channel *c, void *buf, size_t len,
    struct err *err);

/* Bytes written, maybe less than len, 0 when none can be now, -1 on error. */
ssize_t channel_write(struct channel *c, const void *buf, size_t len,
    struct err *err);

/* Nothing more will be written; the other side is told so. */
void channel_shutdown(struct channel *c);

void channel_close(struct channel *c);

#endif
