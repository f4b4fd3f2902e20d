#ifndef QUERY_FILTER_H
#define QUERY_FILTER_H

#include <stddef.h>

#include "base/addr.h"
#include "base/buffer.h"
#include "base/err.h"
#include "flow/batch.h"

/*
 * The filter language (filter-language.md): text -> tokens -> tree -> a
 * program over columns that narrows a batch's selection.
 */

struct filter; /* opaque, immutable: threads share it */

/* What the language needs from outside.  Zero means "not available". */
struct filter_options {
	/*
	 * Addresses of a host name: store up to max of them and return their
	 * number, at least 1; or -1 with the reason.
	 */
	int (*resolve)(void *ctx, const char *name, struct addr *addrs,
	    size_t max, struct err *err);

	/*
	 * Append the file that "@include" names.  -1 with the reason; its
	 * code becomes that of the whole compilation.
	 */
	int (*load)(void *ctx, const char *name, struct buffer *text,
	    struct err *err);

	/*
	 * Two letters of the country that the address is in; code stays as
	 * it is if that is not known.  Called while the filter runs, by
	 * several threads at once, so it and ctx must outlive the filter.
	 */
	void (*country)(void *ctx, struct addr a, char code[2]);

	void *ctx; /* handed to the functions above */
};

/*
 * Compile text; "name" (a file name or "filter") stands in messages as
 * name:line:column.  An empty text matches everything; a text that holds
 * nothing but blanks and comments matches nothing, as it always did.  Host
 * names and included files are refused.  NULL with ERR_FILTER, ERR_NOMEM.
 */
struct filter *filter_compile(const char *text, const char *name,
    struct err *err);

/*
 * As above; *options itself is not needed afterwards.  A file that cannot be
 * included gives the error that its loading gave.
 */
struct filter *filter_compile_with(const char *text, const char *name,
    const struct filter_options *options, struct err *err);

/* NULL is allowed. */
void filter_free(struct filter *f);

/* Add the columns that the filter reads to *want. */
void filter_fields(const struct filter *f, struct fieldset *want);

/* True when every flow matches and gets no label: it need not be run. */
bool filter_is_always(const struct filter *f);

/*
 * True when the filter tests a flow's number ("count"): then b->first_row
 * must count from the first flow of all input.
 */
bool filter_counts_records(const struct filter *f);

/* True when the filter tests the file's identification: filter_run_ident(). */
bool filter_tests_ident(const struct filter *f);

/* What a thread needs to run the filter. */
struct filter_run;

/* *f must outlive it.  NULL with ERR_NOMEM, ERR_INTERNAL. */
struct filter_run *filter_run_new(const struct filter *f, struct err *err);

/* NULL is allowed. */
void filter_run_free(struct filter_run *r);

/*
 * Tell the identification of the file that the following batches come from;
 * it is copied.  "" until told.
 */
void filter_run_ident(struct filter_run *r, const char *ident);

/* Narrow b->sel to the rows that match; *b has the columns of filter_fields(). */
void filter_apply(struct filter_run *r, struct batch *b);

/*
 * Write the labels of the filter, "(...) %name", to the column FLD_LABEL of
 * the selected rows, which must match, if the batch has it.  A flow for which
 * no label holds keeps its own.
 */
void filter_label(struct filter_run *r, struct batch *b);

/*
 * Normal form of the filter as text, without labels, allocated; for -X and
 * tests.  It compiles to itself.  NULL when out of memory.
 */
char *filter_text(const struct filter *f);

/*
 * For those who help to write a filter: append the words of the language, or
 * those that may follow a word, each once and with a blank behind.  Those
 * that begin a test follow "".  Where a value follows these are its names.
 */
void filter_words(struct buffer *out);
void filter_words_after(const char *word, struct buffer *out);

#endif
