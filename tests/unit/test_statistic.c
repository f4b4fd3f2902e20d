/*
 * Lists of element statistics: what the golden runs do not have, values of
 * every form, one-sided counters, and columns of --distinct and --p95.
 */
#include "output/statistic.h"

#include <stdio.h>
#include <string.h>

#include "formatkit.h"
#include "tap.h"

#define T_MS FORMATKIT_T_MS

static struct report_statistic what;

static struct statistic
start(const char *text, enum statistic_mode mode)
{
	struct err err;
	struct statistic s = { .mode = mode, .top = 3,
	    .totals = { .flows = 200, .packets = 4000, .bytes = 8000000 } };

	if (report_statistic_parse(text, &what, &err) == -1)
		bail("%s", err.text);
	s.what = &what;
	s.order = what.orders.list[0].id;
	return s;
}

/* One row: two seconds, and counters that tell in from out. */
static void
make_row(struct batch *b, const struct statistic *s)
{
	struct fieldset want = { { 0 } };
	struct err err;

	statistic_fields(s, &want);
	if (batch_init(b, &want, false, &err) == -1)
		bail("%s", err.text);
	for (int id = 0; id < FLD_COUNT; id++)
		if (b->col[id] != NULL)
			memset(b->col[id], 0, field_table[id].size);
	*(uint64_t *)b->col[FLD_FIRST] = T_MS;
	*(uint64_t *)b->col[FLD_LAST] = T_MS + 2000;
	*(uint64_t *)b->col[FLD_FLOWS] = 50;
	*(uint64_t *)b->col[FLD_IN_PACKETS] = 1000;
	*(uint64_t *)b->col[FLD_IN_BYTES] = 2000000;
	*(uint64_t *)b->col[FLD_OUT_PACKETS] = 10;
	*(uint64_t *)b->col[FLD_OUT_BYTES] = 5000;
	*(uint8_t *)b->col[FLD_PROTO] = 6;
	if (s->has_distinct)
		*(uint64_t *)b->col[FLD_DISTINCT] = 7;
	if (s->has_p95)
		*(uint64_t *)b->col[FLD_P95_BPS] = 1234567;
	b->rows = 1;
	batch_select_all(b);
}

static void
prints(struct statistic *s, const struct batch *b, const char *want,
    const char *name)
{
	struct buffer out = BUFFER_EMPTY;

	statistic_rows(s, b, 0, 1, &out);
	text_is(&out, want, name);
}

static void
heading_is(struct statistic *s, uint64_t from_ms, uint64_t to_ms,
    const char *want, const char *name)
{
	struct buffer out = BUFFER_EMPTY;

	statistic_heading(s, from_ms, to_ms, &out);
	text_is(&out, want, name);
}

#define COLUMNS "    Flows(%)     Packets(%)       Bytes(%)         pps" \
	"      bps   bpp"

static void
test_headings(void)
{
	struct statistic s = start("port/bytes", STATISTIC_TEXT);

	heading_is(&s, 0, 0, "Top 3 Port ordered by bytes:\n"
	    "Date first seen                 Duration Proto              Port"
	    COLUMNS "\n", "heading");
	s.top = 0;
	s.has_distinct = s.has_p95 = true;
	heading_is(&s, T_MS, T_MS + 60000, "Top Port ordered by bytes, "
	    "2024-06-15 12:00:00 - 2024-06-15 12:01:00:\n"
	    "Date first seen                 Duration Proto              Port"
	    COLUMNS " Distinct  P95 bps\n", "of a bucket, with more columns");
	s.quiet = true;
	heading_is(&s, 0, 0, "", "none with -q");
	s.mode = STATISTIC_CSV;
	heading_is(&s, 0, 0, "ts,te,td,pr,val,fl,flP,pkt,pktP,byt,bytP,pps,"
	    "bps,bpp,distinct,p95\n", "csv has one with -q");
	s = start("port/obps", STATISTIC_CSV);
	heading_is(&s, 0, 0, "ts,te,td,pr,val,fl,flP,opkt,opktP,obyt,obytP,"
	    "opps,obps,obpp\n", "outgoing");
	s.mode = STATISTIC_PIPE;
	heading_is(&s, 0, 0, "", "none in pipe");
}

#define ROW_START "2024-06-15 12:00:00,2024-06-15 12:00:02,2.000,"

static void
test_sides(void)
{
	struct statistic s = start("srcport:p/ibyte", STATISTIC_CSV);
	struct batch b;

	make_row(&b, &s);
	*(uint16_t *)b.col[FLD_SRC_PORT] = 443;
	prints(&s, &b, ROW_START "TCP,443,50,25.0,1000,25.0,2000000,25.0,500,"
	    "8000000,2000\n", "incoming");
	s.order = ORDER_OUT_PPS;
	prints(&s, &b, ROW_START "TCP,443,50,25.0,10,0.2,5000,0.1,5,20000,"
	    "500\n", "outgoing");
	s.order = ORDER_DURATION;
	prints(&s, &b, ROW_START "TCP,443,50,25.0,1010,25.2,2005000,25.1,505,"
	    "8020000,1985\n", "both");
	s.plain_numbers = true;
	prints(&s, &b, ROW_START "6,443,50,25.0,1010,25.2,2005000,25.1,505,"
	    "8020000,1985\n", "-N: protocol as number");
	s.mode = STATISTIC_PIPE;
	prints(&s, &b, "0|1718452800000|1718452802000|6|443|50|1010|2005000|"
	    "505|8020000|1985\n", "pipe");
	batch_fini(&b);
}

