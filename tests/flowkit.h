/*
 * For tests: members of a flow by their names in machine output.
 */
#ifndef TESTS_FLOWKIT_H
#define TESTS_FLOWKIT_H

#include <stdbool.h>

#include "flow/field.h"
#include "flow/flow.h"

/*
 * Does the flow hold what the text says: pairs of name and value with blanks
 * between, "in_bytes 5 src_addr 10.0.0.1 app_id 0d00004d"?  Numbers are
 * decimal or begin with 0x, bytes are hex, none of them "-".  Notes the first
 * that differs.
 */
bool flow_has(const struct flow *f, const char *want);

/* Is the member zero, or empty? */
bool flow_is_zero(const struct flow *f, enum field_id id);

/* Are two values of a field the same, where spans point to different bytes? */
bool flow_same_value(const struct field *fl, const uint8_t *a,
    const uint8_t *b);

#endif
