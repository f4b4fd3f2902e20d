/*
 * Made-up flows.  Everything that needs a logarithm is put into tables at
 * the start; a flow then costs three random words and a dozen look-ups.
 */

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "base/hash.h"
#include "bench/gen.h"

#define ZIPF_STEPS 65536
#define CURVE_STEPS 4096

#define INSIDE_HOSTS 65536
#define OUTSIDE_HOSTS 1000000

#define INSIDE_AS 64500

/* Ranks by a Zipf law of exponent 1: step q holds edge[q] to edge[q + 1]. */
struct zipf {
	uint32_t edge[ZIPF_STEPS + 1];
};

struct gen {
	struct gen_options options;
	uint64_t state; /* of the random numbers */
	uint64_t done;
	struct zipf inside;
	struct zipf outside;
	uint32_t packets[CURVE_STEPS];
	uint32_t size[CURVE_STEPS];
	uint32_t duration_ms[CURVE_STEPS];
	uint8_t service[256];
};

/* One end of a flow. */
struct host {
	struct addr addr;
	uint8_t mask;
	uint32_t as;
	uint32_t interface;
};

/* clang-format off */
static const struct service {
	uint8_t proto;
	uint16_t port; /* 0: any high port */
	uint8_t weight; /* of 256 */
} services[] = {
	{ 6, 443, 96 }, { 6, 80, 30 }, { 6, 22, 6 }, { 6, 25, 4 },
	{ 6, 993, 4 }, { 6, 8080, 4 }, { 6, 3389, 3 }, { 6, 445, 3 },
	{ 6, 0, 8 }, { 17, 53, 44 }, { 17, 443, 22 }, { 17, 123, 6 },
	{ 17, 5060, 2 }, { 17, 0, 12 }, { 1, 0, 10 }, { 47, 0, 1 },
	{ 50, 0, 1 },
};

static const uint8_t tcp_flags[16] = {
	0x1b, 0x1b, 0x1b, 0x1b, 0x1b, 0x1b, 0x1b, 0x1b,
	0x1a, 0x18, 0x10, 0x02, 0x02, 0x12, 0x1f, 0x14,
};

static const uint8_t tos[16] = {
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x28, 0x48, 0x88, 0xb8,
};

/* type * 256 + code */
static const uint16_t icmp_v4[4] = { 0x0800, 0x0000, 0x0303, 0x0b00 };
static const uint16_t icmp_v6[4] = { 0x8000, 0x8100, 0x8700, 0x0104 };
/* clang-format on */

static uint64_t
random_word(struct gen *g)
{
	g->state += UINT64_C(0x9e3779b97f4a7c15);
	return hash_u64(g->state);
}

static void
fill_zipf(struct zipf *z, uint32_t hosts)
{
	double scale = log((double)hosts + 1) / ZIPF_STEPS;

	for (uint32_t q = 0; q <= ZIPF_STEPS; q++)
		z->edge[q] = (uint32_t)exp(q * scale) - 1;
	z->edge[ZIPF_STEPS] = hosts;
}

static uint32_t
pick_rank(const struct zipf *z, uint32_t bits)
{
	uint32_t low = z->edge[bits >> 16];
	uint64_t width = z->edge[(bits >> 16) + 1] - low;

	return low + (uint32_t)(width * (bits & 0xffff) >> 16);
}

/* The z that a share p of a normal distribution is below. */
static double
normal_quantile(double p)
{
	double low = -8, high = 8, mid = 0;

	for (int i = 0; i < 40; i++) {
		mid = (low + high) / 2;
		if (erfc(-mid / sqrt(2)) / 2 < p)
			low = mid;
		else
			high = mid;
	}
	return mid;
}

/* Log-normal values, cut to min and max. */
static void
fill_curve(uint32_t curve[CURVE_STEPS], double median, double sigma,
    double min, double max)
{
	double v;

	for (int i = 0; i < CURVE_STEPS; i++) {
		v = normal_quantile((i + 0.5) / CURVE_STEPS);
		v = median * exp(sigma * v);
		curve[i] = (uint32_t)fmin(fmax(v, min), max);
	}
}

static void
fill_services(uint8_t service[256])
{
	unsigned at = 0;

	for (unsigned s = 0; s < sizeof(services) / sizeof(services[0]); s++)
		for (unsigned i = 0; i < services[s].weight; i++)
			service[at++] = (uint8_t)s;
	assert(at == 256);
}

struct gen *
gen_new(const struct gen_options *options, struct err *err)
{
	struct gen *g = calloc(1, sizeof(*g));

	if (g == NULL) {
		err_nomem(err);
		return NULL;
	}
	g->options = *options;
	g->state = hash_u64(options->seed + 1);
	fill_zipf(&g->inside, INSIDE_HOSTS);
	fill_zipf(&g->outside, OUTSIDE_HOSTS);
	fill_curve(g->packets, 6, 1.5, 1, 1000000);
	fill_curve(g->size, 180, 0.9, 40, 1500);
	fill_curve(g->duration_ms, 600, 2, 1, 300000);
	fill_services(g->service);
	return g;
}

void
gen_free(struct gen *g)
{
	free(g);
}

struct addr
gen_exporter_addr(unsigned id)
{
	return addr_v4(0xc0000200 + id); /* 192.0.2.id */
}

