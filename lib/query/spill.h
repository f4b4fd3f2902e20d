#ifndef QUERY_SPILL_H
#define QUERY_SPILL_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * A temporary file without a name, for what does not fit into memory.  Any
 * thread may write and read.
 */

struct spill; /* opaque */

/*
 * The file is made with the first write.  NULL with ERR_SYSTEM when there is
 * no such directory or nothing may be written there, ERR_VALUE when its name
 * is too long, ERR_NOMEM.  Release with spill_free().
 */
struct spill *spill_new(const char *dir, struct err *err);

/* NULL is allowed. */
void spill_free(struct spill *s);

/* Append len bytes; their place is stored.  -1 with ERR_SYSTEM. */
int spill_write(struct spill *s, const void *data, size_t len,
    uint64_t *offset, struct err *err);

/* Read len bytes that were written.  -1 with ERR_SYSTEM. */
int spill_read(struct spill *s, void *data, size_t len, uint64_t offset,
    struct err *err);

#endif
