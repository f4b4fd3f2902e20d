/*
 * -E: exporters and samplers that the files tell of.  Exporters of several
 * files are numbered as in a copy of all of them, and counted together.  So
 * are their ledgers.
 */

#include <inttypes.h>
#include <stdlib.h>

#include "flowdump/exporters.h"
#include "flowdump/result.h"
#include "output/exporter.h"
#include "record/info.h"
#include "record/v3.h"
#include "store/reader.h"

#define NUMBERS 65536

struct known { /* an exporter */
	struct exporter_row row;
	struct record_sampler *samplers;
};

struct gathered {
	struct query *query;
	struct exporters *numbers;
	struct buffer record; /* with its number in a copy */
	struct known *known[NUMBERS]; /* by that number */
	size_t count;
	struct store_ledger *ledger; /* NULL: no file has one */
	const char *path; /* of the file being read */
	bool has_warned; /* about this file */
};

static struct reader
payload(const void *record, size_t len)
{
	struct reader r;

	reader_init(&r, (const uint8_t *)record + RECORD_HEADER_LEN,
	    len - RECORD_HEADER_LEN);
	return r;
}

/* An exporter that no file told of before. */
static int
add_exporter(struct gathered *g, struct err *err)
{
	struct reader r = payload(g->record.data, g->record.len);
	struct known *k = calloc(1, sizeof(*k));
	uint16_t number;

	if (k == NULL)
		return err_nomem(err);
	record_get_exporter(&r, &k->row.exporter);
	number = k->row.exporter.sysid;
	if (g->known[number] != NULL) { /* there are no more numbers */
		free(k);
		return 0;
	}
	g->known[number] = k;
	g->count++;
	return 0;
}

/* The exporter of a number in this file; NULL if the file has not said. */
static struct known *
find(struct gathered *g, uint32_t sysid)
{
	uint16_t number = sysid < NUMBERS ?
	    exporters_number(g->numbers, (uint16_t)sysid) : 0;
	struct err why;

	if (number == 0 && !g->has_warned) {
		g->has_warned = true;
		err_set(&why, ERR_MALFORMED, "%s: exporter %" PRIu32
		    " is not described, what is counted of it is left out",
		    g->path, sysid);
		query_warn(g->query, &why);
	}
	return number == 0 ? NULL : g->known[number];
}

static int
add_sampler(struct gathered *g, struct known *k, struct err *err)
{
	struct reader r = payload(g->record.data, g->record.len);
	struct record_sampler *s;

	s = realloc(k->samplers,
	    (k->row.sampler_count + 1) * sizeof(*k->samplers));
	if (s == NULL)
		return err_nomem(err);
	k->samplers = s;
	k->row.samplers = s;
	if (record_get_sampler(&r, &s[k->row.sampler_count]) == 0)
		k->row.sampler_count++;
	return 0;
}

static void
add_stats(struct gathered *g, const struct span *record)
{
	struct reader r = payload(record->data, record->len);
	uint32_t n = (uint32_t)reader_host(&r, 4);
	struct record_exporter_stats s;
	struct known *k;

	for (; n > 0 && record_get_exporter_stats(&r, &s) == 0; n--) {
		if ((k = find(g, s.sysid)) == NULL)
			continue;
		k->row.sequence_failures += s.sequence_failures;
		k->row.packets += s.packets;
		k->row.flows += s.flows;
	}
}

/* A record that is no flow. */
static int
take_record(struct gathered *g, uint16_t type, const struct span *record,
    struct err *err)
{
	struct reader r = payload(record->data, record->len);
	struct known *k = NULL;
	int rc;

	if (type == RECORD_EXPORTER_STATS)
		add_stats(g, record);
	if (type == RECORD_SAMPLER &&
	    (k = find(g, (uint32_t)reader_host(&r, 2))) == NULL)
		return 0;
	if (type != RECORD_EXPORTER && type != RECORD_SAMPLER)
		return 0;
	g->record.len = 0;
	rc = exporters_record(g->numbers, type, record, &g->record, err);
	if (rc != 1) /* known before */
		return rc;
	return k == NULL ? add_exporter(g, err) : add_sampler(g, k, err);
}

static int
take_block(struct gathered *g, const struct store_block *b, struct err *err)
{
	struct record_cursor cursor = { .data = b->raw, .len = b->len };
	struct span record;
	uint16_t type;
	int rc;

	while ((rc = record_next(&cursor, &type, &record, err)) == 1)
		if (type != RECORD_FLOW_V3 &&
		    take_record(g, type, &record, err) == -1)
			return -1;
	return rc;
}

/* One that is damaged is told, and the file read without it. */
static int
take_ledger(struct gathered *g, struct store_file *f, struct err *err)
{
	struct store_ledger *l;
	int rc = store_file_ledger(f, &l, err);

	if (rc == -1 && err->code == ERR_NOMEM)
		return -1;
	if (rc == -1)
		query_warn(g->query, err);
	if (rc != 1)
		return 0;
	if (g->ledger == NULL) {
		g->ledger = l;
		return 0;
	}
	rc = store_ledger_merge(g->ledger, l);
	store_ledger_free(l);
	return rc == -1 ? err_nomem(err) : 0;
}

