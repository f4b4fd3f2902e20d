/*
 * Civil time: formatting with a cache, time windows.
 */

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/civil.h"

#define QUARTER_S 900
#define DAY_S 86400

static void
put2(char *p, unsigned v)
{
	p[0] = (char)('0' + v / 10 % 10);
	p[1] = (char)('0' + v % 10);
}

static size_t
put_slow(const struct tm *tm, unsigned ms, bool with_ms, char *buf)
{
	int n = snprintf(buf, CIVIL_TEXT_MAX,
	    "%lld-%02d-%02d %02d:%02d:%02d", (long long)tm->tm_year + 1900,
	    tm->tm_mon + 1, tm->tm_mday, tm->tm_hour, tm->tm_min, tm->tm_sec);

	if (with_ms)
		n += snprintf(buf + n, CIVIL_TEXT_MAX - (size_t)n, ".%03u", ms);
	return (size_t)n;
}

/* "+HH:MM" and a NUL. */
static void
put_zone(char *p, long offset_s)
{
	unsigned minutes = (unsigned)(offset_s < 0 ? -offset_s : offset_s) / 60;

	p[0] = offset_s < 0 ? '-' : '+';
	put2(p + 1, minutes / 60);
	p[3] = ':';
	put2(p + 4, minutes % 60);
	p[6] = '\0';
}

/* Slow path, for what cache_fill() refuses; *c gets the zone alone. */
static size_t
format_slow(struct civil_cache *c, int64_t seconds, unsigned ms, bool with_ms,
    char *buf)
{
	time_t t = (time_t)seconds;
	struct tm tm;

	if (localtime_r(&t, &tm) == NULL)
		memset(&tm, 0, sizeof(tm));
	put_zone(c->zone, tm.tm_gmtoff);
	return put_slow(&tm, ms, with_ms, buf);
}

/*
 * Does the clock run evenly from the first to the last second of a quarter,
 * and begin it with a whole minute?  Some zones change at one minute past
 * midnight, or were behind by a number of seconds, and there are zones with
 * leap seconds.
 */
static bool
is_even(const struct tm *first, const struct tm *last)
{
	return first->tm_gmtoff == last->tm_gmtoff &&
	    last->tm_min == first->tm_min + 14;
}

/* Make the cache hold the quarter of an hour around seconds, or refuse. */
static bool
cache_fill(struct civil_cache *c, int64_t seconds)
{
	time_t t = (time_t)(seconds - seconds % QUARTER_S);
	time_t end = t + QUARTER_S - 1;
	struct tm tm, last;

	c->end_s = 0;
	if (!c->has_zone) {
		tzset(); /* localtime_r() need not */
		c->has_zone = true;
	}
	if (localtime_r(&t, &tm) == NULL || localtime_r(&end, &last) == NULL ||
	    !is_even(&tm, &last) || tm.tm_year + 1900 > 9999)
		return false;
	c->start_s = t;
	c->end_s = t + QUARTER_S;
	snprintf(c->hour, sizeof(c->hour), "%04u-%02u-%02u %02u:",
	    (unsigned)(tm.tm_year + 1900) % 10000,
	    (unsigned)(tm.tm_mon + 1) % 100, (unsigned)tm.tm_mday % 100,
	    (unsigned)tm.tm_hour % 100);
	c->minute = (unsigned)tm.tm_min;
	put_zone(c->zone, tm.tm_gmtoff);
	return true;
}

static size_t
format(struct civil_cache *c, uint64_t ms, bool with_ms, char *buf)
{
	int64_t seconds = (int64_t)(ms / 1000);
	unsigned frac = (unsigned)(ms % 1000), within;

	if ((seconds < c->start_s || seconds >= c->end_s) &&
	    !cache_fill(c, seconds))
		return format_slow(c, seconds, frac, with_ms, buf);
	within = (unsigned)(seconds - c->start_s);
	memcpy(buf, c->hour, 14);
	put2(buf + 14, c->minute + within / 60);
	buf[16] = ':';
	put2(buf + 17, within % 60);
	if (!with_ms) {
		buf[CIVIL_SEC_LEN] = '\0';
		return CIVIL_SEC_LEN;
	}
	buf[19] = '.';
	buf[20] = (char)('0' + frac / 100);
	put2(buf + 21, frac % 100);
	buf[CIVIL_MS_LEN] = '\0';
	return CIVIL_MS_LEN;
}