/* A host of our own network: 10.20.0.0/16, 2001:db8:0:1400::/56. */
static struct host
inside_host(uint32_t rank, bool is_v6)
{
	uint32_t n = rank * 40503 & 0xffff; /* odd: every rank has its own */
	struct host h = { .as = INSIDE_AS, .interface = 100 + (n & 31) };

	if (is_v6) {
		h.addr = (struct addr){ UINT64_C(0x20010db800001400) | n >> 8,
			UINT64_C(0x0200000000000000) | n };
		h.mask = 64;
	} else {
		h.addr = addr_v4(0x0a140000 | n);
		h.mask = 16;
	}
	return h;
}

/* A host elsewhere; sixteen in a row share their network and its AS. */
static struct host
outside_host(uint32_t rank, bool is_v6)
{
	uint64_t net = hash_u64(rank / 16 + 1);
	uint64_t id = hash_u64(rank + (UINT64_C(1) << 32));
	struct host h;

	h.as = 1 + (uint32_t)(net >> 40) % 64000;
	h.interface = 1 + h.as % 8;
	if (is_v6) {
		h.addr = (struct addr){ UINT64_C(0x20010db800000000) |
			(net & 0xffffffff), id };
		h.mask = 48;
	} else {
		h.addr = addr_v4((11 + (uint32_t)(net % 110)) << 24 |
		    (uint32_t)(net >> 16 & 0xffff) << 8 | (id & 0xff));
		h.mask = 17 + (net >> 32 & 7);
	}
	return h;
}

static void
set_family(struct flow *f, bool is_v6)
{
	f->extensions = FLOW_EXT(EXT_GENERIC) | FLOW_EXT(EXT_MISC) |
	    FLOW_EXT(EXT_AS) | FLOW_EXT(EXT_EXPORTER_V4);
	if (is_v6) {
		f->extensions |= FLOW_EXT(EXT_IPV6) | FLOW_EXT(EXT_NEXT_HOP_V6);
		f->next_hop = (struct addr){ UINT64_C(0x20010db8ffff0000),
			f->output };
	} else {
		f->extensions |= FLOW_EXT(EXT_IPV4) | FLOW_EXT(EXT_NEXT_HOP_V4);
		f->next_hop = addr_v4(0xac100000 + f->output);
	}
}

static void
set_hosts(struct gen *g, struct flow *f, bool is_v6, bool is_outbound)
{
	uint64_t bits = random_word(g);
	struct host in, out;
	const struct host *src, *dst;

	in = inside_host(pick_rank(&g->inside, (uint32_t)bits), is_v6);
	out = outside_host(pick_rank(&g->outside, (uint32_t)(bits >> 32)), is_v6);
	src = is_outbound ? &in : &out;
	dst = is_outbound ? &out : &in;
	f->src_addr = src->addr;
	f->src_mask = src->mask;
	f->src_as = src->as;
	f->input = src->interface;
	f->dst_addr = dst->addr;
	f->dst_mask = dst->mask;
	f->dst_as = dst->as;
	f->output = dst->interface;
	set_family(f, is_v6);
}

/* Protocol, ports and flags; bits are random. */
static void
set_service(struct flow *f, const struct service *s, bool is_v6,
    bool is_request, uint64_t bits)
{
	uint16_t client = (uint16_t)(32768 + (bits & 0x3fff));
	uint16_t server = s->port != 0 ?
	    s->port : (uint16_t)(1024 + (bits >> 16 & 0x7fff));

	f->proto = s->proto;
	f->tcp_flags = 0;
	f->src_port = f->dst_port = 0;
	if (s->proto == 1) {
		f->proto = is_v6 ? 58 : 1;
		f->dst_port = (is_v6 ? icmp_v6 : icmp_v4)[bits & 3];
	} else if (s->proto == 6 || s->proto == 17) {
		f->src_port = is_request ? client : server;
		f->dst_port = is_request ? server : client;
	}
	if (s->proto == 6)
		f->tcp_flags = tcp_flags[bits >> 14 & 15];
}

/* Packets, bytes and times; name and time service take one packet. */
static void
set_volume(struct gen *g, struct flow *f, bool is_short, uint64_t bits)
{
	uint32_t size = g->size[bits >> 12 & 0xfff];
	uint64_t delay = bits >> 36 & 0x3ff;

	f->in_packets = is_short ? 1 : g->packets[bits & 0xfff];
	f->in_bytes = f->in_packets * size;
	if (f->in_packets > 1)
		f->in_bytes -= (f->in_packets * (size - 40) / 8) & (bits >> 50);
	f->received_ms = g->options.start_ms +
	    g->options.span_ms * (g->done % g->options.flows) /
	    g->options.flows;
	f->last_ms = f->received_ms - delay;
	f->first_ms = f->last_ms;
	if (f->in_packets > 1)
		f->first_ms -= g->duration_ms[bits >> 24 & 0xfff];
}

void
gen_flow(struct gen *g, struct flow *f)
{
	uint64_t bits = random_word(g);
	bool is_v6 = (bits & 0xff) < 38 && !g->options.only_v4; /* 15% */
	bool is_outbound = bits >> 8 & 1;
	bool is_request = (bits >> 9 & 7) < 4;
	const struct service *s = &services[g->service[bits >> 12 & 0xff]];

	set_hosts(g, f, is_v6, is_outbound);
	set_service(f, s, is_v6, is_request, bits >> 20);
	set_volume(g, f, s->port == 53 || s->port == 123, random_word(g));
	f->src_tos = tos[bits >> 56 & 15];
	f->direction = 0;
	f->exporter_id = (uint16_t)(1 + (bits >> 60) % GEN_EXPORTERS);
	f->exporter_addr = gen_exporter_addr(f->exporter_id);
	f->export_version = 9;
	f->engine_id = (uint8_t)f->exporter_id;
	g->done++;
}
