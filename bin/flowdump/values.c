/*
 * Numbers with units.
 */

#include <errno.h>
#include <stdlib.h>

#include "flowdump/values.h"

struct unit {
	char letter; /* 0: no unit */
	uint64_t factor;
};

static const struct unit times[] = { { 0, 1000 }, { 's', 1000 },
	{ 'm', 60000 }, { 'h', 3600000 }, { 'd', 86400000 },
	{ 'w', 604800000 } };

static const struct unit sizes[] = { { 0, 1 }, { 'k', 1 << 10 },
	{ 'm', 1 << 20 }, { 'g', 1 << 30 },
	{ 't', UINT64_C(1) << 40 } };

static const struct unit counts[] = { { 0, 1 }, { 'b', 1 }, { 'k', 1000 },
	{ 'm', 1000000 }, { 'g', 1000000000 } };

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* A number and one of the units; -1 if it is not, or too large. */
static int
parse(const char *text, const struct unit *units, size_t count, uint64_t *v)
{
	unsigned long long n;
	char *end;

	if (*text < '0' || *text > '9')
		return -1;
	errno = 0;
	n = strtoull(text, &end, 10);
	if (errno != 0 || (end[0] != '\0' && end[1] != '\0'))
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (units[i].letter != (*end | (*end == '\0' ? 0 : 0x20)))
			continue;
		*v = n * units[i].factor;
		return n <= UINT64_MAX / units[i].factor ? 0 : -1;
	}
	return -1;
}

int
value_interval(const char *text, uint64_t *ms, struct err *err)
{
	if (parse(text, times, COUNT(times), ms) == -1 || *ms == 0)
		return err_set(err, ERR_VALUE, "option --by needs a time as "
		    "300, 5m, 1h or 1d, not '%.40s'", text);
	return 0;
}

int
value_memory(const char *text, uint64_t *bytes, struct err *err)
{
	if (parse(text, sizes, COUNT(sizes), bytes) == -1 || *bytes == 0)
		return err_set(err, ERR_VALUE, "option --mem needs a size as "
		    "500m or 2g, not '%.40s'", text);
	return 0;
}

int
value_limit(const char *text, char *sign, uint64_t *number, struct err *err)
{
	const char *digits = text;

	*sign = *text == '-' ? '<' : '>';
	if (*text == '+' || *text == '-')
		digits++;
	if (parse(digits, counts, COUNT(counts), number) == -1)
		return err_set(err, ERR_VALUE, "Can't understand '%.40s': a "
		    "limit is [+|-]number[b|k|m|g]", text);
	return 0;
}
