/*
 * Element statistics as text, csv and pipe.
 */

#include <string.h>

#include "flow/derive.h"
#include "output/format_int.h"
#include "output/number.h"
#include "output/statistic_int.h"

#define VALUE_WIDTH 17

/* More than any row: some twenty values, each within NUMBER_ROOM. */
#define ROW_ROOM (24 * NUMBER_ROOM)

/* Counters that a list shows, by its order. */
enum side {
	SIDE_BOTH,
	SIDE_IN,
	SIDE_OUT
};

static const enum side sides[ORDER_COUNT] = {
	[ORDER_FLOWS] = SIDE_IN,
	[ORDER_IN_PACKETS] = SIDE_IN,
	[ORDER_IN_BYTES] = SIDE_IN,
	[ORDER_IN_PPS] = SIDE_IN,
	[ORDER_IN_BPS] = SIDE_IN,
	[ORDER_IN_BPP] = SIDE_IN,
	[ORDER_OUT_PACKETS] = SIDE_OUT,
	[ORDER_OUT_BYTES] = SIDE_OUT,
	[ORDER_OUT_PPS] = SIDE_OUT,
	[ORDER_OUT_BPS] = SIDE_OUT,
	[ORDER_OUT_BPP] = SIDE_OUT,
};

#define CSV_BOTH "ts,te,td,pr,val,fl,flP,pkt,pktP,byt,bytP,pps,bps,bpp"
#define CSV_IN(bps) \
	"ts,te,td,pr,val,fl,flP,ipkt,ipktP,ibyt,ibytP,ipps," bps ",ibpp"
#define CSV_OUT(bps) \
	"ts,te,td,pr,val,fl,flP,opkt,opktP,obyt,obytP,opps," bps ",obpp"

static char *
put_duration(char *p, const struct statistic *s, uint64_t ms)
{
	return s->plain_numbers ? number_milli(p, ms, 16) :
	    number_duration(p, ms);
}

static char *
put_duration_1_6(char *p, const struct statistic *s, uint64_t ms)
{
	(void)s;
	return number_milli(p, ms, 9);
}

static char *
put_after(char *p, char delimiter, uint64_t v)
{
	*p++ = delimiter;
	return number_put(p, v);
}

static char *
put_pipe_time(char *p, uint64_t ms)
{
	return put_after(p, '|', ms);
}

static char *
put_pipe_time_1_6(char *p, uint64_t ms)
{
	return put_after(put_after(p, '|', ms / 1000), '|', ms % 1000);
}

/* What the dialects print their own way. */
static const struct style {
	const char *duration; /* its heading */
	const char *csv[3]; /* headings by side */
	bool has_names; /* of protocols in csv, also with -N */
	char *(*put_duration)(char *p, const struct statistic *s,
	    uint64_t ms);
	char *(*put_pipe_time)(char *p, uint64_t ms);
} styles[DIALECT_COUNT] = {
	[DIALECT_1_7] = { "        Duration",
	    { CSV_BOTH, CSV_IN("ibps"), CSV_OUT("obps") }, false,
	    put_duration, put_pipe_time },
	[DIALECT_1_6] = { " Duration",
	    { CSV_BOTH, CSV_IN("ipbs"), CSV_OUT("opbs") }, true,
	    put_duration_1_6, put_pipe_time_1_6 },
};

void
statistic_fields(const struct statistic *s, struct fieldset *want)
{
	fieldset_add(want, s->what->element->field[0]);
	fieldset_add(want, FLD_PROTO);
	totals_fields(want);
	if (s->has_distinct)
		fieldset_add(want, FLD_DISTINCT);
	if (s->has_p95)
		fieldset_add(want, FLD_P95_BPS);
}

static bool
is_wide(const struct statistic *s)
{
	return s->long_ipv6 && s->what->element->form == VALUE_ADDR;
}

static unsigned
value_width(const struct statistic *s)
{
	return is_wide(s) ? TOKEN_ADDR_WIDTH_LONG : VALUE_WIDTH;
}

static void
text_heading(struct statistic *s, uint64_t from_ms, uint64_t to_ms,
    struct buffer *out)
{
	const char *heading = s->what->element->heading;
	char text[CIVIL_TEXT_MAX];
	size_t len;

