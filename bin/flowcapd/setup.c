/*
 * Sources and intakes as the command line names them.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/daemon.h"
#include "common/log.h"
#include "flowcapd/intake_udp.h"
#include "flowcapd/setup.h"

static int
add_lines(const struct config *o, struct sources *s, struct err *err)
{
	for (unsigned i = 0; i < o->sources.count; i++)
		if (sources_add_line(s, o->sources.items[i], err) == -1)
			return -1;
	for (unsigned i = 0; i < o->source_files.count; i++)
		if (sources_add_file(s, o->source_files.items[i], err) == -1)
			return -1;
	return 0;
}

static bool
has_lines(const struct config *o)
{
	return o->sources.count > 0 || o->source_files.count > 0;
}

static bool
has_config(const struct config *o)
{
	return o->config_file != NULL && strcmp(o->config_file, "none") != 0;
}

static int
add_sources(const struct config *o, struct sources *s, struct err *err)
{
	if (has_lines(o))
		return add_lines(o, s, err);
	if (o->base != NULL)
		return sources_set_base(s, o->base, o->max_sources, err);
	if (o->dir != NULL)
		return sources_add(s, o->ident, NULL, o->dir, err);
	if (!has_config(o))
		return err_set(err, ERR_USAGE, "no data directory is given");
	return sources_add_config(s, o->config_file,
	    o->is_sfcapd ? "sfcapd" : "nfcapd", err);
}

struct sources *
setup_sources(const struct config *o, struct err *err)
{
	struct sources *s = sources_new(err);

	if (s == NULL)
		return NULL;
	if (add_sources(o, s, err) == -1) {
		sources_free(s);
		return NULL;
	}
	if (sources_count(s) == 0 && o->base == NULL) {
		err_set(err, ERR_VALUE, "no source is defined");
		sources_free(s);
		return NULL;
	}
	return s;
}

bool
setup_is_reloadable(const struct config *o)
{
	return has_config(o) || o->source_files.count > 0;
}

void
setup_log_source(const struct source *source)
{
	log_info("Add flow source: ident: %s, IP: %s, flowdir: %s",
	    source->ident, source->senders, source->path);
}

static void
log_bound(const struct udp_listen *how, const struct udp_bound *bound)
{
	const char *family = bound->family == AF_INET6 ? "IPv6" : "IPv4";

	if (how->multicast != NULL)
		log_info("Joined %s multicast group: %s Port: %u", family,
		    how->multicast, bound->port);
	else
		log_info("Bound to %s host/IP: %s, Port: %u", family,
		    how->host == NULL ? "any" : how->host, bound->port);
}

/* A socket for one receiver.  The first one that is bound is told of. */
static int
open_socket(const struct udp_listen *how, struct intakes *in, unsigned index,
    bool is_first, struct err *err)
{
	struct udp_bound bound;
	unsigned tries = 0;

	while (udp_listen(how, &bound, err) == -1)
		if (err->code != ERR_SYSTEM || errno != EADDRINUSE ||
		    !process_wait_dying(&tries))
			return -1;
	if (is_first)
		log_bound(how, &bound);
	if (is_first && bound.buffer < how->buffer)
		log_warning("receive buffer: %u bytes wanted, %u granted",
		    how->buffer, bound.buffer);
	if (bound.buffer < in->buffer)
		in->buffer = bound.buffer;
	in->list[index] = intake_udp(bound.fd, err);
	return in->list[index] == NULL ? -1 : 0;
}

int
setup_intakes(const struct config *o, struct intakes *in, struct err *err)
{
	struct udp_listen how = { .host = o->host, .port = o->port,
		.v4 = o->v4, .v6 = o->v6, .buffer = o->buffer,
		.multicast = o->multicast };

	*in = (struct intakes){ .receivers = 1, .each = 1,
		.buffer = UINT32_MAX };
	in->list = calloc(in->receivers * in->each, sizeof(struct intake *));
	if (in->list == NULL)
		return err_nomem(err);
	return open_socket(&how, in, 0, true, err);
}

struct repeater *
setup_repeater(const struct config *o, struct err *err)
{
	struct repeat_options r = { o->repeaters.items, o->repeaters.count,
		o->is_sfcapd ? "6343" : "9995", o->spoof };

	return repeat_open(&r, err);
}

int
setup_keeper(const struct config *o, struct keeper *k, struct err *err)
{
	struct keeper_options options = { o->command, o->expire,
		o->background, o->interval_s };

	return keeper_start(k, &options, err);
}

void
setup_close(struct intakes *in)
{
	for (unsigned i = 0; in->list != NULL && i < in->receivers * in->each;
	    i++)
		if (in->list[i] != NULL && in->list[i]->close != NULL)
			in->list[i]->close(in->list[i]);
	free(in->list);
	in->list = NULL;
}
