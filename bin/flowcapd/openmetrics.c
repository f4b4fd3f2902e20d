/*
 * Metrics.  The samples of a family stand together, so a family is written
 * for all objects of its list before the next one.  The labels of an object
 * are made once.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "flowcapd/openmetrics.h"
#include "flowcapd/status_int.h"
#include "output/number.h"

#define PREFIX "flowcapd_"
#define NAME_MAX_LEN 128

/* The labels of the objects of a list, each "a="b",c="d"". */
struct labels {
	struct buffer text;
	size_t *ends;
	uint32_t count; /* of objects that are shown */
};

struct metrics {
	struct buffer *out;
	enum exposition format;
	const struct status *status;
	char family[NAME_MAX_LEN];
	struct labels exporters, sources, interfaces, repeaters;
	uint32_t *shown_interfaces; /* numbers in the list */
};

static void
put_u64(struct buffer *out, uint64_t v)
{
	char text[NUMBER_ROOM], *end = number_put(text, v);

	buffer_add(out, text, (size_t)(end - text));
}

static void
put_ms(struct buffer *out, uint64_t ms)
{
	char text[NUMBER_ROOM], *end = number_milli(text, ms, 0);

	buffer_add(out, text, (size_t)(end - text));
}

/* name="value", with what is no UTF-8 replaced. */
static void
put_label(struct buffer *out, const char *name, const char *value)
{
	size_t len = strlen(value), n;

	buffer_text(out, name);
	buffer_text(out, "=\"");
	for (size_t i = 0; i < len; i += n) {
		n = 1;
		if (value[i] == '\n')
			buffer_text(out, "\\n");
		else if (value[i] == '"' || value[i] == '\\') {
			buffer_char(out, '\\');
			buffer_char(out, value[i]);
		} else if ((unsigned char)value[i] < 0x80)
			buffer_char(out, value[i]);
		else if ((n = text_utf8_len((const unsigned char *)value + i,
			      len - i)) > 0)
			buffer_add(out, value + i, n);
		else {
			buffer_text(out, "\xef\xbf\xbd");
			n = 1;
		}
	}
	buffer_char(out, '"');
}

/* A name that others chose for a counter is nothing to a parser but unknown. */
static const char *
type_of(enum status_kind kind, bool is_new)
{
	switch (kind) {
	case STATUS_COUNTER:
		return "counter";
	case STATUS_GAUGE:
		return "gauge";
	default:
		return is_new ? "unknown" : "untyped";
	}
}

/*
 * Begin a family unless it is the one at hand.  In the old format its name is
 * that of its samples.
 */
static void
put_family(struct metrics *m, const char *object,
    const struct status_row *row, const char *help, const char *help_end)
{
	bool is_new = m->format == EXPOSITION_OPENMETRICS;
	const char *suffix;
	char name[NAME_MAX_LEN];

	snprintf(name, sizeof(name), "%s%s%s%s%s",
	    row->kind == STATUS_FOREIGN ? "" : PREFIX, object, row->metric,
	    *row->unit != '\0' ? "_" : "", row->unit);
	if (strcmp(name, m->family) == 0)
		return;
	memcpy(m->family, name, sizeof(name));
	suffix = !is_new && row->kind == STATUS_COUNTER ? "_total" : "";
	buffer_printf(m->out, "# TYPE %s%s %s\n", name, suffix,
	    type_of(row->kind, is_new));
	if (is_new && *row->unit != '\0')
		buffer_printf(m->out, "# UNIT %s %s\n", name, row->unit);
	buffer_printf(m->out, "# HELP %s%s %s%s\n", name, suffix, help,
	    help_end);
}

/* The name of a sample and up to two sets of labels. */
static void
put_name(struct metrics *m, const char *suffix, const char *labels, size_t len,
    const char *more)
{
	bool has_labels = len > 0 || *more != '\0';

	buffer_text(m->out, m->family);
	buffer_text(m->out, suffix);
	if (has_labels)
		buffer_char(m->out, '{');
	buffer_add(m->out, labels, len);
	if (len > 0 && *more != '\0')
		buffer_char(m->out, ',');
	buffer_text(m->out, more);
	buffer_text(m->out, has_labels ? "} " : " ");
}

