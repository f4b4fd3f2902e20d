#ifndef FLOW_BATCH_H
#define FLOW_BATCH_H

#include <assert.h>

#include "base/err.h"
#include "flow/field.h"
#include "flow/flow.h"

/*
 * A batch: up to BATCH_ROWS flows as columns, one array per requested field,
 * and a selection.  What reading, filtering, grouping, sorting and printing
 * handle.
 *
 * A field that a record lacks reads as zero (an empty span); the column
 * FLD_EXTENSIONS tells which extensions the record has.  Spans and raw
 * records point into the block that the batch was decoded from.
 */

#define BATCH_ROWS 1024

struct batch {
	uint32_t rows; /* decoded */
	uint32_t nsel; /* selected */
	uint16_t *sel; /* their row numbers, ascending */
	struct fieldset want;
	void *col[FLD_COUNT]; /* NULL unless wanted */
	struct span *raw; /* whole records, or NULL unless wanted */
	const char *ident; /* of the file, set by a scan; NULL: of none */
	uint64_t first_row; /* flow records before row 0 in this block */
	uint64_t extensions; /* that any row has, set by record_decode() */
	/*
	 * Place of row 0 in the order of all input, set by a scan; row n has
	 * order + n.  Places ascend, with gaps between blocks.
	 */
	uint64_t order;
};

/*
 * Allocate columns for *want, and raw records if asked.  -1 with ERR_NOMEM,
 * and then *b may be given to batch_fini(), as one that is all zero may.
 */
int batch_init(struct batch *b, const struct fieldset *want, bool want_raw,
    struct err *err);
void batch_fini(struct batch *b);

/* Select every row. */
void batch_select_all(struct batch *b);

/* The flow in a row; members that are not wanted are zero. */
void batch_flow(const struct batch *b, uint32_t row, struct flow *f);

/* The column of a wanted field; its type is that of field_table[]. */
static inline const void *
batch_column(const struct batch *b, enum field_id id)
{
	assert(b->col[id] != NULL);
	return b->col[id];
}

/* Typed access to a wanted column: BATCH_COL(b, SRC_PORT, uint16_t)[row]. */
#define BATCH_COL(b, id, ctype) \
	((const ctype *)batch_column((b), FLD_##id))

#endif
