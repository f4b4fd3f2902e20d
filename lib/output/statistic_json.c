/*
 * Element statistics as JSON: an object for each row, which also says to
 * which list it belongs.
 */

#include "base/bytes.h"
#include "output/json.h"
#include "output/number.h"
#include "output/schema_int.h"
#include "output/statistic_int.h"

/* What a row is made of. */
struct row {
	struct statistic *statistic;
	const struct values *values;
	const struct batch *batch;
	uint32_t row;
};

struct item {
	const char *key;
	enum json_type type;
	void (*put)(struct json *j, const struct item *i, const struct row *r);
	size_t at; /* in struct values: a uint64_t */
	size_t total; /* in struct totals, of shares */
};

static uint64_t
value_of(const struct item *i, const struct row *r)
{
	return load_u64((const char *)r->values + i->at);
}

static void
put_list(struct json *j, const struct item *i, const struct row *r)
{
	json_string(j, i->key, r->statistic->what->element->name);
}

static void
put_order(struct json *j, const struct item *i, const struct row *r)
{
	json_string(j, i->key, order_name(r->statistic->order));
}

static void
put_rank(struct json *j, const struct item *i, const struct row *r)
{
	json_u64(j, i->key, r->statistic->rank);
}

static void
put_time(struct json *j, const struct item *i, const struct row *r)
{
	json_time(j, i->key, value_of(i, r));
}

static void
put_proto(struct json *j, const struct item *i, const struct row *r)
{
	if (r->statistic->what->is_split)
		json_u64(j, i->key, r->values->proto);
}

static enum json_type
value_type(const struct report_element *e)
{
	return e->form == VALUE_DECIMAL || e->form == VALUE_MILLI ||
	    e->form == VALUE_EVENT ? JSON_NUMBER : JSON_STRING;
}

/* The protocol has its member already. */
static bool
is_proto(const struct report_element *e)
{
	return e->field[0] == FLD_PROTO;
}

/* By the name of the element. */
static void
put_value(struct json *j, const struct item *i, const struct row *r)
{
	const struct report_element *e = r->statistic->what->element;
	char text[NUMBER_ROOM];
	size_t len;

	(void)i;
	if (is_proto(e))
		return;
	len = (size_t)(statistic_put_value(text, r->statistic, r->batch,
	    r->row) - text);
	if (value_type(e) == JSON_NUMBER) {
		json_key(j, e->name);
		buffer_add(j->out, text, len);
	} else if (e->form == VALUE_COUNTRY && text[0] == '.')
		json_string(j, e->name, ""); /* as in rows of flows */
	else
		json_text(j, e->name, text, len);
}

static void
put_number(struct json *j, const struct item *i, const struct row *r)
{
	json_u64(j, i->key, value_of(i, r));
}

static void
put_share(struct json *j, const struct item *i, const struct row *r)
{
	const struct totals *totals = &r->statistic->totals;
	char text[NUMBER_ROOM], *end;

	end = number_percent(text, value_of(i, r),
	    load_u64((const char *)totals + i->total), 0);
	json_key(j, i->key);
	buffer_add(j->out, text, (size_t)(end - text));
}

static void
put_distinct(struct json *j, const struct item *i, const struct row *r)
{
	if (r->statistic->has_distinct)
		put_number(j, i, r);
}

static void
put_p95(struct json *j, const struct item *i, const struct row *r)
{
	if (r->statistic->has_p95)
		put_number(j, i, r);
}

#define AT(member) offsetof(struct values, member)
#define TOTAL(member) offsetof(struct totals, member)

static const struct item items[] = {
	{ "list", JSON_STRING, put_list, 0, 0 },
	{ "order", JSON_STRING, put_order, 0, 0 },
	{ "rank", JSON_NUMBER, put_rank, 0, 0 },
	{ "first", JSON_TIME, put_time, AT(first_ms), 0 },
	{ "last", JSON_TIME, put_time, AT(last_ms), 0 },
	{ "proto", JSON_NUMBER, put_proto, 0, 0 },
	{ NULL, JSON_STRING, put_value, 0, 0 },
	{ "flows", JSON_NUMBER, put_number, AT(flows), 0 },
	{ "flows_percent", JSON_NUMBER, put_share, AT(flows), TOTAL(flows) },
	{ "packets", JSON_NUMBER, put_number, AT(packets), 0 },
	{ "packets_percent", JSON_NUMBER, put_share, AT(packets),
	    TOTAL(packets) },
	{ "bytes", JSON_NUMBER, put_number, AT(bytes), 0 },
	{ "bytes_percent", JSON_NUMBER, put_share, AT(bytes), TOTAL(bytes) },
	{ "pps", JSON_NUMBER, put_number, AT(pps), 0 },
	{ "bps", JSON_NUMBER, put_number, AT(bps), 0 },
	{ "bpp", JSON_NUMBER, put_number, AT(bpp), 0 },
	{ "distinct", JSON_NUMBER, put_distinct, AT(distinct), 0 },
	{ "p95_bps", JSON_NUMBER, put_p95, AT(p95_bps), 0 },
};

#define ITEMS (sizeof(items) / sizeof(items[0]))

void
statistic_json_rows(struct statistic *s, const struct batch *b, uint32_t first,
    uint32_t count, struct buffer *out)
{
	struct values v;
	struct row r = { .statistic = s, .values = &v, .batch = b };
	struct json j;

	json_init(&j, s->mode == STATISTIC_JSON ? JSON_ARRAY : JSON_LINES,
	    out);
	j.civil = s->civil;
	j.has_object = true; /* so that a comma is before each */
	for (uint32_t i = first; i < first + count; i++) {
		r.row = b->sel[i];
		statistic_take(s, b, r.row, &v);
		if (s->has_buckets && v.first_ms != s->bucket_ms)
			s->rank = 0;
		s->bucket_ms = v.first_ms;
		s->rank++;
		json_object_begin(&j);
		for (size_t n = 0; n < ITEMS; n++)
			items[n].put(&j, &items[n], &r);
		json_object_end(&j);
	}
	s->civil = j.civil;
}

void
statistic_schema(const char *report, struct buffer *out)
{
	const struct report_element *e;

	for (size_t n = 0; n < ITEMS; n++) {
		if (items[n].key != NULL) {
			schema_add(out, report, items[n].key, items[n].type);
			continue;
		}
		for (size_t i = 0; (e = report_element_at(i)) != NULL; i++)
			if (!is_proto(e))
				schema_add(out, report, e->name,
				    value_type(e));
	}
}
