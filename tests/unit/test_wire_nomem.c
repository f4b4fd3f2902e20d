/*
 * The decoder when memory runs out: each allocation of a run over packets
 * with new exporters, templates, samplers and held sets fails once.  Data is
 * lost at most; the decoder goes on.
 */
#include "nomem.h"
#include "tap.h"
#include "wirekit.h"

#define PACKETS 7
#define NETFLOW 6 /* the first of them */
#define FLOWS 3

static void
count_flow(void *ctx, const struct wire_exporter *e, const struct flow *f)
{
	unsigned *flows = ctx;

	*flows += e->sysid == f->exporter_id;
}

/* A flow and a counter sample of sFlow. */
static void
build_sflow(struct dgram *g)
{
	put_hex(g, "00000005 00000001 0a000001 00000000 00000001 000003e8 "
	    "00000002 00000001 00000048 00000001 00000003 00000064 00000000 "
	    "00000000 00000003 00000004 00000001 00000003 00000020 000001f4 "
	    "00000006 0a050505 0a060606 000003e8 000007d0 00000010 00000000 "
	    "00000002 0000006c 00000001 00000003 00000001 00000001 00000058");
	put(g, 0, 88);
}

/* Data first, then its template; options; another domain; sFlow. */
static void
build(struct dgram g[PACKETS])
{
	for (unsigned i = 0; i < NETFLOW; i++)
		g[i].sequence = i;
	g[4].domain = g[5].domain = 1;
	begin_v9(&g[0]);
	begin_set(&g[0], 256);
	put_hex(&g[0], "0001 0002");
	begin_v9(&g[1]);
	begin_set(&g[1], 0);
	put_template(&g[1], 256, "7/2 11/2");
	put_template(&g[1], 257, "7/2 95/v");
	begin_v9(&g[2]);
	begin_set(&g[2], 1);
	put_options(&g[2], 300, 1, "1/4 48/1 50/4");
	begin_v9(&g[3]);
	begin_set(&g[3], 300);
	put_hex(&g[3], "00000000 01 00000002 00000000 02 00000003");
	begin_v9(&g[4]);
	begin_set(&g[4], 0);
	put_template(&g[4], 256, "7/2 11/2");
	begin_v9(&g[5]);
	begin_set(&g[5], 256);
	put_hex(&g[5], "0003 0004");
	for (unsigned i = 0; i < NETFLOW; i++)
		end_set(&g[i]);
	build_sflow(&g[NETFLOW]);
}

static void
send_all(struct wire_decoder *d, const struct dgram g[PACKETS])
{
	for (unsigned i = 0; i < PACKETS; i++)
		wire_decode(d, g[i].data, g[i].len, addr_v4(0x7f000001),
		    KIT_MS);
}

int
main(void)
{
	static struct dgram g[PACKETS];
	struct wire_limits limits = WIRE_LIMITS_DEFAULT;
	unsigned flows;
	struct wire_sink sink = { .ctx = &flows, .flow = count_flow };
	struct wire_decoder *d;
	struct err err;
	bool was_hit = true;
	unsigned n;

	build(g);
	for (n = 1; was_hit; n++) {
		flows = 0;
		nomem_at(n);
		d = wire_decoder_new(&limits, &sink, &err);
		if (d != NULL)
			send_all(d, g);
		was_hit = nomem_hit();
		nomem_at(0);
		if (d == NULL) {
			is_int(err.code, ERR_NOMEM, "allocation %u: no decoder",
			    n);
			continue;
		}
		ok(flows == FLOWS || was_hit, "allocation %u: %u flows", n, flows);
		flows = 0;
		send_all(d, g);
		ok(flows >= FLOWS, "allocation %u: it goes on, %u flows", n, flows);
		wire_decoder_free(d);
	}
	ok(n > 12, "%u allocations", n);
	return done_testing();
}
