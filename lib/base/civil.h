#ifndef BASE_CIVIL_H
#define BASE_CIVIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * Civil time, mostly in the local zone (TZ).  Times are milliseconds since
 * 1970-01-01 UTC.  Nothing here reads a clock.  Any number of threads may
 * call this while none changes TZ.
 */

/* "YYYY-MM-DD HH:MM:SS.mmm" and the NUL. */
#define CIVIL_MS_LEN 23
#define CIVIL_SEC_LEN 19
#define CIVIL_TEXT_MAX 40

/*
 * Formatting many times: the zone's rules are asked once per quarter of an
 * hour met, and for every time in the few quarters in which the offset
 * changes.  One cache per thread; zero-initialise it.  A cache belongs to
 * the zone that TZ named at its first use.
 */
struct civil_cache {
	int64_t start_s; /* quarter of an hour that text is for */
	int64_t end_s; /* 0: nothing cached */
	char hour[16]; /* "YYYY-MM-DD HH:" */
	char zone[7]; /* "+HH:MM" */
	unsigned minute; /* of start_s, 0 to 45 */
	bool has_zone; /* tzset() was called */
};

/*
 * Write "YYYY-MM-DD HH:MM:SS" (19 characters), or with ".mmm" (23), NUL
 * terminated; returns the length.  Years above 9999 are written in full, so
 * buf holds CIVIL_TEXT_MAX.
 */
size_t civil_format_s(struct civil_cache *c, uint64_t ms, char *buf);
size_t civil_format_ms(struct civil_cache *c, uint64_t ms, char *buf);

/* As civil_format_ms(), in UTC. */
size_t civil_format_utc(uint64_t ms, char *buf);

/*
 * "YYYY-MM-DDTHH:MM:SS.mmm+HH:MM" (ISO 8601); of an offset with seconds, as
 * zones had long ago, those are left out.
 */
size_t civil_format_iso(struct civil_cache *c, uint64_t ms, char *buf);

/*
 * Time window "A" or "A-B" of query-cli.md section 4; each of
 * YYYY[/MM[/DD[.hh[:mm[:ss]]]]], local.  Without B, *to_ms is UINT64_MAX.
 * Of a time that the clock shows twice, A is the first and B the second.
 * ERR_VALUE names what is wrong.
 */
int civil_window_parse(const char *text, uint64_t *from_ms, uint64_t *to_ms,
    struct err *err);

#endif
