/*
 * Output formats: the predefined ones and csv against lines as nfdump 1.7.1
 * prints them, fmt: text, what is refused, random rows against a twin that
 * uses printf.
 */
#include "formatkit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dice.h"
#include "nomem.h"
#include "tap.h"

/* Lines of nfdump 1.7.1. */
static const struct line {
	const char *mode;
	bool plain;
	const char *want;
} lines[] = {
	{ "line", false,
	    "Date first seen             Duration     Proto"
	    "      Src IP Addr:Port          Dst IP Addr:Port   Packets"
	    "    Bytes Flows\n"
	    "2024-05-14 09:00:19.030     00:00:00.136 UDP         "
	    "10.20.1.42:60254 ->     203.0.113.80:53           2      138"
	    "     1\n"
	    "2024-05-14 09:00:40.367     01:02:10.483 TCP   "
	    "2001:db..cafe:53.55946 ->       2620:fe::9.587       9470"
	    "   25.4 M     1\n" },
	{ "LINE", true,
	    "Date first seen             Duration     Proto"
	    "      Src IP Addr:Port          Dst IP Addr:Port   Packets"
	    "    Bytes Flows\n"
	    "2024-05-14 09:00:19.030            0.136 17          "
	    "10.20.1.42:60254 ->     203.0.113.80:53           2      138"
	    "     1\n"
	    "2024-05-14 09:00:40.367         3730.483 6     "
	    "2001:db..cafe:53.55946 ->       2620:fe::9.587       9470"
	    " 25400000     1\n" },
	{ "line6", false,
	    "Date first seen             Duration     Proto"
	    "                             Src IP Addr:Port"
	    "                                 Dst IP Addr:Port   Packets"
	    "    Bytes Flows\n"
	    "2024-05-14 09:00:19.030     00:00:00.136 UDP   "
	    "                             10.20.1.42:60254 -> "
	    "                           203.0.113.80:53           2      138"
	    "     1\n"
	    "2024-05-14 09:00:40.367     01:02:10.483 TCP   "
	    "     2001:db8:f00:200:dead:beef:cafe:53.55946 -> "
	    "                             2620:fe::9.587       9470"
	    "   25.4 M     1\n" },
	{ "long", false,
	    "Date first seen             Duration     Proto"
	    "      Src IP Addr:Port          Dst IP Addr:Port     Flags Tos"
	    "  Packets    Bytes Flows\n"
	    "2024-05-14 09:00:19.030     00:00:00.136 UDP         "
	    "10.20.1.42:60254 ->     203.0.113.80:53    ........   0"
	    "        2      138     1\n"
	    "2024-05-14 09:00:40.367     01:02:10.483 TCP   "
	    "2001:db..cafe:53.55946 ->       2620:fe::9.587   ...AP.SF 184"
	    "     9470   25.4 M     1\n" },
	{ "extended", false,
	    "Date first seen             Duration     Proto"
	    "      Src IP Addr:Port          Dst IP Addr:Port     Flags Tos"
	    "  Packets    Bytes      pps      bps    Bpp Flows\n"
	    "2024-05-14 09:00:19.030     00:00:00.136 UDP         "
	    "10.20.1.42:60254 ->     203.0.113.80:53    ........   0"
	    "        2      138       14     8117     69     1\n"
	    "2024-05-14 09:00:40.367     01:02:10.483 TCP   "
	    "2001:db..cafe:53.55946 ->       2620:fe::9.587   ...AP.SF 184"
	    "     9470   25.4 M        2    54470   2682     1\n" },
	{ "biline", false,
	    "Date first seen             Duration     Proto"
	    "      Src IP Addr:Port           Dst IP Addr:Port   Out Pkt"
	    "   In Pkt Out Byte  In Byte Flows\n"
	    "2024-05-14 09:00:19.030     00:00:00.136 UDP         "
	    "10.20.1.42:60254 <->     203.0.113.80:53           0        2"
	    "        0      138     1\n"
	    "2024-05-14 09:00:40.367     01:02:10.483 TCP   "
	    "2001:db..cafe:53.55946 <->       2620:fe::9.587         17"
	    "     9470     1800   25.4 M     1\n" },
	{ "bilong", false,
	    "Date first seen             Duration     Proto"
	    "      Src IP Addr:Port           Dst IP Addr:Port     Flags Tos"
	    "  Out Pkt   In Pkt Out Byte  In Byte Flows\n"
	    "2024-05-14 09:00:19.030     00:00:00.136 UDP         "
	    "10.20.1.42:60254 <->     203.0.113.80:53    ........   0"
	    "        0        2        0      138     1\n"
	    "2024-05-14 09:00:40.367     01:02:10.483 TCP   "
	    "2001:db..cafe:53.55946 <->       2620:fe::9.587   ...AP.SF 184"
	    "       17     9470     1800   25.4 M     1\n" },
	{ "csv", true,
	    "ts,te,td,sa,da,sp,dp,pr,flg,fwd,stos,ipkt,ibyt,opkt,obyt,in,out,"
	    "sas,das,smk,dmk,dtos,dir,nh,nhb,svln,dvln,ismc,odmc,idmc,osmc,"
	    "mpls1,mpls2,mpls3,mpls4,mpls5,mpls6,mpls7,mpls8,mpls9,mpls10,"
	    "cl,sl,al,ra,eng,exid,tr\n"
	    "2024-05-14 09:00:19,2024-05-14 09:00:19,0.136,10.20.1.42,"
	    "203.0.113.80,60254,53,UDP,........,0,0,2,138,0,0,0,0,0,0,0,0,0,0,"
	    "0.0.0.0,0.0.0.0,0,0,00:00:00:00:00:00,00:00:00:00:00:00,"
	    "00:00:00:00:00:00,00:00:00:00:00:00,0-0-0,0-0-0,0-0-0,0-0-0,"
	    "0-0-0,0-0-0,0-0-0,0-0-0,0-0-0,0-0-0,    0.000,    0.000,"
	    "    0.000,0.0.0.0,0/0,0,1970-01-01 00:00:00.000\n"
	    "2024-05-14 09:00:40,2024-05-14 10:02:50,3730.483,"
	    "2001:db8:f00:200:dead:beef:cafe:53,2620:fe::9,55946,587,TCP,"
	    "...AP.SF,64,184,9470,25400000,17,1800,1,501,64512,19281,64,48,3,1,"
	    "fe80::1,::,30,0,02:10:44:59:e6:93,02:10:5b:28:a9:5d,"
	    "00:00:00:00:00:00,00:00:00:00:00:00,1001-5-0,16-0-1,0-0-0,0-0-0,"
	    "0-0-0,0-0-0,0-0-0,0-0-0,0-0-0,0-0-0, 1002.000,    0.300,"
	    "123456.789,127.0.0.1,3/233,1,2024-05-14 09:04:52.422\n" },
};

