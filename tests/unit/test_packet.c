/*
 * Packet headers: every link, what may stand before IP, the transports,
 * tunnels; and each of those packets cut at every length.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "packet/headers.h"
#include "tap.h"
#include "wirekit.h"

#define MACS "0a0b0c0d0e0f 010203040506 "
#define TCP_PORTS "045701bb 00000000 00000000 "
#define TCP TCP_PORTS "5012 0000 0000 0000"
#define UDP "0035 1234 000c 0000 61626364"
#define ADDRS4 "c0000201 c6336402 "
#define IPV4_TCP "45200028 12344000 40 06 0000 " ADDRS4 TCP
#define IPV4_UDP "45000020 00000000 40 11 0000 " ADDRS4 UDP
#define IP6_A "20010db8 00000000 00000000 00000001 "
#define IP6_B "20010db8 00000000 00000000 00000002 "
#define IPV6(len, next) "6ee00000 " len " " next " 3f " IP6_A IP6_B
#define FRAME(type) MACS type " "

static uint8_t *held; /* what the last packet points into */

/* One packet at a time, in memory of just its size. */
static struct packet
cut_at(enum packet_link link, const struct dgram *g, size_t len, int want)
{
	struct packet p;

	free(held);
	if ((held = malloc(len + 1)) == NULL)
		bail("no memory");
	memcpy(held + 1, g->data, len);
	is_int(packet_parse(&p, link, held + 1, len), want, "%zu bytes", len);
	return p;
}

static struct packet
parse(enum packet_link link, const char *hex, int want)
{
	static struct dgram g;

	g.len = 0;
	put_hex(&g, hex);
	return cut_at(link, &g, g.len, want);
}

static struct packet
inner_of(const char *hex, int want)
{
	struct packet outer = parse(PACKET_IP, hex, 0), p;

	is_int(packet_inner(&outer, &p), want, "a packet in it");
	return p;
}

static void
is_tcp(const struct packet *p, const char *name)
{
	is_uint(p->src_port * 1000 + p->dst_port, 1111443, "%s", name);
}

static void
is_udp(const struct packet *p, const char *name)
{
	is_uint(p->src_port * 10000 + p->dst_port, 534660, "%s", name);
}

static void
test_plain(void)
{
	struct packet p = parse(PACKET_ETHERNET,
	    FRAME("0800") IPV4_TCP "61 62", 0);

	is_tcp(&p, "ports");
	is_uint(p.has, PACKET_HAS_MAC | PACKET_HAS_IP | PACKET_HAS_PROTO |
		PACKET_HAS_PORTS | PACKET_HAS_TCP_FLAGS, "what there is");
	is_uint(p.dst_mac, UINT64_C(0x0a0b0c0d0e0f), "destination MAC");
	is_uint(p.src_mac, UINT64_C(0x010203040506), "source MAC");
	is_uint(p.ethertype, 0x0800, "type");
	ok(addr_equal(p.src, addr_v4(0xc0000201)), "source");
	ok(addr_equal(p.dst, addr_v4(0xc6336402)), "destination");
	is_uint(p.ip_version * 1000 + p.proto, 4006, "version and protocol");
	is_uint(p.tos, 0x20, "tos");
	is_uint(p.ttl, 0x40, "ttl");
	is_uint(p.ip_len, 40, "length");
	is_uint(p.frag_flags, 0x40, "don't fragment");
	is_uint(p.frag_id, 0x1234, "identification");
	ok(!p.is_fragment && !p.is_later && !p.is_cut, "whole");
	is_uint(p.tcp_flags, 0x12, "flags");
	is_uint(p.body.len, 20, "the link's padding is not of the packet");
	is_uint(p.payload.len, 0, "no payload");
	p = parse(PACKET_IP, IPV6("000c", "11") UDP, 0);
	is_udp(&p, "UDP over IPv6");
	is_uint(p.ip_version, 6, "version");
	is_uint(p.ip_len, 52, "length");
	is_uint(p.tos, 0xee, "traffic class");
	is_uint(p.ttl, 0x3f, "hop limit");
	is_uint(p.dst.lo, 2, "destination");
	is_mem(p.payload.data, "abcd", 4, "payload");
	is_uint(p.payload.len, 4, "of this length");
}

