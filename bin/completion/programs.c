/*
 * What arguments of options can be, by their names in the tables of options.
 * The words are those of the tables that the programs read them with.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "completion/completion.h"
#include "flowcapd/options.h"
#include "flowdump/names.h"
#include "flowdump/options.h"
#include "flowexpire/options.h"
#include "flowfwd/options.h"
#include "flowprobe/options.h"
#include "output/dialect.h"
#include "output/format.h"
#include "output/schema.h"
#include "query/filter.h"
#include "store/codec.h"
#include "wire/encode.h"

/* Names that mean the same in all programs. */
static const struct value common[] = {
	{ .arg = "codec", VALUE_WORDS, codec_list },
	{ .arg = "dir", VALUE_DIR },
	{ .arg = "dir:dir...", VALUE_DIRS },
	{ .arg = "file", VALUE_FILE },
	{ .arg = "filter", VALUE_FILTER },
	{ .arg = "host", VALUE_HOST },
	{ .arg = "name", VALUE_INTERFACE },
	{ .arg = "path", VALUE_FILE },
	{ .arg = "user", VALUE_USER },
};

/* Names of what only the user knows. */
static const char *const texts[] = { "MiB", "[name=]size", "address",
	"bytes", "bytes:ns", "command", "count", "expression", "factor",
	"flows", "host[/port]", "ident", "ident,ip,dir", "in[:out]",
	"interval", "kilobytes", "level", "limit", "multicast", "num",
	"number", "percent", "port", "rate", "seconds", "server", "size",
	"size|percent%", "text", "time", "usec", "window" };

static void
add(struct buffer *out, const char *word, const char *end)
{
	buffer_text(out, word);
	buffer_text(out, end);
}

/* flowcapd */

static void
syncs(struct buffer *out)
{
	for (size_t i = 0; flowcapd_syncs[i] != NULL; i++)
		add(out, flowcapd_syncs[i], " ");
}

static void
listen_schemes(struct buffer *out)
{
	url_scheme_names(flowcapd_schemes, SCHEMES, out);
}

static void
tunnels(struct buffer *out)
{
	add(out, "tun", " ");
}

static const struct value flowcapd_values[] = {
	{ .arg = "device", VALUE_INTERFACE },
	{ .arg = "group", VALUE_GROUP },
	{ .arg = "list", VALUE_TEXT },
	{ .arg = "method", VALUE_WORDS, codec_list },
	{ .arg = "socket", VALUE_FILE },
	{ .arg = "tun", VALUE_WORDS, tunnels },
	{ .arg = "url", VALUE_WORDS, listen_schemes },
	{ .arg = "when", VALUE_WORDS, syncs },
};

/* flowdump */

static void
list_of(const char *what, struct buffer *out)
{
	struct err err;

	if (names_list(what, out, &err) == -1)
		out->failed = true;
}

static void
fields(struct buffer *out)
{
	list_of("fields", out);
}

static void
keys(struct buffer *out)
{
	list_of("keys", out);
}

static void
modes(struct buffer *out)
{
	list_of("modes", out);
}

static void
orders(struct buffer *out)
{
	list_of("orders", out);
}

/* Directions of -O. */
static void
directions(struct buffer *out)
{
	add(out, "a", " ");
	add(out, "d", " ");
}

static void
no_configuration(struct buffer *out)
{
	add(out, "none", " ");
}

static const struct value flowdump_values[] = {
	{ .arg = "field/order", VALUE_WORDS, fields, { { "", '/', orders } } },
	{ .arg = "form", VALUE_WORDS, schema_modes },
	{ .arg = "key,...", VALUE_WORDS, keys, { { "", ',', keys } } },
	{ .arg = "list", VALUE_FILE },
	{ .arg = "mode", VALUE_WORDS, modes,
	    { { "fmt:", '%', format_token_names },
		{ "csv:", '%', format_csv_token_names } } },
	{ .arg = "names", VALUE_WORDS, names_lists },
	{ .arg = "none", VALUE_WORDS, no_configuration },
	{ .arg = "order", VALUE_WORDS, orders, { { "", ':', directions } } },
	{ .arg = "version", VALUE_WORDS, dialect_names },
};

/* flowfwd and flowprobe */

static void
versions(struct buffer *out)
{
	for (unsigned i = 0; wire_encoder_version(i) != 0; i++)
		buffer_printf(out, "%u ", wire_encoder_version(i));
}

static void
forward_schemes(struct buffer *out)
{
	url_scheme_names(flowfwd_schemes, FLOWFWD_SCHEMES, out);
}

