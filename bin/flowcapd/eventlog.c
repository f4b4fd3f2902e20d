/*
 * Rate limit of log lines: a table of fixed size, no eviction inside the
 * quiet minute.
 */

#include "flowcapd/eventlog.h"

bool
eventlog_allow(struct eventlog *l, uint64_t key, uint64_t now_ms,
    uint64_t *left_out)
{
	struct eventlog_entry *e = &l->entries[key % EVENTLOG_SLOTS];
	bool is_quiet = e->used && now_ms >= e->logged_ms &&
	    now_ms - e->logged_ms < EVENTLOG_QUIET_MS;

	if (is_quiet) {
		e->left_out++;
		return false;
	}
	*left_out = e->used && e->key == key ? e->left_out : 0;
	e->used = true;
	e->key = key;
	e->logged_ms = now_ms;
	e->left_out = 0;
	return true;
}

bool
eventlog_spend(struct eventlog *l, uint64_t now_ms, uint64_t *left_out)
{
	*left_out = 0;
	if (now_ms < l->minute_ms ||
	    now_ms - l->minute_ms >= EVENTLOG_QUIET_MS) {
		*left_out = l->withheld;
		l->minute_ms = now_ms;
		l->spent = 0;
		l->withheld = 0;
	}
	if (l->spent == EVENTLOG_BUDGET) {
		l->withheld++;
		return false;
	}
	l->spent++;
	return true;
}
