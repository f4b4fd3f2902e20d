#ifndef FLOWPROBE_ARGS_INT_H
#define FLOWPROBE_ARGS_INT_H

#include "flowprobe/args.h"

/* Values of options: what args.c leaves to args_values.c. */

/* ERR_VALUE names the collector by its number, from 1. */
int args_remote(const char *text, unsigned number, struct remote *r,
    struct err *err);

/*
 * "name=time", several after commas; "tcp.fin=5s", "general=1h30m".  Idle
 * timeouts of classes are put into the options of the cache, others where
 * their letters put them.
 */
int args_timeouts(const char *text, struct config *c, struct err *err);

/* "in[:out]" */
int args_indexes(const char *text, struct cache_options *o, struct err *err);

/* "bytes:ns" */
int args_rate(const char *text, uint64_t *bytes, uint64_t *ns,
    struct err *err);

/* Is it a number, and not the name of a capture? */
bool args_is_priority(const char *text);

int args_priority(const char *text, uint32_t *priority, struct err *err);

/* Is it "[dst][:id]", where to log? */
bool args_is_log(const char *text);

int args_log(const char *text, struct config *c, struct err *err);

int args_time(const char *text, enum wire_time *time, struct err *err);

int args_track(const char *text, enum cache_track *track, struct err *err);

#endif
