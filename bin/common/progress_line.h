#ifndef COMMON_PROGRESS_LINE_H
#define COMMON_PROGRESS_LINE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A line on the terminal that tells how far a long work is.  It appears after
 * a second, is renewed five times a second at most, and is to be wiped away
 * before anything else is printed, and at the end.
 */

struct progress_line {
	bool is_on; /* standard error is a terminal */
	bool is_shown;
	uint64_t start_ms;
	uint64_t next_ms; /* when to show it again */
};

void progress_line_start(struct progress_line *l);

/* Is it time for a new text?  Then so much has passed since the start. */
bool progress_line_is_due(struct progress_line *l, uint64_t *elapsed_ms);

/* The text has nothing that moves the cursor. */
void progress_line_show(struct progress_line *l, const char *text);

void progress_line_wipe(struct progress_line *l);

#endif
