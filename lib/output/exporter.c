/*
 * Exporters and samplers.
 */

#include <inttypes.h>
#include <stdio.h>

#include "base/bytes.h"
#include "output/exporter.h"
#include "output/schema_int.h"

void
exporter_heading(enum dialect dialect, size_t rows, struct buffer *out)
{
	buffer_text(out, "Exporters:\n");
	if (dialect == DIALECT_1_6)
		return; /* an empty line stands before each row */
	buffer_text(out, rows > 0 ? "\n" : "No Exporter records found\n\n");
}

/* Samplers without an id of their own: names in text and JSON, or NULL. */
static const char *
sampler_name(int64_t id, const char **type)
{
	switch (id) {
	case RECORD_SAMPLER_GENERIC:
		*type = "generic";
		return "Generic";
	case RECORD_SAMPLER_DEFAULT:
		*type = "default";
		return "Static default";
	case RECORD_SAMPLER_OVERWRITE:
		*type = "overwrite";
		return "Static overwrite";
	default:
		*type = "assigned";
		return NULL;
	}
}

static void
add_sampler(const struct record_sampler *s, struct buffer *out)
{
	const char *type, *name = sampler_name(s->id, &type);

	if (name != NULL)
		buffer_printf(out, "    Sampler: %s Sampler: ", name);
	else
		buffer_printf(out, "    Sampler: Assigned Sampler: id: %" PRId64
		    ", ", s->id);
	buffer_printf(out, "algorithm: %u, packet interval: %" PRIu32
	    ", packet space: %" PRIu32 "\n", s->algorithm, s->interval,
	    s->space);
}

void
exporter_text(const struct exporter_row *row, enum dialect dialect,
    struct buffer *out)
{
	const struct record_exporter *x = &row->exporter;
	char addr[ADDR_TEXT_MAX];

	addr_format(x->addr, addr);
	buffer_printf(out, "%sSysID: %u, IP: %*s, version: %" PRIu32
	    ", ID: %2" PRIu32, dialect == DIALECT_1_6 ? "\n" : "", x->sysid,
	    addr_is_v4(x->addr) ? 16 : 40, addr, x->version, x->id);
	if (row->flows == 0)
		buffer_text(out, " - no flows sent\n");
	else
		buffer_printf(out, ", Sequence failures: %" PRIu64
		    ", packets: %" PRIu64 ", flows: %" PRIu64 "\n",
		    row->sequence_failures, row->packets, row->flows);
	for (size_t i = 0; i < row->sampler_count; i++)
		add_sampler(&row->samplers[i], out);
}

/* The name of a counter in words. */
static void
add_name(const char *name, struct buffer *out)
{
	for (; *name != '\0'; name++)
		buffer_char(out, *name == '_' ? ' ' : *name);
}

static void
add_ledger_row(const struct store_ledger *l, size_t row, struct buffer *out)
{
	const struct store_ledger_who *who = store_ledger_who(l, row);
	const char *separator = "";
	char addr[ADDR_TEXT_MAX], version[RECORD_VERSION_TEXT];
	uint64_t value;

	addr_format(who->addr, addr);
	record_version_format(who->version, version);
	if (who->version == 0)
		buffer_text(out, "Collector - ");
	else
		buffer_printf(out, "IP: %*s, version: %s, ID: %2" PRIu32 " - ",
		    addr_is_v4(who->addr) ? 16 : 40, addr, version,
		    who->id);
	for (size_t c = 0; c < store_ledger_columns(l); c++) {
		if ((value = store_ledger_value(l, row, c)) == 0)
			continue;
		buffer_text(out, separator);
		add_name(store_ledger_name(l, c), out);
		buffer_printf(out, ": %" PRIu64, value);
		separator = ", ";
	}
	buffer_char(out, '\n');
}

void
exporter_ledger(const struct store_ledger *l, enum dialect dialect,
    struct buffer *out)
{
	if (l == NULL || store_ledger_rows(l) == 0 || dialect == DIALECT_1_6)
		return;
	buffer_text(out, "\nLedger:\n\n");
	for (size_t i = 0; i < store_ledger_rows(l); i++)
		add_ledger_row(l, i, out);
}

/*
 * A key and the number that it has, of two, four or eight bytes; or what adds
 * its text or its list.
 */
struct item {
	const char *key;
	enum json_type type;
	size_t at;
	size_t size;
	void (*text)(const struct exporter_row *row, char text[ADDR_TEXT_MAX]);
	void (*list)(const struct exporter_row *row, struct buffer *out);
};

#define SIZE(object, member) sizeof(((struct object *)NULL)->member)
#define NUMBER(key, object, member) \
	{ key, JSON_NUMBER, offsetof(struct object, member), \
	    SIZE(object, member), NULL, NULL }

static void format_ip(const struct exporter_row *row,
    char text[ADDR_TEXT_MAX]);
