#ifndef STORE_EXPIRE_INT_H
#define STORE_EXPIRE_INT_H

#include <stdint.h>

#include "base/err.h"
#include "store/inventory.h"

/* What became of a file that was to go. */
enum expire_fate {
	FATE_REMOVED,
	FATE_VANISHED, /* somebody else has removed it */
	FATE_IN_USE, /* being written to, locked or replaced */
	FATE_FAILED
};

/*
 * Remove a file of the inventory from the open directory, if it is still the
 * one that was counted and nobody writes to it.
 */
enum expire_fate expire_remove_file(int dir, const struct inventory_file *f,
    struct err *err);

/*
 * Remove a directory of the inventory that has become empty, and those above
 * it that do, unless their names are none that a collector makes or a
 * collector may be about to use them: now_s, interval_s (0: not known).
 * Adds what went to *count.  -1 with ERR_SYSTEM or ERR_NOMEM.
 */
int expire_remove_dirs(const struct inventory *v,
    const struct inventory_request *r, uint32_t dir, int64_t now_s,
    uint32_t interval_s, uint64_t *count, struct err *err);

#endif