static void
test_transport(void)
{
	struct packet p;

	p = parse(PACKET_IP, "46000021 00000000 40 11 0000 " ADDRS4
	    "01010101 0035 1234 0009 0000 61", 0);
	is_udp(&p, "behind options");
	is_uint(p.payload.len, 1, "payload");
	p = parse(PACKET_IP, "45000020 00000000 40 11 0000 " ADDRS4
	    "0035 1234 000a 0000 61626364", 0);
	is_uint(p.payload.len, 2, "within the length of UDP");
	p = parse(PACKET_IP, "4500001c 00000000 40 01 0000 " ADDRS4
	    "0301 0000 0000 0000", 0);
	is_uint(p.icmp, 0x301, "type and code");
	ok((p.has & PACKET_HAS_ICMP) != 0, "are there");
	is_uint(p.src_port + p.dst_port, 0, "no ports");
	p = parse(PACKET_IP, "45000020 00000000 40 84 0000 " ADDRS4
	    "0035 1234 00000000 00000000", 0);
	is_udp(&p, "SCTP");
	p = parse(PACKET_IP, "45000018 00000000 40 2e 0000 " ADDRS4
	    "01020304", 0);
	is_uint(p.has, PACKET_HAS_IP | PACKET_HAS_PROTO, "another protocol");
	is_uint(p.payload.len, 4, "is all payload");
	p = parse(PACKET_IP, "4500002c 00000000 40 06 0000 " ADDRS4
	    TCP_PORTS "6018 0000 0000 0000 01010101", 0);
	is_uint(p.payload.len, 0, "options of TCP");
	p = parse(PACKET_IP, "45000000 00000000 40 06 0000 " ADDRS4 TCP, 0);
	is_tcp(&p, "length left to the card");
	is_uint(p.ip_len + p.is_cut, 0, "is not told");
	p = parse(PACKET_IP, "45000014 00000000 40 06 0000 " ADDRS4 TCP, 0);
	is_uint(p.has & PACKET_HAS_PORTS, 0, "no ports behind the length");
	parse(PACKET_IP, "44000028 00000000 40 06 0000 " ADDRS4 TCP, -1);
	parse(PACKET_IP, "5500 0000", -1);
}

static void
test_fragments(void)
{
	struct packet p;

	p = parse(PACKET_IP, "4500001c 00072000 40 11 0000 " ADDRS4
	    "0035 1234 0100 0000", 0);
	ok(p.is_fragment && !p.is_later, "a first fragment");
	is_udp(&p, "has ports");
	is_uint(p.frag_flags, 0x20, "more fragments");
	is_uint(p.body.len, 8, "part of the datagram");
	p = parse(PACKET_IP, "4500001c 00070001 40 11 0000 " ADDRS4
	    "0035 1234 0100 0000", 0);
	ok(p.is_fragment && p.is_later, "a later fragment");
	is_uint(p.has & PACKET_HAS_PORTS, 0, "has none");
	is_uint(p.frag_offset, 8, "offset");
	is_uint(p.proto, 17, "protocol");
	p = parse(PACKET_IP, IPV6("0010", "2c") "1100 0009 00000007"
	    "0035 1234 0100 0000", 0);
	ok(p.is_later && p.proto == 17, "a later one of IPv6");
	is_uint(p.frag_offset, 8, "offset");
	is_uint(p.frag_id, 7, "identification");
	is_uint(p.frag_flags, 0x20, "more fragments");
	p = parse(PACKET_IP, IPV6("0010", "2c") "3c00 0010 00000007"
	    "1100 0000 0000 0000", 0);
	is_uint(p.proto, 60, "data of a fragment are no headers");
	p = parse(PACKET_IP, IPV6("0014", "2c") "1100 0000 00000007" UDP, 0);
	ok(!p.is_fragment, "all of it in one fragment");
	is_udp(&p, "ports");
}

static void
test_extensions(void)
{
	struct packet p;

	p = parse(PACKET_IP, IPV6("0034", "00") "3c00 000000000000"
	    "2b01 000000000000 0000000000000000"
	    "1100 010400000000" UDP, 0);
	is_udp(&p, "hop-by-hop, destination options, routing");
	p = parse(PACKET_IP, IPV6("0024", "33") "1104 0000 00000001 00000001"
	    "00000000 00000000 00000000" UDP, 0);
	is_udp(&p, "authentication");
	p = parse(PACKET_IP, IPV6("0000", "00") "1100 000000000000" UDP, 0);
	is_udp(&p, "length left to the card");
	p = parse(PACKET_IP, IPV6("0008", "00") "1101 000000000000", 0);
	is_uint(p.has, PACKET_HAS_IP, "options behind the end: no protocol");
}

