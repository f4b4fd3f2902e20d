/*
 * Exporters and samplers.
 */

#include <inttypes.h>

#include "output/exporter.h"

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

static void
add_sampler_json(const struct record_sampler *s, struct buffer *out)
{
	const char *type, *name = sampler_name(s->id, &type);

	buffer_printf(out, "{\"type\":\"%s\",", type);
	if (name == NULL)
		buffer_printf(out, "\"id\":%" PRId64 ",", s->id);
	buffer_printf(out, "\"algorithm\":%u,\"packet_interval\":%" PRIu32
	    ",\"packet_space\":%" PRIu32 "}", s->algorithm, s->interval,
	    s->space);
}

void
exporter_json(const struct exporter_row *row, struct json *j)
{
	const struct record_exporter *x = &row->exporter;
	char addr[ADDR_TEXT_MAX];

	addr_format(x->addr, addr);
	json_object_begin(j);
	json_u64(j, "sysid", x->sysid);
	json_string(j, "ip", addr);
	json_u64(j, "version", x->version);
	json_u64(j, "id", x->id);
	json_u64(j, "sequence_failures", row->sequence_failures);
	json_u64(j, "packets", row->packets);
	json_u64(j, "flows", row->flows);
	json_key(j, "samplers");
	buffer_char(j->out, '[');
	for (size_t i = 0; i < row->sampler_count; i++) {
		if (i > 0)
			buffer_char(j->out, ',');
		add_sampler_json(&row->samplers[i], j->out);
	}
	buffer_char(j->out, ']');
	json_object_end(j);
}