static void
put_sample(struct metrics *m, const struct status_row *row, const void *object,
    const char *labels, size_t len, const char *more)
{
	uint64_t v = status_value(row, object);

	if (!status_has_value(row, object))
		return;
	put_name(m, row->kind == STATUS_COUNTER ? "_total" : "", labels, len,
	    more);
	if (row->type == STATUS_SEC || row->type == STATUS_MSEC)
		put_ms(m->out, v);
	else
		put_u64(m->out, v);
	buffer_char(m->out, '\n');
}

/* A sample without labels of its own; its counter began with the process. */
static void
put_single(struct metrics *m, const struct status_row *row, const void *object,
    const char *more)
{
	put_sample(m, row, object, "", 0, more);
	if (m->format != EXPOSITION_OPENMETRICS || row->kind != STATUS_COUNTER)
		return;
	put_name(m, "_created", "", 0, more);
	put_ms(m->out, (uint64_t)m->status->started_s * 1000);
	buffer_char(m->out, '\n');
}

static const char *
label_of(const struct labels *l, uint32_t i, size_t *len)
{
	size_t start = i == 0 ? 0 : l->ends[i - 1];

	*len = l->ends[i] - start;
	return l->text.data + start;
}

/* A reason as label, empty for none. */
static void
format_reason(const struct status_row *row, char text[NAME_MAX_LEN])
{
	*text = '\0';
	if (*row->label != '\0')
		snprintf(text, NAME_MAX_LEN, "reason=\"%s\"", row->label);
}

static void
put_process(struct metrics *m)
{
	char reason[NAME_MAX_LEN];

	for (const struct status_row *r = status_rows; r->metric != NULL;
	    r++) {
		put_family(m, "", r, r->help, "");
		put_single(m, r, m->status, "");
	}
	for (const struct status_row *r = status_counter_rows;
	    r->metric != NULL; r++) {
		put_family(m, "", r, "Of all exporters: ", r->help);
		format_reason(r, reason);
		put_single(m, r, &m->status->totals, reason);
	}
}

/* A table for all objects of a list, each of size bytes. */
static void
put_list(struct metrics *m, const char *name, const struct status_row *rows,
    const struct labels *l, const void *list, size_t size)
{
	const char *labels;
	size_t len;

	for (const struct status_row *r = rows;
	    r->metric != NULL && l->count > 0; r++) {
		put_family(m, name, r, r->help, "");
		for (uint32_t i = 0; i < l->count; i++) {
			labels = label_of(l, i, &len);
			put_sample(m, r, (const char *)list + i * size, labels,
			    len, "");
		}
	}
}

/* A table for all exporters; "at" is where its object is in that of each. */
static void
put_exporter_rows(struct metrics *m, const struct status_row *rows, size_t at,
    const char *help)
{
	char reason[NAME_MAX_LEN];
	const char *labels;
	size_t len;

	for (const struct status_row *r = rows; r->metric != NULL; r++) {
		put_family(m, "exporter_", r, help, r->help);
		format_reason(r, reason);
		for (uint32_t i = 0; i < m->exporters.count; i++) {
			labels = label_of(&m->exporters, i, &len);
			put_sample(m, r,
			    (const char *)&m->status->exporters[i] + at,
			    labels, len, reason);
		}
	}
}

/* One of the sums by protocol. */
static void
put_protocols(struct metrics *m, const struct status_row *row)
{
	struct status_row one = *row;
	char label[NAME_MAX_LEN];
	const char *labels;
	size_t len;

	put_family(m, "exporter_", row, row->help, "");
	for (uint32_t i = 0; i < m->exporters.count; i++) {
		labels = label_of(&m->exporters, i, &len);
		for (unsigned p = 0; p < STAT_PROTOS; p++) {
			one.at = row->at + p * sizeof(uint64_t);
			snprintf(label, sizeof(label), "protocol=\"%s\"",
			    status_protocols[p]);
			put_sample(m, &one, &m->status->exporters[i], labels,
			    len, label);
		}
	}
}

