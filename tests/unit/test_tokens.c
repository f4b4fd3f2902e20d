/*
 * Tokens of fmt:, each with its heading and values.  The lines are those of
 * nfdump 1.7.1, its defects left out.
 */
#include "formatkit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tap.h"

#define T_MS FORMATKIT_T_MS

/*
 * Heading and values of a flow of nothing, of one with IPv4 and of one with
 * IPv6 addresses (NULL: the same).
 */
/* clang-format off */
static const struct expected {
	const char *token;
	const char *heading;
	const char *none;
	const char *v4;
	const char *v6;
} expected[] = {
	{ "ts", "Date first seen        ", "1970-01-01 00:00:00.000", "2024-06-15 12:00:00.000",
	    NULL },
	{ "tfs", "Date first seen        ", "1970-01-01 00:00:00.000",
	    "2024-06-15 12:00:00.000", NULL },
	{ "te", "Date last seen         ", "1970-01-01 00:00:00.000", "2024-06-15 12:00:01.500",
	    NULL },
	{ "tr", "Date flow received     ", "1970-01-01 00:00:00.000", "2024-06-15 12:01:00.000",
	    NULL },
	{ "tevt", "Event time             ", "1970-01-01 00:00:00.000",
	    "2024-06-15 12:00:00.005", NULL },
	{ "tsg", "First seen GMT         ", "1970-01-01 00:00:00.000",
	    "2024-06-15 12:00:00.000", NULL },
	{ "teg", "Last seen GMT          ", "1970-01-01 00:00:00.000",
	    "2024-06-15 12:00:01.500", NULL },
	{ "trg", "Date flow received GMT ", "1970-01-01 00:00:00.000",
	    "2024-06-15 12:01:00.000", NULL },
	{ "tsr", "Date first seen (raw)    ", "0.000", "1718452800.000", NULL },
	{ "ter", "Date last seen (raw)     ", "0.000", "1718452801.500", NULL },
	{ "trr", "Date flow received (raw)  ", "0.000", "1718452860.000", NULL },
	{ "td", "    Duration    ", "    00:00:00.000", "    00:00:01.500", NULL },
	{ "tds", "    Duration    ", "           0.000", "           1.500", NULL },
	{ "msec", "   Event Time", "            0", "1718452800005", NULL },
	{ "pr", "Proto", "0    ", "TCP  ", NULL },
	{ "sa", "     Src IP Addr", "         0.0.0.0", "      192.0.2.10",
	    "2001:db..cafe:53" },
	{ "sn", "        Src Network", "         0.0.0.0/0 ", "       192.0.2.0/24",
	    "      2001:d00::/24" },
	{ "sap", "     Src IP Addr:Port ", "         0.0.0.0:0    ", "      192.0.2.10:1234 ",
	    "2001:db..cafe:53.1234 " },
	{ "gsa", "     Src IP Addr(..)", "         0.0.0.0(..)", "      192.0.2.10(..)",
	    "2001:db..cafe:53(..)" },
	{ "gsap", "     Src IP Addr(..):Port ", "         0.0.0.0(..):0    ",
	    "      192.0.2.10(..):1234 ", "2001:db..cafe:53(..).1234 " },
	{ "sc", "SC", "..", "..", NULL },
	{ "sloc", "Src IP location info", "", "", NULL },
	{ "da", "     Dst IP Addr", "         0.0.0.0", "   198.51.100.20",
	    "         fe80::1" },
	{ "dn", "        Dst Network", "         0.0.0.0/0 ", "      198.51.0.0/16",
	    "          fe80::/16" },
	{ "dap", "     Dst IP Addr:Port ", "         0.0.0.0:0    ", "   198.51.100.20:443  ",
	    "         fe80::1.443  " },
	{ "gda", "     Dst IP Addr(..)", "         0.0.0.0(..)", "   198.51.100.20(..)",
	    "         fe80::1(..)" },
	{ "gdap", "     Dst IP Addr(..):Port ", "         0.0.0.0(..):0    ",
	    "   198.51.100.20(..):443  ", "         fe80::1(..).443  " },
	{ "dc", "DC", "..", "..", NULL },
	{ "dloc", "Dst IP location info", "", "", NULL },
	{ "sp", "Src Pt", "     0", "  1234", NULL },
	{ "dp", "Dst Pt", "     0", "   443", NULL },
	{ "it", "ICMP-T", "     0", "     0", NULL },
	{ "ic", "ICMP-C", "     0", "     0", NULL },
	{ "nh", "     Next-hop IP", "         0.0.0.0", "        10.0.0.1",
	    "     2001:db8::c" },
	{ "nhb", " BGP next-hop IP", "         0.0.0.0", "        10.0.0.2",
	    "     2001:db8::b" },
	{ "ra", "       Router IP", "         0.0.0.0", "       127.0.0.1",
	    "     2001:db8::d" },
	{ "sas", "Src AS", "     0", "4200000001", NULL },
	{ "das", "Dst AS", "     0", " 64500", NULL },
	{ "nas", "Next AS", "      0", "  64600", NULL },
	{ "pas", "Prev AS", "      0", " 4200000001", NULL },
	{ "in", " Input", "     0", "100000", NULL },
	{ "out", "Output", "     0", "200000", NULL },
	{ "smk", "SMask", "    0", "   24", NULL },
	{ "dmk", "DMask", "    0", "   16", NULL },
	{ "svln", "SVlan", "    0", "  101", NULL },
	{ "dvln", "DVlan", "    0", " 4095", NULL },
	{ "inam", " Input interface name", "", "", NULL },
	{ "onam", "Output interface name", "", "", NULL },
	{ "vrf", "  I-VRF-ID", "         0", "        41", NULL },
	{ "ivrf", "  I-VRF-ID", "         0", "        41", NULL },
	{ "evrf", "  E-VRF-ID", "         0", "        42", NULL },
	{ "ivrfnam", "  I-VRF-Name", "", "", NULL },
	{ "evrfnam", "  E-VRF-Name", "", "", NULL },
	{ "pkt", " Packets", "       0", "      10", NULL },
	{ "ipkt", "  In Pkt", "       0", "      10", NULL },
	{ "opkt", " Out Pkt", "       0", "      99", NULL },
	{ "byt", "   Bytes", "       0", "    1000", NULL },
	{ "ibyt", " In Byte", "       0", "    1000", NULL },
	{ "obyt", "Out Byte", "       0", "  654321", NULL },
	{ "fl", "Flows", "    1", "   12", NULL },
	{ "bps", "     bps", "       0", "    5333", NULL },
	{ "pps", "     pps", "       0", "       6", NULL },
	{ "bpp", "   Bpp", "     0", "   100", NULL },
	{ "distinct", "Distinct", "       0", "       9", NULL },
	{ "p95", " P95 bps", "       0", "   2.5 M", NULL },
	{ "flg", "   Flags", "........", "...AP.SF", NULL },
	{ "tos", "Tos", "  0", "184", NULL },
	{ "stos", "STos", "   0", " 184", NULL },
	{ "dtos", "DTos", "   0", "  32", NULL },
	{ "dir", "Dir", "  I", "  E", NULL },
	{ "fwd", "Fwd", "  0", " 66", NULL },
	{ "minttl", "minTTL", "     0", "    31", NULL },
	{ "maxttl", "maxTTL", "     0", "   255", NULL },
	{ "ttl", "min/maxTTL", "       0/0", "    31/255", NULL },
	{ "frag", "Frag", "....", "DF..", NULL },
	{ "bfd", "Bfd", "  0", "  1", NULL },
	{ "end", "End", "  0", "  3", NULL },
	{ "ismc", "  In src MAC Addr", "00:00:00:00:00:00", "02:00:00:00:00:ab", NULL },
	{ "odmc", " Out dst MAC Addr", "00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff", NULL },
	{ "idmc", "  In dst MAC Addr", "00:00:00:00:00:00", "12:34:56:78:9a:bc", NULL },
	{ "osmc", " Out src MAC Addr", "00:00:00:00:00:00", "00:00:00:00:00:01", NULL },
	{ "mpls1", " MPLS lbl 1 ", "       0-0-0", "    1000-0-0", NULL },
	{ "mpls2", " MPLS lbl 2 ", "       0-0-0", "    1001-1-0", NULL },
	{ "mpls3", " MPLS lbl 3 ", "       0-0-0", "    1002-2-0", NULL },
	{ "mpls4", " MPLS lbl 4 ", "       0-0-0", "    1003-3-0", NULL },
	{ "mpls5", " MPLS lbl 5 ", "       0-0-0", "    1004-4-0", NULL },
	{ "mpls6", " MPLS lbl 6 ", "       0-0-0", "    1005-5-0", NULL },
	{ "mpls7", " MPLS lbl 7 ", "       0-0-0", "    1006-6-0", NULL },
	{ "mpls8", " MPLS lbl 8 ", "       0-0-0", "    1007-7-0", NULL },
	{ "mpls9", " MPLS lbl 9 ", "       0-0-0", "    1008-0-0", NULL },
	{ "mpls10", " MPLS lbl 10", "       0-0-0", "    1009-1-1", NULL },
	{ "mpls",
	    "                                               MPLS labels 1-10                                                                   ",
	    "       0-0-0        0-0-0        0-0-0        0-0-0        0-0-0        0-0-0        0-0-0        0-0-0        0-0-0        0-0-0 ",
	    "    1000-0-0     1001-1-0     1002-2-0     1003-3-0     1004-4-0     1005-5-0     1006-6-0     1007-7-0     1008-0-0     1009-1-1 ",
	    NULL },
	{ "etype", " EType", "   0x0", "0x86dd", NULL },
	{ "exp", "Exp ID", "     0", " 65535", NULL },
	{ "eng", " engine", "  0/0  ", "255/254", NULL },
	{ "nfv", "Ver", "FLO", "Nv9", NULL },
	{ "cnt", "Count", "    1", "    2", "    3" },
	{ "lbl", "           label", "          <none>", "         mylabel", NULL },
	{ "idt", "Ident       ", "none        ", "none        ", NULL },
	{ "flid", "               flowID", "                    0",
	    "                 4444", NULL },
	{ "odid", "obsDomainID", "0x000000000", "0x000000058", NULL },
	{ "opid", "  obsPointID", "0x0000000000", "0x000000004d", NULL },
	{ "n", "", "\n", "\n", NULL },
	{ "cl", "C Latency", "    0.000", " 1002.000", NULL },
	{ "sl", "S latency", "    0.000", "    0.300", NULL },
	{ "al", "A latency", "    0.000", "123456.789", NULL },
	{ "nbid", "nbar ID", " 0..0", "13..77", NULL },
	{ "nbnam", "nbar name", "<no info>", "<no info>", NULL },
	{ "ja3", "                             ja3", "                                ",
	    "                                ", NULL },
	{ "ja4", "                                   ja4",
	    "                                no ja4", "                                no ja4",
	    NULL },
	{ "tls", "TLS ver", "      0", "      0", NULL },
	{ "sni", "sni name", "      ", "      ", NULL },
	{ "ipl", "", "\n", "GET /\n", NULL },
	{ "opl", "", "\n", "00 01 02 48                                       |  ...H \n",
	    NULL },
	{ "nfc", "   Conn-ID", "         0", "    777777", NULL },
	{ "evt", " Event", "INVALID", " DELETE", NULL },
	{ "nevt", " Event", "INVALID", " DELETE", NULL },
	{ "xevt", " XEvent", " Ignore", "   2015", NULL },
	{ "sgt", "  SGT  ", "    0", "    0", NULL },
	{ "iacl", "Ingress ACL                     ", "0x0        0x0        0x0       ",
	    "0x11111111 0x2        0x33333333", NULL },
	{ "eacl", "Egress ACL                      ", "         0          0          0",
	    "1145324612          0 1717986918", NULL },
	{ "uname", "UserName", "<empty>", "alice", NULL },
	{ "xsa", "   X-late Src IP", "         0.0.0.0", "     203.0.113.5",
	    "     2001:db8::e" },
	{ "xsp", "XsPort", "     0", "  1024", NULL },
	{ "xsap", "   X-Src IP Addr:Port ", "         0.0.0.0:0    ", "     203.0.113.5:1024 ",
	    "     2001:db8::e.1024 " },
	{ "xda", "   X-late Dst IP", "         0.0.0.0", "   203.0.113.255",
	    "2001:db..cafe:54" },
	{ "xdp", "XdPort", "     0", " 65535", NULL },
	{ "xdap", "   X-Dst IP Addr:Port ", "         0.0.0.0:0    ", "   203.0.113.255:65535",
	    "2001:db..cafe:54.65535" },
	{ "nsa", "   X-late Src IP", "         0.0.0.0", "     203.0.113.5",
	    "     2001:db8::e" },
	{ "nsp", "XsPort", "     0", "  1024", NULL },
	{ "nsap", "   X-Src IP Addr:Port ", "         0.0.0.0:0    ", "     203.0.113.5:1024 ",
	    "     2001:db8::e.1024 " },
	{ "nda", "   X-late Dst IP", "         0.0.0.0", "   203.0.113.255",
	    "2001:db..cafe:54" },
	{ "ndp", "XdPort", "     0", " 65535", NULL },
	{ "ndap", "   X-Dst IP Addr:Port ", "         0.0.0.0:0    ", "   203.0.113.255:65535",
	    "2001:db..cafe:54.65535" },
	{ "pbstart", "Pb-Start", "      0", "   2048", NULL },
	{ "pbend", "Pb-End", "      0", "   2559", NULL },
	{ "pbstep", "Pb-Step", "      0", "      1", NULL },
	{ "pbsize", "Pb-Size", "      0", "    512", NULL },
	{ "isid", " inSrvID", "       0", "      66", NULL },
	{ "osid", "outSrvID", "       0", "      67", NULL },
	{ "nats", "nat string", "    <none>", "      pool", NULL },
	{ "pfifn", "interface", "  <no-pf>", "      em0", NULL },
	{ "pfact", "action", "<no-pf>", " block", NULL },
	{ "pfrea", "reason", "<no-pf>", " short", NULL },
	{ "pfdir", "dir", "<no-pf>", "out", NULL },
	{ "pfrule", "rule", "<no-pf>", "70000", NULL },
};
/* clang-format on */

