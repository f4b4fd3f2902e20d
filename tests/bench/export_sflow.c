/*
 * sFlow v5: flow samples of one record each, the first bytes of an Ethernet
 * frame.  Nothing is multiplied: the sampling rate is 1.
 */

#include "base/addr.h"
#include "base/bytes.h"
#include "bench/export_int.h"

#define HEADER_LEN 28
#define SAMPLE_HEADER_LEN 8 /* type and length */
#define FLOW_SAMPLE 1
#define RAW_HEADER 1
#define ETHERNET 1
#define FRAME_MIN 64
#define FRAME_MAX 1518
#define CHECKSUM_LEN 4 /* of Ethernet, which is stripped */
#define AGENT 0x7f000001

static void
put_ports(struct writer *w, const struct flow *f)
{
	writer_uint(w, f->src_port, 2);
	writer_uint(w, f->dst_port, 2);
	writer_zero(w, 8);
	writer_uint(w, 5 << 4, 1); /* length of a TCP header */
	writer_uint(w, f->tcp_flags, 1);
	writer_zero(w, 6);
}

static void
put_frame(struct writer *w, const struct flow *f, uint32_t len)
{
	bool is_v4 = addr_is_v4(f->src_addr);

	writer_uint(w, 0x020000000001, 6);
	writer_uint(w, 0x020000000002, 6);
	writer_uint(w, is_v4 ? 0x0800 : 0x86dd, 2);
	len -= 14 + CHECKSUM_LEN;
	if (is_v4) {
		writer_uint(w, 0x45, 1);
		writer_uint(w, f->src_tos, 1);
		writer_uint(w, len, 2);
		writer_zero(w, 4);
		writer_uint(w, 64, 1);
		writer_uint(w, f->proto, 1);
		writer_zero(w, 2);
		writer_uint(w, f->src_addr.lo, 4);
		writer_uint(w, f->dst_addr.lo, 4);
	} else {
		writer_uint(w, 6U << 28 | (uint32_t)f->src_tos << 20, 4);
		writer_uint(w, len - 40, 2);
		writer_uint(w, f->proto, 1);
		writer_uint(w, 64, 1);
		writer_uint(w, f->src_addr.hi, 8);
		writer_uint(w, f->src_addr.lo, 8);
		writer_uint(w, f->dst_addr.hi, 8);
		writer_uint(w, f->dst_addr.lo, 8);
	}
	put_ports(w, f);
}

/* The frame of an average packet of the flow. */
static uint32_t
frame_len(const struct flow *f)
{
	uint64_t len = f->in_packets > 0 ? f->in_bytes / f->in_packets : 0;

	len += 14 + CHECKSUM_LEN;
	if (len < FRAME_MIN + 20)
		return FRAME_MIN + 20;
	return len < FRAME_MAX ? (uint32_t)len : FRAME_MAX;
}

static void
put_sample(struct writer *w, const struct flow *f)
{
	uint32_t header = addr_is_v4(f->src_addr) ? 54 : 74;
	uint32_t padded = (header + 3) & ~3U;

	writer_uint(w, FLOW_SAMPLE, 4);
	writer_uint(w, 32 + 8 + 16 + padded, 4);
	writer_zero(w, 4); /* its number, from export_sflow_stamp() */
	writer_uint(w, f->input, 4); /* where it was sampled */
	writer_uint(w, 1, 4); /* one packet of so many */
	writer_zero(w, 8);
	writer_uint(w, f->input, 4);
	writer_uint(w, f->output, 4);
	writer_uint(w, 1, 4);
	writer_uint(w, RAW_HEADER, 4);
	writer_uint(w, 16 + padded, 4);
	writer_uint(w, ETHERNET, 4);
	writer_uint(w, frame_len(f), 4);
	writer_uint(w, CHECKSUM_LEN, 4);
	writer_uint(w, header, 4);
	put_frame(w, f, frame_len(f));
	writer_zero(w, padded - header);
}

void
export_sflow(struct exporter *x, uint32_t max, struct datagram *d)
{
	const struct flow *f;
	struct writer w;

	writer_init(&w, d->data, sizeof(d->data));
	writer_uint(&w, 5, 4);
	writer_uint(&w, 1, 4); /* an IPv4 address */
	writer_uint(&w, AGENT, 4);
	writer_zero(&w, HEADER_LEN - 12);
	while (d->flows < max) {
		f = export_next(x);
		put_sample(&w, f);
		if (w.bad)
			break;
		d->len = w.used;
		export_count(x, d, 1, frame_len(f));
	}
	store_be32(d->data + HEADER_LEN - 4, d->flows);
}

void
export_sflow_stamp(struct datagram *d, uint64_t flows, uint64_t datagrams,
    uint32_t uptime_ms)
{
	uint8_t *p = d->data + HEADER_LEN;

	store_be32(d->data + 16, (uint32_t)datagrams + 1);
	store_be32(d->data + 20, uptime_ms);
	for (uint32_t i = 1; i <= d->flows; i++) {
		store_be32(p + SAMPLE_HEADER_LEN, (uint32_t)(flows + i));
		p += SAMPLE_HEADER_LEN + load_be32(p + 4);
	}
}
