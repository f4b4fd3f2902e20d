/*
 * Path lists, and names of rotated files.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "store/paths_int.h"
#include "store/slot.h"

#define PREFIX "nfcapd."
#define PREFIX_LEN (sizeof(PREFIX) - 1)
#define HOUR_S 3600

void
path_list_fini(struct path_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->paths[i]);
	free(list->paths);
	*list = (struct path_list)PATH_LIST_EMPTY;
}

/* Room for more paths. */
static int
grow(struct path_list *list, size_t more, struct err *err)
{
	size_t cap = list->cap == 0 ? 16 : list->cap;
	char **paths;

	if (list->cap - list->count >= more)
		return 0;
	while (cap - list->count < more)
		cap *= 2;
	if ((paths = realloc(list->paths, cap * sizeof(*paths))) == NULL)
		return err_nomem(err);
	list->paths = paths;
	list->cap = cap;
	return 0;
}

int
path_list_move(struct path_list *list, struct path_list *from,
    struct err *err)
{
	if (from->count == 0)
		return 0;
	if (grow(list, from->count, err) == -1)
		return -1;
	memcpy(list->paths + list->count, from->paths,
	    from->count * sizeof(*from->paths));
	list->count += from->count;
	from->count = 0;
	return 0;
}

int
path_list_add(struct path_list *list, const char *path, struct err *err)
{
	if (grow(list, 1, err) == -1)
		return -1;
	if ((list->paths[list->count] = strdup(path)) == NULL)
		return err_nomem(err);
	list->count++;
	return 0;
}

static int
compare_paths(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void
path_list_sort(struct path_list *list)
{
	if (list->count > 0) /* qsort() may not be given NULL */
		qsort(list->paths, list->count, sizeof(*list->paths),
		    compare_paths);
}

char *
path_join(const char *base, const char *name, struct err *err)
{
	size_t len = strlen(base);
	size_t size = len + strlen(name) + 2;
	char *path = malloc(size);

	if (path == NULL) {
		err_nomem(err);
		return NULL;
	}
	if (len == 0 || strcmp(base, ".") == 0)
		snprintf(path, size, "%s", name);
	else if (strcmp(name, ".") == 0)
		snprintf(path, size, "%s", base);
	else
		snprintf(path, size, "%s%s%s", base,
		    base[len - 1] == '/' ? "" : "/", name);
	return path;
}

size_t
path_components(const char *path)
{
	size_t n = 1;

	for (; *path != '\0'; path++)
		n += *path == '/';
	return n;
}

const char *
path_tail(const char *path, size_t n)
{
	const char *p = path + strlen(path);

	for (; p > path; p--)
		if (p[-1] == '/' && --n == 0)
			break;
	return p;
}

/* The end of a component comes before all of its characters. */
static int
rank(char c)
{
	return c == '\0' ? 0 : c == '/' ? 1 : (unsigned char)c + 1;
}

int
path_compare(const char *a, const char *b, bool is_dir)
{
	while (*a != '\0' && *a == *b)
		a++, b++;
	if (is_dir && *a == '\0' && *b == '/')
		return 0;
	return rank(*a) - rank(*b);
}

/* The number of two digits at p. */
static int
two_digits(const char *p)
{
	return (p[0] - '0') * 10 + p[1] - '0';
}

/*
 * The time in a name: 12 or 14 digits, which a zone may follow.  Returns what
 * stands behind the digits, or NULL.
 */
static const char *
parse_name(const char *name, struct tm *tm)
{
	const char *p = name + PREFIX_LEN;
	size_t n;

	if (strncmp(name, PREFIX, PREFIX_LEN) != 0)
		return NULL;
	n = strspn(p, "0123456789");
	if ((n != 12 && n != 14) || strchr("+-", p[n]) == NULL)
		return NULL;
	memset(tm, 0, sizeof(*tm));
	tm->tm_year = two_digits(p) * 100 + two_digits(p + 2) - 1900;
	tm->tm_mon = two_digits(p + 4) - 1;
	tm->tm_mday = two_digits(p + 6);
	tm->tm_hour = two_digits(p + 8);
	tm->tm_min = two_digits(p + 10);
	tm->tm_sec = n == 14 ? two_digits(p + 12) : 0;
	if (tm->tm_mon < 0 || tm->tm_mon > 11 || tm->tm_mday < 1 ||
	    tm->tm_mday > 31 || tm->tm_hour > 23 || tm->tm_min > 59 ||
	    tm->tm_sec > 60)
		return NULL;
	return p + n;
}

/* "+hhmm" or "-hhmm" in seconds. */
static int
parse_zone(const char *text, int64_t *offset_s)
{
	const char *digits = text + 1;

	if (strspn(digits, "0123456789") != 4 || digits[4] != '\0')
		return -1;
	*offset_s = two_digits(digits) * 3600 + two_digits(digits + 2) * 60;
	if (*text == '-')
		*offset_s = -*offset_s;
	return 0;
}

/*
 * When clocks are put back they show some times twice, and mktime() takes
 * either, by what it was asked before: take the later one.
 */
static int64_t
local_time(struct tm *tm)
{
	time_t t = mktime(tm), later = t + HOUR_S;
	struct tm there;

	if (localtime_r(&later, &there) != NULL &&
	    there.tm_hour == tm->tm_hour && there.tm_min == tm->tm_min)
		t = later;
	return (int64_t)t;
}

int
slot_time(const char *path, int64_t *start_s)
{
	struct tm tm;
	const char *zone = parse_name(path_tail(path, 1), &tm);
	int64_t offset_s = 0;

	if (zone == NULL || (*zone != '\0' && parse_zone(zone, &offset_s) == -1))
		return -1;
	tm.tm_isdst = -1;
	*start_s = *zone == '\0' ? local_time(&tm) :
	    (int64_t)timegm(&tm) - offset_s;
	return *start_s < 0 ? -1 : 0;
}

bool
slot_is_repeated(const char *path, int64_t start_s)
{
	const char *name = path_tail(path, 1);
	time_t t = (time_t)start_s, earlier = t - HOUR_S;
	struct tm one, other;

	return strpbrk(name, "+-") == NULL && localtime_r(&t, &one) != NULL &&
	    localtime_r(&earlier, &other) != NULL &&
	    one.tm_hour == other.tm_hour && one.tm_min == other.tm_min;
}

size_t
path_expand(const char *name, unsigned n, char *out, size_t room)
{
	const char *pattern = slot_layout(n);
	struct tm tm;
	time_t t;
	size_t len;

	if (strlen(name) >= room)
		return 0;
	if (*pattern == '\0')
		return (size_t)snprintf(out, room, "%s", name);
	if (parse_name(name, &tm) == NULL)
		return 0;
	/* Fills in the day of the week and of the year. */
	t = timegm(&tm);
	if (gmtime_r(&t, &tm) == NULL)
		return 0;
	len = strftime(out, room, pattern, &tm);
	if (len == 0 || len + 1 + strlen(name) >= room)
		return 0;
	return len + (size_t)snprintf(out + len, room - len, "/%s", name);
}