#define EXPECTED (sizeof(expected) / sizeof(expected[0]))

/* The tokens of the table, in its order. */
static const char *const tokens[] = {
#define TOKEN(name, ...) name,
#include "output/tokens.def"
};

#define TOKENS (sizeof(tokens) / sizeof(tokens[0]))

/* What stands between brackets, each closed by "]|" and a newline. */
static char *
between(char **text)
{
	char *start = strchr(*text, '[') + 1, *end = strstr(start, "]|\n");

	if (end == NULL)
		bail("no end of value");
	*end = '\0';
	*text = end + 3;
	return start;
}

/* The flow with what few exporters send. */
static struct flow
rare(struct flow f)
{
	f.extensions |= FLOW_EXT(EXT_PF_LOG);
	f.frag_flags = 0x40;
	f.flow_id = 4444;
	f.nokia_in_service = 66;
	f.nokia_out_service = 67;
	f.nokia_string = bytes("pool", 4);
	f.pf_action = 1;
	f.pf_reason = 3;
	f.pf_direction = 2;
	f.pf_rule = 70000;
	f.pf_interface = bytes("em0", 3);
	return f;
}

static void
test_tokens(void)
{
	const struct flow flows[] = { { 0 }, rare(full_v4()),
		rare(full_v6()) };

	is_uint(EXPECTED, TOKENS, "every token is looked at");
	for (size_t i = 0; i < EXPECTED && i < TOKENS; i++) {
		const struct expected *e = &expected[i];
		char mode[64], *all, *text;
		size_t len = strlen(e->heading);

		is_str(tokens[i], e->token, "token %zu", i);
		snprintf(mode, sizeof(mode), "fmt:[%%%s]|", e->token);
		all = print(mode, &no_options, flows, 3);
		ok(all[0] == ' ' && strncmp(all + 1, e->heading, len) == 0 &&
		    strncmp(all + 1 + len, "  \n", 3) == 0, "%%%s: heading",
		    e->token);
		text = all;
		is_str(between(&text), e->none, "%%%s: nothing", e->token);
		is_str(between(&text), e->v4, "%%%s: IPv4", e->token);
		is_str(between(&text), e->v6 == NULL ? e->v4 : e->v6,
		    "%%%s: IPv6", e->token);
		free(all);
	}
}

