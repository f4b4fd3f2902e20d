/*
 * Command line of flowfwd.
 */

#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "flowfwd/args.h"
#include "wire/encode.h"

#define DELAY_MAX_US 60000000
#define RECONNECT_MAX_S 86400
#define TTL_MAX 255

#define AT(member) offsetof(struct config, member)

/* clang-format off */
static const struct opt options[] = {
	{ '4', NULL, OPT_FLAG, AT(v4), NULL,
	    "send to IPv4 addresses only" },
	{ '6', NULL, OPT_FLAG, AT(v6), NULL,
	    "send to IPv6 addresses only" },
	{ 'b', NULL, OPT_U32, AT(buffer), "bytes",
	    "queue of a TCP or TLS connection, default 4194304" },
	{ 'c', NULL, OPT_COUNT, AT(limit), "count",
	    "stop after count matching flows" },
	{ 'D', NULL, OPT_STR, AT(input.name_server), "server",
	    "name server for host names in filters" },
	{ 'd', NULL, OPT_U32, AT(delay_us), "usec",
	    "between datagrams, default 100, Tera Flow 50; 0 none" },
	{ 'E', NULL, OPT_FLAG, AT(verbose), NULL,
	    "tell more" },
	{ 'f', NULL, OPT_STR, AT(input.filter_file), "file",
	    "read the filter from file" },
	{ 'G', NULL, OPT_STR, AT(input.geo), "file",
	    "countries of addresses in filters: a MaxMind database" },
	{ 'H', NULL, OPT_STR, AT(host), "host",
	    "send NetFlow to this host, default 127.0.0.1" },
	{ 'h', "help", OPT_FLAG, AT(help), NULL,
	    "print this text" },
	{ 'i', NULL, OPT_STR, AT(interface), "name",
	    "send packets of this interface as Tera Flow" },
	{ 'j', NULL, OPT_STR, AT(group), "group",
	    "send NetFlow to this multicast group" },
	{ 'K', NULL, OPT_REFUSED, 0,
	    "flows are not made anonymous; use nfanon", NULL },
	{ 'L', NULL, OPT_STR, AT(facility), "facility",
	    "messages go to syslog" },
	{ 'M', NULL, OPT_STR, AT(input.dirs), "dir:dir...",
	    "directories in which -r and -R are looked up" },
	{ 'p', NULL, OPT_STR, AT(port), "port",
	    "of -H and -j, default 9995" },
	{ 'R', NULL, OPT_LIST, AT(input.ranges), "list",
	    "read DIR, DIR/FIRST or DIR/FIRST:LAST; may be repeated" },
	{ 'r', NULL, OPT_STR, AT(input.file), "file",
	    "read one file; default: standard input" },
	{ 't', NULL, OPT_STR, AT(input.window), "window",
	    "YYYY/MM/DD.hh:mm:ss[-YYYY/MM/DD.hh:mm:ss]" },
	{ 'V', "version", OPT_FLAG, AT(show_version), NULL,
	    "print the version" },
	{ 'v', NULL, OPT_U32, AT(version), "version",
	    "of -H and -j: 1, 5, 7, 9, 10 (IPFIX); default 9" },
	{ 'z', NULL, OPT_STR, AT(speed_text), "factor",
	    "send flows by their times, so many times faster" },
	{ 0, "bpf", OPT_STR, AT(packet_filter), "expression",
	    "of pcap-filter(7): packets of -i and --pcap to send" },
	{ 0, "control", OPT_STR, AT(control), "path",
	    "socket of --status, default CURSOR.sock" },
	{ 0, "cursor", OPT_STR, AT(cursor), "file",
	    "--follow: how far the store has been sent" },
	{ 0, "drain", OPT_U32, AT(drain_s), "seconds",
	    "to send at the end what is queued, default 60" },
	{ 0, "follow", OPT_STR, AT(follow), "dir",
	    "send flows as they are stored in dir, until stopped" },
	{ 0, "from", OPT_STR, AT(from), "address",
	    "send from this address" },
	{ 0, "id", OPT_U32, AT(id), "number",
	    "engine, source id or domain of NetFlow and IPFIX" },
	{ 0, "max-len", OPT_U32, AT(max_len), "bytes",
	    "of a datagram of NetFlow or IPFIX, default 1400" },
	{ 0, "metrics", OPT_STR, AT(metrics), "address",
	    "serve OpenMetrics: [host:]port or unix:path" },
	{ 0, "pcap", OPT_STR, AT(capture), "file",
	    "send the packets of a capture as Tera Flow" },
	{ 0, "rate", OPT_U32, AT(rate), "flows",
	    "a second, at most" },
	{ 0, "reconnect", OPT_U32, AT(reconnect_s), "seconds",
	    "until a lost connection is tried again, default 60" },
	{ 0, "sampling", OPT_U32, AT(sampling), "count",
	    "send one flow or packet in so many" },
	{ 0, "status", OPT_FLAG, AT(status), NULL,
	    "print what the one of --cursor or --control counted" },
	{ 0, "tls-ca", OPT_STR, AT(tls_ca), "file",
	    "certificates to trust in place of the system's" },
	{ 0, "tmpdir", OPT_STR, AT(input.tmpdir), "dir",
	    "where a pipe is copied to" },
	{ 0, "ttl", OPT_U32, AT(ttl), "count",
	    "TTL or hop limit of datagrams" },
};
/* clang-format on */

