#ifndef COMMON_HTTP_H
#define COMMON_HTTP_H

#include <stdint.h>

#include "base/buffer.h"
#include "base/err.h"
#include "common/exposition.h"

/*
 * Metrics over HTTP: GET and HEAD of /metrics on a loopback address, another
 * one that is named, or a unix socket.
 */

struct http_server;

/*
 * Listen on "[ADDRESS:]PORT", where an IPv6 address stands in brackets, or on
 * "unix:PATH".  Connections wait until http_serve().  ERR_VALUE, ERR_SYSTEM,
 * ERR_NOMEM, and ERR_USAGE when the program was built without it.
 */
struct http_server *http_open(const char *address, struct err *err);

/* Append the metrics, or -1; called by the thread of the server. */
typedef int (*http_fn)(void *ctx, enum exposition format, struct buffer *out,
    struct err *err);

/* Answer, in a thread of its own, which has the signal mask of the caller. */
int http_serve(struct http_server *h, http_fn render, void *ctx,
    struct err *err);

/* The port that is listened on, 0 for a unix socket. */
uint16_t http_port(const struct http_server *h);

/* End the thread, remove the socket.  NULL is allowed. */
void http_close(struct http_server *h);

#endif
