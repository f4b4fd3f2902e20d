/*
 * The dialect of 1.6: its names, its tokens and columns of csv, lists of
 * statistics and the trailer.
 */
#include "output/dialect.h"

#include <stdlib.h>
#include <string.h>

#include "formatkit.h"
#include "output/format_int.h"
#include "output/statistic.h"
#include "output/summary.h"
#include "tap.h"

#define T_MS FORMATKIT_T_MS

static const struct format_options as_1_6 = { .dialect = DIALECT_1_6 };

static void
named(const char *name, enum dialect want)
{
	enum dialect d = DIALECT_COUNT;
	struct err err;

	is_int(dialect_parse(name, &d, &err), 0, "%s", name);
	is_int(d, want, "%s: which", name);
}

static void
test_names(void)
{
	enum dialect d = DIALECT_1_6;
	struct err err;

	named("1.6", DIALECT_1_6);
	named("1.7", DIALECT_1_7);
	named("1.7.1", DIALECT_1_7);
	is_int(dialect_parse("1.6.13", &d, &err), -1, "no other");
	is_int(err.code, ERR_VALUE, "a wrong value");
	is_str(err.text, "unknown version '1.6.13', known: 1.6 1.7 1.7.1",
	    "names the known ones");
	is_int(d, DIALECT_1_6, "stays as it was");
}

static bool
is_named(const struct token *table, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(table[i].name, name) == 0)
			return true;
	return false;
}

/* A row that changes nothing would be a name misspelt. */
static void
test_tables(void)
{
	const struct token_changes *c = &token_changes_1_6;

	for (size_t i = 0; i < c->count; i++) {
		const struct token *t = &c->tokens[i];

		ok(is_named(token_table, token_count, t->name),
		    "there is a %%%s to change", t->name);
		is_uint(strlen(t->heading), t->arg,
		    "%%%s: heading as wide as the value", t->name);
	}
	c = &csv_changes_1_6;
	for (size_t i = 0; i < c->count; i++)
		ok(is_named(csv_table, csv_count, c->tokens[i].name),
		    "there is a column %s to change", c->tokens[i].name);
}

static void
test_tokens(void)
{
	static const struct {
		uint8_t flags;
		const char *want;
	} flags[] = {
		{ 0, "......" },
		{ 0x1b, ".AP.SF" },
		{ 0x3f, "UAPRSF" },
		{ 0x40, "  0x40" },
		{ 0xdb, "  0xdb" },
		{ 0xff, "  0xff" },
	};
	struct flow f = full_v4();
	char *got;

	f.first_ms = T_MS;
	f.last_ms = T_MS + 90061001;
	got = print("fmt:%td|%flg|", &as_1_6, &f, 1);
	is_mem(got, " Duration  Flags \n", 18, "headings");
	free(got);
	row_is("%td|", &as_1_6, &f, "90061.001|", "seconds, also over a day");
	f.last_ms = T_MS - 1;
	row_is("%td|", &as_1_6, &f, "    0.000|", "ends before it begins");
	f.proto = 17;
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		f.tcp_flags = flags[i].flags;
		row_is("%flg", &as_1_6, &f, flags[i].want,
		    "flags of any protocol");
	}
	row_is("%flg", &no_options, &f, "........", "1.7 has those of TCP");
}

/* The nth column of a row of csv; free the result. */
static char *
csv_column(const struct format_options *options, const struct flow *f,
    unsigned n)
{
	char *text = print("csv", options, f, 1), *p = text, *column;

	p = strchr(p, '\n') + 1;
	while (n-- > 0)
		p = strchr(p, ',') + 1;
	column = strndup(p, strcspn(p, ","));
	free(text);
	return column;
}

static void
csv_is(const struct format_options *options, const struct flow *f,
    unsigned n, const char *want, const char *name)
{
	char *got = csv_column(options, f, n);

	is_str(got, want, "csv: %s", name);
	free(got);
}

static void
test_csv(void)
{
	struct format_options plain = as_1_6;
	struct flow f = full_v4();
	char *got, *want;

	got = print("csv", &as_1_6, &f, 0);
	want = print("csv", &no_options, &f, 0);
	is_str(got, want, "csv: the heading of 1.7");
	free(got);
	free(want);
	plain.plain_numbers = true;
	f.proto = 6;
	f.tcp_flags = 0x1b;
	csv_is(&plain, &f, 7, "TCP", "protocol by name with -N");
	csv_is(&as_1_6, &f, 8, ".AP.SF", "six flags");
	f.tcp_flags = 0xc2;
	csv_is(&as_1_6, &f, 8, "  0xc2", "more of them");
	f.proto = 0;
	csv_is(&as_1_6, &f, 7, "", "no protocol");
	csv_is(&no_options, &f, 7, "0", "no protocol in 1.7");
}

