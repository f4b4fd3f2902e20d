#ifndef FLOWCAPD_PRINT_H
#define FLOWCAPD_PRINT_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* -E: the flows of each block that is written, in long form. */

struct printer;

/* NULL with ERR_NOMEM. */
struct printer *printer_new(struct err *err);

/* NULL is allowed. */
void printer_free(struct printer *p);

/*
 * Print the flows of a block payload to standard output.  -1 when they cannot
 * be decoded; that nobody takes the output is no error of a collector.
 */
int printer_block(struct printer *p, const uint8_t *data, size_t len,
    struct err *err);

#endif
