#ifndef FLOWDUMP_QUERY_H
#define FLOWDUMP_QUERY_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/err.h"
#include "common/options.h"
#include "query/scan.h"

/*
 * One run of flowdump: what the command line asks for, and what every kind
 * of report needs: the list of files, the filter, the window.
 */

struct config {
	const char *program; /* our name in messages */

	/* input */
	const char *file; /* -r */
	struct opt_list ranges; /* -R */
	const char *dirs; /* -M */
	const char *filter_file; /* -f */
	const char *window; /* -t */
	uint64_t limit; /* -c; 0 none */
	uint64_t top; /* -n */
	uint32_t threads;

	/* what to do */
	const char *mode; /* -o */
	const char *write; /* -w */
	const char *compression; /* --compress */
	bool lzo; /* -z */
	bool bz2; /* -j */
	bool lz4; /* -y */
	bool statistics; /* -I */
	bool check_filter; /* -Z */
	bool show_filter; /* -X */
	bool version;
	bool help;

	/* how it looks */
	bool quiet;
	bool plain_numbers;
	bool long_ipv6;
};

struct query {
	const struct config *config;
	struct path_list files;
	struct filter *filter; /* NULL: none */
	struct scan_plan plan;
	struct scan_result result;
	struct timespec start;
};

/* Compile the filter and window, select the files. */
int query_init(struct query *q, const struct config *config, char **words,
    int nwords, struct err *err);
void query_fini(struct query *q);

/* Only the filter, for -Z and -X. */
int query_init_filter(struct query *q, const struct config *config,
    char **words, int nwords, struct err *err);

/* The reports.  0, or -1; files that failed are counted in q->result. */
int listing_run(struct query *q, struct err *err);
int copy_run(struct query *q, struct err *err);
int statistics_run(struct query *q, struct err *err);

/* Print a message about a file that could not be read; ctx is the query. */
void query_warn(void *ctx, const struct err *err);

/* Write all of it to standard output. */
int query_write(const char *data, size_t len, struct err *err);

#endif
