#ifndef BENCH_GEN_H
#define BENCH_GEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "flow/flow.h"

/*
 * Made-up flows that look like those of a border router: a few hosts take
 * most of the traffic, most flows are short, a tenth of the ports carries
 * nearly all.  The same options give the same flows.
 */

struct gen_options {
	uint64_t seed;
	uint64_t start_ms; /* flow i of n arrives at start + i * span / n */
	uint64_t span_ms;
	uint64_t flows; /* n; must not be 0 */
	bool only_v4;
};

#define GEN_EXPORTERS 4

struct gen;

/* NULL with ERR_NOMEM. */
struct gen *gen_new(const struct gen_options *options, struct err *err);
void gen_free(struct gen *g);

/*
 * The next flow.  *f is all zero before the first call and is written by
 * nobody else between calls: members that no flow has are never touched.
 */
void gen_flow(struct gen *g, struct flow *f);

/* Address of an exporter; exporter_id of the flows is from 1. */
struct addr gen_exporter_addr(unsigned id);

#endif