static void format_version(const struct exporter_row *row,
    char text[ADDR_TEXT_MAX]);
static void add_samplers_json(const struct exporter_row *row,
    struct buffer *out);
static void add_counters_json(const struct exporter_row *row,
    struct buffer *out);

static const struct item items[] = {
	NUMBER("sysid", exporter_row, exporter.sysid),
	{ "ip", JSON_STRING, 0, 0, format_ip, NULL },
	{ "version", JSON_STRING, 0, 0, format_version, NULL },
	NUMBER("id", exporter_row, exporter.id),
	NUMBER("sequence_failures", exporter_row, sequence_failures),
	NUMBER("packets", exporter_row, packets),
	NUMBER("flows", exporter_row, flows),
	{ "samplers", JSON_LIST, 0, 0, NULL, add_samplers_json },
	{ "counters", JSON_LIST, 0, 0, NULL, add_counters_json },
};

static const struct item sampler_items[] = {
	{ "type", JSON_STRING, 0, 0, NULL, NULL },
	NUMBER("id", record_sampler, id),
	NUMBER("algorithm", record_sampler, algorithm),
	NUMBER("packet_interval", record_sampler, interval),
	NUMBER("packet_space", record_sampler, space),
};

#define ITEMS (sizeof(items) / sizeof(items[0]))
#define SAMPLER_ITEMS (sizeof(sampler_items) / sizeof(sampler_items[0]))

static uint64_t
number_of(const struct item *i, const void *object)
{
	const char *p = (const char *)object + i->at;

	return i->size == sizeof(uint16_t) ? load_u16(p) :
	    i->size == sizeof(uint32_t) ? load_u32(p) : load_u64(p);
}

_Static_assert(RECORD_VERSION_TEXT <= ADDR_TEXT_MAX, "room for either");

static void
format_ip(const struct exporter_row *row, char text[ADDR_TEXT_MAX])
{
	addr_format(row->exporter.addr, text);
}

static void
format_version(const struct exporter_row *row, char text[ADDR_TEXT_MAX])
{
	record_version_format(row->exporter.version, text);
}

/* The only number of a sampler that may be negative is its id. */
static void
add_sampler_json(const struct record_sampler *s, struct buffer *out)
{
	const char *type, *name = sampler_name(s->id, &type);

	for (const struct item *i = sampler_items;
	    i < sampler_items + SAMPLER_ITEMS; i++)
		if (i->type == JSON_STRING)
			buffer_printf(out, "{\"%s\":\"%s\"", i->key, type);
		else if (name == NULL ||
		    i->at != offsetof(struct record_sampler, id))
			buffer_printf(out, ",\"%s\":%" PRId64, i->key,
			    (int64_t)number_of(i, s));
	buffer_char(out, '}');
}

static void
add_samplers_json(const struct exporter_row *row, struct buffer *out)
{
	buffer_char(out, '[');
	for (size_t i = 0; i < row->sampler_count; i++) {
		if (i > 0)
			buffer_char(out, ',');
		add_sampler_json(&row->samplers[i], out);
	}
	buffer_char(out, ']');
}

static void
add_counters_json(const struct exporter_row *row, struct buffer *out)
{
	const struct store_ledger *l = row->ledger;
	const char *separator = "";
	uint64_t value;

	buffer_char(out, '[');
	if (l == NULL || row->ledger_row == store_ledger_rows(l)) {
		buffer_char(out, ']');
		return;
	}
	for (size_t c = 0; c < store_ledger_columns(l); c++) {
		value = store_ledger_value(l, row->ledger_row, c);
		if (value == 0)
			continue;
		buffer_printf(out, "%s{\"name\":\"%s\",\"value\":%" PRIu64 "}",
		    separator, store_ledger_name(l, c), value);
		separator = ",";
	}
	buffer_char(out, ']');
}

void
exporter_json(const struct exporter_row *row, struct json *j)
{
	char text[ADDR_TEXT_MAX];

	json_object_begin(j);
	for (const struct item *i = items; i < items + ITEMS; i++)
		if (i->type == JSON_STRING) {
			i->text(row, text);
			json_string(j, i->key, text);
		} else if (i->type == JSON_NUMBER)
			json_u64(j, i->key, number_of(i, row));
		else {
			json_key(j, i->key);
			i->list(row, j->out);
		}
	json_object_end(j);
}

void
exporter_schema(const char *report, struct buffer *out)
{
	char key[40];

	for (size_t i = 0; i < ITEMS; i++)
		schema_add(out, report, items[i].key, items[i].type);
	for (size_t i = 0; i < SAMPLER_ITEMS; i++) {
		snprintf(key, sizeof(key), "samplers[].%s",
		    sampler_items[i].key);
		schema_add(out, report, key, sampler_items[i].type);
	}
	schema_add(out, report, "counters[].name", JSON_STRING);
	schema_add(out, report, "counters[].value", JSON_NUMBER);
}