#define OPTIONS (sizeof(options) / sizeof(options[0]))

/* A row of schemes and what it stands for. */
struct form {
	enum outlet_kind kind;
	uint16_t version;
};

/* clang-format off */
static const struct url_scheme schemes[] = {
	{ "udp", "8104" }, { "tcp", "8104" }, { "tls", "8104" },
	{ "tera+udp", "8104" }, { "tera+tcp", "8104" }, { "tera+tls", "8104" },
	{ "netflow5", "9995" }, { "netflow9", "9995" }, { "ipfix", "4739" },
	{ "ipfix+udp", "4739" }, { "ipfix+tcp", "4739" },
	{ "ipfix+tls", "4740" },
};

static const struct form forms[] = {
	{ OUTLET_UDP, 0 }, { OUTLET_TCP, 0 }, { OUTLET_TLS, 0 },
	{ OUTLET_UDP, 0 }, { OUTLET_TCP, 0 }, { OUTLET_TLS, 0 },
	{ OUTLET_UDP, 5 }, { OUTLET_UDP, 9 }, { OUTLET_UDP, 10 },
	{ OUTLET_UDP, 10 }, { OUTLET_TCP, 10 }, { OUTLET_TLS, 10 },
};
/* clang-format on */

#define SCHEMES (sizeof(schemes) / sizeof(schemes[0]))

static_assert(SCHEMES == sizeof(forms) / sizeof(forms[0]),
    "a form for each scheme");

void
args_usage(const char *name, FILE *out)
{
	fprintf(out, "usage: %s [options] [URL ...] [filter]\n", name);
	options_usage(options, OPTIONS, out);
	fprintf(out, "URLs: ");
	for (size_t i = 0; i < SCHEMES; i++)
		fprintf(out, "%s%s", i == 0 ? "" : i % 6 == 0 ? ",\n      " :
		    ", ", schemes[i].name);
	fprintf(out, "://HOST[:PORT]\nSee flowfwd(1) for more.\n");
}

static int
add_url(struct config *c, const char *text, struct err *err)
{
	struct target *t = &c->targets[c->target_count];

	if (c->target_count == TARGETS_MAX)
		return err_set(err, ERR_USAGE, "more than %d URLs",
		    TARGETS_MAX);
	if (url_parse(text, schemes, SCHEMES, URL_PEER, &t->url, err) == -1)
		return -1;
	if (*t->url.rest != '\0' && strcmp(t->url.rest, "/") != 0)
		return err_set(err, ERR_VALUE,
		    "%s: nothing may follow host and port", text);
	t->text = text;
	t->kind = forms[t->url.scheme].kind;
	t->version = forms[t->url.scheme].version;
	c->target_count++;
	return 0;
}