/* Formats begin with the time that the flow began. */
static void
test_modes(void)
{
	struct flow f = full_v4();
	char *got;

	got = print("nsel", &as_1_6, &f, 0);
	is_mem(got, "Date first seen         ", 24, "nsel");
	free(got);
	got = print("nel6", &as_1_6, &f, 0);
	is_mem(got, "Date first seen         ", 24, "nel6");
	free(got);
	got = print("fmt:%nel", &as_1_6, &f, 0);
	is_mem(got, "Date first seen         ", 24, "nel as a token");
	free(got);
}

static void
test_pipe(void)
{
	struct flow f = { .extensions = FLOW_EXT(EXT_GENERIC) |
	    FLOW_EXT(EXT_IPV6), .first_ms = 12007, .last_ms = 13000,
	    .proto = 6, .tcp_flags = 0xc2, .src_addr = address("2001:db8::1"),
	    .dst_addr = address("::2"), .src_port = 1, .dst_port = 2 };
	char *got = print("pipe", &as_1_6, &f, 1);

	is_str(got, "10|12|7|13|0|6|536939960|0|0|1|1|0|0|0|2|2|0|0|0|0|194|"
	    "0|0|0\n", "pipe: seconds and milliseconds");
	free(got);
}

static void
has_line(const char *text, const char *line)
{
	ok(strstr(text, line) != NULL, "raw: '%s'", line + 1);
}

static void
test_raw(void)
{
	struct flow f = full_v6();
	char *got;

	f.extensions |= FLOW_EXT(EXT_NEXT_HOP_V6) | FLOW_EXT(EXT_BGP_V6) |
	    FLOW_EXT(EXT_EXPORTER_V6) | FLOW_EXT(EXT_MAC);
	f.proto = 58;
	f.dst_port = 128 << 8;
	f.tcp_flags = 0xc2;
	f.record_flags = FLOW_EVENT | FLOW_SAMPLED;
	f.in_dst_mac = f.out_src_mac = 0;
	got = print("raw", &as_1_6, &f, 1);
	is_mem(got, "\nFlow Record: \n  Flags ", 23, "raw: begin");
	is_str(got + strlen(got) - 2, "\n\n", "raw: an empty line at the end");
	has_line(got, "\n  Flags        =              0xff EVENT, Sampled\n");
	has_line(got, "\n  ICMP         =              128.0  type.code\n");
	has_line(got, "\n  tcp flags    =              0xc2   0xc2\n");
	has_line(got, "\n  proto        =                58 ICMP6\n");
	ok(strstr(got, "src port") == NULL, "raw: no ports of ICMP");
	ok(strstr(got, "in src mac") != NULL, "raw: a pair of MACs");
	ok(strstr(got, "in dst mac") == NULL, "raw: not the other pair");
	free(got);
	f.proto = 200;
	f.record_flags = 0;
	f.extensions = FLOW_EXT(EXT_GENERIC) | FLOW_EXT(EXT_IPV4);
	got = print("raw", &as_1_6, &f, 1);
	has_line(got, "\n  Flags        =              0x06 FLOW, Unsampled\n");
	has_line(got, "\n  proto        =               200 200  \n");
	ok(strstr(got, "in src mac") == NULL, "raw: no MACs");
	free(got);
}

static struct report_statistic what;

static struct statistic
start(const char *text, enum statistic_mode mode)
{
	struct err err;
	struct statistic s = { .mode = mode, .dialect = DIALECT_1_6,
	    .top = 3,
	    .totals = { .flows = 200, .packets = 4000, .bytes = 8000000 } };

	if (report_statistic_parse(text, &what, &err) == -1)
		bail("%s", err.text);
	s.what = &what;
	s.order = what.orders.list[0].id;
	return s;
}

static void
heading_is(struct statistic *s, const char *want, const char *name)
{
	struct buffer out = BUFFER_EMPTY;

	statistic_heading(s, 0, 0, &out);
	text_is(&out, want, name);
}

