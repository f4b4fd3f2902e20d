/*
 * Reports: lines of a letter and what follows that option, "s", "A", "O", "d"
 * for --distinct, or "o" and a byte for the mode.  Whatever is understood is
 * run over some rows.
 */
#include "fuzz/fuzz.h"
#include "fuzzkit.h"
#include "output/format.h"
#include "output/statistic.h"
#include "query/group.h"
#include "query/report.h"

struct plan {
	struct group_spec spec;
	struct report_orders orders;
	struct report_statistic statistic; /* element NULL: other rows */
	enum statistic_mode mode;
	enum dialect dialect;
};

static void
country(void *ctx, struct addr a, char code[2])
{
	(void)ctx;
	code[0] = (char)('A' + a.lo % 4);
}

/* The tokens of keys are ones of the format. */
static void
read_keys(struct plan *p, const char *text)
{
	const struct format_options options = { .is_report = true };
	struct group_spec spec = { .nkeys = 0 };
	struct buffer mode = BUFFER_EMPTY;
	struct format *f;
	struct err err;

	buffer_text(&mode, "fmt:");
	if (report_keys_parse(text, &spec, &mode, &err) == 0) {
		buffer_char(&mode, '\0');
		f = format_compile(mode.data, &options, NULL);
		require(f != NULL);
		format_free(f);
		p->spec = spec;
		p->statistic.element = NULL;
	}
	buffer_fini(&mode);
}

static void
read_line(struct plan *p, const char *line)
{
	struct report_statistic s;
	struct group_spec spec = p->spec;
	struct order order;
	struct err err;

	switch (line[0]) {
	case 's':
		if (report_statistic_parse(line + 1, &s, &err) == -1)
			break;
		require(s.orders.count > 0);
		p->statistic = s;
		p->orders = s.orders;
		p->spec = (struct group_spec){ .nkeys = 0 };
		if (s.element != NULL)
			report_statistic_group(&s, &p->spec);
		else
			report_tuple_keys(&p->spec);
		break;
	case 'A':
		read_keys(p, line + 1);
		break;
	case 'O':
		if (report_order_parse(line + 1, &order, &err) == 0)
			report_orders_add(&p->orders, order);
		break;
	case 'd':
		if (report_distinct_parse(line + 1, &spec, &err) == 0)
			p->spec = spec;
		break;
	case 'o':
		p->mode = (uint8_t)line[1] % (STATISTIC_NDJSON + 1);
		p->dialect = (uint8_t)line[1] / 16 % DIALECT_COUNT;
		break;
	default:
		break;
	}
}

static void
add_rows(struct group *g, const struct group_spec *spec)
{
	struct fieldset want = { { 0 } };
	struct group_worker *w = group_worker_new(g, NULL);
	struct batch b;

	group_fields(spec, &want);
	require(w != NULL && batch_init(&b, &want, false, NULL) == 0);
	fuzzkit_rows(&b, 1, NULL, 0);
	require(group_add(w, &b, NULL) == 0);
	require(group_flush(w, NULL) == 0);
	group_worker_free(w);
	batch_fini(&b);
}

/* All rows, as lists of an element print them. */
static uint64_t
print_rows(struct group *g, const struct plan *p, unsigned order)
{
	struct statistic s = { .mode = p->mode, .what = &p->statistic,
		.order = p->orders.list[order].id, .country = country,
		.dialect = p->dialect, .totals = { .records = 1,
		    .flows = 100, .packets = 1000, .bytes = 10000 } };
	struct group_cursor *c = group_cursor_new(g, order, NULL);
	struct fieldset want = { { 0 } };
	struct buffer out = BUFFER_EMPTY;
	uint64_t rows = 0;
	struct batch b;

	statistic_fields(&s, &want);
	require(c != NULL && batch_init(&b, &want, false, NULL) == 0);
	statistic_heading(&s, 0, 0, &out);
	for (; group_cursor_next(c, &b, NULL) == 1; rows += b.nsel)
		statistic_rows(&s, &b, 0, b.nsel, &out);
	if (s.mode == STATISTIC_NDJSON)
		fuzzkit_check_json(out.data, out.len);
	buffer_fini(&out);
	batch_fini(&b);
	group_cursor_free(c);
	return rows;
}

static uint64_t
count_rows(struct group *g, unsigned order)
{
	struct fieldset want = { { 0 } };
	struct group_cursor *c = group_cursor_new(g, order, NULL);
	uint64_t rows = 0;
	struct batch b;

	for (unsigned id = 0; id < FLD_COUNT; id++)
		fieldset_add(&want, (enum field_id)id);
	require(c != NULL && batch_init(&b, &want, false, NULL) == 0);
	while (group_cursor_next(c, &b, NULL) == 1)
		rows += b.nsel;
	batch_fini(&b);
	group_cursor_free(c);
	return rows;
}

static void
run(struct plan *p)
{
	const struct group_options options = { .seed = 1 };
	unsigned norders = p->orders.count;
	struct group *g;

	p->spec.country = country;
	if ((g = group_new(&p->spec, &options, NULL)) == NULL)
		return;
	add_rows(g, &p->spec);
	require(group_finish(g, p->orders.list, norders, 0, NULL, NULL) == 0);
	for (unsigned i = 0; i < (norders == 0 ? 1 : norders); i++)
		require((p->statistic.element != NULL ?
			    print_rows(g, p, i) :
			    count_rows(g, i)) == group_rows(g));
	group_free(g);
}

int
FUZZ_TARGET(report)(const uint8_t *data, size_t size)
{
	struct plan p = { .spec = { .nkeys = 0 } };
	struct reader in;
	char *line;

	reader_init(&in, data, size);
	while (in.left > 0) {
		line = fuzzkit_line(&in);
		read_line(&p, line);
		free(line);
	}
	run(&p);
	return 0;
}
