#ifndef FLOWDUMP_RESULT_H
#define FLOWDUMP_RESULT_H

#include "flowdump/query.h"
#include "output/format.h"

/* What stands before and behind the rows of every report. */

/* ERR_USAGE for a token that shows what no option asks for. */
int result_check_format(const struct query *q, const struct format *f,
    struct err *err);

/* The heading of a format; nothing with -q. */
int result_heading(const struct query *q, const struct format *f,
    struct err *err);

/*
 * As result_flush(), of rows in the way of the format: those of JSON are one
 * array, whatever list they belong to.  *count is the number of rows before
 * of the list, where the rows are flows.
 */
int result_rows(struct query *q, enum format_kind kind, struct buffer *text,
    uint64_t *count, struct err *err);

/*
 * The totals of the run, in the way of the format; nothing with -q.  Of JSON
 * the array's end.
 */
int result_summary(const struct query *q, enum format_kind kind,
    struct err *err);

/* Write what is in the buffer and empty it; -1 also when it failed to grow. */
int result_flush(struct buffer *text, struct err *err);

/* True when there were files, and none could be read. */
bool result_is_unread(const struct query *q);

/*
 * True when nothing is to be printed: there were files, and none could be
 * read, or 1.6 did not have to read any.
 */
bool result_is_missing(const struct query *q);

#endif
