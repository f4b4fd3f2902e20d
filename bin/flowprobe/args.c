/*
 * Command line of flowprobe.  Two letters of fprobe also mean what they mean
 * to softflowd and nfpcapd: -r with a number is a priority, else a capture;
 * -l with a digit or an identifier says where to log, else where flows go.
 */

#include <stdlib.h>
#include <string.h>

#include "flowprobe/args_int.h"
#include "flowprobe/options.h"
#include "store/codec.h"
#include "store/slot.h"

#define MAX_FLOWS 262144
#define LEVEL_MAX 7
#define INTERVAL_MAX 31622400 /* a leap year */
#define TTL_MAX 255
#define VERSION_UNSET UINT32_MAX
#define RECONNECT_MAX 86400
#define PAYLOAD_MAX 16384
#define CLOSE_MS 5000 /* for the last ACK of a connection */
#define KB 1024

void
args_usage(const char *name, FILE *out)
{
	fprintf(out, "usage: %s [options] [host:port[/[local][/type]] ...]\n",
	    name);
	options_usage(&flowprobe_options, out);
	fprintf(out, "See flowprobe(8) for more.\n");
}

static void
set_defaults(struct config *c, const char *name)
{
	c->scan_s = 5;
	c->fragments_s = 30;
	c->idle_s = 60;
	c->active_s = 300;
	c->version = VERSION_UNSET;
	c->reconnect_s = 60;
	c->snaplen = 256;
	c->level = 6;
	c->log_to = 1;
	c->max_flows = MAX_FLOWS;
	c->sampling = 1;
	c->interval_s = 300;
	c->max_len = 1400;
	c->template_s = 60;
	c->template_packets = 16;
	c->threads = 1;
	c->hold_s = 1;
	c->bulk = 10000;
	c->queue = 100;
	c->codec = "lz4";
	snprintf(c->name, sizeof(c->name), "%s", name);
}

static int
one_path(const char **path, const char *text, struct err *err)
{
	if (*path != NULL && strcmp(*path, text) != 0)
		return err_set(err, ERR_USAGE, "'%s' and '%s': one is "
		    "possible", *path, text);
	*path = text;
	return 0;
}

static int
settle_r(const char *text, struct config *c, struct err *err)
{
	return args_is_priority(text) ?
	    args_priority(text, &c->priority, err) :
	    one_path(&c->read, text, err);
}

static int
settle_l(const char *text, struct config *c, struct err *err)
{
	return args_is_log(text) ? args_log(text, c, err) :
				   one_path(&c->dir, text, err);
}

/* Options that may stand several times, one by one. */
static int
settle_lists(struct config *c, struct err *err)
{
	const struct {
		const struct opt_list *list;
		int (*settle)(const char *text, struct config *c,
		    struct err *err);
	} all[] = {
		{ &c->r, settle_r },
		{ &c->l, settle_l },
		{ &c->timeouts, args_timeouts },
	};

	for (size_t n = 0; n < sizeof(all) / sizeof(all[0]); n++)
		for (unsigned i = 0; i < all[n].list->count; i++)
			if (all[n].settle(all[n].list->items[i], c, err) ==
			    -1)
				return -1;
	return 0;
}

static int
settle_source(struct config *c, struct err *err)
{
	if (c->interface != NULL && c->read != NULL)
		return err_set(err, ERR_USAGE,
		    "an interface and a capture: one is possible");
	if (c->interface != NULL && strcmp(c->interface, "-") == 0) {
		c->interface = NULL;
		c->read = "-";
	}
	if (c->dir == NULL && c->remote_count == 0)
		return err_set(err, ERR_USAGE,
		    "nowhere to put flows: give a collector or -l DIR");
	return 0;
}

static int
settle_cache(struct config *c, struct err *err)
{
	struct cache_options *o = &c->cache;
	uint64_t flows;

	o->track = CACHE_TRACK_PORT;
	if (c->payload_len > PAYLOAD_MAX)
		return err_set(err, ERR_VALUE, "--payload %u is above %d",
		    c->payload_len, PAYLOAD_MAX);
	if (c->track_text != NULL &&
	    args_track(c->track_text, &o->track, err) == -1)
		return -1;
	o->has_tos_key = c->by_tos;
	o->is_biflow = c->biflow;
	o->has_details = c->details;
	o->payload_len = (uint16_t)c->payload_len;
	o->has_icmp_ports = c->icmp_ports;
	for (int i = 0; i < CACHE_CLASSES; i++)
		if (o->idle_ms[i] == 0)
			o->idle_ms[i] = (uint64_t)c->idle_s * 1000;
	if (c->tcp_close && o->fin_ms == 0)
		o->fin_ms = CLOSE_MS;
	if (c->tcp_close && o->rst_ms == 0)
		o->rst_ms = CLOSE_MS;
	o->active_ms = (uint64_t)c->active_s * 1000;
	o->scan_ms = c->scan_s > UINT32_MAX / 1000 ? UINT32_MAX :
	    c->scan_s * 1000;
	if (c->indexes != NULL && args_indexes(c->indexes, o, err) == -1)
		return -1;
	flows = c->memory_kb == 0 ? c->max_flows :
	    (uint64_t)c->memory_kb * KB / cache_flow_size(o);
	if (flows == 0 || flows > CACHE_FLOWS_MAX)
		return err_set(err, ERR_VALUE, "a cache of %llu flows: 1 to "
		    "%u are possible", (unsigned long long)flows,
		    CACHE_FLOWS_MAX);
	o->max_flows = (uint32_t)flows;
	return 0;
}

