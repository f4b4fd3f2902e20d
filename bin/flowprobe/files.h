#ifndef FLOWPROBE_FILES_H
#define FLOWPROBE_FILES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "flow/flow.h"
#include "store/codec.h"

/*
 * Flow files of a directory, one for each interval, as collectors write
 * them.  Disks that fail cost flows, which are counted, and stop nothing.
 */

struct files_options {
	const char *dir;
	const char *ident;
	const struct codec *codec;
	uint32_t interval_s;
	unsigned layout;
	uint32_t sampling; /* counters of flows are multiplied by this */
	bool is_replay; /* intervals without flows have no file */
};

struct files_counters {
	uint64_t files;
	uint64_t flows; /* that are in files, complete or not */
	uint64_t lost;
	uint64_t astray; /* files that did not get their names */
};

struct files; /* opaque */

/*
 * Lock the directory and complete what a killed process left there.  o->dir
 * and o->ident are kept by reference.
 */
struct files *files_open(const struct files_options *o, struct err *err);

/*
 * A flow that ended at now_ms.  When that goes back by more than an interval
 * the file ends, too.
 */
void files_put(struct files *f, const struct flow *flow, uint64_t now_ms);

/* Time goes on without flows: files end, blocks are written. */
void files_set_clock(struct files *f, uint64_t now_ms);

/* Complete the last file. */
void files_end(struct files *f);

void files_counters(const struct files *f, struct files_counters *n);

/* NULL is allowed.  What was not completed is lost. */
void files_close(struct files *f);

#endif