size_t
civil_format_s(struct civil_cache *c, uint64_t ms, char *buf)
{
	return format(c, ms, false, buf);
}

size_t
civil_format_ms(struct civil_cache *c, uint64_t ms, char *buf)
{
	return format(c, ms, true, buf);
}

size_t
civil_format_utc(uint64_t ms, char *buf)
{
	time_t t = (time_t)(ms / 1000);
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL)
		memset(&tm, 0, sizeof(tm));
	return put_slow(&tm, (unsigned)(ms % 1000), true, buf);
}

size_t
civil_format_iso(struct civil_cache *c, uint64_t ms, char *buf)
{
	size_t len = format(c, ms, true, buf);

	*strchr(buf, ' ') = 'T';
	memcpy(buf + len, c->zone, sizeof(c->zone));
	return len + 6;
}

/* One part of a point in time: separator before it, digits, range. */
struct part {
	const char *what;
	char before;
	int digits;
	int min;
	int max;
};

static const struct part parts[] = {
	{ "year", '\0', 4, 1970, 2038 },
	{ "month", '/', 2, 1, 12 },
	{ "day", '/', 2, 1, 31 },
	{ "hour", '.', 2, 0, 23 },
	{ "minute", ':', 2, 0, 59 },
	{ "second", ':', 2, 0, 59 },
};

#define PARTS (sizeof(parts) / sizeof(parts[0]))

/* Digits of one part; advances *text. */
static int
parse_part(const char **text, const struct part *part, int *value,
    struct err *err)
{
	const char *p = *text;
	int v = 0;

	for (int i = 0; i < part->digits; i++, p++) {
		if (*p < '0' || *p > '9')
			return err_set(err, ERR_VALUE,
			    "%s needs %d digits at '%s'", part->what,
			    part->digits, *text);
		v = v * 10 + (*p - '0');
	}
	if (v < part->min || v > part->max)
		return err_set(err, ERR_VALUE, "%s out of range: '%.*s'",
		    part->what, part->digits, *text);
	*value = v;
	*text = p;
	return 0;
}

/*
 * When clocks are put back they show some times twice, and mktime() takes
 * either, by what it was asked before.  Take the one with the offset of the
 * day before or after.
 */
static time_t
settle(time_t t, long offset, int days)
{
	time_t there = t + days * DAY_S, other;
	struct tm tm;

	if (localtime_r(&there, &tm) == NULL)
		return t;
	other = t + offset - tm.tm_gmtoff;
	offset = tm.tm_gmtoff;
	if (localtime_r(&other, &tm) == NULL || tm.tm_gmtoff != offset)
		return t;
	return other;
}

static int
parse_point(const char **text, int days, uint64_t *ms, struct err *err)
{
	int v[PARTS] = { 1970, 1, 1, 0, 0, 0 };
	struct tm tm;
	time_t t;

	for (size_t i = 0; i < PARTS; i++) {
		if (i > 0) {
			if (**text != parts[i].before)
				break;
			(*text)++;
		}
		if (parse_part(text, &parts[i], &v[i], err) == -1)
			return -1;
	}
	memset(&tm, 0, sizeof(tm));
	tm.tm_year = v[0] - 1900;
	tm.tm_mon = v[1] - 1;
	tm.tm_mday = v[2];
	tm.tm_hour = v[3];
	tm.tm_min = v[4];
	tm.tm_sec = v[5];
	tm.tm_isdst = -1;
	tm.tm_wday = -1; /* stays so if mktime() fails; -1 is a time, too */
	t = mktime(&tm);
	if (tm.tm_wday == -1)
		return err_set(err, ERR_VALUE, "year %d is too far", v[0]);
	t = settle(t, tm.tm_gmtoff, days);
	*ms = t < 0 ? 0 : (uint64_t)t * 1000; /* 1970 east of Greenwich */
	return 0;
}

int
civil_window_parse(const char *text, uint64_t *from_ms, uint64_t *to_ms,
    struct err *err)
{
	const char *p = text;

	*to_ms = UINT64_MAX;
	if (parse_point(&p, -1, from_ms, err) == -1)
		return err_context(err, "time window '%s'", text);
	if (*p == '-') {
		p++;
		if (parse_point(&p, 1, to_ms, err) == -1)
			return err_context(err, "time window '%s'", text);
	}
	if (*p != '\0')
		return err_set(err, ERR_VALUE,
		    "time window '%s': unexpected '%s'", text, p);
	return 0;
}
