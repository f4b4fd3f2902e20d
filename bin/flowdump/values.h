#ifndef FLOWDUMP_VALUES_H
#define FLOWDUMP_VALUES_H

#include <stdint.h>

#include "base/err.h"

/* Values of options: numbers with a unit behind.  -1 with ERR_VALUE. */

/* "300", "5m", "1h", "1d": a time, in milliseconds, more than 0. */
int value_interval(const char *text, uint64_t *ms, struct err *err);

/* "64m", "2g": bytes, in powers of 1024, more than 0. */
int value_memory(const char *text, uint64_t *bytes, struct err *err);

/*
 * "+10k", "-5m", "100": a limit in powers of 1000.  With + or nothing it is
 * more than the number, with - less: *sign is '>' or '<'.
 */
int value_limit(const char *text, char *sign, uint64_t *number,
    struct err *err);

#endif