static void
test_table(void)
{
	for (size_t i = 0; i < TOKENS; i++)
		for (size_t n = i + 1; n < TOKENS; n++)
			if (strcmp(tokens[i], tokens[n]) == 0)
				ok(0, "%s is claimed twice", tokens[i]);
	is_uint(strlen(expected[0].heading), 23, "a heading as wide as dates");
}

/* With -6 addresses and most of their headings are 23 wider. */
static void
test_long_ipv6(void)
{
	const struct format_options options = { .long_ipv6 = true };
	static const char *const wide[] = { "sa", "da", "sn", "dn", "sap",
		"dap", "gsa", "gdap", "nh", "nhb", "ra", "xsap", "ndap" };
	struct flow flow = full_v6();
	char *heading, *end;

	for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++) {
		char mode[64];
		size_t len = 0;

		for (size_t n = 0; n < EXPECTED; n++)
			if (strcmp(expected[n].token, wide[i]) == 0)
				len = strlen(expected[n].heading);
		snprintf(mode, sizeof(mode), "fmt:%%%s", wide[i]);
		heading = print(mode, &options, &flow, 1);
		end = strchr(heading, '\n');
		is_uint((uintmax_t)(end - heading), len + 23, "%%%s: heading",
		    wide[i]);
		is_uint(strlen(end + 1) - 1, len + 23, "%%%s: value",
		    wide[i]);
		free(heading);
	}
	row_is("%sa|%dap", &options, &flow,
	    "     2001:db8:f00:200:dead:beef:cafe:53|"
	    "                                fe80::1.443  ", "with -6");
	heading = print("fmt:%xsa", &options, &flow, 0);
	is_str(heading, "   X-late Src IP\n", "no wider heading of %%xsa");
	free(heading);
}