static void
test_modes(void)
{
	const struct flow flows[] = {
		{ .extensions = FLOW_EXT(EXT_GENERIC) | FLOW_EXT(EXT_IPV4),
		    .first_ms = UINT64_C(1715677219030),
		    .last_ms = UINT64_C(1715677219166), .proto = 17,
		    .src_addr = address("10.20.1.42"), .src_port = 60254,
		    .dst_addr = address("203.0.113.80"), .dst_port = 53,
		    .in_packets = 2, .in_bytes = 138 },
		{ .extensions = FLOW_EXT(EXT_GENERIC) | FLOW_EXT(EXT_IPV6) |
			FLOW_EXT(EXT_BGP_V6),
		    .first_ms = UINT64_C(1715677240367),
		    .last_ms = UINT64_C(1715680970850),
		    .received_ms = UINT64_C(1715677492422), .proto = 6,
		    .src_addr = address("2001:db8:f00:200:dead:beef:cafe:53"),
		    .dst_addr = address("2620:fe::9"), .src_port = 55946,
		    .dst_port = 587, .tcp_flags = 0x1b, .fwd_status = 64,
		    .src_tos = 184, .dst_tos = 3, .in_packets = 9470,
		    .in_bytes = 25400000, .out_packets = 17,
		    .out_bytes = 1800, .input = 1, .output = 501,
		    .src_as = 64512, .dst_as = 19281, .src_mask = 64,
		    .dst_mask = 48, .direction = 1,
		    .next_hop = address("fe80::1"), .src_vlan = 30,
		    .in_src_mac = 0x02104459e693,
		    .out_dst_mac = 0x02105b28a95d,
		    .mpls = { 1001 << 4 | 5 << 1, 16 << 4 | 1 },
		    .client_latency_us = 1002000, .server_latency_us = 300,
		    .app_latency_us = 123456789,
		    .exporter_addr = address("127.0.0.1"), .engine_type = 3,
		    .engine_id = 233, .exporter_id = 1 },
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		const struct format_options options = {
			.plain_numbers = lines[i].plain,
		};
		char *got = print(lines[i].mode, &options, flows, 2);

		is_str(got, lines[i].want, "%s%s", lines[i].mode,
		    lines[i].plain ? " with plain numbers" : "");
		free(got);
	}
}

