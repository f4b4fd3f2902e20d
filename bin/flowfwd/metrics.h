#ifndef FLOWFWD_METRICS_H
#define FLOWFWD_METRICS_H

#include <stdint.h>

#include "base/err.h"

/*
 * --metrics: counters over HTTP, under the names that FastNetMon gives them,
 * as they were last set.
 */

struct metrics_values {
#define METRIC(name, member, help) uint64_t member;
#include "flowfwd/metrics.def"
};

struct metrics; /* opaque */

/* Listen and answer, see http_open(). */
struct metrics *metrics_open(const char *address, struct err *err);

/* NULL is allowed, here and below. */
void metrics_close(struct metrics *m);
void metrics_set(struct metrics *m, const struct metrics_values *v);

#endif