static void
test_values(void)
{
	const struct format_options plain = { .plain_numbers = true };
	struct flow f = { .proto = 1, .dst_port = 3 << 8 | 13, .src_port = 7,
		.first_ms = T_MS, .last_ms = T_MS - 1 };

	row_is("%sap%dap%sp%dp%it%ic", &no_options, &f,
	    "         0.0.0.0:7             0.0.0.0:3.13      7  3.13"
	    "     3    13", "ICMP");
	f.proto = 58;
	f.dst_port = 0xffff;
	row_is("%dap|%dp|%it", &no_options, &f,
	    "         0.0.0.0:255.255|255.255|   255", "ICMPv6, long");
	row_is("%td|%tds|%bps", &no_options, &f,
	    "    00:00:00.000|           0.000|       0", "ends too early");
	f.last_ms = T_MS + UINT64_C(100) * 86400000 + 3600001;
	f.in_bytes = UINT64_MAX;
	f.in_packets = UINT64_C(1) << 32;
	row_is("%td|%tds|%bps|%bpp", &no_options, &f,
	    "100d 01:00:00.001|     8643600.001|  17.1 T|4294967295",
	    "long duration");
	row_is("%td|%byt", &plain, &f,
	    "     8643600.001|18446744073709551615", "plain");
	f.proto = 99;
	f.tcp_flags = 0xff;
	row_is("%pr|%flg", &no_options, &f, "99   |........", "no name");
	f.proto = 6;
	row_is("%pr|%flg", &no_options, &f, "TCP  |CEUAPRSF", "all flags");
	row_is("%pr|", &plain, &f, "6    |", "plain");
	f.proto = 137;
	row_is("%pr", &no_options, &f, "MPLS ", "last name");
	f.direction = 2;
	row_is("%dir", &no_options, &f, "  E", "not ingress");
}

