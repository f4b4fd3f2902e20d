#ifndef COMMON_LOOKUP_H
#define COMMON_LOOKUP_H

#include <netdb.h>

#include "base/err.h"

/*
 * Addresses of hosts.  A name server that does not answer holds a thread of
 * its own, not the caller.
 */

/* Wait for the answer.  ERR_VALUE.  Release with freeaddrinfo(). */
struct addrinfo *lookup_now(const char *host, const char *port, int family,
    int socktype, int flags, struct err *err);

struct lookup; /* one that is under way */

/* NULL: ERR_NOMEM, ERR_SYSTEM. */
struct lookup *lookup_start(const char *host, const char *port, int socktype,
    struct err *err);

/* To poll for reading: there is an answer. */
int lookup_fd(const struct lookup *l);

/*
 * 1 and the addresses, which are the caller's, 0 while there is no answer,
 * -1 with ERR_VALUE.
 */
int lookup_answer(struct lookup *l, struct addrinfo **list, struct err *err);

/* Also while there is no answer.  NULL is allowed. */
void lookup_free(struct lookup *l);

#endif
