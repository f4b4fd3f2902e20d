#ifndef FLOWCAPD_METRIC_H
#define FLOWCAPD_METRIC_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "flowcapd/status.h"

/*
 * The messages that nfcapd 1.7 sends to a metric socket (collector.md 8.6):
 * what each exporter has sent since the one before.  All exporters are in it,
 * and none is sent as long as there is none.  nfcapd 1.7.1 adds up those of a
 * source, under the id of the first one.
 */

#define METRIC_HEADER_LEN 24
#define METRIC_RECORD_LEN 232
#define METRIC_INTERVAL_MIN 10 /* seconds */
/* What a length of 16 bits has room for; more go in further messages. */
#define METRIC_RECORDS_MAX (UINT16_MAX / METRIC_RECORD_LEN)

struct metric;

/* NULL with ERR_NOMEM. */
struct metric *metric_new(uint32_t interval_s, struct err *err);

/* NULL is allowed. */
void metric_free(struct metric *m);

/*
 * Count from the last call, or from the start, to this status.  -1 with
 * ERR_NOMEM; then the next call has it all.
 */
int metric_take(struct metric *m, const struct status *s, struct err *err);

/*
 * Append a message with the next exporters of what was taken.  1, 0 when all
 * have been told, -1 with ERR_NOMEM.
 */
int metric_next(struct metric *m, struct buffer *out, struct err *err);

#endif