/* The family that the extension tells, and what a zero address means. */
static void
test_families(void)
{
	struct flow f = { .extensions = FLOW_EXT(EXT_IPV6) |
		    FLOW_EXT(EXT_NEXT_HOP_V4) | FLOW_EXT(EXT_BGP_V6) };

	row_is("%sa|%nh|%nhb|%ra", &no_options, &f,
	    "              ::|         0.0.0.0|              ::|"
	    "         0.0.0.0", "zero");
	row_is("%sap|%dap", &no_options, &f,
	    "              ::.0    |              ::.0    ", "zero");
	f.src_addr = address("1.2.3.4");
	row_is("%sap", &no_options, &f, "  ::ffff:1.2.3.4.0    ", "mapped");
	f.extensions |= FLOW_EXT(EXT_IPV4);
	row_is("%sap", &no_options, &f, "         1.2.3.4:0    ", "both");
	f.extensions = 0;
	row_is("%sap", &no_options, &f, "         1.2.3.4:0    ", "neither");
	f.src_addr = address("2001:db8::1234:567");
	row_is("%sap", &no_options, &f, "2001:db..234:567.0    ", "cut");
	f.src_addr = address("1:2:3:4:5:6:7:80");
	row_is("%sa", &no_options, &f, "1:2:3:4:5:6:7:80", "just fits");
}

