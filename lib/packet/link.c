/*
 * Links that captures know besides Ethernet.
 */

#include "packet/headers_int.h"

#define MAC_LEN 6
#define COOKED_LEN 16
#define COOKED_2_LEN 20

/* 802.11: bits of frame control, its two bytes in network order */
#define WLAN_VERSION 0x0300
#define WLAN_TYPE 0x0c00
#define WLAN_TYPE_DATA 0x0800
#define WLAN_NO_DATA 0x4000
#define WLAN_QOS 0x8000
#define WLAN_TO_DS 0x01
#define WLAN_FROM_DS 0x02
#define WLAN_PROTECTED 0x40
#define WLAN_HT_CONTROL 0x80
#define WLAN_HEADER_LEN 24
#define WLAN_HT_CONTROL_LEN 4
#define QOS_AGGREGATE 0x80
#define SUBFRAME_HEADER_LEN 14
#define RADIOTAP_MIN_LEN 8
#define PFLOG_MIN_LEN 48

/* NFLOG: a header, then members, each behind its length and type */
#define NFLOG_HEADER_LEN 4
#define NFLOG_MEMBER_LEN 4
#define NFLOG_MEMBERS_MAX 64
#define NFLOG_TYPES 256
#define NFLOG_PAYLOAD 9

static uint64_t
load_mac(const uint8_t *h)
{
	return load_be(h, MAC_LEN);
}

static int
walk_ppp(struct packet_walk *w)
{
	uint16_t first = w->in.left < 2 ? 0 : load_be16(w->in.pos);

	if (first == 0x0f00 || first == 0x8f00) { /* Cisco HDLC */
		reader_take(&w->in, 2);
		return packet_walk_type(w, (uint16_t)reader_uint(&w->in, 2));
	}
	if (first == 0xff03)
		reader_take(&w->in, 2);
	return packet_walk_ppp(w);
}

/*
 * The family in the order of whoever wrote the capture, and IPv6 has one
 * number per system.
 */
static int
walk_loopback(struct packet_walk *w)
{
	uint32_t family = (uint32_t)reader_uint(&w->in, 4);

	if (family > 0xffff)
		family = __builtin_bswap32(family);
	switch (family) {
	case 2:
	case 10:
	case 24:
	case 28:
	case 30:
		return packet_walk_ip(w);
	}
	return -1;
}

/* The sender's address of len bytes at mac; of Ethernet if it has 6. */
static void
set_cooked(struct packet *p, const uint8_t *mac, unsigned len)
{
	if (len == MAC_LEN)
		p->src_mac = load_mac(mac);
}

/* Type 4 says that LLC follows, as a length of Ethernet does. */
static int
walk_cooked(struct packet_walk *w)
{
	const uint8_t *h = reader_take(&w->in, COOKED_LEN);

	if (h == NULL)
		return -1;
	set_cooked(w->p, h + 6, load_be16(h + 4));
	return packet_walk_type(w, load_be16(h + 14));
}

static int
walk_cooked_2(struct packet_walk *w)
{
	const uint8_t *h = reader_take(&w->in, COOKED_2_LEN);

	if (h == NULL)
		return -1;
	set_cooked(w->p, h + 12, h[11]);
	return packet_walk_type(w, load_be16(h));
}

/* Destination and source among the three or four addresses (9.3.2.1). */
static void
set_wlan_macs(struct packet *p, const uint8_t *h, const uint8_t *fourth)
{
	unsigned ds = h[1] & (WLAN_TO_DS | WLAN_FROM_DS);

	p->dst_mac = load_mac((ds & WLAN_TO_DS) != 0 ? h + 16 : h + 4);
	if (fourth != NULL)
		p->src_mac = load_mac(fourth);
	else
		p->src_mac = load_mac(ds == WLAN_FROM_DS ? h + 16 : h + 10);
	p->has |= PACKET_HAS_MAC;
}

static int
walk_wlan(struct packet_walk *w)
{
	const uint8_t *h = reader_take(&w->in, WLAN_HEADER_LEN);
	const uint8_t *fourth = NULL, *qos;
	uint16_t control;

	if (h == NULL)
		return -1;
	control = load_be16(h);
	if ((control & (WLAN_VERSION | WLAN_TYPE)) != WLAN_TYPE_DATA ||
	    (control & (WLAN_NO_DATA | WLAN_PROTECTED)) != 0)
		return -1;
	if ((~control & (WLAN_TO_DS | WLAN_FROM_DS)) == 0 &&
	    (fourth = reader_take(&w->in, MAC_LEN)) == NULL)
		return -1;
	set_wlan_macs(w->p, h, fourth);
	if ((control & WLAN_QOS) != 0) {
		if ((qos = reader_take(&w->in, 2)) == NULL)
			return -1;
		if ((control & WLAN_HT_CONTROL) != 0)
			reader_take(&w->in, WLAN_HT_CONTROL_LEN);
		if ((qos[0] & QOS_AGGREGATE) != 0)
			reader_take(&w->in, SUBFRAME_HEADER_LEN);
	}
	return packet_walk_llc(w);
}

