#ifndef FLOWPROBE_TALLY_H
#define FLOWPROBE_TALLY_H

#include <stdint.h>
#include <stdio.h>

#include "flow/flow.h"

/* Sums over flows that have ended, as softflowd tells of them. */

enum tally_reason {
	TALLY_TCP,
	TALLY_TCP_RST,
	TALLY_TCP_FIN,
	TALLY_UDP,
	TALLY_ICMP,
	TALLY_GENERAL,
	TALLY_MAXLIFE,
	TALLY_MAXFLOWS,
	TALLY_FLUSHED,
	TALLY_REASONS
};

struct tally_range {
	uint64_t min;
	uint64_t max;
	uint64_t sum;
};

struct tally_proto {
	uint64_t flows;
	uint64_t bytes;
	uint64_t packets;
	uint64_t life_ms;
	uint64_t longest_ms;
};

struct tally {
	uint64_t flows;
	struct tally_range bytes;
	struct tally_range packets;
	struct tally_range life_ms;
	uint64_t reasons[TALLY_REASONS];
	struct tally_proto protos[256];
};

/* A tally of zeros is empty. */
void tally_add(struct tally *t, const struct flow *f);

/* The tables of softflowd; nothing if there were no flows. */
void tally_print(const struct tally *t, FILE *out);

#endif
