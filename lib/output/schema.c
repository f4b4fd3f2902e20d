/*
 * The keys of all reports in JSON.
 */

#include <string.h>

#include "output/schema.h"
#include "output/schema_int.h"

/* Name, and keys in json and ndjson. */
static const struct {
	const char *name;
	void (*json)(const char *report, struct buffer *out);
	void (*ndjson)(const char *report, struct buffer *out);
} reports[] = {
	{ "flows", format_json_schema, format_ndjson_schema },
	{ "statistic", statistic_schema, statistic_schema },
	{ "stored", summary_schema, summary_schema },
	{ "exporters", exporter_schema, exporter_schema },
	{ "files", plot_schema, plot_schema },
};

static void
add_line(struct buffer *out, const char *report, const char *key,
    const char *suffix, const char *type)
{
	buffer_text(out, report);
	buffer_char(out, '\t');
	buffer_text(out, key);
	buffer_text(out, suffix);
	buffer_char(out, '\t');
	buffer_text(out, type);
	buffer_char(out, '\n');
}

void
schema_add(struct buffer *out, const char *report, const char *key,
    enum json_type type)
{
	static const char *const names[] = { [JSON_STRING] = "string",
		[JSON_NUMBER] = "number", [JSON_LIST] = "array",
		[JSON_TIME] = "string" };

	add_line(out, report, key, "", names[type]);
	if (type == JSON_TIME)
		add_line(out, report, key, "_ms", "number");
}

static const char *const modes[] = { "json", "ndjson" };

void
schema_modes(struct buffer *out)
{
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		buffer_word(out, modes[i]);
}

int
schema_text(const char *mode, struct buffer *out, struct err *err)
{
	bool is_lines = strcmp(mode, modes[1]) == 0;

	if (!is_lines && strcmp(mode, modes[0]) != 0)
		return err_set(err, ERR_VALUE,
		    "schema '%.60s': json or ndjson is known", mode);
	for (size_t i = 0; i < sizeof(reports) / sizeof(reports[0]); i++)
		(is_lines ? reports[i].ndjson : reports[i].json)(
		    reports[i].name, out);
	return out->failed ? err_nomem(err) : 0;
}
