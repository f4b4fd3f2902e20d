/*
 * Intakes as the command line names them.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/daemon.h"
#include "common/log.h"
#include "common/url.h"
#include "flowcapd/intake_inlet.h"
#include "flowcapd/intake_pcap.h"
#include "flowcapd/intake_udp.h"
#include "flowcapd/intake_yaf.h"
#include "flowcapd/intakes.h"
#include "flowcapd/options.h"

/* What carries messages, by the scheme. */
static const struct carrier {
	bool is_stream;
	bool is_tls;
	enum intake_tera tera;
} carriers[SCHEMES] = {
	[IPFIX_TCP] = { .is_stream = true },
	[IPFIX_TLS] = { .is_stream = true, .is_tls = true },
	[TERA_UDP] = { .tera = INTAKE_TERA_UDP },
	[TERA_TCP] = { .is_stream = true, .tera = INTAKE_TERA_TCP },
	[TERA_TLS] = { .is_stream = true, .is_tls = true,
	    .tera = INTAKE_TERA_TLS },
};

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

static int
open_datagrams(const struct config *o, const struct url *url,
    struct intakes *in, unsigned n, struct err *err)
{
	struct udp_listen how = { .v4 = o->v4, .v6 = o->v6,
		.port = url->port, .buffer = o->buffer };

	if (args_is_multicast(url->host))
		how.multicast = url->host;
	else if (*url->host != '\0')
		how.host = url->host;
	return open_port(how, in, n, err);
}

/* The listeners of one port, one for each receiver, as in open_port(). */
static int
open_listeners(struct inlet_options how, struct intakes *in, unsigned n,
    struct err *err)
{
	struct intake **at = &in->list[n];
	char port[16];

	if ((*at = intake_inlet(&how, err)) == NULL)
		return -1;
	snprintf(port, sizeof(port), "%u", intake_inlet_port(*at));
	log_info("Listening at %s, Port: %s", how.name, port);
	if (in->receivers == 1)
		return 0;
	(*at)->close(*at);
	how.port = port;
	how.shards = in->receivers;
	for (; how.shard < how.shards; how.shard++, at += in->each)
		if ((*at = intake_inlet(&how, err)) == NULL)
			return -1;
	return intake_inlet_shard(in->list[n], err);
}

static int
open_stream(const struct config *o, const char *text, const struct url *url,
    struct intakes *in, unsigned n, struct err *err)
{
	const struct carrier *c = &carriers[url->scheme];
	struct inlet_options how = INLET_OPTIONS_DEFAULT;

	if (c->is_tls && o->tls_cert == NULL)
		return err_set(err, ERR_USAGE, "--listen %s needs a "
		    "certificate: --tls-cert FILE", text);
	if (c->is_tls && in->tls == NULL &&
	    (in->tls = tls_server(o->tls_cert, o->tls_key != NULL ?
		o->tls_key : o->tls_cert, err)) == NULL)
		return -1;
	how.name = text;
	how.host = url->host;
	how.port = url->port;
	how.framing = c->tera == INTAKE_NO_TERA ? FRAMING_IPFIX :
						  FRAMING_TERA;
	how.tls = c->is_tls ? in->tls : NULL;
	return open_listeners(how, in, n, err);
}

static int
open_url(const struct config *o, const char *text, struct intakes *in,
    unsigned n, struct err *err)
{
	const struct carrier *c;
	struct url url;

	if (url_parse(text, flowcapd_schemes, SCHEMES, URL_LISTEN, &url,
		err) == -1)
		return err_context(err, "--listen");
	if (*url.rest != '\0' && strcmp(url.rest, "/") != 0)
		return err_set(err, ERR_VALUE, "--listen: %s: '%s' behind "
		    "the port", text, url.rest);
	c = &carriers[url.scheme];
	if ((c->is_stream ? open_stream(o, text, &url, in, n, err) :
		open_datagrams(o, &url, in, n, err)) == -1)
		return -1;
	for (unsigned i = 0; i < in->receivers; i++)
		in->list[i * in->each + n]->tera = c->tera;
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
	tls_free(in->tls);
	in->tls = NULL;
}
