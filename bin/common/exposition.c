/*
 * Forms of metrics, and which one is asked for.
 */

#include <string.h>
#include <strings.h>

#include "common/exposition.h"

const char *
exposition_content_type(enum exposition format)
{
	return format == EXPOSITION_OPENMETRICS ?
	    "application/openmetrics-text; version=1.0.0; charset=utf-8" :
	    "text/plain; version=0.0.4; charset=utf-8";
}

/* "0.75", in thousandths. */
static unsigned
parse_weight(const char *q)
{
	unsigned w = *q == '1' ? 1000 : 0;

	if (w == 0 && q[0] == '0' && q[1] == '.')
		for (unsigned i = 0, unit = 100; i < 3 && q[2 + i] >= '0' &&
		    q[2 + i] <= '9'; i++, unit /= 10)
			w += (unsigned)(q[2 + i] - '0') * unit;
	return w;
}

/* The weight that one member of an Accept header has. */
static unsigned
member_weight(const char *member, const char *end)
{
	const char *q = member;

	while ((q = strchr(q, ';')) != NULL && q < end) {
		q += 1 + strspn(q + 1, " \t");
		if ((q[0] == 'q' || q[0] == 'Q') && q[1] == '=')
			return parse_weight(q + 2);
	}
	return 1000;
}

/* The largest weight that an Accept header gives a type, 0: none. */
static unsigned
weight(const char *accept, const char *type)
{
	size_t len = strlen(type);
	unsigned best = 0, w;
	const char *end;

	for (; accept != NULL; accept = *end == ',' ? end + 1 : NULL) {
		accept += strspn(accept, " \t");
		end = accept + strcspn(accept, ",");
		if (strncasecmp(accept, type, len) != 0 ||
		    strchr(" \t;,", accept[len]) == NULL)
			continue;
		if ((w = member_weight(accept, end)) > best)
			best = w;
	}
	return best;
}

enum exposition
exposition_negotiate(const char *accept)
{
	unsigned w = weight(accept, "application/openmetrics-text");

	return w > 0 && w >= weight(accept, "text/plain") ? EXPOSITION_OPENMETRICS :
	    EXPOSITION_TEXT;
}
