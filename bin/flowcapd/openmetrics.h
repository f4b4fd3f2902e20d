#ifndef FLOWCAPD_OPENMETRICS_H
#define FLOWCAPD_OPENMETRICS_H

#include "base/buffer.h"
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

enum openmetrics_format {
	OPENMETRICS_1_0,
	OPENMETRICS_TEXT /* 0.0.4 */
};

const char *openmetrics_content_type(enum openmetrics_format format);

/*
 * The format that the Accept header of a request asks for; NULL: none.  What
 * both suit, or neither, gets OPENMETRICS_TEXT.
 */
enum openmetrics_format openmetrics_negotiate(const char *accept);

/* Append the text.  -1 with ERR_NOMEM. */
int openmetrics_put(const struct status *s, enum openmetrics_format format,
    struct buffer *out, struct err *err);

#endif
