#ifndef BENCH_SEND_H
#define BENCH_SEND_H

#include <stdint.h>

#include "base/err.h"
#include "bench/export.h"

#define SEND_SKIP_MAX 64

enum send_templates { SEND_TEMPLATES, SEND_NO_TEMPLATES, SEND_ONLY_TEMPLATES };

struct send_options {
	enum export_protocol protocol;
	enum send_templates templates;
	uint64_t skip[SEND_SKIP_MAX]; /* datagrams that get lost, from 1 */
	uint32_t skip_count;
	const char *to; /* "127.0.0.1:PORT" or "[::1]:PORT" */
	uint32_t rate; /* datagrams a second, 0: as fast as it goes */
	uint64_t flows;
	uint64_t seed;
};

struct send_totals {
	uint64_t flows;
	uint64_t packets;
	uint64_t bytes;
	uint64_t datagrams; /* with those of templates */
	uint64_t skipped_flows; /* of these, in datagrams that got lost */
	double seconds;
};

/*
 * Send made-up flows to a collector on this machine.  ERR_VALUE if "to" is
 * not a loopback address with a port, ERR_SYSTEM when sending fails.
 */
int send_flows(const struct send_options *options, struct send_totals *totals,
    struct err *err);

#endif
