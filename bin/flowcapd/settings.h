#ifndef FLOWCAPD_SETTINGS_H
#define FLOWCAPD_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * What can be set by name: in a configuration file (collector.md 8.7), after
 * -x, and by options of the same meaning.  Each place has settings of its own;
 * what is not given in one comes from the next.
 */

struct settings {
	unsigned given; /* a bit for each row of the table */
	uint32_t max_sources; /* that -M makes */
	uint32_t sampling; /* rate where none is announced */
	uint32_t forced_sampling; /* whatever is announced; 0 none */
	bool tunnels; /* sFlow: inner packets are the flows */
};

#define SETTINGS_DEFAULT \
	{ .given = ~0U, .max_sources = 1000, .sampling = 1 }

struct setting; /* a row */

/* The setting of this name, which has len characters; NULL: there is none. */
const struct setting *settings_find(const char *name, size_t len);

/* Or is it just accepted, as its value has no meaning here? */
bool setting_has_effect(const struct setting *row);

/* ERR_VALUE: this cannot be its value. */
int settings_set(struct settings *s, const struct setting *row,
    const char *text, struct err *err);

/* Add what *s does not have and other has. */
void settings_add(struct settings *s, const struct settings *other);

#endif