static void
test_frames(void)
{
	struct packet p;

	p = parse(PACKET_ETHERNET, FRAME("88a8") "0065 8100 e066 0800"
	    IPV4_TCP, 0);
	is_tcp(&p, "behind two tags");
	is_uint(p.vlans, 2, "tags");
	is_uint(p.vlan[0] * 1000 + p.vlan[1], 101102, "ids");
	is_uint(p.ethertype, 0x0800, "type behind them");
	p = parse(PACKET_ETHERNET, FRAME("9100") "0001 9200 0002 9300 0003"
	    "8100 0004 8100 0005 86dd" IPV6("000c", "11") UDP, 0);
	is_udp(&p, "behind five");
	is_uint(p.vlans, 4, "of which four are kept");
	is_uint(p.vlan[3], 4, "the outer ones");
	p = parse(PACKET_ETHERNET, FRAME("0028") "aaaa03 000000 0800"
	    IPV4_UDP, 0);
	is_udp(&p, "SNAP");
	is_uint(p.ethertype, 0x0800, "type");
	p = parse(PACKET_ETHERNET, FRAME("0026") "424203 0000 0000 00000000",
	    -1);
	is_uint(p.has, PACKET_HAS_MAC, "another LLC");
	p = parse(PACKET_ETHERNET, FRAME("0806") "0001 0800", -1);
	is_uint(p.ethertype, 0x0806, "ARP");
	p = parse(PACKET_ETHERNET, FRAME("8864") "1100 0001 0022 0021"
	    IPV4_UDP, 0);
	is_udp(&p, "PPPoE");
}

static void
test_mpls(void)
{
	struct packet p;

	p = parse(PACKET_ETHERNET, FRAME("8847") "00010040 00020140" IPV4_TCP,
	    0);
	is_tcp(&p, "behind two labels");
	is_uint(p.labels, 2, "labels");
	is_uint(p.mpls[0] * 1000 + p.mpls[1], 0x100 * 1000 + 0x201, "entries");
	is_uint(p.ethertype, 0x8847, "type");
	p = parse(PACKET_MPLS, "00020140" IPV6("000c", "11") UDP, 0);
	is_udp(&p, "without a link");
	p = parse(PACKET_ETHERNET, FRAME("8848") "00020140 00000000"
	    "0000aaaaaaaa 0000bbbbbbbb 8100 0007 0800" IPV4_TCP, 0);
	is_tcp(&p, "Ethernet behind a control word");
	is_uint(p.vlan[0], 7, "tag in it");
	is_uint(p.src_mac, UINT64_C(0x010203040506), "MAC of the outer");
	p = parse(PACKET_ETHERNET, FRAME("8847") "00020140"
	    "0000aaaaaaaa 0000bbbbbbbb 0800" IPV4_TCP, 0);
	is_tcp(&p, "and without one");
	p = parse(PACKET_ETHERNET, FRAME("8847") "00010040 00010040 00010040"
	    "00010040 00010040 00010040 00010040 00010040 00010040 00010040"
	    "00010040 00010140" IPV4_TCP, 0);
	is_uint(p.labels, 10, "ten labels are kept");
	p = parse(PACKET_ETHERNET, FRAME("8847") "00020140 1000 0000 0000"
	    "000000000000 00000000 9999", -1);
	is_uint(p.labels, 1, "what it is cannot be told");
}

static void
test_links(void)
{
	struct packet p;

	p = parse(PACKET_PPP, "0021" IPV4_UDP, 0);
	is_udp(&p, "PPP");
	p = parse(PACKET_PPP, "ff03 57" IPV6("000c", "11") UDP, 0);
	is_udp(&p, "PPP with an address, compressed");
	p = parse(PACKET_PPP, "ff03 0281 00020140" IPV4_UDP, 0);
	is_udp(&p, "MPLS over PPP");
	p = parse(PACKET_PPP, "8f00 86dd" IPV6("000c", "11") UDP, 0);
	is_udp(&p, "Cisco HDLC");
	parse(PACKET_PPP, "c021 0101", -1);
	p = parse(PACKET_LOOPBACK, "02000000" IPV4_UDP, 0);
	is_udp(&p, "NULL");
	p = parse(PACKET_LOOPBACK, "0000001c" IPV6("000c", "11") UDP, 0);
	is_udp(&p, "LOOP");
	parse(PACKET_LOOPBACK, "00000007" IPV4_UDP, -1);
	p = parse(PACKET_COOKED, "0000 0001 0006 0102030405060000 8100"
	    "0007 0800" IPV4_UDP, 0);
	is_udp(&p, "cooked");
	is_uint(p.vlan[0], 7, "tag");
	is_uint(p.src_mac, UINT64_C(0x010203040506), "sender");
	p = parse(PACKET_COOKED_2, "86dd 0000 00000002 0001 00 06"
	    "0102030405060000" IPV6("000c", "11") UDP, 0);
	is_udp(&p, "cooked, version 2");
	is_uint(p.src_mac, UINT64_C(0x010203040506), "sender");
}

