/*
 * URLs of peers and listeners.
 */

#include <string.h>

#include "common/url.h"
#include "tap.h"

static const struct url_scheme schemes[] = {
	{ "udp", "9995" },
	{ "tls", "4740" },
	{ "raw", NULL },
};

static int
parse(const char *text, enum url_use use, struct url *url, struct err *err)
{
	return url_parse(text, schemes, 3, use, url, err);
}

static void
test_good(void)
{
	static const struct {
		const char *text;
		enum url_use use;
		unsigned scheme;
		const char *host, *port, *rest;
	} rows[] = {
		{ "udp://a.example:1", URL_PEER, 0, "a.example", "1", "" },
		{ "tls://a.example", URL_PEER, 1, "a.example", "4740", "" },
		{ "TLS://a/", URL_PEER, 1, "a", "4740", "/" },
		{ "udp://[2001:db8::1]:ipfix", URL_PEER, 0, "2001:db8::1",
		    "ipfix", "" },
		{ "udp://[::1]", URL_PEER, 0, "::1", "9995", "" },
		{ "udp://10.0.0.1:65535/10.0.0.2/r", URL_PEER, 0, "10.0.0.1",
		    "65535", "/10.0.0.2/r" },
		{ "raw://:7", URL_LISTEN, 2, "", "7", "" },
		{ "udp://", URL_LISTEN, 0, "", "9995", "" },
		{ "udp://*:0", URL_LISTEN, 0, "", "0", "" },
		{ "udp://[::0]:1", URL_LISTEN, 0, "::0", "1", "" },
	};
	struct url url;
	struct err err;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!ok(parse(rows[i].text, rows[i].use, &url, &err) == 0,
			"%s", rows[i].text)) {
			note("%s", err.text);
			continue;
		}
		is_uint(url.scheme, rows[i].scheme, "scheme");
		is_str(url.host, rows[i].host, "host");
		is_str(url.port, rows[i].port, "port");
		is_str(url.rest, rows[i].rest, "rest");
	}
}

static void
test_bad(void)
{
	static const struct {
		const char *text;
		enum url_use use;
		const char *why;
	} rows[] = {
		{ "tcp://a:1", URL_PEER,
		    "does not begin with udp://, tls:// or raw://" },
		{ "a:1", URL_PEER, "does not begin with" },
		{ "", URL_PEER, "does not begin with" },
		{ "://a", URL_PEER, "does not begin with" },
		{ "udp:/a", URL_PEER, "does not begin with" },
		{ "udp://", URL_PEER, "no host" },
		{ "udp://:5", URL_PEER, "no host" },
		{ "udp://a:", URL_PEER, "no port behind the colon" },
		{ "raw://a", URL_PEER, "no port" },
		{ "udp://a:0", URL_PEER, "port 0 is not within 1 and 65535" },
		{ "udp://a:65536", URL_PEER, "not within 1 and 65535" },
		{ "udp://a:99999999999999999999", URL_LISTEN,
		    "not within 0 and 65535" },
		{ "udp://2001:db8::1", URL_PEER, "brackets" },
		{ "udp://[::1", URL_PEER, "no ]" },
		{ "udp://[a]:1", URL_PEER, "no IPv6 address" },
		{ "udp://[]:1", URL_PEER, "no IPv6 address" },
		{ "udp://[::1]x", URL_PEER, "'x' behind the host" },
		{ "udp://a]:1", URL_PEER, "behind the host" },
	};
	struct url url;
	struct err err;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		err.text[0] = '\0';
		is_int(parse(rows[i].text, rows[i].use, &url, &err), -1,
		    "%s is refused", rows[i].text);
		if (!ok(strstr(err.text, rows[i].why) != NULL, "%s",
			rows[i].why))
			note("%s", err.text);
	}
}

static void
test_long(void)
{
	char text[URL_HOST_MAX + 32];
	struct url url;
	struct err err;

	memset(text, 'a', sizeof(text));
	memcpy(text, "udp://", 6);
	text[6 + URL_HOST_MAX - 1] = '\0';
	is_int(parse(text, URL_PEER, &url, &err), 0, "the longest host");
	text[6 + URL_HOST_MAX - 1] = 'a';
	text[6 + URL_HOST_MAX] = '\0';
	is_int(parse(text, URL_PEER, &url, &err), -1, "a longer one");
	text[8] = ':';
	is_int(parse(text, URL_PEER, &url, &err), -1, "a long port");
}

int
main(void)
{
	test_good();
	test_bad();
	test_long();
	ok(url_has_scheme("udp://a") && !url_has_scheme("a:1/b") &&
		!url_has_scheme("://"), "what is a URL");
	return done_testing();
}
