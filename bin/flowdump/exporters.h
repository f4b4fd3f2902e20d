#ifndef FLOWDUMP_EXPORTERS_H
#define FLOWDUMP_EXPORTERS_H

#include "base/buffer.h"
#include "base/err.h"
#include "flow/field.h"

/*
 * Exporter numbers when files are copied into one.  Every collector numbers
 * its exporters from 1, so the numbers of several files collide: each file's
 * numbers are mapped to numbers of the new file.
 */

struct exporters; /* opaque */

/* NULL with ERR_NOMEM. */
struct exporters *exporters_new(struct err *err);

/* NULL is allowed. */
void exporters_free(struct exporters *e);

/* Another source file begins: its numbers are not known yet. */
void exporters_next_file(struct exporters *e);

/* Other records begin: names are of the exporter that comes before them. */
void exporters_next_block(struct exporters *e);

/*
 * Take a record that is no flow; append it to *out with the new number,
 * unless the same record was written before.  Names come behind the record of
 * their exporter, which is written again where it has to.  Returns the records
 * appended, 0 to 2; -1 out of memory.
 */
int exporters_record(struct exporters *e, uint16_t type,
    const struct span *record, struct buffer *out, struct err *err);

/*
 * The number in the new file of an exporter that the source file has
 * described so far, or 0.
 */
uint16_t exporters_number(const struct exporters *e, uint16_t number);

/* Replace the numbers in flow records of "len" bytes. */
void exporters_map(const struct exporters *e, char *records, size_t len);

#endif
