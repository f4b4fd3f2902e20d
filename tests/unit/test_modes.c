/*
 * The modes that are not fmt: and csv: raw, pipe, csv: with columns of the
 * user's own, csv-fast, null; and fingerprints.
 */
#include "formatkit.h"

#include <stdlib.h>
#include <string.h>

#include "hellokit.h"
#include "tap.h"

#define T_MS FORMATKIT_T_MS

static void
mode_is(const char *mode, const struct format_options *options,
    const struct flow *flow, const char *want)
{
	char *got = print(mode, options, flow, 1);

	is_str(got, want, "%s", mode);
	free(got);
}

static void
refused(const char *mode, const char *message)
{
	struct err err;
	struct format *f = format_compile(mode, &no_options, &err);

	ok(f == NULL && err.code == ERR_VALUE, "%s is refused", mode);
	if (f == NULL)
		ok(strncmp(err.text, message, strlen(message)) == 0, "%s",
		    err.text);
	format_free(f);
}

static void
test_pipe(void)
{
	const struct format_options plain = { .plain_numbers = true };
	struct flow flow = full_v4();

	mode_is("pipe", &no_options, &flow,
	    "2|1718452800000|1718452801500|6|0|0|0|3221225994|1234|0|0|0|"
	    "3325256724|443|4200000001|64500|100000|200000|27|184|10|1000\n");
	flow = full_v6();
	mode_is("PIPE6", &plain, &flow,
	    "10|1718452800000|1718452801500|6|536939960|251658752|3735928559|"
	    "3405643859|1234|4269801472|0|0|1|443|4200000001|64500|100000|"
	    "200000|27|184|10|1000\n");
	flow.src_addr = flow.dst_addr = (struct addr){ 0, 0 };
	flow.in_bytes = UINT64_MAX;
	mode_is("pipe", &no_options, &flow,
	    "10|1718452800000|1718452801500|6|0|0|0|0|1234|0|0|0|0|443|"
	    "4200000001|64500|100000|200000|27|184|10|"
	    "18446744073709551615\n");
}

static void
test_csv(void)
{
	struct flow flow = full_v4();

	mode_is("csv-fast", &no_options, &flow,
	    "cnt,af,firstSeen,lastSeen,proto,srcAddr,srcPort,dstAddr,dstPort,"
	    "srcAS,dstAS,input,output,flags,srcTos,packets,bytes\n"
	    "1,2,1718452800000,1718452801500,6,192.0.2.10,1234,198.51.100.20,"
	    "443,4200000001,64500,100000,200000,27,184,10,1000\n");
	mode_is("CSV:%ts,%td, %pr ,%sa,%dn,%flg,%eng,%idt,%lbl,%mpls10,%cl",
	    &no_options, &flow,
	    "firstSeen,duration,proto,srcAddr,dstNet,flags,engine,Ident,"
	    "label,mplsLabel10,clientLatency\n"
	    "2024-06-15 12:00:00.000,1.500,6,192.0.2.10,198.51.0.0/16,"
	    "...AP.SF,255/254,none,mylabel,1009-1-1,1002.000\n");
	flow = full_v6();
	flow.in_bytes = 5000000;
	flow.label = bytes("a,\"b\"\n", 6);
	mode_is("csv:%byt,%bps,%bpp,%sa,%lbl,%p95", &no_options, &flow,
	    "bytes,bps,bpp,srcAddr,label,p95\n"
	    "5000000,26666666,500000,2001:db8:f00:200:dead:beef:cafe:53,"
	    "\"a,\"\"b\"\".\",2500000\n");
	refused("csv:%sap", "output format: unknown token at '%sap', known: "
	    "%ts %te");
	refused("csv:%ts,%", "output format: unknown token at '%', known: ");
	refused("csv:", "output format: unknown token at '', known: ");
	refused("csv:%ts,", "output format: unknown token at '', known: ");
	refused("csv:ts", "output format: unknown token at 'ts', known: ");
	refused("csv:%ts %te", "output format: no comma before '%te'");
	refused("csv-fastest", "unknown output mode 'csv-fastest', known: ");
}

static void
test_null(void)
{
	struct flow flow = full_v4();

	mode_is("null", &no_options, &flow, "");
	mode_is("NULL6", &no_options, &flow, "");
}

