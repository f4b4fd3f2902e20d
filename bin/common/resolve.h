#ifndef COMMON_RESOLVE_H
#define COMMON_RESOLVE_H

#include <stddef.h>

#include "base/addr.h"
#include "base/err.h"

/*
 * Addresses of host names in filters: asked of the system, or of the name
 * server that -D names.
 */

struct resolver; /* opaque */

/*
 * A resolver that asks one server alone: an address, ADDRESS:PORT,
 * [ADDRESS]:PORT, or a host name that the system knows.  NULL with ERR_VALUE
 * if it is none of them, ERR_USAGE if the program is built without c-ares,
 * ERR_NOMEM.
 * Release with resolver_close().
 */
struct resolver *resolver_open(const char *server, struct err *err);

/* NULL is allowed. */
void resolver_close(struct resolver *r);

/*
 * Store up to max addresses of a name; r NULL asks the system.  Returns their
 * number, at least 1; or -1 with ERR_FILTER and the reason, without the name.
 */
int resolver_addresses(struct resolver *r, const char *name,
    struct addr *addrs, size_t max, struct err *err);

#endif
