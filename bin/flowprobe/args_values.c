/*
 * Values of options of flowprobe.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/url.h"
#include "flowprobe/args_int.h"
#include "flowprobe/options.h"

#define MS_PER_S 1000
#define PRIORITY_MAX 99
#define TIMEOUT_MAX_S (10ULL * 365 * 86400)

/* Copy len bytes with an end; false if there is no room. */
static bool
copy(char *to, size_t room, const char *text, size_t len)
{
	if (len >= room)
		return false;
	memcpy(to, text, len);
	to[len] = '\0';
	return true;
}

/* Host and port of "host:port" or "[host]:port". */
static bool
split_host(struct remote *r, const char *text, size_t len)
{
	const char *colon = memrchr(text, ':', len);
	size_t host;

	if (colon == NULL)
		return false;
	host = (size_t)(colon - text);
	if (!copy(r->port, sizeof(r->port), colon + 1, len - host - 1))
		return false;
	if (host > 2 && text[0] == '[' && text[host - 1] == ']')
		return copy(r->host, sizeof(r->host), text + 1, host - 2);
	return host > 0 && memchr(text, ':', host) == NULL &&
	    copy(r->host, sizeof(r->host), text, host);
}

/* "[/[local][/type]]" behind it */
static bool
parse_rest(struct remote *r, const char *text)
{
	size_t len;

	if (*text == '\0')
		return true;
	len = strcspn(++text, "/");
	if (!copy(r->local, sizeof(r->local), text, len))
		return false;
	if (*(text += len) == '\0')
		return true;
	r->is_rotating = strcmp(++text, "r") == 0;
	return r->is_rotating || strcmp(text, "m") == 0 || *text == '\0';
}

static bool
parse_remote(struct remote *r, const char *text)
{
	size_t len = strcspn(text, "/");

	r->kind = OUTLET_UDP;
	return split_host(r, text, len) && r->port[0] != '\0' &&
	    copy(r->name, sizeof(r->name), text, len) &&
	    parse_rest(r, text + len);
}

static int
parse_url(struct remote *r, const char *text, struct err *err)
{
	struct url url;

	if (url_parse(text, flowprobe_schemes, FLOWPROBE_SCHEMES,
		URL_PEER, &url, err) == -1)
		return -1;
	r->kind = (enum outlet_kind)url.scheme;
	if (!copy(r->host, sizeof(r->host), url.host, strlen(url.host)) ||
	    !copy(r->port, sizeof(r->port), url.port, strlen(url.port)) ||
	    !copy(r->name, sizeof(r->name), text,
		(size_t)(url.rest - text)) ||
	    !parse_rest(r, url.rest))
		return err_set(err, ERR_VALUE, "%s is not "
		    "scheme://host[:port][/[local][/type]]", text);
	return 0;
}

int
args_remote(const char *text, unsigned number, struct remote *r,
    struct err *err)
{
	memset(r, 0, sizeof(*r));
	if (url_has_scheme(text))
		return parse_url(r, text, err) == 0 ? 0 : err_context(err,
		    "Error in collector #%u parameters", number);
	if (!parse_remote(r, text))
		return err_set(err, ERR_VALUE, "Error in collector #%u "
		    "parameters: %s is not host:port[/[local][/type]]",
		    number, text);
	return 0;
}

static bool
parse_number(const char **text, uint64_t max, uint64_t *value)
{
	char *end;
	unsigned long long v;

	if (**text < '0' || **text > '9')
		return false;
	errno = 0;
	v = strtoull(*text, &end, 10);
	*text = end;
	*value = v;
	return errno == 0 && v <= max;
}

/* Seconds of "1h30m": numbers with units, which are added up. */
static bool
parse_span(const char *text, uint64_t *seconds)
{
	static const char units[] = "smhdw";
	static const uint32_t worth[] = { 1, 60, 3600, 86400, 604800 };
	const char *unit;
	uint64_t n;

	*seconds = 0;
	do {
		if (!parse_number(&text, TIMEOUT_MAX_S, &n))
			return false;
		unit = *text == '\0' ? units : strchr(units, *text++ | 0x20);
		if (unit == NULL)
			return false;
		*seconds += n * worth[unit - units];
	} while (*text != '\0' && *seconds <= TIMEOUT_MAX_S);
	return *seconds <= TIMEOUT_MAX_S;
}

static void
set_timeout(enum timeout kind, enum cache_class class, uint32_t s,
    struct config *c)
{
	switch (kind) {
	case TIMEOUT_CLASS:
		c->cache.idle_ms[class] = (uint64_t)s * MS_PER_S;
		break;
	case TIMEOUT_GENERAL:
		c->idle_s = s;
		break;
	case TIMEOUT_MAXLIFE:
		c->active_s = s;
		break;
	case TIMEOUT_FIN:
		c->cache.fin_ms = (uint64_t)s * MS_PER_S;
		break;
	case TIMEOUT_RST:
		c->cache.rst_ms = (uint64_t)s * MS_PER_S;
		break;
	case TIMEOUT_SCAN:
		c->scan_s = s;
		break;
	}
}