static void
test_kinds(void)
{
	static const struct {
		const char *mode;
		enum format_kind kind;
	} kinds[] = { { "line", FORMAT_TEXT }, { "raw", FORMAT_TEXT },
		{ "null", FORMAT_TEXT }, { "csv", FORMAT_CSV },
		{ "csv:%ts", FORMAT_CSV_ROWS },
		{ "csv-fast", FORMAT_CSV_ROWS }, { "pipe", FORMAT_PIPE } };
	struct format *f;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		f = compile(kinds[i].mode, &no_options);
		ok(format_kind(f) == kinds[i].kind, "%s: kind",
		    kinds[i].mode);
		ok(!format_is_long(f), "%s: short", kinds[i].mode);
		format_free(f);
	}
	f = compile("raw6", &no_options);
	ok(format_is_long(f), "raw6: long");
	format_free(f);
}

/* Only what the record has. */
static void
test_raw_little(void)
{
	const struct format_options report = { .is_report = true };
	struct flow flow = { .extensions = FLOW_EXT(EXT_GENERIC) |
		    FLOW_EXT(EXT_IPV4), .src_addr = address("10.0.0.1"),
		.dst_addr = address("10.0.0.2"), .proto = 1,
		.dst_port = 3 << 8 | 13, .first_ms = T_MS, .last_ms = 999,
		.record_flags = FLOW_SAMPLED | FLOW_ANONYMISED };

	mode_is("raw", &report, &flow, "\nFlow Record: \n"
	    "  Flags        =              0x06 FLOW Anonymized, Sampled\n"
	    "  Elements     =                 2: 1 2 \n"
	    "  size         =                76\n"
	    "  engine type  =                 0\n"
	    "  engine ID    =                 0\n"
	    "  export sysid =                 0\n"
	    "  first        =     1718452800000 [2024-06-15 12:00:00.000]\n"
	    "  last         =               999 [<unknown>.999]\n"
	    "  received at  =                 0 [<unknown>.000]\n"
	    "  proto        =                 1 ICMP\n"
	    "  tcp flags    =              0x00 ........\n"
	    "  ICMP         =               3.13 type.code\n"
	    "  in packets   =                 0\n"
	    "  in bytes     =                 0\n"
	    "  src addr     =          10.0.0.1\n"
	    "  dst addr     =          10.0.0.2\n");
}

/* Does this line stand in the block of a flow? */
static void
raw_has(const struct flow *flow, const char *line)
{
	char *got = print("raw", &no_options, flow, 1);

	ok(strstr(got, line) != NULL, "raw: %s", line);
	free(got);
}

static void
test_raw_lines(void)
{
	static const char *const lines[] = {
		"\n  RecordCount  =                 1\n",
		"\n  Flags        =              0x00 NETFLOW v9, Unsampled\n",
		"\n  Label        =           mylabel\n",
		"\n  tcp flags    =              0x1b ...AP.SF\n",
		"\n  tun proto    =                 4 IPIP\n",
		"\n  tun src addr =       203.0.113.5\n",
		"\n  src mask     =                24 192.0.2.0/24\n",
		"\n  dst tos      =                32\n",
		"\n  biFlow Dir   =              0x01 initiator\n",
		"\n  end reason   =              0x03 end of Flow detected\n",
		"\n  out bytes    =            654321\n",
		"\n  aggr flows   =                12\n",
		"\n  src as       =             4200000001\n",
		"\n  ip exporter  =         127.0.0.1\n",
		"\n  MPLS Lbl  1  =          1000-0-0\n",
		"\n  MPLS Lbl 10  =          1009-1-1\n",
		"\n  in src mac   = 02:00:00:00:00:ab\n",
		"\n  cli latency  =          1002.000 ms\n",
		"\n  fw event     =                 2: DELETE\n",
		"\n  fw ext event =              2015: 2015\n",
		"\n  Event time   =     1718452800005 [2024-06-15 12:00:00.005]",
		"\n  src xlt port =              1024\n",
		"\n  Ingress ACL  =       0x11111111/0x2/0x33333333\n",
		"\n  username     =       alice\n",
		"\n  pblock size  =               512\n",
		"\n  app ID       =             13..77: <no info>\n",
		"\n  in payload   =                 5\nGET /\n"
		"47 45 54 20 2F                                    |  GET / \n",
		"\n  out payload  =                 4\n"
		"00 01 02 48                                       |  ...H \n",
		"\n  obs domainID =         0x00058\n",
		"\n  obs pointID  =      0x000000004d\n",
		"\n  egress VRF   =                42\n",
		"\n  pflog ifname =               em0\n",
		"\n  pflog action =             block\n",
		"\n  pflog reason =                 3/short\n",
		"\n  pflog direct =                in\n",
		"\n  pflog rulenr =                 8\n",
	};
	struct flow flow = full_v4();

	flow.extensions = FLOW_EXT(EXT_COUNT) - 1;
	flow.extensions &= ~(FLOW_EXT(EXT_IPV6) | FLOW_EXT(EXT_BGP_V6) |
	    FLOW_EXT(EXT_NEXT_HOP_V6) | FLOW_EXT(EXT_EXPORTER_V6) |
	    FLOW_EXT(EXT_XLATE_V6) | FLOW_EXT(EXT_TUNNEL_V6) | 1);
	flow.tun_proto = 4;
	flow.tun_src_addr = flow.xlate_src_addr;
	flow.pf_action = 1;
	flow.pf_reason = 3;
	flow.pf_direction = 1;
	flow.pf_rule = 8;
	flow.pf_interface = bytes("em0", 3);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		raw_has(&flow, lines[i]);
	raw_has(&flow, "\n  Elements     =                36: 1 2 4 5 6 7 8 10 "
	    "12 14 ");
	flow = full_v6();
	flow.extensions |= FLOW_EXT(EXT_XLATE_V6) | FLOW_EXT(EXT_USER);
	flow.user_name = bytes("\33[2J", 4);
	raw_has(&flow, "\n  src addr     =  2001:db8:f00:200:dead:beef:cafe:53"
	    "\n");
	raw_has(&flow, "\n  src xlt ip   =       2001:db8::e\n");
	raw_has(&flow, "\n  username     =       .[2J\n");
}

