#ifndef FLOWCAPD_STATUS_JSON_H
#define FLOWCAPD_STATUS_JSON_H

#include "base/buffer.h"
#include "flowcapd/status.h"

/*
 * Append a status as a JSON object with an object "totals", lists "sources",
 * "repeaters", "exporters" and "interfaces", and a newline.  Nothing is left
 * out.  -1 with ERR_NOMEM.
 */
int status_json_put(const struct status *s, struct buffer *out,
    struct err *err);

#endif