static void
put_exporters(struct metrics *m)
{
	static const struct status_row sums[] = {
		{ "", "protocol_flows", "", "", "Flows by protocol.",
		    STATUS_U64, STATUS_COUNTER,
		    offsetof(struct status_exporter, flows) },
		{ "", "protocol_packets", "", "",
		    "Packets of flows by protocol.", STATUS_U64,
		    STATUS_COUNTER,
		    offsetof(struct status_exporter, packets) },
		{ "", "protocol_traffic", "bytes", "",
		    "Bytes of flows by protocol.", STATUS_U64, STATUS_COUNTER,
		    offsetof(struct status_exporter, bytes) },
	};

	put_exporter_rows(m, status_exporter_rows, 0, "");
	put_exporter_rows(m, status_counter_rows,
	    offsetof(struct status_exporter, exporter.counters),
	    "By exporter: ");
	for (size_t i = 0; i < sizeof(sums) / sizeof(sums[0]); i++)
		put_protocols(m, &sums[i]);
}

/* Rows that share a metric differ in their label: all for an interface. */
static void
put_interfaces(struct metrics *m)
{
	const struct status_row *r, *first = status_interface_rows;
	const char *labels;
	size_t len;

	while (first->metric != NULL) {
		put_family(m, "interface_", first, first->help, "");
		for (uint32_t i = 0; i < m->interfaces.count; i++) {
			labels = label_of(&m->interfaces, i, &len);
			for (r = first; r->metric != NULL &&
			    strcmp(r->metric, first->metric) == 0; r++)
				put_sample(m, r, &m->status->interfaces
				    [m->shown_interfaces[i]], labels, len,
				    r->label);
		}
		for (r = first; r->metric != NULL &&
		    strcmp(r->metric, first->metric) == 0; r++)
			;
		first = r;
	}
}

/* What the limits leave out. */
static void
put_hidden(struct metrics *m)
{
	const struct status *s = m->status;
	const struct {
		const char *name;
		uint32_t count;
	} lists[] = {
		{ "exporters_not_shown", s->exporter_count -
		    m->exporters.count },
		{ "sources_not_shown", s->source_count - m->sources.count },
		{ "interfaces_not_shown", s->interface_count -
		    m->interfaces.count },
	};
	struct status_row row = { .unit = "", .type = STATUS_U32,
		.kind = STATUS_GAUGE };

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		row.metric = lists[i].name;
		put_family(m, "", &row, "Left out here, as there are so many.",
		    "");
		put_sample(m, &row, &lists[i].count, "", 0, "");
	}
}

/* A constant that tells the version. */
static void
put_build(struct metrics *m)
{
	bool is_new = m->format == EXPOSITION_OPENMETRICS;

	buffer_printf(m->out, "# TYPE " PREFIX "build%s\n# HELP " PREFIX
	    "build%s Version of the collector.\n" PREFIX "build_info{",
	    is_new ? " info" : "_info gauge", is_new ? "" : "_info");
	put_label(m->out, "version", PACKAGE_VERSION);
	buffer_text(m->out, "} 1\n");
}

/* Room for the labels of count objects. */
static int
labels_init(struct labels *l, uint32_t count)
{
	buffer_init(&l->text);
	l->count = 0;
	l->ends = calloc(count + 1, sizeof(*l->ends));
	return l->ends == NULL ? -1 : 0;
}

static void
labels_fini(struct labels *l)
{
	buffer_fini(&l->text);
	free(l->ends);
}

/* The labels of an object have been written. */
static void
labels_end(struct labels *l)
{
	l->ends[l->count++] = l->text.len;
}

static uint32_t
at_most(uint32_t n, uint32_t limit)
{
	return n < limit ? n : limit;
}

static void
label_sources(struct metrics *m, uint32_t count)
{
	struct buffer *out = &m->sources.text;

	for (uint32_t i = 0; i < count; i++) {
		const struct status_source *s = &m->status->sources[i];

		put_label(out, "source", s->ident);
		buffer_char(out, ',');
		put_label(out, "directory", s->path);
		labels_end(&m->sources);
	}
}

static void
label_repeaters(struct metrics *m)
{
	for (uint32_t i = 0; i < m->status->repeater_count; i++) {
		put_label(&m->repeaters.text, "target",
		    m->status->repeaters[i].target);
		labels_end(&m->repeaters);
	}
}

