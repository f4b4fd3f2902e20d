/*
 * What the command line names.
 */

#include "common/log.h"
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

static int
add_sources(const struct config *o, struct sources *s, struct err *err)
{
	if (has_lines(o))
		return add_lines(o, s, err);
	if (o->base != NULL)
		return sources_set_base(s, o->base, o->max_sources, err);
	if (o->dir != NULL)
		return sources_add(s, o->ident, NULL, o->dir, err);
	if (o->config_file == NULL)
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