static void
test_text(void)
{
	struct flow f = full_v4();
	char *got;

	got = print("%sp<>%dp,", &no_options, &f, 1);
	is_str(got, "Src Pt  Dst Pt \n  1234<>   443,\n",
	    "without fmt:, literal text");
	free(got);
	got = print("FMT:%sp%n%dp", &no_options, &f, 1);
	is_str(got, "Src PtDst Pt\n  1234\n   443\n", "newline");
	free(got);
	got = print("fmt:a b", &no_options, &f, 1);
	is_str(got, "   \na b\n", "no token");
	free(got);
	row_is("%mpls10|%mpls1|%mpls1x", &no_options, &f,
	    "    1009-1-1|    1000-0-0|    1000-0-0     1001-1-0     1002-2-0"
	    "     1003-3-0     1004-4-0     1005-5-0     1006-6-0     1007-7-0"
	    "     1008-0-0     1009-1-1 1x", "longest name");
	row_is("%nel6 %sp2", &no_options, &f,
	    "2024-06-15 12:00:00.005  DELETE TCP         192.0.2.10:1234  ->"
	    "    198.51.100.20:443        203.0.113.5:1024  -> "
	    "   203.0.113.255:655356   12342", "format as token");
}

static void
refused(const char *mode, const char *begin, const char *part)
{
	struct err err = { .code = ERR_NONE };
	struct format *f = format_compile(mode, &no_options, &err);

	ok(f == NULL && err.code == ERR_VALUE, "refused: %s", mode);
	is_mem(err.text, begin, strlen(begin), "%s: begin of message", mode);
	ok(strstr(err.text, part) != NULL, "%s: '%s' in message", mode, part);
	format_free(f);
}

static void
test_refused(void)
{
	refused("foo", "unknown output mode 'foo', known: line long", "csv");
	refused("", "unknown output mode '', known: line", "fmt:TEXT");
	refused("line4", "unknown output mode 'line4'", "bilong");
	refused("csv66", "unknown output mode 'csv66'", "nsel");
	refused("fmt:", "output mode fmt: needs a text", "text");
	refused("fmt:%sa %foo bar", "output format: unknown token at "
	    "'%foo bar', known: %ts", "%pbsize");
	refused("fmt:%tsx", "output format: unknown token at '%tsx'", "%sa");
	refused("fmt:%Sa", "output format: unknown token at '%Sa'", "%sa");
	refused("fmt:100%", "output format: unknown token at '%'", "%ts");
	refused("%%sa", "output format: unknown token at '%%sa'", "%ts");
}

static void
test_properties(void)
{
	struct format *f = compile("fmt:%sp %cnt", &no_options);
	struct fieldset want = { { 0 } };
	unsigned fields = 0;

	format_fields(f, &want);
	for (int id = 0; id < FLD_COUNT; id++)
		fields += fieldset_has(&want, (enum field_id)id);
	ok(fields == 1 && fieldset_has(&want, FLD_SRC_PORT),
	    "only the fields needed");
	ok(format_counts_records(f), "counts records");
	ok(format_kind(f) == FORMAT_TEXT, "is text");
	format_free(f);
	f = compile("csv6", &no_options);
	ok(!format_counts_records(f), "does not count records");
	ok(format_kind(f) == FORMAT_CSV, "is csv");
	format_free(f);
}