	buffer_text(out, "Top ");
	if (s->top > 0)
		buffer_printf(out, "%llu ", (unsigned long long)s->top);
	buffer_printf(out, "%s ordered by %s", heading,
	    s->order_text != NULL ? s->order_text : order_name(s->order));
	if (to_ms > 0) {
		buffer_text(out, ", ");
		len = civil_format_s(&s->civil, from_ms, text);
		buffer_add(out, text, len);
		buffer_text(out, " - ");
		len = civil_format_s(&s->civil, to_ms, text);
		buffer_add(out, text, len);
	}
	buffer_printf(out, ":\n"
	    "Date first seen         %s Proto %*s    Flows(%%)"
	    "     Packets(%%)       Bytes(%%)         pps      bps   bpp%s%s\n",
	    styles[s->dialect].duration, (int)value_width(s), heading,
	    s->has_distinct ? " Distinct" : "",
	    s->has_p95 ? "  P95 bps" : "");
}

void
statistic_heading(struct statistic *s, uint64_t from_ms, uint64_t to_ms,
    struct buffer *out)
{
	if (s->mode == STATISTIC_TEXT && !s->quiet)
		text_heading(s, from_ms, to_ms, out);
	if (s->mode == STATISTIC_CSV)
		buffer_printf(out, "%s%s%s\n",
		    styles[s->dialect].csv[sides[s->order]],
		    s->has_distinct ? ",distinct" : "",
		    s->has_p95 ? ",p95" : "");
}

void
statistic_take(const struct statistic *s, const struct batch *b, uint32_t row,
    struct values *v)
{
	enum side side = sides[s->order];
	uint64_t ms;

	memset(v, 0, sizeof(*v));
	v->first_ms = BATCH_COL(b, FIRST, uint64_t)[row];
	v->last_ms = BATCH_COL(b, LAST, uint64_t)[row];
	if (s->what->is_split)
		v->proto = BATCH_COL(b, PROTO, uint8_t)[row];
	v->flows = BATCH_COL(b, FLOWS, uint64_t)[row];
	if (side != SIDE_OUT) {
		v->packets = BATCH_COL(b, IN_PACKETS, uint64_t)[row];
		v->bytes = BATCH_COL(b, IN_BYTES, uint64_t)[row];
	}
	if (side != SIDE_IN) {
		v->packets += BATCH_COL(b, OUT_PACKETS, uint64_t)[row];
		v->bytes += BATCH_COL(b, OUT_BYTES, uint64_t)[row];
	}
	ms = flow_duration_ms(v->first_ms, v->last_ms);
	v->pps = flow_rate(v->packets, 1000, ms);
	v->bps = flow_rate(v->bytes, 8000, ms);
	v->bpp = v->packets == 0 ? 0 : v->bytes / v->packets;
	if (s->has_distinct)
		v->distinct = BATCH_COL(b, DISTINCT, uint64_t)[row];
	if (s->has_p95)
		v->p95_bps = BATCH_COL(b, P95_BPS, uint64_t)[row];
}

static uint64_t
number_of(const struct batch *b, enum field_id id, uint32_t row)
{
	const void *col = batch_column(b, id);

	switch (field_table[id].type) {
	case FIELD_U8:
		return ((const uint8_t *)col)[row];
	case FIELD_U16:
		return ((const uint16_t *)col)[row];
	case FIELD_U32:
		return ((const uint32_t *)col)[row];
	default:
		return ((const uint64_t *)col)[row];
	}
}

static char *
put_hex(char *p, uint64_t v)
{
	memcpy(p, "0x", 2);
	return number_hex(p + 2, v, 1);
}

/*
 * The family of a zero address, which no flow of IPv4 has: flows without a
 * source and destination are rarer than those from or to "::".  What else is
 * zero is not there.
 */
static uint64_t
zero_family(enum field_id id, struct addr a)
{
	return addr_is_zero(a) && (id == FLD_SRC_ADDR || id == FLD_DST_ADDR) ?
	    FLOW_EXT(EXT_IPV6) : 0;
}

