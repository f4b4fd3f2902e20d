#ifndef TWIN_RULE_H
#define TWIN_RULE_H

#include <stdbool.h>

#include "dice.h"
#include "twin/input.h"

/*
 * A random filter: its text for the library, and an evaluator of our own over
 * struct flow (filter-language.md sections 3 to 5), which takes nothing from
 * lib/query.
 */

#define RULE_TEXT_MAX 4096

struct rule;

/*
 * Values are mostly those of the flows, so that something matches.  NULL: no
 * filter, every flow.
 */
struct rule *rule_make(struct dice *d, const struct input *in);

/* NULL is allowed. */
void rule_free(struct rule *r);

/* Write it out to text of RULE_TEXT_MAX bytes. */
void rule_text(const struct rule *r, char *text);

/* Does the flow with this number match?  NULL: yes. */
bool rule_matches(const struct rule *r, const struct input *in, unsigned flow);

#endif