#define WLAN_ADDRS "0a0b0c0d0e0f 010203040506 111111111111 0000 "
#define LLC_IPV4 "aaaa03 000000 0800 "

static void
test_wlan(void)
{
	struct packet p;

	p = parse(PACKET_IEEE802_11, "0800 0000" WLAN_ADDRS LLC_IPV4 IPV4_UDP,
	    0);
	is_udp(&p, "between stations");
	is_uint(p.src_mac, UINT64_C(0x010203040506), "source");
	p = parse(PACKET_IEEE802_11, "8802 0000" WLAN_ADDRS "0000"
	    LLC_IPV4 IPV4_UDP, 0);
	is_udp(&p, "from the net, with QoS");
	is_uint(p.src_mac, UINT64_C(0x111111111111), "source");
	p = parse(PACKET_IEEE802_11, "8881 0000" WLAN_ADDRS "0000 00000000"
	    LLC_IPV4 IPV4_UDP, 0);
	is_udp(&p, "to the net, with HT control");
	is_uint(p.dst_mac, UINT64_C(0x111111111111), "destination");
	p = parse(PACKET_IEEE802_11, "8803 0000" WLAN_ADDRS "222222222222"
	    "8000 0a0b0c0d0e0f 010203040506 0028" LLC_IPV4 IPV4_UDP, 0);
	is_udp(&p, "between nets, aggregated");
	is_uint(p.src_mac, UINT64_C(0x222222222222), "source");
	parse(PACKET_IEEE802_11, "0840 0000" WLAN_ADDRS LLC_IPV4 IPV4_UDP, -1);
	parse(PACKET_IEEE802_11, "8000 0000" WLAN_ADDRS LLC_IPV4 IPV4_UDP, -1);
	parse(PACKET_IEEE802_11, "4800 0000" WLAN_ADDRS LLC_IPV4 IPV4_UDP, -1);
	p = parse(PACKET_RADIOTAP, "0000 0a00 00000000 0000 0800 0000"
	    WLAN_ADDRS LLC_IPV4 IPV4_UDP, 0);
	is_udp(&p, "radiotap");
	parse(PACKET_RADIOTAP, "0000 0700 00000000 0800", -1);
}

/* A header of len bytes, filled up to at with zeroes. */
static struct packet
parse_pflog(const char *len, size_t at, int want)
{
	char hex[512];
	size_t n = (size_t)snprintf(hex, sizeof(hex), "%s", len);

	for (size_t i = 1; i < at; i++, n += 2)
		memcpy(hex + n, "00", 3);
	snprintf(hex + n, sizeof(hex) - n, "%s", IPV4_UDP);
	return parse(PACKET_PFLOG, hex, want);
}

#define NFLOG_MARK_LE "0700 0a00 667700 00 0800 0100 08000100 "
#define NFLOG_MARK_BE "0007 000a 667700 00 0008 0001 08000100 "

static void
test_filter_logs(void)
{
	struct packet p;

	p = parse_pflog("3d", 64, 0);
	is_udp(&p, "pflog, filled up");
	p = parse_pflog("64", 100, 0);
	is_udp(&p, "pflog of today");
	parse_pflog("00", 64, -1);
	p = parse(PACKET_NFLOG, "02000005 " NFLOG_MARK_LE "2400 0900" IPV4_UDP,
	    0);
	is_udp(&p, "nflog, little endian");
	p = parse(PACKET_NFLOG, "02000005 " NFLOG_MARK_BE "0024 0009" IPV4_UDP,
	    0);
	is_udp(&p, "nflog, big endian");
	parse(PACKET_NFLOG, "02000005 0300 0a00 6677" IPV4_UDP, -1);
	parse(PACKET_NFLOG, "02000005 " NFLOG_MARK_LE, -1);
}

#define OUTER(proto) "45000000 00000000 40 " proto " 0000 " ADDRS4

