#ifndef FLOWDUMP_PROGRESS_H
#define FLOWDUMP_PROGRESS_H

#include <stdint.h>

#include "common/progress_line.h"
#include "query/scan.h"

/*
 * A line on the terminal that tells how far a long scan is.
 */

struct progress {
	const struct path_list *files;
	uint64_t stored; /* bytes of all files; 0 not known yet */
	struct progress_line line;
};

/* Have the scan report here, if standard error is a terminal. */
void progress_start(struct progress *p, struct scan_plan *plan);

/* Wipe the line away. */
void progress_end(struct progress *p);

#define PROGRESS_TEXT_MAX 128

/* The line, without what moves the cursor. */
void progress_text(const struct progress *p, const struct scan_progress *now,
    uint64_t elapsed_ms, char text[PROGRESS_TEXT_MAX]);

#endif