/* Selection, limit and number of the record. */
static void
test_selection(void)
{
	struct format *f = compile("fmt:%cnt %sp", &no_options);
	struct format_run *r = format_run_new(f, NULL);
	struct buffer out = BUFFER_EMPTY;
	struct flow flows[5] = { { 0 } };
	struct batch b;

	for (uint16_t i = 0; i < 5; i++)
		flows[i].src_port = (uint16_t)(i + 10);
	make_batch(&b, f, flows, 5);
	b.first_row = 1000000;
	b.nsel = 3;
	b.sel[0] = 1;
	b.sel[1] = 3;
	b.sel[2] = 4;
	format_rows(r, &b, 2, &out);
	format_rows(r, &b, 0, &out);
	buffer_char(&out, '\0');
	is_str(out.data, "1000002     11\n1000004     13\n", "two of three");
	buffer_fini(&out);
	batch_fini(&b);
	format_run_free(r);
	format_free(f);
}

static void
scaled(char *out, size_t size, uint64_t v)
{
	if (v < 1000000)
		snprintf(out, size, "%8" PRIu64, v);
	else if (v < 1000000000)
		snprintf(out, size, "%6.1f M", (double)v / 1e6);
	else if (v < UINT64_C(1000000000000))
		snprintf(out, size, "%6.1f G", (double)v / 1e9);
	else
		snprintf(out, size, "%6.1f T", (double)v / 1e12);
}

/* What "%sas %byt %obyt %bps %fl %eng %it" prints. */
static void
twin(char *out, size_t size, const struct flow *f)
{
	char in[40], back[40], bps[40];
	uint64_t ms = f->last_ms > f->first_ms ? f->last_ms - f->first_ms : 0;

	scaled(in, sizeof(in), f->in_bytes);
	scaled(back, sizeof(back), f->out_bytes);
	scaled(bps, sizeof(bps), ms == 0 ? 0 : f->in_bytes * 8000 / ms);
	snprintf(out, size, "%6u %s %s %s %5" PRIu64 " %3u/%-3u %6u",
	    f->src_as, in, back, bps, f->flows == 0 ? 1 : f->flows,
	    f->engine_type, f->engine_id,
	    f->proto == 1 || f->proto == 58 ? f->dst_port >> 8 : 0);
}

static void
test_random(void)
{
	struct dice d;

	dice_init(&d);
	for (unsigned i = 0; i < 200; i++) {
		struct flow f = {
			.src_as = (uint32_t)dice_any(&d),
			.in_bytes = dice_any(&d) >> 14,
			.out_bytes = dice_any(&d), .flows = dice_any(&d),
			.first_ms = dice_any(&d) >> 20,
			.last_ms = dice_any(&d) >> 20,
			.engine_type = (uint8_t)dice_any(&d),
			.engine_id = (uint8_t)dice_any(&d),
			.proto = (uint8_t)(1 + 57 * dice_below(&d, 3)),
			.dst_port = (uint16_t)dice_any(&d),
		};
		char want[512];

		twin(want, sizeof(want), &f);
		row_is("%sas %byt %obyt %bps %fl %eng %it", &no_options, &f,
		    want, "as printf");
	}
}

/* Memory that runs out: an error, and nothing is lost. */
static void
test_nomem(void)
{
	static const char *const all[] = { "line", "csv", "json", "ndjson",
		"fmt:a%sa b%line", "foo", "fmt:%foo" };
	struct format *f;
	struct format_run *r;
	struct err err;

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		for (unsigned n = 1;; n++) {
			nomem_at(n);
			f = format_compile(all[i], &no_options, &err);
			if (!nomem_hit())
				break;
			ok(f == NULL && err.code == ERR_NOMEM,
			    "%s without allocation %u", all[i], n);
		}
		nomem_at(0);
		format_free(f);
	}
	f = compile("fmt:%sa%lbl", &no_options);
	for (unsigned n = 1;; n++) {
		nomem_at(n);
		r = format_run_new(f, &err);
		if (!nomem_hit())
			break;
		ok(r == NULL && err.code == ERR_NOMEM,
		    "run without allocation %u", n);
	}
	nomem_at(0);
	ok(r != NULL, "a run at last");
	format_run_free(r);
	format_free(f);
	format_free(NULL);
	format_run_free(NULL);
}

int
main(void)
{
	formatkit_begin();
	test_modes();
	test_text();
	test_refused();
	test_properties();
	test_selection();
	test_random();
	test_nomem();
	return done_testing();
}