static void
test_more_columns(void)
{
	struct statistic s = start("srcport", STATISTIC_TEXT);
	struct batch b;

	s.has_distinct = s.has_p95 = true;
	make_row(&b, &s);
	prints(&s, &b, "2024-06-15 12:00:00.000     00:00:02.000 any   "
	    "                0       50(25.0)     1000(25.0)    2.0 M(25.0)"
	    "      500    8.0 M  2000        7    1.2 M\n", "text");
	s.mode = STATISTIC_CSV;
	prints(&s, &b, ROW_START "any,0,50,25.0,1000,25.0,2000000,25.0,500,"
	    "8000000,2000,7,1234567\n", "csv");
	batch_fini(&b);
}

#define OBJECT_START "{\"list\":\"%s\",\"order\":\"flows\",\"rank\":1," \
	"\"first\":\"2024-06-15T12:00:00.000+00:00\"," \
	"\"first_ms\":1718452800000," \
	"\"last\":\"2024-06-15T12:00:02.000+00:00\"," \
	"\"last_ms\":1718452802000,"
#define OBJECT_END "\"flows\":50,\"flows_percent\":25.0," \
	"\"packets\":1000,\"packets_percent\":25.0,\"bytes\":2000000," \
	"\"bytes_percent\":25.0,\"pps\":500,\"bps\":8000000,\"bpp\":2000"

static void
test_json(void)
{
	struct statistic s = start("srcport:p/obyte", STATISTIC_JSON);
	struct batch b;

	s.has_distinct = s.has_p95 = true;
	make_row(&b, &s);
	*(uint16_t *)b.col[FLD_SRC_PORT] = 443;
	prints(&s, &b, ",\n{\n\t\"list\" : \"srcport\",\n"
	    "\t\"order\" : \"obyte\",\n\t\"rank\" : 1,\n"
	    "\t\"first\" : \"2024-06-15T12:00:00.000+00:00\",\n"
	    "\t\"first_ms\" : 1718452800000,\n"
	    "\t\"last\" : \"2024-06-15T12:00:02.000+00:00\",\n"
	    "\t\"last_ms\" : 1718452802000,\n\t\"proto\" : 6,\n"
	    "\t\"srcport\" : 443,\n\t\"flows\" : 50,\n"
	    "\t\"flows_percent\" : 25.0,\n\t\"packets\" : 10,\n"
	    "\t\"packets_percent\" : 0.2,\n\t\"bytes\" : 5000,\n"
	    "\t\"bytes_percent\" : 0.1,\n\t\"pps\" : 5,\n"
	    "\t\"bps\" : 20000,\n\t\"bpp\" : 500,\n"
	    "\t\"distinct\" : 7,\n\t\"p95_bps\" : 1234567\n}", "json");
	batch_fini(&b);
	s = start("proto", STATISTIC_NDJSON);
	make_row(&b, &s);
	heading_is(&s, T_MS, T_MS + 60000, "", "ndjson has no heading");
	prints(&s, &b, "{\"list\":\"proto\",\"order\":\"flows\",\"rank\":1,"
	    "\"first\":\"2024-06-15T12:00:00.000+00:00\","
	    "\"first_ms\":1718452800000,"
	    "\"last\":\"2024-06-15T12:00:02.000+00:00\","
	    "\"last_ms\":1718452802000,\"proto\":6," OBJECT_END "}\n",
	    "the protocol stands once");
	batch_fini(&b);
}

/* Buckets have ranks of their own. */
static void
test_ranks(void)
{
	static const int64_t later_ms[] = { 0, 0, 60000, 60000, 120000 };
	static const unsigned ranks[] = { 1, 2, 1, 2, 1 };
	struct statistic s = start("proto", STATISTIC_NDJSON);
	struct batch b;
	char text[32];

	s.has_buckets = true;
	make_row(&b, &s);
	for (unsigned i = 0; i < 5; i++) {
		struct buffer out = BUFFER_EMPTY;

		*(uint64_t *)b.col[FLD_FIRST] = T_MS + (uint64_t)later_ms[i];
		statistic_rows(&s, &b, 0, 1, &out);
		buffer_char(&out, '\0');
		snprintf(text, sizeof(text), ",\"rank\":%u,", ranks[i]);
		ok(strstr(out.data, text) != NULL, "row %u: %s", i, text);
		buffer_fini(&out);
	}
	batch_fini(&b);
}