static const struct value flowfwd_values[] = {
	{ .arg = "facility", VALUE_WORDS, log_facility_names },
	{ .arg = "list", VALUE_FILE },
	{ .arg = "version", VALUE_WORDS, versions },
};

static void
probe_schemes(struct buffer *out)
{
	url_scheme_names(flowprobe_schemes, FLOWPROBE_SCHEMES, out);
}

static void
tracks(struct buffer *out)
{
	for (size_t i = 0; i < FLOWPROBE_TRACKS; i++)
		add(out, flowprobe_tracks[i].name, " ");
}

static void
times(struct buffer *out)
{
	for (unsigned i = WIRE_TIME_SEC; i < WIRE_TIMES; i++)
		add(out, flowprobe_times[i], " ");
}

static void
timeouts(struct buffer *out)
{
	for (size_t i = 0; i < FLOWPROBE_TIMEOUTS; i++)
		add(out, flowprobe_timeouts[i].name, "= ");
}

static const struct value flowprobe_values[] = {
	{ .arg = "dir|[dst][:id]", VALUE_DIR },
	{ .arg = "file|priority", VALUE_FILE },
	{ .arg = "key", VALUE_WORDS, tracks },
	{ .arg = "name=time", VALUE_WORDS, timeouts, { { "", ',', timeouts } } },
	{ .arg = "unit", VALUE_WORDS, times },
	{ .arg = "version", VALUE_WORDS, versions },
};

#define VALUES(table) table, sizeof(table) / sizeof((table)[0])

static const struct program programs[] = {
	{ "flowcapd", "nfcapd sfcapd", &flowcapd_options,
	    VALUES(flowcapd_values), { .kind = VALUE_TEXT }, NULL },
	{ "flowdump", "nfdump", &flowdump_options, VALUES(flowdump_values),
	    { .kind = VALUE_FILTER }, "--index" },
	{ "flowexpire", "nfexpire", &flowexpire_options, NULL, 0,
	    { .kind = VALUE_TEXT }, NULL },
	{ "flowfwd", "nfreplay", &flowfwd_options, VALUES(flowfwd_values),
	    { .kind = VALUE_FILTER, forward_schemes }, NULL },
	{ "flowprobe", "fprobe", &flowprobe_options, VALUES(flowprobe_values),
	    { .kind = VALUE_WORDS, probe_schemes }, NULL },
};

const struct program *
program_find(const char *name)
{
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
		if (strcmp(programs[i].name, name) == 0)
			return &programs[i];
	return NULL;
}

static const struct value *
find(const struct value *table, size_t count, const char *arg, size_t len)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(table[i].arg) == len &&
		    strncmp(table[i].arg, arg, len) == 0)
			return &table[i];
	return NULL;
}

static bool
is_text(const char *arg, size_t len)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (strlen(texts[i]) == len && strncmp(texts[i], arg, len) == 0)
			return true;
	return false;
}

const struct value *
program_value(const struct program *p, const struct opt *o)
{
	static const struct value text = { .kind = VALUE_TEXT };
	size_t len = strlen(o->arg);
	const char *arg = o->arg;
	const struct value *v;

	if (option_may_lack_value(o)) {
		arg++;
		len -= 2;
	}
	if ((v = find(p->values, p->count, arg, len)) != NULL ||
	    (v = find(VALUES(common), arg, len)) != NULL)
		return v;
	if (is_text(arg, len))
		return &text;
	fprintf(stderr, "completion: %s: what can \"%s\" be?\n", p->name,
	    o->arg);
	exit(1);
}

static bool
uses(const struct program *p, const struct value *v)
{
	for (size_t i = 0; i < p->options->count; i++) {
		const struct opt *o = &p->options->rows[i];

		if (option_is_offered(o) && o->arg != NULL &&
		    program_value(p, o) == v)
			return true;
	}
	return false;
}

const struct value *
program_words(const struct program *p, size_t n)
{
	const struct value *all[] = { p->values, common };
	const size_t count[] = { p->count, sizeof(common) / sizeof(common[0]) };

	for (size_t t = 0; t < 2; t++)
		for (size_t i = 0; i < count[t]; i++)
			if (all[t][i].kind == VALUE_WORDS &&
			    uses(p, &all[t][i]) && n-- == 0)
				return &all[t][i];
	return NULL;
}

bool
program_has(const struct program *p, enum value_kind kind)
{
	if (p->operands.kind == kind)
		return true;
	for (size_t i = 0; i < p->options->count; i++) {
		const struct opt *o = &p->options->rows[i];

		if (option_is_offered(o) && o->arg != NULL &&
		    program_value(p, o)->kind == kind)
			return true;
	}
	return false;
}
