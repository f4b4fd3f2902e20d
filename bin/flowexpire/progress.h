#ifndef FLOWEXPIRE_PROGRESS_H
#define FLOWEXPIRE_PROGRESS_H

#include <stdint.h>

#include "common/progress_line.h"

/* A bar on the terminal that tells how far a long expiry is. */
struct progress {
	struct progress_line line;
	uint64_t planned; /* files to look at, at most */
	uint64_t looked;
	uint64_t bytes; /* that are free now */
};

/* A file is being looked at. */
void progress_step(struct progress *p);

#define PROGRESS_TEXT_MAX 160

/* The bar, without what moves the cursor. */
void progress_text(const struct progress *p, char text[PROGRESS_TEXT_MAX]);

#endif
