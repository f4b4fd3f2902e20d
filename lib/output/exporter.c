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

static void
add_sampler(const struct record_sampler *s, struct buffer *out)
{
	buffer_text(out, "    Sampler: ");
	switch (s->id) {
	case RECORD_SAMPLER_GENERIC:
		buffer_text(out, "Generic Sampler");
		break;
	case RECORD_SAMPLER_DEFAULT:
		buffer_text(out, "Static default Sampler");
		break;
	case RECORD_SAMPLER_OVERWRITE:
		buffer_text(out, "Static overwrite Sampler");
		break;
	default:
		buffer_printf(out, "Assigned Sampler: id: %" PRId64, s->id);
		break;
	}
	buffer_printf(out, "%s algorithm: %u, packet interval: %" PRIu32
	    ", packet space: %" PRIu32 "\n",
	    s->id < 0 && s->id >= RECORD_SAMPLER_OVERWRITE ? ":" : ",",
	    s->algorithm, s->interval, s->space);
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