static void
test_tunnels(void)
{
	struct packet p;

	p = inner_of(OUTER("04") IPV4_TCP, 0);
	is_tcp(&p, "IP in IP");
	p = inner_of(OUTER("29") IPV6("000c", "11") UDP, 0);
	is_udp(&p, "IPv6 in IPv4");
	p = inner_of(IPV6("0000", "29") IPV6("000c", "11") UDP, 0);
	is_udp(&p, "IPv6 in IPv6");
	p = inner_of(OUTER("89") "00020140" IPV4_UDP, 0);
	is_udp(&p, "MPLS in IP");
	p = inner_of(OUTER("2f") "0000 0800" IPV4_UDP, 0);
	is_udp(&p, "GRE");
	p = inner_of(OUTER("2f") "b000 6558 00000000 00000001 00000002"
	    FRAME("0800") IPV4_UDP, 0);
	is_udp(&p, "GRE with all it can have, Ethernet in it");
	is_uint(p.src_mac, UINT64_C(0x010203040506), "MAC");
	p = inner_of(OUTER("2f") "0000 88be" FRAME("0800") IPV4_UDP, 0);
	is_udp(&p, "ERSPAN");
	p = inner_of(OUTER("2f") "1000 88be 00000001 1000000000000000"
	    FRAME("0800") IPV4_UDP, 0);
	is_udp(&p, "ERSPAN II");
	p = inner_of(OUTER("2f") "1000 22eb 00000001 20000000 00000000"
	    "00000001 0000000000000000" FRAME("0800") IPV4_UDP, 0);
	is_udp(&p, "ERSPAN III");
	p = inner_of(OUTER("2f") "3081 880b 0024 0001 00000001 00000001"
	    "ff03 0021" IPV4_UDP, 0);
	is_udp(&p, "PPTP");
	p = inner_of(OUTER("11") "8000 12b5 0000 0000 08000000 00000100"
	    FRAME("0800") IPV4_UDP, 0);
	is_udp(&p, "VXLAN");
	p = inner_of(OUTER("11") "8000 17c1 0000 0000 0100 6558 00000100"
	    "00000000" FRAME("0800") IPV4_UDP, 0);
	is_udp(&p, "Geneve");
	inner_of(OUTER("2f") "4000 0800" IPV4_UDP, -1);
	inner_of(OUTER("2f") "0002 0800" IPV4_UDP, -1);
	inner_of(IPV4_UDP, -1);
	inner_of("45000000 00000001 40 04 0000 " ADDRS4 IPV4_TCP, -1);
}

/* Of a frame that has everything. */
static void
test_cut(void)
{
	static struct dgram g;
	struct packet p;
	uint32_t has = 0;
	int lost = 0;

	put_hex(&g, FRAME("8100") "0065 8847 00020140" IPV4_TCP);
	for (size_t len = 0; len <= g.len; len++) {
		p = cut_at(PACKET_ETHERNET, &g, len, len < 42 ? -1 : 0);
		lost += (has & ~p.has) != 0;
		has = p.has;
		if (len == 12)
			is_uint(p.has, PACKET_HAS_MAC, "addresses");
		if (len == 18)
			is_uint(p.vlan[0], 101, "tag");
		if (len == 22)
			is_uint(p.labels, 1, "label");
		if (len == 46)
			is_tcp(&p, "ports");
		if (len == 56)
			is_uint(p.tcp_flags, 0x12, "flags");
		if (len >= 42)
			is_int(p.is_cut, len < g.len, "cut");
	}
	is_int(lost, 0, "nothing that was there goes");
}

static void
test_nesting(void)
{
	static struct dgram g;
	struct packet p;

	g.len = 0;
	while (g.len < 60000)
		put_hex(&g, "0000aaaaaaaa 0000bbbbbbbb 8847 00020140");
	cut_at(PACKET_ETHERNET, &g, g.len, -1);
	g.len = 0;
	while (g.len < 60000)
		put_hex(&g, "8f00 8864 1100 0001 0022");
	cut_at(PACKET_PPP, &g, g.len, -1);
	is_int(packet_parse(&p, PACKET_ETHERNET, NULL, 0), -1, "nothing");
}

static void
test_find(void)
{
	enum packet_link link;

	ok(packet_link_find(1, &link) == 0 && link == PACKET_ETHERNET,
	    "Ethernet");
	ok(packet_link_find(276, &link) == 0 && link == PACKET_COOKED_2,
	    "cooked, version 2");
	is_int(packet_link_find(9999, &link), -1, "unknown");
}

int
main(void)
{
	test_plain();
	test_transport();
	test_fragments();
	test_extensions();
	test_frames();
	test_mpls();
	test_links();
	test_wlan();
	test_filter_logs();
	test_tunnels();
	test_cut();
	test_nesting();
	test_find();
	free(held);
	return done_testing();
}