/* Streams are of IPFIX only: nothing else tells where messages end. */
static int
settle_version(struct config *c, struct err *err)
{
	const struct remote *stream = NULL;

	for (unsigned i = 0; i < c->remote_count && stream == NULL; i++)
		if (c->remotes[i].kind != OUTLET_UDP)
			stream = &c->remotes[i];
	if (c->version == VERSION_UNSET)
		c->version = stream == NULL ? 5 : 10;
	if (c->remote_count > 0 && c->version < 9)
		c->cache.counter_max = UINT32_MAX;
	if (stream != NULL && c->version != 10)
		return err_set(err, ERR_VALUE, "%s: only IPFIX, -n 10, goes "
		    "by TCP and TLS", stream->name);
	return 0;
}

static int
settle_exporter(struct config *c, struct err *err)
{
	if (c->exporter_text == NULL)
		return 0;
	if (addr_parse(c->exporter_text, &c->exporter) == -1 ||
	    addr_is_zero(c->exporter))
		return err_set(err, ERR_VALUE, "--exporter %s is no address",
		    c->exporter_text);
	if (c->from == NULL)
		c->from = c->exporter_text;
	return 0;
}

static int
settle_export(struct config *c, struct err *err)
{
	if (settle_version(c, err) == -1 || settle_exporter(c, err) == -1 ||
	    (c->time_text != NULL &&
		args_time(c->time_text, &c->time, err) == -1) ||
	    (c->rate != NULL && args_rate(c->rate, &c->burst_bytes,
		&c->pause_ns, err) == -1))
		return -1;
	return 0;
}

static int
check_export(const struct config *c, struct err *err)
{
	if (!wire_encoder_has(c->version))
		return err_set(err, ERR_VALUE, "Illegal NetFlow version");
	if (c->reconnect_s == 0 || c->reconnect_s > RECONNECT_MAX)
		return err_set(err, ERR_VALUE, "--reconnect %u: 1 to %d",
		    c->reconnect_s, RECONNECT_MAX);
	if (c->ttl > TTL_MAX)
		return err_set(err, ERR_VALUE, "--ttl %u is above %d", c->ttl,
		    TTL_MAX);
	return 0;
}

static int
check_values(const struct config *c, struct err *err)
{
	if (c->level > LEVEL_MAX)
		return err_set(err, ERR_VALUE, "-v %u is above %d", c->level,
		    LEVEL_MAX);
	if (c->interval_s == 0 || c->interval_s > INTERVAL_MAX)
		return err_set(err, ERR_VALUE, "--interval %u: 1 to %d",
		    c->interval_s, INTERVAL_MAX);
	if (c->layout >= SLOT_LAYOUTS)
		return err_set(err, ERR_VALUE, "--layout %u is above %d",
		    c->layout, SLOT_LAYOUTS - 1);
	if (c->threads == 0 || c->threads > THREADS_MAX)
		return err_set(err, ERR_VALUE, "--threads %u: 1 to %d",
		    c->threads, THREADS_MAX);
	if (c->threads > 1 && c->read != NULL)
		return err_set(err, ERR_USAGE,
		    "--threads is of interfaces, not of captures");
	if (c->control != NULL && c->read != NULL)
		return err_set(err, ERR_USAGE,
		    "--control is of interfaces, not of captures");
	if (c->sampling == 0)
		return err_set(err, ERR_VALUE, "--sampling needs a number > 0");
	if (codec_by_name(c->codec, err) == NULL)
		return -1;
	return check_export(c, err);
}

int
args_parse(struct config *c, const char *name, int argc, char **argv,
    struct err *err)
{
	int words;

	set_defaults(c, name);
	c->help = argc <= 1;
	if (options_parse(&flowprobe_options, argc, argv, c, &words, err) == -1)
		return -1;
	if (c->help || c->show_version)
		return 0;
	if (words > REMOTES_MAX)
		return err_set(err, ERR_USAGE, "more than %d collectors",
		    REMOTES_MAX);
	for (int i = 1; i <= words; i++)
		if (args_remote(argv[i], (unsigned)i,
			&c->remotes[c->remote_count++], err) == -1)
			return -1;
	if (settle_lists(c, err) == -1 || settle_source(c, err) == -1 ||
	    settle_cache(c, err) == -1 || settle_export(c, err) == -1)
		return -1;
	return check_values(c, err);
}
