#ifndef FLOWFWD_ORIGINS_H
#define FLOWFWD_ORIGINS_H

#include <stdint.h>

#include "base/err.h"
#include "flow/flow.h"
#include "store/reader.h"

/*
 * What a flow file tells of the exporters and samplers that its flows come
 * from, by records between them.
 */

struct origins; /* opaque; of one file at a time */

struct origins *origins_new(struct err *err);
void origins_free(struct origins *o);

/* Another file begins: its numbers mean something else. */
void origins_clear(struct origins *o);

/* A record that is no flow; one of another kind is passed over. */
void origins_record(struct origins *o, uint16_t type,
    const struct span *record);

/* All that a block has of them. */
void origins_block(struct origins *o, const struct store_block *block);

/* The address of the exporter of a flow; zero: unknown. */
struct addr origins_exporter(const struct origins *o, const struct flow *f);

/* One packet in so many was counted; 0 unknown. */
uint32_t origins_rate(const struct origins *o, const struct flow *f);

#endif