static int
parse_timeout(const char *text, size_t len, struct config *c,
    struct err *err)
{
	size_t name = strcspn(text, "=,");
	char span[64];
	uint64_t s;

	if (text[name] != '=' ||
	    !copy(span, sizeof(span), text + name + 1, len - name - 1) ||
	    !parse_span(span, &s))
		return err_set(err, ERR_VALUE, "timeout %.*s: NAME=TIME is "
		    "wanted, as in tcp=1h30m", (int)len, text);
	for (size_t i = 0; i < FLOWPROBE_TIMEOUTS; i++) {
		const struct flowprobe_timeout *t = &flowprobe_timeouts[i];

		if (strlen(t->name) != name ||
		    strncasecmp(t->name, text, name) != 0)
			continue;
		set_timeout(t->kind, t->class, (uint32_t)s, c);
		return 0;
	}
	return err_set(err, ERR_VALUE, "timeout %.*s is not known: expint, "
	    "general, icmp, maxlife, other, tcp, tcp.fin, tcp.rst, udp are",
	    (int)name, text);
}

int
args_timeouts(const char *text, struct config *c, struct err *err)
{
	size_t len;

	for (;; text += len + 1) {
		len = strcspn(text, ",");
		if (parse_timeout(text, len, c, err) == -1)
			return -1;
		if (text[len] == '\0')
			return 0;
	}
}

int
args_indexes(const char *text, struct cache_options *o, struct err *err)
{
	const char *p = text;
	uint64_t in = 0, out;

	if (!parse_number(&p, UINT32_MAX, &in))
		p = "?";
	out = in;
	if (*p == ':') {
		p++;
		if (!parse_number(&p, UINT32_MAX, &out))
			p = "?";
	}
	if (*p != '\0')
		return err_set(err, ERR_VALUE,
		    "interface numbers %s: in or in:out is wanted", text);
	o->input = (uint32_t)in;
	o->output = (uint32_t)out;
	return 0;
}

int
args_rate(const char *text, uint64_t *bytes, uint64_t *ns, struct err *err)
{
	const char *p = text;

	*ns = 0;
	if (!parse_number(&p, UINT32_MAX, bytes))
		p = "?";
	if (*p == ':') {
		p++;
		if (!parse_number(&p, UINT64_MAX, ns))
			p = "?";
	}
	if (*p != '\0')
		return err_set(err, ERR_VALUE,
		    "rate %s: bytes:nanoseconds is wanted", text);
	return 0;
}

bool
args_is_priority(const char *text)
{
	return *text != '\0' && text[strspn(text, "0123456789")] == '\0';
}

int
args_priority(const char *text, uint32_t *priority, struct err *err)
{
	uint64_t value;

	if (!parse_number(&text, PRIORITY_MAX, &value))
		return err_set(err, ERR_VALUE, "Illegal realtime priority");
	*priority = (uint32_t)value;
	return 0;
}

bool
args_is_log(const char *text)
{
	if (*text >= '0' && *text <= '9' &&
	    (text[1] == '\0' || text[1] == ':'))
		return true;
	return *text == ':';
}

int
args_log(const char *text, struct config *c, struct err *err)
{
	size_t len = strlen(c->name), room = sizeof(c->name) - len;

	if (*text != ':')
		c->log_to = *text++ - '0';
	if (*text != ':')
		return 0;
	text++;
	if (strchr(text, '/') != NULL ||
	    snprintf(c->name + len, room, "[%s]", text) >= (int)room)
		return err_set(err, ERR_VALUE,
		    "log identifier %s cannot be used", text);
	return 0;
}

int
args_track(const char *text, enum cache_track *track, struct err *err)
{
	for (size_t i = 0; i < FLOWPROBE_TRACKS; i++) {
		if (strcmp(flowprobe_tracks[i].name, text) != 0)
			continue;
		*track = flowprobe_tracks[i].track;
		return 0;
	}
	return err_set(err, ERR_VALUE, "track level %s is not known: "
	    "ip, proto, port, full, vlan, ether are", text);
}

int
args_time(const char *text, enum wire_time *time, struct err *err)
{
	for (unsigned i = WIRE_TIME_SEC; i < WIRE_TIMES; i++) {
		if (strcmp(flowprobe_times[i], text) != 0)
			continue;
		*time = (enum wire_time)i;
		return 0;
	}
	return err_set(err, ERR_VALUE, "time %s is not known: sec, milli, "
	    "micro, nano are", text);
}
