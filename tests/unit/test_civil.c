/*
 * Civil time: text against localtime_r() and strftime() in zones with odd
 * rules, from one thread and from several; time windows.
 */
#include "base/civil.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "dice.h"
#include "tap.h"

#define YEAR_S (INT64_C(31556952))
#define DAY_S 86400

/* Zones of the data base, and rules that need none. */
static const char *const zones[] = {
	"UTC",
	"Europe/Berlin",
	"Asia/Kathmandu",
	"Australia/Lord_Howe", /* half an hour of summer time */
	"America/St_Johns", /* changed at one minute past midnight */
	"Africa/Monrovia", /* 44.5 minutes behind until 1972 */
	"Asia/Gaza",
	"Pacific/Apia", /* left out a day */
	"right/UTC", /* counts leap seconds */
	"EST5EDT,M3.2.0,M11.1.0",
	"ODD3:30ODS2:30,M4.1.0/0:01,M10.5.0/0:01",
	"ODD-0:07:30",
	"ODD5:20ODS5:19:59,M4.1.0/1:02:03,M10.5.0/4:05:06",
};

#define ZONES (sizeof(zones) / sizeof(zones[0]))

static int
set_zone(const char *zone)
{
	char path[128];

	snprintf(path, sizeof(path), "/usr/share/zoneinfo/%s", zone);
	if (strpbrk(zone, "0123456789") == NULL && access(path, R_OK) == -1)
		return 0;
	setenv("TZ", zone, 1);
	tzset();
	return 1;
}

static void
twin(uint64_t ms, char *buf, size_t size)
{
	time_t t = (time_t)(ms / 1000);
	struct tm tm;
	size_t len;

	localtime_r(&t, &tm);
	len = strftime(buf, size, "%Y-%m-%d %H:%M:%S", &tm);
	snprintf(buf + len, size - len, ".%03u", (unsigned)(ms % 1000));
}

/* The form of ISO 8601 of a time whose other form is *plain. */
static int
iso_agrees(struct civil_cache *c, uint64_t ms, const char *plain)
{
	char got[CIVIL_TEXT_MAX], want[96];
	time_t t = (time_t)(ms / 1000);
	struct tm tm;
	long minutes;
	size_t len;

	localtime_r(&t, &tm);
	minutes = labs(tm.tm_gmtoff) / 60;
	snprintf(want, sizeof(want), "%s%c%02ld:%02ld", plain,
	    tm.tm_gmtoff < 0 ? '-' : '+', minutes / 60, minutes % 60);
	*strchr(want, ' ') = 'T';
	len = civil_format_iso(c, ms, got);
	if (strcmp(got, want) == 0 && len == strlen(want))
		return 1;
	note("%ju: got %s, want %s", (uintmax_t)ms, got, want);
	return 0;
}

/* All forms of one time; 0 and a note if something is wrong. */
static int
agrees(struct civil_cache *c, uint64_t ms)
{
	char got[CIVIL_TEXT_MAX], want[64];
	size_t len;

	twin(ms, want, sizeof(want));
	len = civil_format_ms(c, ms, got);
	if (strcmp(got, want) != 0 || len != strlen(want)) {
		note("%ju: got %s, want %s", (uintmax_t)ms, got, want);
		return 0;
	}
	if (!iso_agrees(c, ms, want))
		return 0;
	want[len - 4] = '\0';
	len = civil_format_s(c, ms, got);
	if (strcmp(got, want) != 0 || len != strlen(want)) {
		note("%ju: got %s, want %s", (uintmax_t)ms, got, want);
		return 0;
	}
	return 1;
}

static int
walk_agrees(struct civil_cache *c, struct dice *d)
{
	uint64_t ms = dice_below(d, (uint64_t)(130 * YEAR_S)) * 1000;
	int good = 1;

	for (int i = 0; good && i < 50; i++) {
		good = agrees(c, ms);
		ms += dice_below(d, 300000);
		ms -= ms < 100000 ? 0 : dice_below(d, 100000);
	}
	return good;
}

static void
test_random(const char *zone, struct dice *d)
{
	struct civil_cache c = { 0 };
	int good = 1;

	for (int i = 0; good && i < 20000; i++)
		good =
		    agrees(&c, dice_below(d, (uint64_t)(130 * YEAR_S) * 1000));
	ok(good, "%s: random times", zone);
	for (int i = 0; good && i < 500; i++)
		good = walk_agrees(&c, d);
	ok(good, "%s: times that lie together", zone);
	for (int i = 0; good && i < 2000; i++)
		good = agrees(&c, dice_any(d));
	ok(good, "%s: any number of milliseconds", zone);
}