/* URLs among the words leave them. */
static int
take_words(struct config *c, char **words, int nwords, struct err *err)
{
	c->words = words;
	for (int i = 0; i < nwords; i++) {
		if (!url_has_scheme(words[i]))
			words[c->nwords++] = words[i];
		else if (add_url(c, words[i], err) == -1)
			return -1;
	}
	return 0;
}

static int
copy_text(char *to, size_t size, const char *text, struct err *err)
{
	if ((size_t)snprintf(to, size, "%s", text) < size)
		return 0;
	return err_set(err, ERR_VALUE, "'%s' is too long", text);
}

/* What nfreplay sends to. */
static int
add_replay(struct config *c, struct err *err)
{
	struct target *t = &c->targets[c->target_count];

	if (c->target_count > 0 && c->host == NULL && c->group == NULL &&
	    c->port == NULL && c->version == 0)
		return 0;
	if (c->target_count == TARGETS_MAX)
		return err_set(err, ERR_USAGE, "more than %d targets",
		    TARGETS_MAX);
	t->text = c->group != NULL ? c->group : c->host != NULL ? c->host :
	    "127.0.0.1";
	t->kind = OUTLET_UDP;
	t->version = c->version == 0 ? 9 : (uint16_t)c->version;
	if (c->host != NULL && c->group != NULL)
		return err_set(err, ERR_USAGE,
		    "-H and -j: one host is possible");
	c->target_count++;
	return copy_text(t->url.host, sizeof(t->url.host), t->text, err) ==
		    -1 ||
		copy_text(t->url.port, sizeof(t->url.port),
		    c->port == NULL ? "9995" : c->port, err) == -1 ? -1 : 0;
}

static int
parse_speed(struct config *c, struct err *err)
{
	char *end;

	if (c->speed_text == NULL)
		return 0;
	c->speed = strtod(c->speed_text, &end);
	if (end == c->speed_text || *end != '\0' || !isfinite(c->speed) ||
	    c->speed <= 0)
		return err_set(err, ERR_VALUE,
		    "option -z: '%s' is no number above 0", c->speed_text);
	return 0;
}

static int
check_version(uint32_t version, struct err *err)
{
	switch (version) {
	case 0:
	case 1:
	case 5:
	case 7:
	case 9:
	case 10:
		return 0;
	}
	return err_set(err, ERR_VALUE, "Invalid netflow version: %u. Accept "
	    "only 1, 5, 7, 9 or 10!", version);
}

static int
check_limit(const char *name, uint32_t value, uint32_t min, uint32_t max,
    struct err *err)
{
	if (value >= min && value <= max)
		return 0;
	return err_set(err, ERR_VALUE, "option %s: %u is not in %u to %u",
	    name, value, min, max);
}

static int
check_packets(const struct config *c, struct err *err)
{
	const struct selection_options *o = &c->input;

	if (c->interface == NULL && c->capture == NULL)
		return c->packet_filter == NULL ? 0 : err_set(err, ERR_USAGE,
		    "--bpf is for packets, of -i or --pcap");
	if (c->interface != NULL && c->capture != NULL)
		return err_set(err, ERR_USAGE,
		    "-i and --pcap exclude each other");
	if (o->file != NULL || o->ranges.count > 0 || o->dirs != NULL ||
	    o->window != NULL || o->filter_file != NULL || c->nwords > 0 ||
	    c->follow != NULL || c->speed > 0 || c->rate > 0)
		return err_set(err, ERR_USAGE, "-i and --pcap send packets, "
		    "which --bpf and --sampling select: no -r, -R, -M, -t, "
		    "-f, -z, --follow and --rate, and no filter");
	for (unsigned i = 0; i < c->target_count; i++)
		if (c->targets[i].version != 0)
			return err_set(err, ERR_USAGE, "%s: packets are sent "
			    "as Tera Flow only", c->targets[i].text);
	return 0;
}