static char *
put_country(char *p, const struct statistic *s, struct addr a)
{
	p[0] = p[1] = '.';
	s->country(s->country_ctx, a, p);
	return p + 2;
}

/* As nfdump 1.7.1 has them, NAT events as well. */
static const char *
event_name(uint64_t event)
{
	static const char *const names[] = { "ignore", "CREATE", "DELETE",
		"DENIED" };

	return event < sizeof(names) / sizeof(names[0]) ? names[event] :
	    "UNKNOWN";
}

char *
statistic_put_value(char *p, const struct statistic *s, const struct batch *b,
    uint32_t row)
{
	const struct report_element *e = s->what->element;
	enum field_id id = e->field[0];
	struct addr a;

	if (e->form == VALUE_ADDR) {
		a = ((const struct addr *)batch_column(b, id))[row];
		return p + print_addr_text(a, zero_family(id, a), EXT_IPV6, p);
	}
	switch (e->form) {
	case VALUE_COUNTRY:
		return put_country(p, s,
		    ((const struct addr *)batch_column(b, id))[row]);
	case VALUE_HEX:
		return put_hex(p, number_of(b, id, row));
	case VALUE_MILLI:
		return number_milli(p, number_of(b, id, row), 0);
	case VALUE_MAC:
		return number_mac(p, number_of(b, id, row));
	case VALUE_MPLS:
		return print_mpls_text(p, (uint32_t)number_of(b, id, row), 0);
	case VALUE_FLAGS:
		return print_flags(p, (uint8_t)number_of(b, id, row));
	default:
		return number_put(p, number_of(b, id, row));
	}
}

static char *
put_proto(char *p, const struct statistic *s, uint8_t proto, bool by_name,
    unsigned width)
{
	const char *name = print_proto_name(proto);

	if (!s->what->is_split)
		name = "any";
	else if (!by_name || name == NULL)
		return number_left(p, proto, width);
	return number_text_left(p, name, strlen(name), width);
}

static char *
put_counter(char *p, const struct statistic *s, uint64_t v)
{
	return s->plain_numbers ? number_right(p, v, 8) :
	    number_scaled(p, v, 8);
}

/* " VALUE(SHARE)" */
static char *
put_share(char *p, const struct statistic *s, uint64_t v, uint64_t total)
{
	*p++ = ' ';
	p = put_counter(p, s, v);
	*p++ = '(';
	p = number_percent(p, v, total, 4);
	*p++ = ')';
	return p;
}

/* Right-aligned; an address that is too long without its middle. */
static char *
put_value_column(char *p, const struct statistic *s, const struct batch *b,
    uint32_t row)
{
	const struct report_element *e = s->what->element;
	char text[NUMBER_ROOM];
	const char *name;
	size_t len;

	if (e->form == VALUE_EVENT) {
		name = event_name(number_of(b, e->field[0], row));
		return number_text_right(p, name, strlen(name),
		    value_width(s));
	}
	len = (size_t)(statistic_put_value(text, s, b, row) - text);
	if (e->form == VALUE_ADDR && !s->long_ipv6)
		len = print_addr_cut(text, len);
	if (e->form == VALUE_ADDR && s->tags_addresses)
		*p++ = TOKEN_TAG;
	return number_text_right(p, text, len, value_width(s));
}

static char *
text_row(char *p, struct statistic *s, const struct values *v,
    const struct batch *b, uint32_t row)
{
	uint64_t ms = flow_duration_ms(v->first_ms, v->last_ms);

	p += civil_format_ms(&s->civil, v->first_ms, p);
	*p++ = ' ';
	p = styles[s->dialect].put_duration(p, s, ms);
	*p++ = ' ';
	p = put_proto(p, s, v->proto, !s->plain_numbers, 5);
	*p++ = ' ';
	p = put_value_column(p, s, b, row);
	p = put_share(p, s, v->flows, s->totals.flows);
	p = put_share(p, s, v->packets, s->totals.packets);
	p = put_share(p, s, v->bytes, s->totals.bytes);
	*p++ = ' ';
	p = put_counter(p, s, v->pps);
	*p++ = ' ';
	p = put_counter(p, s, v->bps);
	*p++ = ' ';
	p = number_right(p, v->bpp, 5);
	if (s->has_distinct) {
		*p++ = ' ';
		p = put_counter(p, s, v->distinct);
	}
	if (s->has_p95) {
		*p++ = ' ';
		p = put_counter(p, s, v->p95_bps);
	}
	return p;
}

