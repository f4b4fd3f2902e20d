#ifndef FLOWCAPD_SETUP_H
#define FLOWCAPD_SETUP_H

#include "base/err.h"
#include "flowcapd/args.h"
#include "flowcapd/keeper.h"
#include "flowcapd/repeat.h"
#include "flowcapd/settings.h"
#include "flowcapd/source.h"

/*
 * From the words of the command line to what they stand for.
 */

/*
 * The set of sources, without I/O on their directories, and the settings in
 * effect: what the command line says, else the configuration file, else the
 * defaults.
 */
struct sources *setup_sources(const struct config *o,
    struct settings *settings, struct err *err);

/* Log the rates that are others than before. */
void setup_log_rates(const struct settings *before,
    const struct settings *now);

/* Can sources or settings be read again? */
bool setup_is_reloadable(const struct config *o);

/* Log the source as one of those that are there from the start. */
void setup_log_source(const struct source *source);

/* What received datagrams are sent on by; before privileges are dropped. */
struct repeater *setup_repeater(const struct config *o, struct err *err);

/* In the process that lives on, before it has threads. */
int setup_keeper(const struct config *o, struct keeper *k, struct err *err);

#endif