static long
offset_at(int64_t s)
{
	time_t t = (time_t)s;
	struct tm tm;

	localtime_r(&t, &tm);
	return tm.tm_gmtoff;
}

/* First second with another offset than at from, which ends before to. */
static int64_t
find_change(int64_t from, int64_t to)
{
	long before = offset_at(from);

	while (to - from > 1) {
		int64_t mid = from + (to - from) / 2;

		if (offset_at(mid) == before)
			from = mid;
		else
			to = mid;
	}
	return to;
}

static int
change_agrees(struct civil_cache *c, int64_t change)
{
	int good = 1;

	for (int64_t s = change - 1000; good && s < change + 1000; s += 7)
		good = s < 0 || agrees(c, (uint64_t)s * 1000 + 999);
	for (int64_t s = change - 3; good && s < change + 3; s++)
		good = s < 0 || agrees(c, (uint64_t)s * 1000);
	return good;
}

/* Around every change of the offset from 1970 to 2040. */
static void
test_changes(const char *zone, unsigned want)
{
	struct civil_cache c = { 0 };
	unsigned changes = 0;
	int good = 1;

	for (int64_t s = 0; good && s < 70 * YEAR_S; s += DAY_S) {
		if (offset_at(s) == offset_at(s + DAY_S))
			continue;
		changes++;
		good = change_agrees(&c, find_change(s, s + DAY_S));
	}
	ok(good, "%s: around %u changes of the offset", zone, changes);
	ok(changes >= want, "%s: there are %u changes at least", zone, want);
}

static void
test_zones(struct dice *d)
{
	static const struct {
		const char *zone;
		unsigned changes;
	} changing[] = {
		{ "Europe/Berlin", 120 },
		{ "America/St_Johns", 130 },
		{ "Australia/Lord_Howe", 100 },
		{ "Africa/Monrovia", 1 },
		{ "Asia/Gaza", 100 },
		{ "ODD3:30ODS2:30,M4.1.0/0:01,M10.5.0/0:01", 130 },
		{ "ODD5ODS4,M4.1.0/0:07,M10.5.0/0:07", 130 },
		{ "ODD5:20ODS5:19:59,M4.1.0/1:02:03,M10.5.0/4:05:06", 130 },
	};

	for (size_t i = 0; i < ZONES; i++) {
		if (!set_zone(zones[i])) {
			skip(3, "no zone %s", zones[i]);
			continue;
		}
		test_random(zones[i], d);
	}
	for (size_t i = 0; i < sizeof(changing) / sizeof(changing[0]); i++) {
		if (set_zone(changing[i].zone))
			test_changes(changing[i].zone, changing[i].changes);
		else
			skip(2, "no zone %s", changing[i].zone);
	}
}

static void
test_far(void)
{
	static const struct {
		uint64_t ms;
		const char *text;
	} rows[] = {
		{ 0, "1970-01-01 00:00:00.000" },
		{ 1, "1970-01-01 00:00:00.001" },
		{ UINT64_C(1715677207067), "2024-05-14 09:00:07.067" },
		{ UINT64_C(253402300799999), "9999-12-31 23:59:59.999" },
		{ UINT64_C(253402300800000), "10000-01-01 00:00:00.000" },
		{ UINT64_C(253402300799000), "9999-12-31 23:59:59.000" },
		{ UINT64_MAX, "584556019-04-03 14:25:51.615" },
		{ UINT64_C(4102444800000), "2100-01-01 00:00:00.000" },
	};
	char text[CIVIL_TEXT_MAX];
	struct civil_cache c = { 0 };

	set_zone("UTC");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		is_uint(civil_format_ms(&c, rows[i].ms, text),
		    strlen(rows[i].text), "length of %s", rows[i].text);
		is_str(text, rows[i].text, "%s", rows[i].text);
	}
	is_uint(civil_format_s(&c, 0, text), CIVIL_SEC_LEN,
	    "length without milliseconds");
	is_str(text, "1970-01-01 00:00:00", "text without milliseconds");
}