/* ",VALUE,SHARE" */
static char *
put_csv_share(char *p, uint64_t v, uint64_t total)
{
	p = put_after(p, ',', v);
	*p++ = ',';
	return number_percent(p, v, total, 0);
}

/* The columns that --distinct and --p95 add. */
static char *
put_more(char *p, const struct statistic *s, const struct values *v,
    char delimiter)
{
	if (s->has_distinct)
		p = put_after(p, delimiter, v->distinct);
	if (s->has_p95)
		p = put_after(p, delimiter, v->p95_bps);
	return p;
}

static char *
csv_row(char *p, struct statistic *s, const struct values *v,
    const struct batch *b, uint32_t row)
{
	p += civil_format_s(&s->civil, v->first_ms, p);
	*p++ = ',';
	p += civil_format_s(&s->civil, v->last_ms, p);
	*p++ = ',';
	p = number_milli(p, flow_duration_ms(v->first_ms, v->last_ms), 0);
	*p++ = ',';
	p = put_proto(p, s, v->proto, !s->plain_numbers ||
	    styles[s->dialect].has_names, 0);
	*p++ = ',';
	p = statistic_put_value(p, s, b, row);
	p = put_csv_share(p, v->flows, s->totals.flows);
	p = put_csv_share(p, v->packets, s->totals.packets);
	p = put_csv_share(p, v->bytes, s->totals.bytes);
	p = put_after(p, ',', v->pps);
	p = put_after(p, ',', v->bps);
	p = put_after(p, ',', v->bpp);
	return put_more(p, s, v, ',');
}

static char *
pipe_row(char *p, struct statistic *s, const struct values *v,
    const struct batch *b, uint32_t row)
{
	const struct report_element *e = s->what->element;
	struct addr a = { 0, 0 };
	unsigned family = 0;

	if (e->form == VALUE_ADDR) {
		a = ((const struct addr *)batch_column(b, e->field[0]))[row];
		family = addr_is_v4(a) || (addr_is_zero(a) &&
		    zero_family(e->field[0], a) == 0) ? 2 : 10;
	}
	p = number_put(p, family);
	p = styles[s->dialect].put_pipe_time(p, v->first_ms);
	p = styles[s->dialect].put_pipe_time(p, v->last_ms);
	p = put_after(p, '|', v->proto);
	*p++ = '|';
	p = family != 0 ? print_words(p, a) : e->form == VALUE_COUNTRY ?
	    statistic_put_value(p, s, b, row) :
	    number_put(p, number_of(b, e->field[0], row));
	p = put_after(p, '|', v->flows);
	p = put_after(p, '|', v->packets);
	p = put_after(p, '|', v->bytes);
	p = put_after(p, '|', v->pps);
	p = put_after(p, '|', v->bps);
	p = put_after(p, '|', v->bpp);
	return put_more(p, s, v, '|');
}

void
statistic_rows(struct statistic *s, const struct batch *b, uint32_t first,
    uint32_t count, struct buffer *out)
{
	char *(*const writers[])(char *, struct statistic *,
	    const struct values *, const struct batch *, uint32_t) = {
		[STATISTIC_TEXT] = text_row,
		[STATISTIC_CSV] = csv_row,
		[STATISTIC_PIPE] = pipe_row,
	};
	struct values v;
	char *p;

	if (s->mode == STATISTIC_JSON || s->mode == STATISTIC_NDJSON) {
		statistic_json_rows(s, b, first, count, out);
		return;
	}
	for (uint32_t i = first; i < first + count; i++) {
		if ((p = buffer_room(out, ROW_ROOM)) == NULL)
			return;
		statistic_take(s, b, b->sel[i], &v);
		p = writers[s->mode](p, s, &v, b, b->sel[i]);
		*p++ = '\n';
		out->len = (size_t)(p - out->data);
	}
}