static void
test_networks(void)
{
	static const struct {
		const char *addr;
		uint8_t mask;
		const char *want;
	} nets[] = {
		{ "198.51.103.2", 0, "    198.51.103.2/0 " },
		{ "198.51.103.2", 1, "       128.0.0.0/1 " },
		{ "198.51.103.2", 22, "    198.51.100.0/22" },
		{ "198.51.103.2", 32, "    198.51.103.2/32" },
		{ "198.51.103.2", 33, "    198.51.103.2/33" },
		{ "2001:db8::1", 0, "     2001:db8::1/0 " },
		{ "2001:db8::1", 31, "      2001:db8::/31" },
		{ "2001:db8::ff01", 120, "  2001:db8::ff00/120" },
		{ "2001:db8::ff01", 255, "  2001:db8::ff01/255" },
	};

	for (size_t i = 0; i < sizeof(nets) / sizeof(nets[0]); i++) {
		struct flow f = { .src_addr = address(nets[i].addr),
			.dst_addr = address(nets[i].addr),
			.src_mask = nets[i].mask, .dst_mask = nets[i].mask };
		char both[64];

		row_is("%sn", &no_options, &f, nets[i].want, "source");
		row_is("%dn", &no_options, &f, nets[i].want, "destination");
		snprintf(both, sizeof(both), "%s %16s", nets[i].want,
		    nets[i].addr);
		row_is("%sn %sa", &no_options, &f, both, "address unharmed");
	}
}

static void
test_events(void)
{
	static const char *const fw[] = { " IGNORE", " CREATE", " DELETE",
		" DENIED", "  ALERT", " UPDATE", " UNKNOW" };
	static const char *const nat[] = { "INVALID", "    ADD", " DELETE",
		" UNKNOW" };
	static const struct {
		uint16_t event;
		const char *want;
	} xevents[] = { { 0, " Ignore" }, { 1, "      1" },
		{ 1001, "  I-ACL" }, { 1002, "  E-ACL" }, { 1003, "   Adap" },
		{ 1004, " No Syn" }, { 1005, "   1005" }, { 65535, "  65535" } };
	struct flow f = { .extensions = FLOW_EXT(EXT_FW_EVENT) };

	for (uint8_t i = 0; i < 7; i++) {
		f.fw_event = i;
		row_is("%evt", &no_options, &f, fw[i], "firewall");
	}
	f.extensions |= FLOW_EXT(EXT_NAT_EVENT);
	f.nat_event = 1;
	row_is("%evt%nevt", &no_options, &f, " UNKNOW    ADD", "both");
	f.extensions = FLOW_EXT(EXT_NAT_EVENT);
	for (uint8_t i = 0; i < 4; i++) {
		f.nat_event = i;
		row_is("%evt", &no_options, &f, nat[i], "NAT");
		row_is("%nevt", &no_options, &f, nat[i], "NAT");
	}
	for (size_t i = 0; i < sizeof(xevents) / sizeof(xevents[0]); i++) {
		f.fw_xevent = xevents[i].event;
		row_is("%xevt", &no_options, &f, xevents[i].want, "event");
	}
}

static void
test_versions(void)
{
	static const struct {
		uint8_t version;
		uint8_t flags;
		const char *want;
	} versions[] = { { 0, 0, "FLO" }, { 5, 0, "Nv5" }, { 9, 2, "Nv9" },
		{ 10, 0, "Nv10" }, { 9, 1, "EVT9" }, { 0, 1, "EVT0" },
		{ 0x41, 0, "Pv1" }, { 0x54, 0, "Ter" }, { 0x85, 0, "Sv5" },
		{ 0x85, 1, "Sv5" } };

	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		struct flow f = { .export_version = versions[i].version,
			.record_flags = versions[i].flags };

		row_is("%nfv", &no_options, &f, versions[i].want, "version");
	}
}