static void *
format_many(void *arg)
{
	struct civil_cache c = { 0 };
	struct dice *d = arg;
	int good = 1;

	for (int i = 0; good && i < 5000; i++)
		good =
		    agrees(&c, dice_below(d, (uint64_t)(130 * YEAR_S) * 1000));
	return good ? arg : NULL;
}

static void
test_threads(struct dice *d)
{
	struct dice dice[4];
	pthread_t threads[4];
	void *result;
	int good = 1;

	set_zone("EST5EDT,M3.2.0,M11.1.0");
	for (int i = 0; i < 4; i++) {
		dice[i].state = dice_next(d);
		if (pthread_create(&threads[i], NULL, format_many, &dice[i]) !=
		    0)
			bail("no thread");
	}
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], &result);
		good &= result != NULL;
	}
	ok(good, "four threads, each with a cache of its own");
}

/* The first call finds the zone, though nobody called tzset(). */
static void
test_first_zone(void)
{
	char text[CIVIL_TEXT_MAX];
	struct civil_cache c = { 0 };

	setenv("TZ", "ODD-2", 1);
	civil_format_s(&c, 0, text);
	is_str(text, "1970-01-01 02:00:00", "the zone of TZ without tzset()");
	setenv("TZ", "ODD-4", 1);
	memset(&c, 0, sizeof(c));
	civil_format_s(&c, 0, text);
	is_str(text, "1970-01-01 04:00:00", "a new cache reads TZ again");
}

static void
test_window_accepted(void)
{
	static const struct {
		const char *zone;
		const char *text;
		uint64_t from_s;
		uint64_t to_s; /* 0: open */
	} rows[] = {
		{ "UTC", "1970", 0, 0 },
		{ "UTC", "2024", 1704067200, 0 },
		{ "UTC", "2024/05", 1714521600, 0 },
		{ "UTC", "2024/05/14", 1715644800, 0 },
		{ "UTC", "2024/05/14.09", 1715677200, 0 },
		{ "UTC", "2024/05/14.09:02", 1715677320, 0 },
		{ "UTC", "2024/05/14.09:02:30", 1715677350, 0 },
		{ "UTC", "2024/05/14.23:59:59", 1715731199, 0 },
		{ "UTC", "2024/05/14.09:00-2024/05/14.09:02:30", 1715677200,
		    1715677350 },
		{ "UTC", "2024-2025", 1704067200, 1735689600 },
		{ "UTC", "2025-2024/05", 1735689600, 1714521600 },
		{ "UTC", "2023/02/30", 1677715200, 0 },
		{ "UTC", "2024/02/30", 1709251200, 0 },
		{ "UTC", "2024/02/31-2024/04/31", 1709337600, 1714521600 },
		{ "UTC", "2038/12/31.23:59:59", 2177452799, 0 },
		{ "CET-1CEST,M3.5.0,M10.5.0/3", "2024/05/14.11:00:07",
		    1715677207, 0 },
		{ "CET-1CEST,M3.5.0,M10.5.0/3", "2024/12/24.12", 1735038000,
		    0 },
		{ "EST5EDT,M3.2.0,M11.1.0", "2024/05/14", 1715659200, 0 },
		{ "EST5EDT,M3.2.0,M11.1.0", "1970", 18000, 0 },
		/* before 1970 in UTC: the beginning of time */
		{ "CET-1CEST,M3.5.0,M10.5.0/3", "1970", 0, 0 },
		{ "ODD-5:45", "2024/05/14.14:45:00", 1715677200, 0 },
	};
	uint64_t from, to, want;
	struct err err;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		set_zone(rows[i].zone);
		err.text[0] = '\0';
		if (!is_int(civil_window_parse(rows[i].text, &from, &to, &err),
			0, "accepted: %s, %s", rows[i].text, rows[i].zone)) {
			note("%s", err.text);
			continue;
		}
		want = rows[i].to_s == 0 ? UINT64_MAX : rows[i].to_s * 1000;
		is_uint(
		    from, rows[i].from_s * 1000, "begin of %s", rows[i].text);
		is_uint(to, want, "end of %s", rows[i].text);
	}
}

