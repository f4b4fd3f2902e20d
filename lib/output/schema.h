#ifndef OUTPUT_SCHEMA_H
#define OUTPUT_SCHEMA_H

#include "base/buffer.h"
#include "base/err.h"

/*
 * What a mode of JSON may print: a line "report<TAB>key<TAB>type" for each
 * key of each report, in their order; of the objects in an array the key is
 * "array[].key".  The mode is "json" or "ndjson", else ERR_VALUE.
 */
int schema_text(const char *mode, struct buffer *out, struct err *err);

/* Append these modes, each with a blank behind. */
void schema_modes(struct buffer *out);

#endif