static void
label_exporters(struct metrics *m, uint32_t count)
{
	struct buffer *out = &m->exporters.text;
	const struct status *s = m->status;
	char addr[ADDR_TEXT_MAX], version[RECORD_VERSION_TEXT];

	for (uint32_t i = 0; i < count; i++) {
		const struct status_exporter *e = &s->exporters[i];

		addr_format(e->exporter.addr, addr);
		put_label(out, "exporter", addr);
		if (!addr_is_zero(e->exporter.agent)) {
			addr_format(e->exporter.agent, addr);
			buffer_char(out, ',');
			put_label(out, "agent", addr);
		}
		record_version_format(e->exporter.version, version);
		buffer_printf(out, ",version=\"%s\",id=\"%" PRIu32 "\",",
		    version, e->exporter.id);
		put_label(out, "source", e->source < s->source_count ?
		    s->sources[e->source].ident : "");
		labels_end(&m->exporters);
	}
}

/* Those of the exporters that are shown. */
static void
label_interfaces(struct metrics *m, uint32_t count)
{
	const struct status *s = m->status;
	struct labels *l = &m->interfaces;
	const char *labels;
	size_t len;

	for (uint32_t i = 0; i < s->interface_count && l->count < count; i++) {
		if (s->interfaces[i].exporter >= m->exporters.count)
			continue;
		m->shown_interfaces[l->count] = i;
		labels = label_of(&m->exporters, s->interfaces[i].exporter,
		    &len);
		buffer_add(&l->text, labels, len);
		buffer_printf(&l->text, ",interface=\"%" PRIu32 "\"",
		    s->interfaces[i].last.index);
		labels_end(l);
	}
}

/* -1 when there is no memory. */
static int
make_labels(struct metrics *m)
{
	const struct status *s = m->status;
	uint32_t sources = at_most(s->source_count, OPENMETRICS_SOURCES_MAX),
	    exporters = at_most(s->exporter_count, OPENMETRICS_EXPORTERS_MAX),
	    interfaces = at_most(s->interface_count,
		OPENMETRICS_INTERFACES_MAX);

	m->shown_interfaces = calloc(interfaces + 1,
	    sizeof(*m->shown_interfaces));
	if (m->shown_interfaces == NULL ||
	    labels_init(&m->sources, sources) == -1 ||
	    labels_init(&m->exporters, exporters) == -1 ||
	    labels_init(&m->interfaces, interfaces) == -1 ||
	    labels_init(&m->repeaters, s->repeater_count) == -1)
		return -1;
	label_sources(m, sources);
	label_repeaters(m);
	label_exporters(m, exporters);
	if (m->exporters.text.failed)
		return -1;
	label_interfaces(m, interfaces);
	return m->sources.text.failed || m->interfaces.text.failed ||
	    m->repeaters.text.failed ? -1 : 0;
}

int
openmetrics_put(const struct status *s, enum exposition format,
    struct buffer *out, struct err *err)
{
	struct metrics m = { .out = out, .format = format, .status = s };
	int rc;

	if ((rc = make_labels(&m)) == 0) {
		put_build(&m);
		put_process(&m);
		put_hidden(&m);
		put_list(&m, "source_", status_source_rows, &m.sources,
		    s->sources, sizeof(*s->sources));
		put_list(&m, "repeater_", status_repeater_rows, &m.repeaters,
		    s->repeaters, sizeof(*s->repeaters));
		put_exporters(&m);
		put_interfaces(&m);
		if (format == EXPOSITION_OPENMETRICS)
			buffer_text(out, "# EOF\n");
	}
	labels_fini(&m.sources);
	labels_fini(&m.exporters);
	labels_fini(&m.interfaces);
	labels_fini(&m.repeaters);
	free(m.shown_interfaces);
	return rc == -1 || out->failed ? err_nomem(err) : 0;
}

int
openmetrics_answer(void *ctx, enum exposition format, struct buffer *out,
    struct err *err)
{
	const struct openmetrics_source *from = ctx;
	struct status s;
	int rc;

	if (from->ask(from->ctx, &s, err) == -1)
		return -1;
	rc = openmetrics_put(&s, format, out, err);
	status_fini(&s);
	return rc;
}
