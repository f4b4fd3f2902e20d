#ifndef COMMON_SELECTION_H
#define COMMON_SELECTION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "common/geo.h"
#include "common/options.h"
#include "common/resolve.h"
#include "query/filter.h"
#include "query/scan.h"
#include "store/paths.h"

/*
 * Which flows of which files a command line asks for: -r, -R, -M and -t, and
 * a filter by words or -f, which -D and -G help to understand.
 */

struct selection_options {
	const char *file; /* -r */
	struct opt_list ranges; /* -R */
	const char *dirs; /* -M */
	const char *filter_file; /* -f */
	const char *window; /* -t */
	const char *geo; /* -G */
	const char *name_server; /* -D */
	const char *tmpdir; /* see selection_tmpdir() */
};

struct selection {
	const struct selection_options *options;
	/* Told of what is missing while the rest is used. */
	void (*warn)(void *ctx, const struct err *err);
	void *ctx;

	/* May be set by the caller before they matter. */
	bool reads_stdin; /* without -r, -R and -M */
	bool has_filter_value; /* a missing file of -f is a wrong value */
	uint64_t window_slack_ms; /* a flow may end so long after -t */

	struct path_list files;
	uint64_t members_missing; /* of lists, beside others that are there */
	struct geo_db *geo; /* NULL: none */
	struct resolver *resolver; /* NULL: that of the system */
	struct filter *filter; /* NULL: none */
	uint64_t from_ms; /* of -t; without it everything is between them */
	uint64_t to_ms;
	char window_end; /* '+', '-': seconds from that end of the files; or 0 */
	uint32_t window_s;
};

/* Nothing is selected yet.  The options are kept by reference. */
void selection_init(struct selection *s,
    const struct selection_options *options,
    void (*warn)(void *ctx, const struct err *err), void *ctx);
void selection_fini(struct selection *s);

/*
 * Compile the filter: of the words, or else the file of -f.  ERR_FILTER,
 * ERR_SYSTEM for a file that cannot be read, ERR_NOMEM, and what
 * geo_db_open() and resolver_open() say.
 */
int selection_read_filter(struct selection *s, char **words, int nwords,
    struct err *err);

/*
 * Compile another filter, which may name hosts, files and countries as that
 * of the command line.  NULL: ERR_FILTER, or what filter_compile_with() said.
 */
struct filter *selection_filter(struct selection *s, const char *text,
    const char *name, struct err *err);

/*
 * Understand -t.  "+N" and "-N" are the first and last seconds of the flows,
 * placed by selection_find_files().  ERR_VALUE.
 */
int selection_read_window(struct selection *s, struct err *err);

/*
 * Find the files of -r, -R and -M; one that several lists have is read once.
 * Standard input is copied when it is no file.  ERR_USAGE without any of
 * them, else as paths_select(); for -t also what store_file_open() says of
 * the first or last one, ERR_MALFORMED when it has no statistics.
 */
int selection_find_files(struct selection *s, struct err *err);

/*
 * Append the files of a request, whose dirs, warn and ctx are set here: that
 * of -M, and members that are missing are told and counted.
 */
int selection_add_files(struct selection *s, struct path_request request,
    struct err *err);

/* Have a plan scan what is selected. */
void selection_plan(const struct selection *s, struct scan_plan *plan);

/* Where temporary files go. */
const char *selection_tmpdir(const struct selection_options *options);

/* Worker threads that make sense: cores that we may use. */
unsigned selection_threads(void);

#endif
