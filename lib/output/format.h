#ifndef OUTPUT_FORMAT_H
#define OUTPUT_FORMAT_H

#include <stdbool.h>

#include "base/addr.h"
#include "base/buffer.h"
#include "base/err.h"
#include "flow/batch.h"
#include "output/dialect.h"
#include "output/json.h"

/*
 * Output formats (query-cli.md sections 10 to 15): a mode name or fmt: text
 * is compiled to an array of column printers, which write rows of a batch
 * into a buffer.
 */

/* What exporters name. */
enum format_name { FORMAT_NAME_INTERFACE, FORMAT_NAME_VRF, FORMAT_NAME_APP };

#define FORMAT_NAME_MAX 250 /* of a name that is printed; the rest is cut */

struct format_options {
	enum dialect dialect;

	/*
	 * The name that an exporter told, or NULL; id is a number of 32 bits
	 * in host order, or the bytes of an application's.  The exporter is
	 * zero when it is not known.  The text stays while the format does.
	 * NULL: none is known.  Threads share it.
	 */
	const char *(*name)(void *ctx, struct addr exporter,
	    enum format_name kind, struct span id);
	void *name_ctx;

	/*
	 * Two letters of the country of an address; code, which is "..",
	 * stays as it is if that is not known.  NULL: none is.  Threads
	 * share it.
	 */
	void (*country)(void *ctx, struct addr a, char code[2]);
	void *ctx;

	bool long_ipv6; /* -6 */
	bool plain_numbers; /* -N */
	bool tags_addresses; /* -T: a byte 1 before padded ones */
	bool exact_flows; /* rows of 0 flows are none, not records of 1 */
	bool is_report; /* rows are those of a report, not of records */

	/*
	 * json, ndjson: sums and keys, which rows have whatever their
	 * extensions say.  By keys alone they have nothing else.
	 */
	struct fieldset found;
	struct fieldset countries; /* addresses that stand for theirs */
	bool is_keyed;
};

struct format; /* opaque, immutable: threads share it */

/*
 * "line", "long", "extended", "csv", "csv-fast", "pipe", "raw", "null", "json",
 * "ndjson", "json-log" for the same (each also with a 6 behind), "csv:TEXT",
 * "fmt:TEXT", "%...".  Not case sensitive.  NULL with ERR_VALUE, ERR_NOMEM.
 */
struct format *format_compile(const char *mode,
    const struct format_options *options, struct err *err);

/* Append the names of modes, each with a blank behind. */
void format_mode_names(struct buffer *out);

/* And those of tokens, without %: of fmt:, and of csv: */
void format_token_names(struct buffer *out);
void format_csv_token_names(struct buffer *out);

/* NULL is allowed. */
void format_free(struct format *f);

/* Add the columns that the format reads to *want. */
void format_fields(const struct format *f, struct fieldset *want);

/* What stands around the rows. */
enum format_kind {
	FORMAT_TEXT, /* a heading, and the trailer in words */
	FORMAT_CSV, /* a heading, and the totals as csv */
	FORMAT_CSV_ROWS, /* a heading */
	FORMAT_PIPE, /* nothing */
	/*
	 * "[" and "]".  Every row begins with FORMAT_JSON_COMMA, which does
	 * not belong to the first one, and none ends with a newline.
	 */
	FORMAT_JSON,
	FORMAT_NDJSON /* nothing; format_number_rows() numbers the rows */
};

#define FORMAT_JSON_COMMA ",\n"

/* Is the mode one of JSON, and which?  For what is printed without a format. */
bool format_json_layout(const char *mode, enum json_layout *layout);

enum format_kind format_kind(const struct format *f);

/* JSON in either way: no lines of text belong between the rows. */
bool format_is_json(const struct format *f);

/* True for -6, or when the mode has a 6 behind its name. */
bool format_is_long(const struct format *f);

/* False when nothing is printed for rows: null. */
bool format_has_rows(const struct format *f);

/* True when it prints the record's number (%cnt): rows carry b->first_row. */
bool format_counts_records(const struct format *f);

/* True when it prints names. */
bool format_prints_names(const struct format *f);

/* The heading line(s), with newline; nothing where a mode has none. */
void format_heading(const struct format *f, struct buffer *out);

/* What a thread needs to print. */
struct format_run;

/* *f must outlive it.  NULL with ERR_NOMEM, or ERR_INTERNAL from OpenSSL. */
struct format_run *format_run_new(const struct format *f, struct err *err);

/* NULL is allowed. */
void format_run_free(struct format_run *r);

/*
 * Append at most limit of the selected rows of *b, which has the columns of
 * format_fields().
 */
void format_rows(struct format_run *r, const struct batch *b, uint32_t limit,
    struct buffer *out);

/*
 * Append rows of FORMAT_NDJSON with their numbers, from *count + 1 on: that
 * member is left to whom has the rows in their order.
 */
void format_number_rows(const struct buffer *rows, uint64_t *count,
    struct buffer *out);

#endif
