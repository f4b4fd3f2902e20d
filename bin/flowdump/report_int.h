#ifndef FLOWDUMP_REPORT_INT_H
#define FLOWDUMP_REPORT_INT_H

#include "flowdump/query.h"
#include "output/format.h"
#include "query/group.h"
#include "query/report.h"

/* What the files of the report share: what is asked for, and the result. */

/* Most -s of a run, as in nfdump 1.6. */
#define REPORT_LISTS_MAX 16

/* All of them, and that of rows. */
#define REPORT_SECTIONS_MAX (REPORT_LISTS_MAX + 1)

/* One group of rows, and the orders in which they are listed. */
struct section {
	struct group_spec spec;
	struct report_statistic what; /* element NULL: rows by the format */
	struct group *group;
};

/* -l or -L; sign is 0 when it is not given. */
struct report_limit {
	char sign; /* '>' or '<' */
	uint64_t number;
};

struct report {
	struct query *query;
	struct section sections[REPORT_SECTIONS_MAX];
	unsigned count;
	uint64_t top; /* 0 all */
	struct report_limit packet_limit, byte_limit;
	struct group_limits limits; /* what they come to */
	bool has_top_line; /* -s record: "Top N flows ..." */
	bool has_elements; /* some section is an element statistic */
	bool keeps_flags; /* rows have the flags of their flows */
	struct buffer mode; /* of the rows, with a zero behind */
	struct format *format;
	struct filter *row_filter; /* -P, or NULL */
};

/* From the options to sections and mode; notices go to standard error. */
int report_plan(struct report *r, struct err *err);

/* The fields of a section's keys. */
void report_key_fields(const struct section *s, struct fieldset *set);

/*
 * Rows of a section in one of its orders, the first -n that -P lets through.
 * The batch has the columns of report_rows_fields(), too.
 */
struct report_rows;

/* ERR_FILTER when -P tests what the rows do not have; see its message. */
int report_rows_check(const struct report *r, const struct section *s,
    struct err *err);
void report_rows_fields(const struct report *r, struct fieldset *want);

/* NULL with what group_cursor_new() or filter_run_new() said. */
struct report_rows *report_rows_new(const struct report *r,
    const struct section *s, unsigned order, struct err *err);

/* NULL is allowed. */
void report_rows_free(struct report_rows *rows);

/* As group_cursor_next(), but not all rows may be selected. */
int report_rows_next(struct report_rows *rows, struct batch *b,
    struct err *err);

/* Print the lines of -l and -L. */
int report_print_limits(const struct report *r, struct err *err);

/* Print the lists of a section. */
int report_print(struct report *r, struct section *s, struct err *err);

/* -w: the rows of a section to a flow file. */
int report_write(struct report *r, struct section *s, struct err *err);

#endif
