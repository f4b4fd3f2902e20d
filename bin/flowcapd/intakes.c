/*
 * Intakes as the command line names them.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/addr.h"
#include "common/daemon.h"
#include "common/log.h"
#include "flowcapd/intake_pcap.h"
#include "flowcapd/intake_udp.h"
#include "flowcapd/intake_yaf.h"
#include "flowcapd/intakes.h"

static const struct scheme {
	const char *name;
	const char *port;
	enum intake_tera tera;
} schemes[] = {
	{ "netflow", "9995", INTAKE_NO_TERA },
	{ "ipfix", "4739", INTAKE_NO_TERA },
	{ "sflow", "6343", INTAKE_NO_TERA },
	{ "udp", "9995", INTAKE_NO_TERA },
	{ "tera+udp", "8104", INTAKE_TERA_UDP },
};

#define SCHEMES (sizeof(schemes) / sizeof(schemes[0]))

static const struct scheme *
find_scheme(const char *text, size_t len)
{
	for (size_t i = 0; i < SCHEMES; i++)
		if (strlen(schemes[i].name) == len &&
		    strncmp(schemes[i].name, text, len) == 0)
			return &schemes[i];
	return NULL;
}

static int
refuse(const char *text, struct err *err)
{
	return err_set(err, ERR_USAGE, "--listen %s: expected "
	    "netflow://, ipfix://, sflow://, udp:// or tera+udp://, then "
	    "[host][:port]", text);
}

/* The host at the beginning of *text, which is moved behind it. */
static int
take_host(const char **text, char *host, size_t room)
{
	bool has_brackets = **text == '[';
	const char *begin = *text + has_brackets;
	size_t len = strcspn(begin, has_brackets ? "]" : ":/");

	if (len >= room || (has_brackets && begin[len] != ']'))
		return -1;
	snprintf(host, room, "%.*s", (int)len, begin);
	if (strcmp(host, "*") == 0)
		*host = '\0';
	*text = begin + len + has_brackets;
	return 0;
}

int
listen_url_parse(const char *text, struct listen_url *url, struct err *err)
{
	const char *rest = strstr(text, "://"), *port;
	const struct scheme *scheme;
	size_t len;

	if (rest == NULL ||
	    (scheme = find_scheme(text, (size_t)(rest - text))) == NULL)
		return refuse(text, err);
	url->tera = scheme->tera;
	rest += strlen("://");
	if (take_host(&rest, url->host, sizeof(url->host)) == -1)
		return refuse(text, err);
	if (*rest == ':') {
		port = rest + 1;
		rest += 1 + strcspn(port, "/");
		len = (size_t)(rest - port);
	} else {
		port = scheme->port;
		len = strlen(port);
	}
	if (len == 0 || len >= sizeof(url->port) ||
	    (*rest != '\0' && strcmp(rest, "/") != 0))
		return refuse(text, err);
	snprintf(url->port, sizeof(url->port), "%.*s", (int)len, port);
	return 0;
}

/* Bind; what was just killed may hold the port a moment longer. */
static int
bind_patiently(const struct udp_listen *how, struct udp_bound *bound,
    struct err *err)
{
	unsigned tries = 0;

	while (udp_listen(how, bound, err) == -1)
		if (err->code != ERR_SYSTEM || errno != EADDRINUSE ||
		    !process_wait_dying(&tries))
			return -1;
	return 0;
}

static void
announce(const struct udp_listen *how, const struct udp_bound *bound)
{
	const char *family = bound->family == AF_INET6 ? "IPv6" : "IPv4";

	if (how->multicast != NULL)
		log_info("Joined %s multicast group: %s Port: %u", family,
		    how->multicast, bound->port);
	else
		log_info("Bound to %s host/IP: %s, Port: %u", family,
		    how->host == NULL ? "any" : how->host, bound->port);
	if (bound->buffer < how->buffer)
		log_warning("receive buffer: %u bytes wanted, %u granted",
		    how->buffer, bound->buffer);
}

/* A socket of a port that receivers share, number i of them. */
static int
open_shared(const struct udp_listen *how, struct intakes *in, unsigned i,
    unsigned n, struct udp_bound *bound, struct err *err)
{
	struct intake **at = &in->list[i * in->each + n];

	if (bind_patiently(how, bound, err) == -1)
		return -1;
	if ((*at = intake_udp(bound->fd, err)) == NULL) {
		close(bound->fd);
		return -1;
	}
	if (bound->buffer < in->buffer)
		in->buffer = bound->buffer;
	return 0;
}

