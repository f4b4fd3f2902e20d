#ifndef FLOWFWD_FORWARD_H
#define FLOWFWD_FORWARD_H

#include "base/err.h"
#include "common/requests.h"
#include "common/selection.h"
#include "flowfwd/args.h"
#include "flowfwd/origins.h"
#include "flowfwd/output.h"
#include "query/scan.h"

/* From stored flows to where they go. */

struct follow;
struct metrics;
struct mirror;

struct forward {
	struct config config;
	struct requests *requests;
	struct selection selection;
	struct output *output;
	struct origins *origins;
	struct scan_plan plan;
	struct scan_sink sink;
	struct scan_result result;
	uint64_t file; /* that origins are of */
	uint64_t now_ms; /* of the flows, or the clock when they are live */
	bool is_live;
	bool is_stopped; /* flows are not sent any more */
	struct metrics *metrics; /* NULL: they are not served */
	uint64_t metrics_ms; /* when they were set */
	struct mirror *mirror; /* NULL: flows are sent, not packets */
	struct follow *follow; /* NULL: nothing is followed */

	/* what retention removed before it was sent to its end */
	uint64_t lost_files;
	uint64_t lost_flows; /* in them, as far as it is known */

	/* when flows are due, by -z and --rate */
	uint64_t start_ms; /* of the monotonic clock; 0: no flow yet */
	uint64_t start_flow_ms;
	double rate_ms; /* when the next is, after start_ms */
};

/* Understand what is selected, and open the targets. */
int forward_open(struct forward *f, struct err *err);

/* Send all that is selected, or what is stored in --follow until stopped. */
int forward_run(struct forward *f, struct err *err);
void forward_close(struct forward *f);

/* Log what was counted. */
void forward_report(const struct forward *f);

/*
 * Send what is queued, and tell if something could not be sent, now or before;
 * *is_empty: nothing is left.
 */
int forward_finish(struct forward *f, bool *is_empty, struct err *err);

/* Do what signals ask for.  True when they ask to stop. */
bool forward_serve(struct forward *f);

/* A message about what could not be read; ctx is the forward. */
void forward_warn(void *ctx, const struct err *err);

#endif
