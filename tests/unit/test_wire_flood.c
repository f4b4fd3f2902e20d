/*
 * Floods from invented senders, domains and templates: memory stays bounded,
 * and exporters that were there before keep their templates.
 */
#include "tap.h"
#include "wirekit.h"

#define REAL 20 /* exporters that are no invention */

static struct wire_limits
small_limits(void)
{
	struct wire_limits limits = WIRE_LIMITS_DEFAULT;

	limits.state_bytes = 400000;
	limits.exporters_per_sender = 64;
	limits.templates_per_exporter = 32;
	return limits;
}

static void
set_sender(struct kit *k, struct dgram *g, unsigned i)
{
	k->sender = addr_v4(0x0a000001 + i % 4);
	g->domain = i / 4;
}

/* Exporters with a template, known for longer than a minute. */
static void
settle(struct kit *k, struct dgram *g)
{
	for (unsigned round = 0; round < 2; round++, k->now_ms += 60000)
		for (unsigned i = 0; i < REAL; i++) {
			set_sender(k, g, i);
			send_template_v9(k, g, 256, "7/2 11/2");
			send_template_v9(k, g, 257, "11/2 7/2");
		}
	kit_forget(k);
}

/* Their data are decoded. */
static void
all_decode(struct kit *k, struct dgram *g, const char *name)
{
	kit_forget(k);
	for (unsigned i = 0; i < REAL; i++) {
		set_sender(k, g, i);
		send_data_v9(k, g, 256, "0001 0002");
		send_data_v9(k, g, 257, "0001 0002");
	}
	is_uint(k->flows, 2 * REAL, "%s: no template is lost", name);
}

static void
test_senders(void)
{
	struct wire_limits limits = small_limits();
	struct kit *k = kit_new(&limits);
	struct dgram g = { .len = 0 };

	settle(k, &g);
	for (unsigned i = 0; i < 20000; i++) {
		k->sender = addr_v4(0xc0000000 + i);
		g.domain = i % 7;
		send_template_v9(k, &g, 256, "7/2");
		k->now_ms += i % 16 == 0;
	}
	all_decode(k, &g, "a flood of senders");
	is_uint(k->exporters, REAL + 20000, "each of which was new");
	k->sender = addr_v4(0x0b000001);
	g.domain = 1;
	send_template_v9(k, &g, 256, "7/2 11/2");
	send_data_v9(k, &g, 256, "0001 0002");
	is_uint(k->flows, 2 * REAL + 1, "a real one can come in");
	set_sender(k, &g, 3);
	send_template_v9(k, &g, 300, "4/1 5/1");
	send_data_v9(k, &g, 300, "06 07");
	is_uint(k->flows, 2 * REAL + 2, "and an old one get a template");
	kit_free(k);
}

static void
test_domains(void)
{
	struct wire_limits limits = small_limits();
	struct kit *k = kit_new(&limits);
	struct dgram g = { .len = 0 };

	settle(k, &g);
	for (unsigned i = 0; i < 20000; i++) {
		k->sender = addr_v4(0x0a000001 + i % 4);
		g.domain = 1000 + i;
		send_template_v9(k, &g, 256, "7/2");
	}
	all_decode(k, &g, "a flood of domains of the same senders");
	kit_free(k);
}

/* A young exporter with flows outlasts those without. */
static void
test_young(void)
{
	struct wire_limits limits = small_limits();
	struct kit *k = kit_new(&limits);
	struct dgram g = { .len = 0 };

	k->sender = addr_v4(0x0b000001);
	send_template_v9(k, &g, 256, "7/2 11/2");
	for (unsigned i = 0; i < 5000; i++) {
		k->sender = addr_v4(0x0b000001);
		g.domain = 0;
		if (i % 50 == 0)
			send_data_v9(k, &g, 256, "0001 0002");
		k->sender = addr_v4(0xc0000000 + i);
		g.domain = 1;
		send_template_v9(k, &g, 256, "7/2");
	}
	is_uint(k->flows, 100, "a new exporter in the midst of a flood");
	kit_free(k);
}

/* Data sets without a template do not use up the memory. */
static void
test_held(void)
{
	struct wire_limits limits = small_limits();
	struct kit *k = kit_new(&limits);
	struct dgram g = { .len = 0 };

	settle(k, &g);
	for (unsigned i = 0; i < 3000; i++) {
		k->sender = addr_v4(0xc0000000 + i % 20);
		g.domain = 1;
		begin_v9(&g);
		begin_set(&g, 999);
		for (unsigned n = 0; n < 200; n++)
			put(&g, 1, 4);
		send_dgram(k, &g);
	}
	all_decode(k, &g, "a flood of data");
	k->sender = addr_v4(0x0b000001);
	send_template_v9(k, &g, 256, "7/2 11/2");
	send_data_v9(k, &g, 256, "0001 0002");
	is_uint(k->flows, 2 * REAL + 1, "there is room for templates");
	ok(kit_counters(k).sets_dropped > 2000, "most were dropped");
	k->now_ms += 31000;
	send_data_v9(k, &g, 256, "0001 0002");
	is_uint(kit_counters(k).sets_dropped, 3000, "in time, all");
	kit_free(k);
}

/* What waited is lost with its exporter, and at the end. */
static void
test_held_lost(void)
{
	struct wire_limits limits = WIRE_LIMITS_DEFAULT;
	struct dgram g = { .len = 0 };
	struct wire_counters c;
	struct kit *k;

	limits.exporters_per_sender = 1;
	k = kit_new(&limits);
	g.domain = 1;
	send_data_v9(k, &g, 256, "0001 0002");
	g.domain = 2;
	send_data_v9(k, &g, 256, "0001 0002");
	wire_totals(k->d, &c);
	is_uint(c.sets_dropped, 1, "an exporter is forgotten with its set");
	wire_give_up_held(k->d);
	wire_totals(k->d, &c);
	is_uint(c.sets_dropped, 2, "at the end the other one, too");
	is_uint(c.sets_held, 2, "of two");
	kit_free(k);
}

int
main(void)
{
	test_senders();
	test_domains();
	test_young();
	test_held();
	test_held_lost();
	return done_testing();
}
