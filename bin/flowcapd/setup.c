/*
 * What the command line names.
 */

#include "common/log.h"
#include "common/place.h"
#include "flowcapd/config_file.h"
#include "flowcapd/setup.h"

#define SOURCE_DESCRIPTORS 3 /* directory, lock, file */

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

/* The file is asked for sources when the command line names none. */
static int
read_config(const struct config *o, struct settings *settings,
    struct sources *s, struct err *err)
{
	static const struct settings defaults = SETTINGS_DEFAULT;
	bool is_named = has_lines(o) || o->base != NULL || o->dir != NULL;

	*settings = o->settings;
	if (o->config_file != NULL &&
	    config_file_read(o->config_file,
		o->is_sfcapd ? "sfcapd" : "nfcapd", settings,
		is_named ? NULL : s, err) == -1)
		return -1;
	settings_add(settings, &defaults);
	return 0;
}

/*
 * Dynamic sources that there may be.  One without descriptors would lose its
 * flows, and the next directories of others could not be opened either.
 */
static uint32_t
possible_sources(uint32_t wanted)
{
	uint32_t n = place_room(SOURCE_DESCRIPTORS);

	if (n >= wanted)
		return wanted;
	log_warning("the limit of open files allows %u dynamic sources, not "
	    "%u", n, wanted);
	return n;
}

static int
add_sources(const struct config *o, uint32_t max, struct sources *s,
    struct err *err)
{
	if (o->base != NULL)
		return sources_set_base(s, o->base, possible_sources(max),
		    err);
	if (o->dir != NULL)
		return sources_add(s, o->ident, NULL, o->dir, err);
	if (add_lines(o, s, err) == -1)
		return -1;
	return sources_count(s) > 0 ? 0 :
	    err_set(err, ERR_VALUE, "no source is defined");
}

struct sources *
setup_sources(const struct config *o, struct settings *settings,
    struct err *err)
{
	struct sources *s = sources_new(err);

	if (s == NULL)
		return NULL;
	if (read_config(o, settings, s, err) == -1 ||
	    add_sources(o, settings->max_sources, s, err) == -1) {
		sources_free(s);
		return NULL;
	}
	return s;
}

void
setup_log_rates(const struct settings *before, const struct settings *now)
{
	if (now->sampling == before->sampling &&
	    now->forced_sampling == before->forced_sampling)
		return;
	if (now->forced_sampling > 0)
		log_info("Sampling rate %u, whatever is announced",
		    now->forced_sampling);
	else
		log_info("Sampling rate %u where none is announced",
		    now->sampling);
}

bool
setup_is_reloadable(const struct config *o)
{
	return o->config_file != NULL || o->source_files.count > 0;
}

void
setup_log_source(const struct source *source)
{
	log_info("Add flow source: ident: %s, IP: %s, flowdir: %s",
	    source->ident, source->senders, source->path);
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
