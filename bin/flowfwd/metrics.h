#ifndef FLOWFWD_METRICS_H
#define FLOWFWD_METRICS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "flowfwd/args.h"
#include "flowfwd/cursor.h"

/*
 * Counters, under the names that FastNetMon gives them, as they were last set:
 * over HTTP for --metrics, as JSON on a socket for --status.
 */

struct metrics_target {
	const char *text; /* as the command line names it */
	bool is_connected; /* by UDP always */
	uint64_t messages;
	uint64_t errors;
	uint64_t queued; /* bytes */
};

struct metrics_values {
	const char *follow; /* the directory, or NULL */
	char last_file[CURSOR_NAME_MAX]; /* up to which all was put */
	struct metrics_target targets[TARGETS_MAX];
	unsigned target_count;

#define METRIC(name, member, help) uint64_t member;
#include "flowfwd/metrics.def"
};

struct metrics; /* opaque */

/*
 * Listen and answer on an address, see http_open(), and a socket, see
 * control_open(); NULL: not there.
 */
struct metrics *metrics_open(const char *address, const char *control,
    struct err *err);

/* NULL is allowed, here and below. */
void metrics_close(struct metrics *m);
void metrics_set(struct metrics *m, const struct metrics_values *v);

#endif
