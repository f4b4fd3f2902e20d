#ifndef COMMON_URL_H
#define COMMON_URL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buffer.h"
#include "base/err.h"

/* Where to send to or to listen: SCHEME://HOST[:PORT], [HOST] for IPv6. */

struct url_scheme {
	const char *name;
	const char *port; /* of a URL without one; NULL: it must have one */
};

#define URL_HOST_MAX 256
#define URL_PORT_MAX 32

struct url {
	unsigned scheme; /* its row in the table */
	char host[URL_HOST_MAX]; /* without brackets */
	char port[URL_PORT_MAX]; /* number or service name */
	const char *rest; /* what follows in the text, "" or "/..." */
};

enum url_use {
	URL_PEER, /* to send to: there is a host */
	URL_LISTEN /* no host and "*" are any: host is "" */
};

/* Does the text say what it is, as in "udp://"? */
bool url_has_scheme(const char *text);

/*
 * Schemes are of any case.  What follows host and port is the caller's to
 * judge.  ERR_VALUE tells the URL and what is wrong with it.
 */
int url_parse(const char *text, const struct url_scheme *table, size_t rows,
    enum url_use use, struct url *url, struct err *err);

/* Append "scheme:// " for each. */
void url_scheme_names(const struct url_scheme *table, size_t rows,
    struct buffer *out);

#endif
