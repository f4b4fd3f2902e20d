#ifndef FLOWDUMP_QUERY_H
#define FLOWDUMP_QUERY_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/err.h"
#include "common/options.h"
#include "common/selection.h"
#include "flowdump/naming.h"
#include "flowdump/progress.h"
#include "output/format.h"
#include "output/json.h"
#include "query/scan.h"

/*
 * One run of flowdump: what the command line asks for, and what every kind
 * of report needs: the list of files, the filter, the window.
 */

#define TOP_DEFAULT UINT64_MAX

struct config {
	const char *program; /* our name in messages */

	/* input */
	struct selection_options input;
	const char *follow; /* --follow */
	const char *configuration; /* -C; none but "none" is read */
	uint64_t limit; /* -c; 0 none */
	uint64_t top; /* -n; 0 all, TOP_DEFAULT when not given */
	uint32_t threads;

	/* rows that sum up */
	struct opt_list lists; /* -s */
	struct opt_list keys; /* -A */
	bool aggregate; /* -a */
	bool bidirectional; /* -b */
	bool guess; /* -B */
	const char *order; /* -O */
	bool by_start; /* -m */
	const char *row_filter; /* -P */
	const char *packet_limit; /* -l */
	const char *byte_limit; /* -L */
	const char *bucket; /* --by */
	bool spread; /* --spread */
	const char *distinct; /* --distinct */
	bool p95; /* --p95 */
	const char *memory; /* --mem */

	/* what to do */
	const char *mode; /* -o; NULL: what suits the report */
	const char *write; /* -w */
	const char *compression; /* --compress */
	bool lzo; /* -z */
	bool bz2; /* -j */
	bool lz4; /* -y */
	bool statistics; /* -I */
	struct opt_list exporters; /* -E; as -R */
	bool plot; /* -g */
	const char *extension_maps; /* -x */
	const char *ident; /* -i */
	bool index; /* --index */
	struct opt_list verify; /* -v; as -E */
	struct opt_list repair; /* --repair; the same */
	const char *recompress; /* -J */
	bool check_filter; /* -Z */
	bool show_filter; /* -X */
	bool explain; /* --explain */
	bool no_index; /* --no-index */
	const char *schema; /* --schema */
	const char *names; /* --list */
	bool version;
	bool help;

	/* how it looks */
	const char *compat; /* --compat */
	enum dialect dialect; /* what it comes to */
	bool quiet;
	bool plain_numbers;
	bool long_ipv6;
	bool tag_addresses; /* -T */
};

struct query {
	const struct config *config;
	struct selection selection; /* files, filter, window */
	struct naming *naming; /* NULL: no names are printed */
	struct scan_plan plan;
	struct scan_result result;
	struct timespec start;
	struct progress progress;
	bool has_rows; /* -o json: the array is not empty */
	bool has_bad_index; /* -I, -g: it has been told */
};

/* Nothing is selected yet; all that follows comes after. */
void query_begin(struct query *q, const struct config *config);
void query_fini(struct query *q);

/* Compile the filter and window, select the files. */
int query_init(struct query *q, char **words, int nwords, struct err *err);

/*
 * Only the filter, for -Z, -X and --explain; then only the window; then only
 * the list of files.
 */
int query_init_filter(struct query *q, char **words, int nwords,
    struct err *err);
int query_init_window(struct query *q, struct err *err);
int query_init_files(struct query *q, struct err *err);

/* Worker threads. */
unsigned query_threads(const struct config *config);

/* What the options say of how output looks. */
struct format_options query_format_options(struct query *q);

/*
 * Read the names that the format prints, if it does, from the files.  One that
 * cannot be read is named when its flows are.  ERR_NOMEM.
 */
int query_read_names(struct query *q, const struct format *f,
    struct err *err);

/* True when -o asks for JSON; for reports that have no format. */
bool query_json_layout(const struct query *q, enum json_layout *layout);

/* The reports.  0, or -1; files that failed are counted in q->result. */
int listing_run(struct query *q, struct err *err);
int follow_run(struct query *q, struct err *err);
int copy_run(struct query *q, struct err *err);
int report_run(struct query *q, struct err *err);
int statistics_run(struct query *q, struct err *err);
int exporters_run(struct query *q, struct err *err);
int plot_run(struct query *q, struct err *err);
int explain_run(struct query *q, struct err *err);

/* What is no query, and has no list of files. */
int extension_maps_run(const struct config *config, struct err *err);
int ident_run(const struct config *config, struct err *err);

/* --index; *failed counts what has none now. */
int index_run(const struct config *config, char **words, int nwords,
    uint64_t *failed, struct err *err);

/* True when the options ask for a report that sums up or sorts. */
bool report_is_wanted(const struct config *config);

/* Print a message about a file that could not be read; ctx is the query. */
void query_warn(void *ctx, const struct err *err);

/*
 * Open the i-th of the files; if that fails, NULL: it has been named and
 * counted.  Release with store_file_close().
 */
struct store_file *query_open(struct query *q, size_t i);

/*
 * What all flows of a file come to: what its statistics say, or else its
 * index.  False when it has neither: it has been named and counted.
 */
bool query_stats(
    struct query *q, struct store_file *f, struct record_stats *stats);

/* Print a line on standard error. */
void query_notice(const struct query *q, const char *text);

/* Write all of it to standard output. */
int query_write(const char *data, size_t len, struct err *err);

#endif
