/*
 * URLs of peers and listeners.
 */

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/url.h"

#define MARK "://"

static size_t
scheme_len(const char *text)
{
	const char *mark = strstr(text, MARK);
	size_t len = strcspn(text, ":/");

	return mark == text + len ? len : 0;
}

bool
url_has_scheme(const char *text)
{
	return scheme_len(text) > 0;
}

/* "udp, tcp, tls" */
static void
list_schemes(const struct url_scheme *table, size_t rows, char *to,
    size_t room)
{
	size_t used = 0;

	*to = '\0';
	for (size_t i = 0; i < rows && used < room; i++)
		used += (size_t)snprintf(to + used, room - used, "%s%s" MARK,
		    i == 0 ? "" : i + 1 == rows ? " or " : ", ",
		    table[i].name);
}

static int
take_scheme(const char *text, const struct url_scheme *table, size_t rows,
    struct url *url, struct err *err)
{
	size_t len = scheme_len(text);
	char known[256];

	for (size_t i = 0; i < rows; i++) {
		if (strlen(table[i].name) != len ||
		    strncasecmp(table[i].name, text, len) != 0)
			continue;
		url->scheme = (unsigned)i;
		return 0;
	}
	list_schemes(table, rows, known, sizeof(known));
	return err_set(err, ERR_VALUE, "%s: does not begin with %s", text,
	    known);
}

static bool
copy(char *to, size_t room, const char *from, size_t len)
{
	if (len >= room)
		return false;
	memcpy(to, from, len);
	to[len] = '\0';
	return true;
}

/* The host at *at, which is moved behind it. */
static int
take_host(const char *text, const char **at, struct url *url, struct err *err)
{
	bool is_bracketed = **at == '[';
	const char *begin = *at + is_bracketed;
	size_t len = strcspn(begin, is_bracketed ? "]" : ":/[]");
	const char *end = begin + len;

	if (is_bracketed && *end != ']')
		return err_set(err, ERR_VALUE, "%s: no ] behind the address",
		    text);
	if (!is_bracketed && *end == ':' && strchr(end + 1, ':') != NULL)
		return err_set(err, ERR_VALUE, "%s: IPv6 addresses stand in "
		    "brackets, as in [2001:db8::1]", text);
	if (!copy(url->host, sizeof(url->host), begin, len))
		return err_set(err, ERR_VALUE, "%s: the host is too long",
		    text);
	if (is_bracketed && (len == 0 || strchr(url->host, ':') == NULL))
		return err_set(err, ERR_VALUE, "%s: no IPv6 address in "
		    "brackets", text);
	*at = end + is_bracketed;
	return 0;
}

static int
take_port(const char *text, const char **at, const char *otherwise,
    struct url *url, struct err *err)
{
	const char *begin = **at == ':' ? *at + 1 : NULL;
	size_t len;

	if (begin == NULL && otherwise == NULL)
		return err_set(err, ERR_VALUE, "%s: no port", text);
	if (begin == NULL) {
		snprintf(url->port, sizeof(url->port), "%s", otherwise);
		return 0;
	}
	len = strcspn(begin, "/");
	if (len == 0)
		return err_set(err, ERR_VALUE, "%s: no port behind the colon",
		    text);
	if (!copy(url->port, sizeof(url->port), begin, len))
		return err_set(err, ERR_VALUE, "%s: the port is too long",
		    text);
	*at = begin + len;
	return 0;
}

/* A number that is none of a port is found here, a name by the system. */
static int
check_port(const char *text, const char *port, enum url_use use,
    struct err *err)
{
	uint32_t n = 0;

	if (port[strspn(port, "0123456789")] != '\0')
		return 0;
	for (const char *p = port; *p != '\0' && n <= UINT16_MAX; p++)
		n = n * 10 + (uint32_t)(*p - '0');
	if (n > UINT16_MAX || (n == 0 && use == URL_PEER))
		return err_set(err, ERR_VALUE, "%s: port %s is not within %d "
		    "and %d", text, port, use == URL_PEER, UINT16_MAX);
	return 0;
}

int
url_parse(const char *text, const struct url_scheme *table, size_t rows,
    enum url_use use, struct url *url, struct err *err)
{
	const char *at;

	memset(url, 0, sizeof(*url));
	if (take_scheme(text, table, rows, url, err) == -1)
		return -1;
	at = text + scheme_len(text) + strlen(MARK);
	if (take_host(text, &at, url, err) == -1)
		return -1;
	if (use == URL_LISTEN && strcmp(url->host, "*") == 0)
		url->host[0] = '\0';
	if (use == URL_PEER && url->host[0] == '\0')
		return err_set(err, ERR_VALUE, "%s: no host", text);
	if (*at != ':' && *at != '/' && *at != '\0')
		return err_set(err, ERR_VALUE, "%s: '%s' behind the host",
		    text, at);
	if (take_port(text, &at, table[url->scheme].port, url, err) == -1)
		return -1;
	url->rest = at;
	return check_port(text, url->port, use, err);
}

void
url_scheme_names(const struct url_scheme *table, size_t rows,
    struct buffer *out)
{
	for (size_t i = 0; i < rows; i++) {
		buffer_text(out, table[i].name);
		buffer_text(out, ":// ");
	}
}
