#ifndef FLOWCAPD_SOURCE_H
#define FLOWCAPD_SOURCE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"
#include "common/datadir.h"
#include "common/spool.h"
#include "flowcapd/counters.h"

/*
 * Sources: which data directory the flows of a sender go to (collector.md 5).
 * There is one for all senders, or one for each of some addresses, or one is
 * made for each sender that turns up.
 *
 * The set is shared by all receivers, which only look things up; whatever
 * costs I/O is for the writer to do.  A source is never freed before the set
 * is.
 */

#define SOURCE_IDENT_MAX 128 /* with the end of the string */

struct source {
	uint32_t number; /* from 0, in order of appearance */
	char ident[SOURCE_IDENT_MAX];
	char *path; /* data directory */
	char *senders; /* addresses and prefixes, as text */
	bool is_dynamic; /* the directory is made for it */
	atomic_uint exporters_wanted; /* how often (see blocks_want_exporters()) */
	/* The others are the writer's alone. */
	bool is_retired; /* no sender leads to it any more */
	bool has_failed; /* to begin, in this slot */
	struct datadir dir; /* locked while there is a spool */
	struct spool *spool; /* NULL: not begun */
	struct slot_counters ended; /* of the slot that is about to end */
	uint64_t lost; /* flows that came while there was no spool */
	struct spool_sums sums; /* of slots that have ended */
	/* For all to see, under the storer's lock. */
	struct spool_sums shown;
	int64_t shown_slot_s; /* start of the open slot */
};

struct sources;

struct sources *sources_new(struct err *err);

/*
 * NULL is allowed.  Directories are unlocked; the spools in them have been
 * closed by who opened them.
 */
void sources_free(struct sources *s);

/*
 * One source: its addresses and prefixes separated by ";", NULL for all
 * senders.  ERR_VALUE: what cannot be read, a sender that has a source
 * already, a directory that belongs to another ident.
 */
int sources_add(struct sources *s, const char *ident, const char *addresses,
    const char *path, struct err *err);

/* The argument of -n: IDENT,ADDRESS[/LEN][;...],DIR. */
int sources_add_line(struct sources *s, const char *text, struct err *err);

/* A file of such lines; empty ones and those that begin with # do not count. */
int sources_add_file(struct sources *s, const char *path, struct err *err);

/* A directory for each other sender below this one, at most that many. */
int sources_set_base(struct sources *s, const char *base, uint32_t limit,
    struct err *err);

/* Name of a sender in a base directory, which is its ident as well. */
void source_name(struct addr sender, char name[SOURCE_IDENT_MAX]);

/*
 * The source of a sender; with dynamic sources made when it is new.  NULL
 * when there is none, or when the limit of dynamic sources is reached.
 */
struct source *sources_find(struct sources *s, struct addr sender);

/* The same, but none is made. */
struct source *sources_look(struct sources *s, struct addr sender);

/* Another number after each sources_replace(): what was found may be wrong. */
uint32_t sources_generation(struct sources *s);

/*
 * Writer: take over the sources, addresses and limit of fresh, which is
 * released.  Those of *s that it has not are retired, unless they were made
 * for a sender.  -1 with ERR_NOMEM: *s is as it was.
 */
int sources_replace(struct sources *s, struct sources *fresh,
    struct err *err);

/* Sources so far, and one of them by number. */
uint32_t sources_count(struct sources *s);
struct source *sources_get(struct sources *s, uint32_t number);

/* The one that was named first when they were last read; there is one. */
struct source *sources_first(struct sources *s);

/* Count a datagram of a sender that has none; how many there were. */
uint64_t sources_ignore(struct sources *s);

#endif
