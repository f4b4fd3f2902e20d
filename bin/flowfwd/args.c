/*
 * Command line of flowfwd.
 */

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "flowfwd/args.h"
#include "flowfwd/options.h"
#include "wire/encode.h"

#define DELAY_MAX_US 60000000
#define DRAIN_MAX_S 86400
#define RECONNECT_MAX_S 86400
#define TTL_MAX 255

/* A row of schemes and what it stands for. */
struct form {
	enum outlet_kind kind;
	uint16_t version;
};

/* clang-format off */
static const struct form forms[] = {
	{ OUTLET_UDP, 0 }, { OUTLET_TCP, 0 }, { OUTLET_TLS, 0 },
	{ OUTLET_UDP, 0 }, { OUTLET_TCP, 0 }, { OUTLET_TLS, 0 },
	{ OUTLET_UDP, 5 }, { OUTLET_UDP, 9 }, { OUTLET_UDP, 10 },
	{ OUTLET_UDP, 10 }, { OUTLET_TCP, 10 }, { OUTLET_TLS, 10 },
};
/* clang-format on */

static_assert(FLOWFWD_SCHEMES == sizeof(forms) / sizeof(forms[0]),
    "a form for each scheme");

void
args_usage(const char *name, FILE *out)
{
	fprintf(out, "usage: %s [options] [URL ...] [filter]\n", name);
	options_usage(&flowfwd_options, out);
	fprintf(out, "URLs: ");
	for (size_t i = 0; i < FLOWFWD_SCHEMES; i++)
		fprintf(out, "%s%s", i == 0 ? "" : i % 6 == 0 ? ",\n      " :
		    ", ", flowfwd_schemes[i].name);
	fprintf(out, "://HOST[:PORT]\nSee flowfwd(1) for more.\n");
}

static int
add_url(struct config *c, const char *text, struct err *err)
{
	struct target *t = &c->targets[c->target_count];

	if (c->target_count == TARGETS_MAX)
		return err_set(err, ERR_USAGE, "more than %d URLs",
		    TARGETS_MAX);
	if (url_parse(text, flowfwd_schemes, FLOWFWD_SCHEMES, URL_PEER,
		&t->url, err) == -1)
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
	if (version == 0 || wire_encoder_has(version))
		return 0;
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
	if (check_limit("--drain", c->drain_s, 0, DRAIN_MAX_S, err) == -1)
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
	if (options_parse(&flowfwd_options, argc, argv, c, &words, err) == -1)
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
