#ifndef FLOWCAPD_EXTENSIONS_H
#define FLOWCAPD_EXTENSIONS_H

#include <stdint.h>

#include "base/err.h"

/*
 * The list of -T (collector.md 8.2), kept for old command lines: it is
 * checked and its start lines are printed; all fields are stored anyway.
 */

/* Texts, in order of their lines. */
#define EXTENSION_LINES 35
extern const char *const extension_lines[EXTENSION_LINES];

/* Bit n set: line n is chosen.  ERR_USAGE. */
int extensions_parse(const char *text, uint64_t *chosen, struct err *err);

#endif
