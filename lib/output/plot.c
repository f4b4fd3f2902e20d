/*
 * Counters of files, for plotting.
 */

#include <inttypes.h>

#include "base/bytes.h"
#include "output/plot.h"
#include "output/schema_int.h"

/* Keys, and where in struct record_stats their numbers are. */
static const struct {
	const char *key;
	enum json_type type;
	size_t at;
} items[] = {
	{ "file", JSON_STRING, 0 },
	{ "time", JSON_TIME, 0 },
	{ "flows", JSON_NUMBER, offsetof(struct record_stats, flows) },
	{ "packets", JSON_NUMBER, offsetof(struct record_stats, packets) },
	{ "bytes", JSON_NUMBER, offsetof(struct record_stats, bytes) },
};

#define ITEMS (sizeof(items) / sizeof(items[0]))

void
plot_heading(struct buffer *out)
{
	buffer_text(out, "# yyyy-mm-dd HH:MM:SS,flows,packets,bytes\n");
}

void
plot_text(const struct plot_row *row, struct civil_cache *c,
    struct buffer *out)
{
	char time[CIVIL_TEXT_MAX];

	civil_format_s(c, row->start_ms, time);
	buffer_printf(out, "%s,%" PRIu64 ",%" PRIu64 ",%" PRIu64 "\n", time,
	    row->stats->flows, row->stats->packets, row->stats->bytes);
}

void
plot_json(const struct plot_row *row, struct json *j)
{
	json_object_begin(j);
	for (size_t i = 0; i < ITEMS; i++)
		if (items[i].type == JSON_STRING)
			json_string(j, items[i].key, row->file);
		else if (items[i].type == JSON_TIME)
			json_time(j, items[i].key, row->start_ms);
		else
			json_u64(j, items[i].key, load_u64(
			    (const char *)row->stats + items[i].at));
	json_object_end(j);
}

void
plot_schema(const char *report, struct buffer *out)
{
	for (size_t i = 0; i < ITEMS; i++)
		schema_add(out, report, items[i].key, items[i].type);
}
