#ifndef QUERY_SKIP_H
#define QUERY_SKIP_H

#include <stdbool.h>
#include <stdint.h>

#include "query/filter_facts.h"
#include "store/index.h"

/*
 * Which spans of a flow file a query need not read: those where the index
 * knows that no flow has what all matching flows have.
 */

enum skip_reason {
	SKIP_NONE, /* some flow of the span may match */
	SKIP_NEVER, /* no flow of any file matches */
	SKIP_TIME,
	SKIP_FAMILY,
	SKIP_PROTO,
	SKIP_ADDR,
	SKIP_PORT,
	SKIP_REASONS
};

/* Is anything known that may exclude a span?  If not, no index is needed. */
bool skip_is_possible(const struct filter_facts *x);

/* The first of the facts that excludes all flows of the n-th span. */
enum skip_reason skip_span(const struct filter_facts *x,
    const struct store_index *index, uint32_t n);

/*
 * As store_file_load_index(); the message is fit to be told, and says what can
 * be done.
 */
int skip_load_index(struct store_file *f, struct err *err);

/*
 * Whether a file's own statistics say that no flow of it is in the window.
 * They need not be true, so only nfdump 1.6 goes by them.
 */
bool skip_file(const struct store_info *info, uint64_t from_ms, uint64_t to_ms);

#endif
