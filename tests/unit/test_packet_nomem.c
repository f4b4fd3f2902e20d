/*
 * Memory that runs out while the parts of a probe are made.
 */
#include "nomem.h"
#include "packet/fragments.h"
#include "packet/meter.h"
#include "tap.h"

static const struct meter_options options = {
	.link = PACKET_ETHERNET, .fragments_ms = 30000,
	.cache = { .max_flows = 1000, .track = CACHE_TRACK_ETHER,
		.has_details = true } };

static void
on_flow(void *ctx, const struct flow *f)
{
	(void)ctx;
	(void)f;
}

static void *
make_meter(struct err *err)
{
	return meter_new(&options, on_flow, NULL, err);
}

static void
free_meter(void *m)
{
	meter_free(m);
}

static void *
make_fragments(struct err *err)
{
	return fragments_new(err);
}

static void
free_fragments(void *f)
{
	fragments_free(f);
}

/* Let each allocation of make() fail, of which there are that many. */
static void
walk(const char *name, void *(*make)(struct err *), void (*release)(void *),
    unsigned allocations)
{
	bool is_sound = true;
	struct err err;
	unsigned n = 0;
	void *made;

	do {
		err.code = ERR_NONE;
		nomem_at(++n);
		made = make(&err);
		if (nomem_hit() && (made != NULL || err.code != ERR_NOMEM))
			is_sound = false;
		release(made);
	} while (nomem_hit());
	nomem_at(0);
	ok(made != NULL && is_sound, "%s: made or not, as there is memory",
	    name);
	is_uint(n - 1, allocations, "%s: allocations", name);
}

int
main(void)
{
	walk("meter", make_meter, free_meter, 8);
	walk("fragments", make_fragments, free_fragments, 1);
	return done_testing();
}
