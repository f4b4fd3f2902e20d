#ifndef FLOWDUMP_MAINTAIN_H
#define FLOWDUMP_MAINTAIN_H

#include "flowdump/query.h"

/*
 * What looks after files and is no query: -v, --repair and -J.  q->config is
 * set.  0, or -1; files that are damaged or failed are counted in q->result.
 */
int verify_run(struct query *q, struct err *err);
int repair_run(struct query *q, struct err *err);
int recompress_run(struct query *q, struct err *err);

#endif