/* A payload of every length: rows have room for their dumps. */
static void
test_raw_payload(void)
{
	enum { LEN_MAX = 2000 };
	struct flow flow = full_v4();
	char *data = malloc(LEN_MAX), *got;
	size_t dumped;

	if (data == NULL)
		bail("out of memory");
	memset(data, '"', LEN_MAX);
	flow.extensions = FLOW_EXT(EXT_IN_PAYLOAD) | FLOW_EXT(EXT_OUT_PAYLOAD);
	for (uint32_t len = 0; len <= LEN_MAX; len += len < 40 ? 1 : 371) {
		flow.in_payload = flow.out_payload = bytes(data, len);
		got = print("raw", &no_options, &flow, 1);
		dumped = 0;
		for (const char *p = got; (p = strstr(p, "22 ")) != NULL; p++)
			dumped++;
		is_uint(dumped, 2 * len, "payload of %u bytes", len);
		free(got);
	}
	free(data);
}

static void
test_hello(void)
{
	uint8_t data[HELLO_MAX];
	struct hello hello = hello_browser;
	char name[1500];
	size_t len = hello_make(&hello_browser, data);
	struct flow flow = { .extensions = FLOW_EXT(EXT_GENERIC) |
		    FLOW_EXT(EXT_OUT_PAYLOAD), .proto = 6 };

	flow.out_payload = bytes((const char *)data, (uint32_t)len);
	row_is("%ja3|%ja4|%sni|%tls", &no_options, &flow,
	    "c000e2caf3a25423f9de6c8a4b12a975|"
	    "  " HELLO_BROWSER_JA4 "|www.example.com|    1.2", "a browser's");
	raw_has(&flow, "\n  out payload  =               212\n"
	    "  ja3 hash     = c000e2caf3a25423f9de6c8a4b12a975\n"
	    "  sni name     = www.example.com\n"
	    "16 03 01 00 CF 01 00 00  CB");
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	hello.name = name;
	len = hello_make(&hello, data);
	flow.out_payload = bytes((const char *)data, (uint32_t)len);
	row_is("%sni", &no_options, &flow, name, "a long name");
	flow.proto = 17;
	row_is("%ja3%ja4|%sni|%tls", &no_options, &flow,
	    "                                                                "
	    "no ja4|      |      0", "not TCP");
}

static void
test_tags(void)
{
	const struct format_options tags = { .tags_addresses = true };
	const struct format_options both = { .tags_addresses = true,
		.long_ipv6 = true };
	struct flow flow = full_v4();

	row_is("%sa|%dap|%sn|%nh|%xsa|%gda", &tags, &flow,
	    "\1      192.0.2.10|\1   198.51.100.20:443  |"
	    "\1       192.0.2.0/24|\1        10.0.0.1|\1     203.0.113.5|"
	    "\1   198.51.100.20(..)", "with -T");
	flow = full_v6();
	row_is("%da", &both, &flow,
	    "\1                                fe80::1", "with -6T");
	mode_is("csv:%sa", &tags, &flow,
	    "srcAddr\n2001:db8:f00:200:dead:beef:cafe:53\n");
}

int
main(void)
{
	formatkit_begin();
	test_pipe();
	test_csv();
	test_null();
	test_kinds();
	test_raw_little();
	test_raw_lines();
	test_raw_payload();
	test_hello();
	test_tags();
	return done_testing();
}
