#ifndef FLOWFWD_MIRROR_H
#define FLOWFWD_MIRROR_H

#include "flowfwd/forward.h"

/*
 * Packets of an interface, to which a switch mirrors traffic, or of a capture:
 * a message of Tera Flow for one in so many.  Of an interface no packet waits:
 * what a receiver cannot take is left out, and counted.
 */

struct mirror; /* opaque */

/* ERR_SYSTEM, ERR_VALUE, ERR_MALFORMED, ERR_NOMEM. */
struct mirror *mirror_open(struct forward *forward, struct err *err);
void mirror_close(struct mirror *m);

/* Until stopped, the end of the capture, or the limit of -c. */
int mirror_run(struct mirror *m, struct err *err);

/* Log what was counted. */
void mirror_report(struct mirror *m);

/* Packets that came to the sampler, and those that it selected. */
void mirror_counters(const struct mirror *m, uint64_t *seen,
    uint64_t *selected);

#endif
