#ifndef STORE_LEDGER_H
#define STORE_LEDGER_H

#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"
#include "store/reader.h"

/*
 * The ledger of a flow file: what a collector counted while it wrote it, and
 * above all what got lost, exporter by exporter and for itself.  It stands at
 * the end of the file, behind the index (flow-store(5)), and is for people:
 * no query needs it.
 *
 * A table of named counters.  The names are in the file, so that a reader
 * shows also what a newer collector counts.
 */

#define STORE_LEDGER_NAME_MAX 32 /* with the end of the string */
#define STORE_LEDGER_COLUMNS_MAX 64
#define STORE_LEDGER_ROWS_MAX 65536

struct store_ledger; /* opaque */

/* Whose counters a row has; the collector itself has version 0. */
struct store_ledger_who {
	uint16_t version;
	uint32_t id;
	struct addr addr;
};

/* NULL when there is no memory. */
struct store_ledger *store_ledger_new(void);

/* NULL is allowed. */
void store_ledger_free(struct store_ledger *l);

/*
 * Add a value to a counter.  What is 0, has no name that fits or is beyond the
 * limits is left out.  -1 when there is no memory.
 */
int store_ledger_add(struct store_ledger *l, const struct store_ledger_who *who,
    const char *name, uint64_t value);

/* Add all of another one.  -1 when there is no memory. */
int store_ledger_merge(struct store_ledger *l, const struct store_ledger *from);

/* What is in it.  Rows and columns are in order of appearance. */
size_t store_ledger_rows(const struct store_ledger *l);
size_t store_ledger_columns(const struct store_ledger *l);
const struct store_ledger_who *store_ledger_who(const struct store_ledger *l,
    size_t row);
const char *store_ledger_name(const struct store_ledger *l, size_t column);
uint64_t store_ledger_value(const struct store_ledger *l, size_t row,
    size_t column);

/* The row of an exporter, or store_ledger_rows() when it has none. */
size_t store_ledger_find(const struct store_ledger *l,
    const struct store_ledger_who *who);

/*
 * The ledger at the end of f, which belongs to the caller then.  1, 0 when it
 * has none, -1 with ERR_MALFORMED when that is damaged or of another state of
 * the file, ERR_SYSTEM or ERR_NOMEM.
 */
int store_file_ledger(const struct store_file *f, struct store_ledger **l,
    struct err *err);

#endif