/* A time that is shown twice, after questions for summer and for winter. */
static void
test_window_twice(
    const char *zone, const char *window, uint64_t from_s, uint64_t to_s)
{
	static const char *const before[] = { "2024/07/01", "2024/01/01" };
	uint64_t from, to;
	int good = 1;

	for (int i = 0; i < 4; i++) {
		set_zone(zone);
		civil_window_parse(before[i % 2], &from, &to, NULL);
		civil_window_parse(window, &from, &to, NULL);
		good &= from == from_s * 1000 && to == to_s * 1000;
		if (!good)
			note("%ju to %ju", (uintmax_t)from, (uintmax_t)to);
	}
	ok(good, "from the first to the second %s, %s", window, zone);
}

static void
test_window_changes(void)
{
	static const char cet[] = "CET-1CEST,M3.5.0,M10.5.0/3";
	static const char lhi[] = "LHI-10:30LHS-11,M10.1.0,M4.1.0";

	test_window_twice(
	    cet, "2024/10/27.02:30-2024/10/27.02:30", 1729989000, 1729992600);
	test_window_twice(cet, "2024/10/27.01:59:59-2024/10/27.03:00",
	    1729987199, 1729994400);
	test_window_twice(cet, "2024/10/27.02:00-2024/10/27.02:59:59",
	    1729987200, 1729994399);
	test_window_twice(
	    lhi, "2024/04/07.01:45-2024/04/07.01:45", 1712414700, 1712416500);
	/* shown never */
	test_window_twice(
	    cet, "2024/03/31.02:30-2024/03/31.02:30", 1711848600, 1711848600);
}

static void
test_window_refused(void)
{
	static const struct {
		const char *text;
		const char *message;
	} rows[] = {
		{ "", "year needs 4 digits" },
		{ "foo", "year needs 4 digits" },
		{ "202", "year needs 4 digits" },
		{ " 2024", "year needs 4 digits" },
		{ "2024 ", "unexpected ' '" },
		{ "2024/5/14", "month needs 2 digits at '5/14'" },
		{ "2024/05/14.9", "hour needs 2 digits at '9'" },
		{ "2024/05/14.09:5", "minute needs 2 digits at '5'" },
		{ "2024/05/14.09:05:", "second needs 2 digits at ''" },
		{ "2024/", "month needs 2 digits at ''" },
		{ "2024/13/01", "month out of range: '13'" },
		{ "2024/00", "month out of range: '00'" },
		{ "2024/05/32", "day out of range: '32'" },
		{ "2024/05/00", "day out of range: '00'" },
		{ "2024/05/14.24", "hour out of range: '24'" },
		{ "2024/05/14.00:60", "minute out of range: '60'" },
		{ "2024/05/14.00:00:60", "second out of range: '60'" },
		{ "1969", "year out of range: '1969'" },
		{ "2039", "year out of range: '2039'" },
		{ "2024-05-14", "year needs 4 digits at '05-14'" },
		{ "2024-", "year needs 4 digits at ''" },
		{ "-2024", "year needs 4 digits" },
		{ "2024-2025-2026", "unexpected '-2026'" },
		{ "2024/05/14.09:00:00.500", "unexpected '.500'" },
		{ "2024/05/14 09:00", "unexpected ' 09:00'" },
		{ "2024/05.09", "unexpected '.09'" },
		{ "2024.09", "unexpected '.09'" },
		{ "20245", "unexpected '5'" },
		{ "+300", "year needs 4 digits" },
		{ "-300", "year needs 4 digits" },
		{ "2024-+300", "year needs 4 digits at '+300'" },
		{ "2024/+5", "month needs 2 digits at '+5'" },
		{ "2024/ 5", "month needs 2 digits at ' 5'" },
	};
	uint64_t from, to;
	struct err err;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(&err, 0, sizeof(err));
		ok(civil_window_parse(rows[i].text, &from, &to, &err) == -1 &&
			err.code == ERR_VALUE,
		    "refused: '%s'", rows[i].text);
		if (!ok(strstr(err.text, rows[i].message) != NULL &&
			    strstr(err.text, rows[i].text) != NULL,
			"message for '%s'", rows[i].text))
			note("%s", err.text);
	}
	is_int(civil_window_parse("x", &from, &to, NULL), -1,
	    "refused without an error");
}

int
main(void)
{
	struct dice d;

	dice_init(&d);
	test_first_zone();
	test_threads(&d);
	test_zones(&d);
	test_far();
	test_window_accepted();
	test_window_changes();
	test_window_refused();
	return done_testing();
}