static void
test_statistic_headings(void)
{
	struct statistic s = start("port/ibyte", STATISTIC_TEXT);

	s.order_text = "-";
	heading_is(&s, "Top 3 Port ordered by -:\n"
	    "Date first seen          Duration Proto              Port"
	    "    Flows(%)     Packets(%)       Bytes(%)         pps"
	    "      bps   bpp\n", "list");
	s.mode = STATISTIC_CSV;
	heading_is(&s, "ts,te,td,pr,val,fl,flP,ipkt,ipktP,ibyt,ibytP,ipps,"
	    "ipbs,ibpp\n", "csv, incoming");
	s.order = ORDER_OUT_BYTES;
	heading_is(&s, "ts,te,td,pr,val,fl,flP,opkt,opktP,obyt,obytP,opps,"
	    "opbs,obpp\n", "csv, outgoing");
}

static void
rows_are(struct statistic *s, const struct batch *b, const char *want,
    const char *name)
{
	struct buffer out = BUFFER_EMPTY;

	statistic_rows(s, b, 0, 1, &out);
	text_is(&out, want, name);
}

static void
test_statistic_rows(void)
{
	struct statistic s = start("srcport:p/ibyte", STATISTIC_TEXT);
	struct fieldset want = { { 0 } };
	struct batch b;
	struct err err;

	statistic_fields(&s, &want);
	if (batch_init(&b, &want, false, &err) == -1)
		bail("%s", err.text);
	for (int id = 0; id < FLD_COUNT; id++)
		if (b.col[id] != NULL)
			memset(b.col[id], 0, field_table[id].size);
	*(uint64_t *)b.col[FLD_FIRST] = T_MS + 5;
	*(uint64_t *)b.col[FLD_LAST] = T_MS + 2005;
	*(uint64_t *)b.col[FLD_FLOWS] = 50;
	*(uint64_t *)b.col[FLD_IN_PACKETS] = 1000;
	*(uint64_t *)b.col[FLD_IN_BYTES] = 2000000;
	*(uint16_t *)b.col[FLD_SRC_PORT] = 443;
	*(uint8_t *)b.col[FLD_PROTO] = 6;
	b.rows = 1;
	batch_select_all(&b);
	rows_are(&s, &b, "2024-06-15 12:00:00.005     2.000 TCP   "
	    "              443       50(25.0)     1000(25.0)    2.0 M(25.0)"
	    "      500    8.0 M  2000\n", "seconds");
	s.plain_numbers = true;
	rows_are(&s, &b, "2024-06-15 12:00:00.005     2.000 6     "
	    "              443       50(25.0)     1000(25.0)  2000000(25.0)"
	    "      500  8000000  2000\n", "the same width with -N");
	s.mode = STATISTIC_CSV;
	rows_are(&s, &b, "2024-06-15 12:00:00,2024-06-15 12:00:02,2.000,TCP,"
	    "443,50,25.0,1000,25.0,2000000,25.0,500,8000000,2000\n",
	    "csv: names with -N");
	s.mode = STATISTIC_PIPE;
	rows_are(&s, &b, "0|1718452800|5|1718452802|5|6|443|50|1000|2000000|"
	    "500|8000000|2000\n", "pipe: seconds and milliseconds");
	batch_fini(&b);
}

static void
test_trailer(void)
{
	struct summary s = { .dialect = DIALECT_1_6,
	    .totals = { .records = 320, .flows = 340, .packets = 107593,
		.bytes = 90533365, .first_ms = T_MS,
		.last_ms = T_MS + 592939 },
	    .processed = 340, .bytes_read = 43604, .window_first_ms = T_MS,
	    .window_last_ms = T_MS + 592939, .sys_s = 0.001, .wall_s = 0.5 };
	struct buffer out = BUFFER_EMPTY;

	summary_text(&s, false, &out);
	buffer_char(&out, '\0');
	is_str(out.data, "Summary: total flows: 340, total bytes: 90533365, "
	    "total packets: 107593, avg bps: 1221486, avg pps: 181, "
	    "avg bpp: 841\n"
	    "Time window: 2024-06-15 12:00:00 - 2024-06-15 12:09:52\n"
	    "Total flows processed: 340, Blocks skipped: 0, "
	    "Bytes read: 43604\n"
	    "Sys: 0.001s flows/second: 340000.0   "
	    "Wall: 0.500s flows/second: 680.0     \n", "trailer");
	buffer_fini(&out);
}

int
main(void)
{
	formatkit_begin();
	test_names();
	test_tables();
	test_tokens();
	test_csv();
	test_modes();
	test_pipe();
	test_raw();
	test_statistic_headings();
	test_statistic_rows();
	test_trailer();
	return done_testing();
}
