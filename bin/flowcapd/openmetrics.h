#ifndef FLOWCAPD_OPENMETRICS_H
#define FLOWCAPD_OPENMETRICS_H

#include "base/buffer.h"
#include "common/exposition.h"
#include "flowcapd/status.h"

/*
 * A status as metrics: OpenMetrics 1.0, or the text format 0.0.4 that came
 * before it.  The bytes do not depend on the locale.
 *
 * Of exporters, data directories and interfaces the first ones are shown,
 * at most so many; how many are left out is a metric, and the totals are
 * those of all.
 */

#define OPENMETRICS_EXPORTERS_MAX 1000
#define OPENMETRICS_SOURCES_MAX 1000
#define OPENMETRICS_INTERFACES_MAX 4000

/* Append the text.  -1 with ERR_NOMEM. */
int openmetrics_put(const struct status *s, enum exposition format,
    struct buffer *out, struct err *err);

/* What is asked for the status, for openmetrics_answer(). */
struct openmetrics_source {
	status_fn ask;
	void *ctx;
};

/* For http_serve(): ctx is a struct openmetrics_source. */
int openmetrics_answer(void *ctx, enum exposition format, struct buffer *out,
    struct err *err);

#endif