/* The value of an element in csv, and in JSON with quotes if it is text. */
static void
value_is(const char *element, enum field_id id, uint64_t v, const char *want,
    const char *quote)
{
	struct statistic s = start(element, STATISTIC_CSV);
	struct batch b;
	char row[512];

	make_row(&b, &s);
	/* little and big endian machines alike */
	switch (field_table[id].size) {
	case 1:
		*(uint8_t *)b.col[id] = (uint8_t)v;
		break;
	case 2:
		*(uint16_t *)b.col[id] = (uint16_t)v;
		break;
	case 4:
		*(uint32_t *)b.col[id] = (uint32_t)v;
		break;
	default:
		*(uint64_t *)b.col[id] = v;
	}
	snprintf(row, sizeof(row), ROW_START "any,%s,50,25.0,1000,25.0,"
	    "2000000,25.0,500,8000000,2000\n", want);
	prints(&s, &b, row, element);
	s.mode = STATISTIC_NDJSON;
	snprintf(row, sizeof(row), OBJECT_START "\"%s\":%s%s%s," OBJECT_END
	    "}\n", element, element, quote, want, quote);
	prints(&s, &b, row, element);
	batch_fini(&b);
}

static void
test_forms(void)
{
	value_is("cl", FLD_CLIENT_LATENCY, 1234, "1.234", "");
	value_is("insrcmac", FLD_IN_SRC_MAC, 0x020000000001,
	    "02:00:00:00:00:01", "\"");
	value_is("mpls3", FLD_MPLS_3, 1234 << 4 | 5 << 1 | 1, "1234-5-1", "\"");
	value_is("flags", FLD_TCP_FLAGS, 0x1b, "...AP.SF", "\"");
	value_is("iacl", FLD_ACL_IN_ID, 0x8000face, "0x8000face", "\"");
	value_is("srcas", FLD_SRC_AS, UINT32_MAX, "4294967295", "");
	value_is("event", FLD_FW_EVENT, 2, "2", "");
	value_is("nevent", FLD_NAT_EVENT, 255, "255", "");
}

static void
test_events(void)
{
	static const struct {
		const char *element;
		enum field_id id;
		uint8_t event;
		const char *name;
	} cases[] = {
		{ "event", FLD_FW_EVENT, 0, " ignore" },
		{ "event", FLD_FW_EVENT, 1, " CREATE" },
		{ "nevent", FLD_NAT_EVENT, 2, " DELETE" },
		{ "event", FLD_FW_EVENT, 3, " DENIED" },
		{ "event", FLD_FW_EVENT, 4, "UNKNOWN" },
		{ "nat", FLD_NAT_EVENT, 255, "UNKNOWN" },
	};
	char row[256];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct statistic s = start(cases[i].element, STATISTIC_TEXT);
		struct batch b;

		make_row(&b, &s);
		*(uint8_t *)b.col[cases[i].id] = cases[i].event;
		snprintf(row, sizeof(row), "2024-06-15 12:00:00.000     "
		    "00:00:02.000 any             %s       50(25.0)     "
		    "1000(25.0)    2.0 M(25.0)      500    8.0 M  2000\n",
		    cases[i].name);
		prints(&s, &b, row, cases[i].name);
		batch_fini(&b);
	}
}

static void
test_address(void)
{
	struct statistic s = start("srcip", STATISTIC_TEXT);
	struct batch b;

	make_row(&b, &s);
	*(struct addr *)b.col[FLD_SRC_ADDR] =
	    address("2001:db8:1:2:3:4:5:6");
	prints(&s, &b, "2024-06-15 12:00:00.000     00:00:02.000 any    "
	    "2001:db..3:4:5:6       50(25.0)     1000(25.0)    2.0 M(25.0)"
	    "      500    8.0 M  2000\n", "without its middle");
	s.long_ipv6 = s.plain_numbers = true;
	prints(&s, &b, "2024-06-15 12:00:00.000            2.000 any   "
	    "                   2001:db8:1:2:3:4:5:6       50(25.0)"
	    "     1000(25.0)  2000000(25.0)      500  8000000  2000\n",
	    "-6 and -N");
	s.mode = STATISTIC_PIPE;
	prints(&s, &b, "10|1718452800000|1718452802000|0|536939960|65538|"
	    "196612|327686|50|1000|2000000|500|8000000|2000\n", "pipe");
	*(struct addr *)b.col[FLD_SRC_ADDR] = address("10.0.0.1");
	prints(&s, &b, "2|1718452800000|1718452802000|0|0|0|0|167772161|50|"
	    "1000|2000000|500|8000000|2000\n", "pipe, IPv4");
	batch_fini(&b);
}

/* A source that is zero is "::"; what else is missing is 0.0.0.0. */
static void
test_zero_address(void)
{
	value_is("srcip", FLD_SRC_ADDR, 0, "::", "\"");
	value_is("nhip", FLD_NEXT_HOP, 0, "0.0.0.0", "\"");
}

int
main(void)
{
	formatkit_begin();
	test_headings();
	test_sides();
	test_more_columns();
	test_json();
	test_ranks();
	test_forms();
	test_events();
	test_address();
	test_zero_address();
	return done_testing();
}