/*
 * The sockets of one port, one for each receiver.  A port that somebody else
 * has is found by binding it alone first.
 */
static int
open_port(struct udp_listen how, struct intakes *in, unsigned n,
    struct err *err)
{
	struct udp_bound bound;
	char port[16];

	if (in->receivers > 1) {
		if (bind_patiently(&how, &bound, err) == -1)
			return -1;
		close(bound.fd);
		snprintf(port, sizeof(port), "%u", bound.port);
		how.port = port;
		how.is_shared = true;
	}
	for (unsigned i = 0; i < in->receivers; i++)
		if (open_shared(&how, in, i, n, &bound, err) == -1)
			return -1;
	announce(&how, &bound);
	return in->receivers == 1 ? 0 :
	    udp_shard_attach(bound.fd, in->receivers, err);
}

static bool
is_group(const char *host)
{
	struct addr a;

	if (addr_parse(host, &a) == -1)
		return false;
	return addr_is_v4(a) ? (a.lo >> 28 & 0xf) == 0xe : a.hi >> 56 == 0xff;
}

static int
open_url(const struct config *o, const char *text, struct intakes *in,
    unsigned n, struct err *err)
{
	struct udp_listen how = { .v4 = o->v4, .v6 = o->v6,
		.buffer = o->buffer };
	struct listen_url url;

	if (listen_url_parse(text, &url, err) == -1)
		return -1;
	how.port = url.port;
	if (is_group(url.host))
		how.multicast = url.host;
	else if (*url.host != '\0')
		how.host = url.host;
	if (open_port(how, in, n, err) == -1)
		return -1;
	for (unsigned i = 0; i < in->receivers; i++)
		in->list[i * in->each + n]->tera = url.tera;
	return 0;
}

static int
open_sockets(const struct config *o, struct intakes *in, struct err *err)
{
	struct udp_listen how = { .host = o->host, .port = o->port,
		.v4 = o->v4, .v6 = o->v6, .buffer = o->buffer,
		.multicast = o->multicast };

	if (o->listens.count == 0)
		return open_port(how, in, 0, err);
	for (unsigned i = 0; i < o->listens.count; i++)
		if (open_url(o, o->listens.items[i], in, i, err) == -1)
			return -1;
	return 0;
}

/* What is no socket: a file or a device. */
static int
open_capture(const struct config *o, struct intakes *in, struct err *err)
{
	struct intake_pcap_options pcap = { .filter = o->packet_filter,
		.port = o->port_given ? o->port : NULL, .buffer = o->buffer };

	/* What passes a device is not all for us. */
	if (o->device != NULL && o->packet_filter == NULL)
		pcap.port = o->port;
	if (o->capture_file != NULL)
		in->list[0] = intake_pcap_file(o->capture_file, &pcap, err);
	else if (o->device != NULL)
		in->list[0] = intake_pcap_device(o->device, &pcap, err);
	else
		in->list[0] = intake_yaf(o->ipfix_file, err);
	if (in->list[0] == NULL)
		return -1;
	log_info("Reading data from %s", o->capture_file != NULL ?
	    o->capture_file : o->device != NULL ? o->device : o->ipfix_file);
	return 0;
}

int
intakes_open(const struct config *o, struct intakes *in, struct err *err)
{
	bool is_capture = o->capture_file != NULL || o->device != NULL ||
	    o->ipfix_file != NULL;

	*in = (struct intakes){ .receivers = 1, .each = 1,
		.buffer = UINT32_MAX };
	if (!is_capture) {
		in->receivers = o->receivers;
		if (o->listens.count > 0)
			in->each = o->listens.count;
	}
	in->list = calloc((size_t)in->receivers * in->each,
	    sizeof(struct intake *));
	if (in->list == NULL)
		return err_nomem(err);
	return is_capture ? open_capture(o, in, err) :
	    open_sockets(o, in, err);
}

void
intakes_interrupt(const struct intakes *in)
{
	for (unsigned i = 0; i < in->receivers * in->each; i++)
		if (in->list[i]->interrupt != NULL)
			in->list[i]->interrupt(in->list[i]);
}

void
intakes_close(struct intakes *in)
{
	struct intake *one;

	for (size_t i = 0; in->list != NULL &&
	    i < (size_t)in->receivers * in->each; i++)
		if ((one = in->list[i]) != NULL && one->close != NULL)
			one->close(one);
	free(in->list);
	in->list = NULL;
}