static int
walk_radiotap(struct packet_walk *w)
{
	const uint8_t *h = reader_take(&w->in, RADIOTAP_MIN_LEN);
	size_t len = h == NULL ? 0 : (size_t)(h[2] | h[3] << 8);

	if (len < RADIOTAP_MIN_LEN)
		return -1;
	reader_take(&w->in, len - RADIOTAP_MIN_LEN);
	return walk_wlan(w);
}

/* Its length is the first byte; the header is filled up to 4 bytes. */
static int
walk_pflog(struct packet_walk *w)
{
	const uint8_t *h = reader_take(&w->in, 1);

	if (h == NULL || h[0] < PFLOG_MIN_LEN ||
	    reader_take(&w->in, (h[0] + 3U) / 4 * 4 - 1) == NULL)
		return -1;
	return packet_walk_ip(w);
}

/*
 * Lengths and types are in the order of whoever wrote the capture; as types
 * are small, they tell which one that is.
 */
static int
walk_nflog(struct packet_walk *w)
{
	const uint8_t *h = reader_take(&w->in, NFLOG_HEADER_LEN);
	uint16_t len, type;

	for (int i = 0; h != NULL && i < NFLOG_MEMBERS_MAX; i++) {
		if ((h = reader_take(&w->in, NFLOG_MEMBER_LEN)) == NULL)
			break;
		len = load_be16(h);
		type = load_be16(h + 2);
		if (type >= NFLOG_TYPES) {
			len = __builtin_bswap16(len);
			type = __builtin_bswap16(type);
		}
		if (type == NFLOG_PAYLOAD)
			return packet_walk_ip(w);
		if (len < NFLOG_MEMBER_LEN)
			break;
		h = reader_take(&w->in, (len + 3U) / 4 * 4 - NFLOG_MEMBER_LEN);
	}
	return -1;
}

int
packet_walk_link(struct packet_walk *w, enum packet_link link)
{
	static int (*const walk[PACKET_LINKS])(struct packet_walk *) = {
		[PACKET_ETHERNET] = packet_walk_ethernet,
		[PACKET_IP] = packet_walk_ip,
		[PACKET_MPLS] = packet_walk_mpls,
		[PACKET_PPP] = walk_ppp,
		[PACKET_LOOPBACK] = walk_loopback,
		[PACKET_COOKED] = walk_cooked,
		[PACKET_COOKED_2] = walk_cooked_2,
		[PACKET_IEEE802_11] = walk_wlan,
		[PACKET_RADIOTAP] = walk_radiotap,
		[PACKET_PFLOG] = walk_pflog,
		[PACKET_NFLOG] = walk_nflog,
	};

	return walk[link](w);
}

int
packet_link_find(int number, enum packet_link *link)
{
	static const struct {
		int number;
		enum packet_link link;
	} links[] = {
		{ 0, PACKET_LOOPBACK }, /* NULL */
		{ 1, PACKET_ETHERNET },
		{ 9, PACKET_PPP },
		{ 12, PACKET_IP }, /* DLT_RAW */
		{ 14, PACKET_IP }, /* DLT_RAW of OpenBSD */
		{ 50, PACKET_PPP }, /* PPP_SERIAL */
		{ 101, PACKET_IP }, /* LINKTYPE_RAW */
		{ 104, PACKET_PPP }, /* C_HDLC */
		{ 105, PACKET_IEEE802_11 },
		{ 108, PACKET_LOOPBACK },
		{ 113, PACKET_COOKED },
		{ 117, PACKET_PFLOG },
		{ 127, PACKET_RADIOTAP },
		{ 219, PACKET_MPLS },
		{ 228, PACKET_IP }, /* IPV4 */
		{ 229, PACKET_IP }, /* IPV6 */
		{ 239, PACKET_NFLOG },
		{ 276, PACKET_COOKED_2 },
	};

	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		if (links[i].number != number)
			continue;
		*link = links[i].link;
		return 0;
	}
	return -1;
}