/* Bytes of any length from outside; a row has room for them. */
static void
test_spans(void)
{
	static char big[70000];
	struct flow f = { .label = bytes("a\x1b[0m\x7f\n", 7),
		.user_name = bytes("\xc3\xa4", 2), .app_id = bytes("\1\2", 2) };
	char *got;

	row_is("%lbl|%uname", &no_options, &f, "         a.[0m..|\xc3\xa4",
	    "control characters");
	f.label = bytes("\xc2\x9b\x32J\xc2\xa0\xc2", 7);
	row_is("%lbl", &no_options, &f, "         ..2J\xc2\xa0\xc2",
	    "control characters of two bytes");
	row_is("%nbid", &no_options, &f, " 1..2", "short id");
	f.app_id = bytes("\15\1\2\3\4\5\6\7", 8);
	row_is("%nbid", &no_options, &f, "13..283686952306183", "long id");
	f.app_id = bytes("\377", 1);
	row_is("%nbid", &no_options, &f, "255..0", "no selector");
	f.in_payload = bytes("a\r\n\tb\r", 6);
	row_is("%ipl", &no_options, &f, "a\r\n\tb\r\n", "lines of text");
	f.in_payload = bytes("a\rb", 3);
	row_is("%ipl", &no_options, &f,
	    "61 0D 62                                          |  a.b \n",
	    "a return within a line is no text");
	f.in_payload = bytes("0123456789abcdef\0xyz", 20);
	row_is("%ipl", &no_options, &f,
	    "30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  "
	    "|  0123456789abcdef \n"
	    "00 78 79 7A                                       "
	    "|  .xyz \n", "dump");
	memset(big, 'x', sizeof(big));
	f.label = f.in_payload = bytes(big, sizeof(big));
	big[sizeof(big) - 1] = '\1';
	got = print("fmt:%lbl%ipl", &no_options, &f, 1);
	is_uint(strlen(strchr(got, '\n') + 1),
	    sizeof(big) + sizeof(big) / 16 * 71 + 1, "large spans");
	free(got);
}

/* Exporter 10.0.0.1 told names of 5; interfaces are "\002up". */
static const char *
name_of(void *ctx, struct addr exporter, enum format_name kind,
    struct span id)
{
	const char *long_name = ctx;
	uint32_t number = 0;

	if (kind == FORMAT_NAME_APP)
		return id.len == 4 && id.data[3] == 5 ? "http/web" : NULL;
	memcpy(&number, id.data, sizeof(number));
	if (number == 6)
		return long_name;
	if (number != 5 || !addr_equal(exporter, addr_v4(0x0a000001)))
		return NULL;
	return kind == FORMAT_NAME_VRF ? "red" : "\002up";
}

static void
test_names(void)
{
	char text[2 * FORMAT_NAME_MAX], row[FORMAT_NAME_MAX + 4] = "[ ";
	const struct format_options options = { .name = name_of,
		.name_ctx = text };
	struct flow f = { .input = 5, .output = 7, .ingress_vrf = 7,
		.egress_vrf = 5, .app_id = bytes("\015\0\0\005", 4),
		.exporter_addr = addr_v4(0x0a000001) };
	struct format *format = compile("fmt:%in %sa", &options);

	ok(!format_prints_names(format), "numbers are no names");
	format_free(format);
	format = compile("fmt:%sa %nbnam", &options);
	ok(format_prints_names(format), "names are");
	format_free(format);
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	row_is("[%inam][%onam][%ivrfnam][%evrfnam][%nbnam]", &options, &f,
	    "[ .up][][][ red][http/web]", "names");
	f.exporter_addr = addr_v4(0x0a000002);
	f.app_id.len = 0;
	row_is("[%inam][%evrfnam][%nbnam]", &options, &f, "[][][<no info>]",
	    "of another exporter");
	f.input = 6;
	memset(row + 2, 'x', FORMAT_NAME_MAX);
	memcpy(row + 2 + FORMAT_NAME_MAX, "]", 2);
	row_is("[%inam]", &options, &f, row, "a long one is cut");
}

int
main(void)
{
	formatkit_begin();
	test_tokens();
	test_table();
	test_long_ipv6();
	test_names();
	test_values();
	test_families();
	test_networks();
	test_events();
	test_versions();
	test_spans();
	return done_testing();
}
