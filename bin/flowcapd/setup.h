#ifndef FLOWCAPD_SETUP_H
#define FLOWCAPD_SETUP_H

#include "base/err.h"
#include "flowcapd/args.h"
#include "flowcapd/keeper.h"
#include "flowcapd/repeat.h"
#include "flowcapd/source.h"

/*
 * From the words of the command line to what they stand for.
 */

/* The set of sources, without I/O on their directories. */
struct sources *setup_sources(const struct config *o, struct err *err);

/* Can the sources be read again? */
bool setup_is_reloadable(const struct config *o);

/* Log the source as one of those that are there from the start. */
void setup_log_source(const struct source *source);

/* What received datagrams are sent on by; before privileges are dropped. */
struct repeater *setup_repeater(const struct config *o, struct err *err);

/* In the process that lives on, before it has threads. */
int setup_keeper(const struct config *o, struct keeper *k, struct err *err);

#endif
