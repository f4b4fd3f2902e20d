/*
 * The decoder when memory runs out: each allocation of a run over packets
 * with new exporters, templates, samplers and held sets fails once.  Data is
 * lost at most; the decoder goes on.
 */
#include "nomem.h"
#include "tap.h"
#include "wirekit.h"

#define PACKETS 6

static void
count_flow(void *ctx, const struct wire_exporter *e, const struct flow *f)
{
	unsigned *flows = ctx;

	*flows += e->sysid == f->exporter_id;
}

/* Data first, then its template; options; another domain. */
static void
build(struct dgram g[PACKETS])
{
	for (unsigned i = 0; i < PACKETS; i++)
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
	for (unsigned i = 0; i < PACKETS; i++)
		end_set(&g[i]);
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
		ok(flows == 2 || was_hit, "allocation %u: %u flows", n, flows);
		flows = 0;
		send_all(d, g);
		ok(flows >= 2, "allocation %u: it goes on, %u flows", n, flows);
		wire_decoder_free(d);
	}
	ok(n > 12, "%u allocations", n);
	return done_testing();
}
