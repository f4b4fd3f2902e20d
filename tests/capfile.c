/*
 * Capture files.
 */
#include <string.h>

#include "capfile.h"
#include "tap.h"

#define MAGIC 0xa1b2c3d4
#define MAGIC_NANO 0xa1b23c4d
#define SNAPLEN 262144
#define SOURCE_PORT 2055
#define IPV4_LEN 20
#define IPV6_LEN 40
#define FRAGMENT_LEN 8
#define PROTO_FRAGMENT 44
#define PROTO_UDP 17

static void
put(struct capfile *f, uint64_t value, size_t len)
{
	if (f->format == CAPFILE_SWAPPED && len == 4)
		value = __builtin_bswap32((uint32_t)value);
	if (f->format == CAPFILE_SWAPPED && len == 2)
		value = __builtin_bswap16((uint16_t)value);
	writer_host(&f->out, value, len);
	if (f->out.bad)
		bail("the capture is too large");
}

/* An interface whose times count nanoseconds (option 9, 10^-9). */
static void
begin_ng(struct capfile *f, unsigned link)
{
	put(f, 0x0a0d0d0a, 4);
	put(f, 28, 4);
	put(f, 0x1a2b3c4d, 4);
	put(f, 1, 4); /* version 1.0 */
	put(f, UINT64_MAX, 8);
	put(f, 28, 4);
	put(f, 1, 4);
	put(f, 32, 4);
	put(f, link, 4);
	put(f, SNAPLEN, 4);
	put(f, 9 | 1 << 16, 4);
	put(f, 9, 4);
	put(f, 0, 4); /* end of options */
	put(f, 32, 4);
}

void
capfile_begin(struct capfile *f, enum capfile_format format, unsigned link)
{
	f->format = format;
	writer_init(&f->out, f->data, sizeof(f->data));
	if (format == CAPFILE_NG) {
		begin_ng(f, link);
		return;
	}
	put(f, format == CAPFILE_NANO ? MAGIC_NANO : MAGIC, 4);
	put(f, 2, 2);
	put(f, 4, 2);
	put(f, 0, 8);
	put(f, SNAPLEN, 4);
	put(f, link, 4);
}

void
capfile_put(struct capfile *f, const void *packet, size_t caplen, size_t len,
    uint64_t ns)
{
	size_t padding = f->format == CAPFILE_NG ? -caplen % 4 : 0;
	uint32_t part = (uint32_t)(ns % 1000000000);

	if (f->format == CAPFILE_NG) {
		put(f, 6, 4);
		put(f, 32 + caplen + padding, 4);
		put(f, 0, 4);
		put(f, ns >> 32, 4);
		put(f, ns & UINT32_MAX, 4);
	} else {
		put(f, ns / 1000000000, 4);
		put(f, f->format == CAPFILE_NANO ? part : part / 1000, 4);
	}
	put(f, caplen, 4);
	put(f, len, 4);
	writer_bytes(&f->out, packet, caplen);
	writer_zero(&f->out, padding);
	if (f->format == CAPFILE_NG)
		put(f, 32 + caplen + padding, 4);
}

static void
put_ipv4(struct writer *w, struct addr src, size_t len)
{
	writer_uint(w, 0x4500, 2);
	writer_uint(w, IPV4_LEN + len, 2);
	writer_uint(w, 0x12340000, 4);
	writer_uint(w, 64 << 8 | PROTO_UDP, 2);
	writer_uint(w, 0, 2);
	writer_uint(w, src.lo, 4);
	writer_uint(w, 0x7f000001, 4);
}

static void
put_ipv6(struct writer *w, struct addr src, size_t len)
{
	writer_uint(w, 0x60000000, 4);
	writer_uint(w, len, 2);
	writer_uint(w, PROTO_UDP << 8 | 64, 2);
	writer_uint(w, src.hi, 8);
	writer_uint(w, src.lo, 8);
	writer_uint(w, 0, 8);
	writer_uint(w, 1, 8);
}

size_t
capfile_datagram(uint8_t *packet, struct addr src, uint16_t port,
    const void *data, size_t len)
{
	struct writer w;

	writer_init(&w, packet, CAPFILE_PACKET_MAX);
	if (addr_is_v4(src))
		put_ipv4(&w, src, len + 8);
	else
		put_ipv6(&w, src, len + 8);
	writer_uint(&w, SOURCE_PORT, 2);
	writer_uint(&w, port, 2);
	writer_uint(&w, len + 8, 2);
	writer_uint(&w, 0, 2);
	writer_bytes(&w, data, len);
	if (w.bad)
		bail("a datagram of %zu bytes is too large", len);
	return w.used;
}

static size_t
fragment_ipv6(uint8_t *packet, const uint8_t *whole, size_t at, size_t len,
    bool is_last)
{
	memcpy(packet, whole, IPV6_LEN);
	store_be16(packet + 4, (uint16_t)(FRAGMENT_LEN + len));
	packet[6] = PROTO_FRAGMENT;
	store_be16(packet + 40, PROTO_UDP << 8);
	store_be16(packet + 42, (uint16_t)(at | !is_last));
	store_be32(packet + 44, 0x12345678);
	memcpy(packet + 48, whole + IPV6_LEN + at, len);
	return IPV6_LEN + FRAGMENT_LEN + len;
}

size_t
capfile_fragment(uint8_t *packet, const uint8_t *whole, size_t at, size_t len,
    bool is_last)
{
	if (whole[0] >> 4 == 6)
		return fragment_ipv6(packet, whole, at, len, is_last);
	memcpy(packet, whole, IPV4_LEN);
	store_be16(packet + 2, (uint16_t)(IPV4_LEN + len));
	store_be16(packet + 6, (uint16_t)((is_last ? 0 : 0x2000) | at / 8));
	memcpy(packet + IPV4_LEN, whole + IPV4_LEN + at, len);
	return IPV4_LEN + len;
}
