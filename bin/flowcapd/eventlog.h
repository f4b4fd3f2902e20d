#ifndef FLOWCAPD_EVENTLOG_H
#define FLOWCAPD_EVENTLOG_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Keeps the log small whatever arrives: a kind of event is logged at once
 * and then at most once a minute, with the number left out.
 */

#define EVENTLOG_SLOTS 256
#define EVENTLOG_QUIET_MS 60000
#define EVENTLOG_BUDGET 256

struct eventlog {
	struct eventlog_entry {
		uint64_t key;
		uint64_t logged_ms;
		uint64_t left_out;
		bool used;
	} entries[EVENTLOG_SLOTS];
	uint64_t minute_ms; /* of the budget: when it began */
	uint32_t spent;
	uint64_t withheld;
};

/*
 * May an event with this key (a hash of source and kind) be logged now?
 * Then *left_out is how many of its kind were not since the last time.
 * Keys that share an entry share its minute, so at most EVENTLOG_SLOTS
 * lines a minute come out.
 */
bool eventlog_allow(struct eventlog *l, uint64_t key, uint64_t now_ms,
    uint64_t *left_out);

/*
 * May a line be logged that is about something else each time, as the first
 * one of an exporter is?  EVENTLOG_BUDGET of them come out in a minute.
 * *left_out is how many did not in minutes before, once.
 */
bool eventlog_spend(struct eventlog *l, uint64_t now_ms, uint64_t *left_out);

#endif
