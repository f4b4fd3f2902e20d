#ifndef FLOWCAPD_SERVICES_H
#define FLOWCAPD_SERVICES_H

#include "base/err.h"
#include "common/http.h"
#include "flowcapd/args.h"
#include "flowcapd/attendant.h"
#include "flowcapd/openmetrics.h"
#include "flowcapd/status.h"

/*
 * All that tells others how the collector does: --metrics, --status, -m and
 * the service manager.
 */

struct services {
	struct http_server *http; /* NULL: not asked for */
	struct openmetrics_source source; /* for it */
	struct attendant *attendant;
};

/* As root: bind what is listened on.  ERR_VALUE, ERR_SYSTEM, ERR_USAGE. */
int services_bind(struct services *s, const struct config *o,
    struct err *err);

/*
 * With the final pid, signals blocked, and the directory locked: start to
 * serve.  That --status cannot be served is logged and no reason to fail.
 */
int services_start(struct services *s, const struct config *o,
    const char *dir, status_fn ask, void *ctx, struct err *err);

/* Receiving and writing have begun, or go on: tell the service manager. */
void services_ready(void);

/* The sources are about to be read again; services_ready() follows. */
void services_reloading(void);

/* Stop serving, before what is asked goes away. */
void services_stop(struct services *s);

#endif
