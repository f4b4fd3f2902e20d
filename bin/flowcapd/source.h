#ifndef FLOWCAPD_SOURCE_H
#define FLOWCAPD_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"
#include "flowcapd/datadir.h"

/*
 * Sources: which data directory the flows of a sender go to (collector.md 5).
 * There is one for all senders, or one for each of some addresses, or one is
 * made for each sender that turns up.
 *
 * The set is shared by all receivers, which only look things up; a new source
 * is made under a lock.  A source is never freed before the set is.
 */

#define SOURCE_IDENT_MAX 128 /* with the end of the string */

struct source {
	uint32_t number; /* from 0, in order of appearance */
	char ident[SOURCE_IDENT_MAX];
	char *path; /* data directory, absolute once we are a daemon */
	bool is_retired; /* no sender leads to it any more */
	struct datadir dir; /* writer only */
	struct spool *spool; /* writer only; NULL: not begun */
};

struct sources;

/* A line of -n, -N or a configuration file: IDENT,ADDRESS[/LEN][;...],DIR. */
int sources_add_line(struct sources *s, const char *text, struct err *err);

/* All senders in one directory. */
int sources_add_any(struct sources *s, const char *ident, const char *path,
    struct err *err);

/* A directory for each sender below this one, at most that many. */
int sources_set_base(struct sources *s, const char *base, uint32_t limit,
    struct err *err);

struct sources *sources_new(struct err *err);

/* NULL is allowed. */
void sources_free(struct sources *s);

/*
 * The source of a sender; with dynamic sources made when it is new.  NULL
 * when there is none, or when the limit of dynamic sources is reached.
 */
struct source *sources_find(struct sources *s, struct addr sender);

/* Sources so far, and one of them by number. */
uint32_t sources_count(const struct sources *s);
struct source *sources_get(const struct sources *s, uint32_t number);

#endif