static int
check_follow(const struct config *c, struct err *err)
{
	const struct selection_options *o = &c->input;

	if (c->follow == NULL)
		return c->cursor == NULL ? 0 : err_set(err, ERR_USAGE,
		    "--cursor is for --follow");
	if (o->file != NULL || o->ranges.count > 0 || o->dirs != NULL ||
	    o->window != NULL || c->speed > 0)
		return err_set(err, ERR_USAGE, "--follow names its files "
		    "itself and has no end: it takes no -r, -R, -M, -t "
		    "and -z");
	if (c->cursor != NULL && c->limit > 0)
		return err_set(err, ERR_USAGE, "-c ends inside a block, which "
		    "--cursor cannot tell: they exclude each other");
	return 0;
}

/* Beside the cursor, if it is not named. */
static int
set_control(struct config *c, struct err *err)
{
	const size_t size = sizeof(c->control_text);

	if (c->control != NULL || c->cursor == NULL)
		return c->control != NULL || !c->status ? 0 :
		    err_set(err, ERR_USAGE, "--status: which one, by --cursor "
			"or --control?");
	c->control = c->control_text;
	if ((size_t)snprintf(c->control_text, size, "%s.sock", c->cursor) <
	    size)
		return 0;
	return err_set(err, ERR_VALUE, "'%s' is too long", c->cursor);
}

/* There has to be room for what one flow may complete. */
static uint32_t
buffer_min(const struct config *c)
{
	uint32_t flow = FLOW_MESSAGES_MAX * c->max_len;

	return flow > FRAMING_MESSAGE_MAX * 2 ? flow : FRAMING_MESSAGE_MAX * 2;
}

static int
check(const struct config *c, struct err *err)
{
	if (c->v4 && c->v6)
		return err_set(err, ERR_USAGE, "-4 and -6 exclude each other");
	if (check_packets(c, err) == -1 || check_follow(c, err) == -1 ||
	    check_version(c->version, err) == -1 ||
	    (c->delay_us != DELAY_DEFAULT &&
		check_limit("-d", c->delay_us, 0, DELAY_MAX_US, err) == -1) ||
	    check_limit("--ttl", c->ttl, 0, TTL_MAX, err) == -1 ||
	    check_limit("--sampling", c->sampling, 1, UINT32_MAX, err) == -1 ||
	    check_limit("--max-len", c->max_len, WIRE_ENCODER_LEN_MIN,
		WIRE_ENCODER_LEN_MAX, err) == -1 ||
	    check_limit("-b", c->buffer, buffer_min(c), INT32_MAX, err) == -1)
		return -1;
	return check_limit("--reconnect", c->reconnect_s, 1, RECONNECT_MAX_S,
	    err);
}

static void
set_defaults(struct config *c, const char *name)
{
	*c = (struct config){ .name = name, .delay_us = DELAY_DEFAULT,
		.buffer = 4 * 1024 * 1024, .reconnect_s = 60, .drain_s = 60,
		.max_len = 1400, .sampling = 1 };
}

int
args_parse(struct config *c, const char *name, int argc, char **argv,
    struct err *err)
{
	int words;

	set_defaults(c, name);
	if (options_parse(options, OPTIONS, argc, argv, c, &words, err) == -1)
		return -1;
	if (c->help || c->show_version)
		return 0;
	if (set_control(c, err) == -1)
		return -1;
	if (c->status)
		return 0;
	if (take_words(c, argv + 1, words, err) == -1 ||
	    add_replay(c, err) == -1 || parse_speed(c, err) == -1)
		return -1;
	return check(c, err);
}