/* 0, or -1: ERR_NOMEM ends the run, all else only the file. */
static int
take_file(struct gathered *g, struct store_file *f, struct err *err)
{
	struct store_block b = { 0 };
	struct store_ref ref;
	int rc;

	g->path = store_file_path(f);
	g->has_warned = false;
	exporters_next_file(g->numbers);
	if (take_ledger(g, f, err) == -1)
		return -1;
	while ((rc = store_file_next(f, &ref, err)) == 1) {
		rc = store_block_load(f, &ref, &b, err);
		if (rc == 0 && (rc = take_block(g, &b, err)) == -1)
			err_context(err, "%s: block %u", g->path, ref.number);
		if (rc == -1)
			break;
	}
	store_block_fini(&b);
	return rc;
}

static int
take_files(struct gathered *g, struct err *err)
{
	struct query *q = g->query;
	struct store_file *f;
	int rc;

	for (size_t i = 0; i < q->selection.files.count; i++) {
		if ((f = query_open(q, i)) == NULL)
			continue;
		rc = take_file(g, f, err);
		store_file_close(f);
		if (rc == -1 && err->code == ERR_NOMEM)
			return -1;
		if (rc == -1) {
			q->result.files_failed++;
			query_warn(q, err);
		}
	}
	return 0;
}

static void
add_text(const struct gathered *g, struct buffer *out)
{
	enum dialect dialect = g->query->config->dialect;

	exporter_heading(dialect, g->count, out);
	for (unsigned i = 0; i < NUMBERS; i++)
		if (g->known[i] != NULL)
			exporter_text(&g->known[i]->row, dialect, out);
	exporter_ledger(g->ledger, dialect, out);
}

static struct store_ledger_who
who_of(const struct record_exporter *x)
{
	return (struct store_ledger_who){ (uint16_t)x->version, x->id,
		x->addr };
}

/* Tell the rows where their counters are, and the ledger whose it has. */
static void
join_ledger(struct gathered *g, bool *is_joined)
{
	struct store_ledger_who who;
	struct exporter_row *row;

	for (unsigned i = 0; i < NUMBERS; i++) {
		if (g->known[i] == NULL)
			continue;
		row = &g->known[i]->row;
		row->ledger = g->ledger;
		who = who_of(&row->exporter);
		row->ledger_row = store_ledger_find(g->ledger, &who);
		is_joined[row->ledger_row] = true;
	}
}

/* What the ledger has of others: the collector, and who sent no flow. */
static void
add_others_json(const struct gathered *g, const bool *is_joined,
    struct json *j)
{
	const struct store_ledger_who *who;
	struct exporter_row row = { .ledger = g->ledger };

	for (size_t i = 0; i < store_ledger_rows(g->ledger); i++) {
		if (is_joined[i])
			continue;
		who = store_ledger_who(g->ledger, i);
		row.exporter = (struct record_exporter){ who->version,
			who->addr, 0, who->id };
		row.ledger_row = i;
		exporter_json(&row, j);
	}
}

static int
add_json(struct gathered *g, enum json_layout layout, struct buffer *out,
    struct err *err)
{
	bool *is_joined = NULL;
	struct json j;

	if (g->ledger != NULL) {
		is_joined = calloc(store_ledger_rows(g->ledger) + 1,
		    sizeof(*is_joined));
		if (is_joined == NULL)
			return err_nomem(err);
		join_ledger(g, is_joined);
	}
	json_init(&j, layout, out);
	json_list_begin(&j);
	for (unsigned i = 0; i < NUMBERS; i++)
		if (g->known[i] != NULL)
			exporter_json(&g->known[i]->row, &j);
	if (is_joined != NULL)
		add_others_json(g, is_joined, &j);
	json_list_end(&j);
	free(is_joined);
	return 0;
}

static int
print(struct gathered *g, struct err *err)
{
	struct buffer text = BUFFER_EMPTY;
	enum json_layout layout;
	int rc = 0;

	if (query_json_layout(g->query, &layout))
		rc = add_json(g, layout, &text, err);
	else
		add_text(g, &text);
	if (rc == 0)
		rc = result_flush(&text, err);
	buffer_fini(&text);
	return rc;
}

static void
gathered_free(struct gathered *g)
{
	for (unsigned i = 0; i < NUMBERS; i++) {
		if (g->known[i] != NULL)
			free(g->known[i]->samplers);
		free(g->known[i]);
	}
	exporters_free(g->numbers);
	store_ledger_free(g->ledger);
	buffer_fini(&g->record);
	free(g);
}

int
exporters_run(struct query *q, struct err *err)
{
	struct gathered *g = calloc(1, sizeof(*g));
	int rc = -1;

	if (g == NULL)
		return err_nomem(err);
	g->query = q;
	if ((g->numbers = exporters_new(err)) != NULL &&
	    (rc = take_files(g, err)) == 0 && !result_is_unread(q))
		rc = print(g, err);
	gathered_free(g);
	return rc;
}
