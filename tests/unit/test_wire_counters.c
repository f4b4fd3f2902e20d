/*
 * Counters: the table, sums, reasons of refusal, what stays over a reset and
 * over an exporter's end; numbers of exporters of several decoders.
 */
#include <string.h>

#include "tap.h"
#include "wirekit.h"

static void
test_table(void)
{
	struct wire_counters c = { .packets = 1 };
	struct wire_counters sum = { .packets = 2, .future_times = 5 };

	is_uint(sizeof(c), WIRE_COUNTERS * sizeof(uint64_t),
	    "nothing is counted outside of the table");
	for (unsigned i = 0; i < WIRE_COUNTERS; i++)
		for (unsigned j = 0; j < i; j++)
			if (strcmp(wire_counter_table[i].name,
				wire_counter_table[j].name) == 0 ||
			    (strcmp(wire_counter_table[i].metric,
				 wire_counter_table[j].metric) == 0 &&
				strcmp(wire_counter_table[i].reason,
				    wire_counter_table[j].reason) == 0))
				ok(false, "%u is as %u", i, j);
	c.malformed_header = 4;
	wire_counters_add(&sum, &c);
	is_uint(sum.packets, 3, "added");
	is_uint(wire_counter_get(&sum, WIRE_future_times), 5, "kept");
	is_uint(sum.malformed_header, 4, "new");
}

static void
send_set_v9(struct kit *k, struct dgram *g, uint16_t id, const char *hex)
{
	begin_v9(g);
	begin_set(g, id);
	put_hex(g, hex);
	send_dgram(k, g);
}

static void
test_reasons(void)
{
	struct kit *k = kit_new(NULL);
	struct dgram g = { .len = 0 };
	struct wire_counters c;

	send_set_v9(k, &g, 100, "00000000 01");
	send_set_v9(k, &g, 0, "000c 0001 0001 0001");
	begin_v9(&g);
	put_hex(&g, "0100 0003 00 01");
	send_dgram(k, &g);
	begin_v9(&g);
	g.len = 12;
	kit_send(k, g.data, g.len);
	begin_ipfix(&g);
	g.data[3] = 8;
	kit_send(k, g.data, g.len);
	g.len = 0;
	put_hex(&g, "0005 0063 00000000 00000000 00000000 00000000 00000000");
	kit_send(k, g.data, g.len);
	c = kit_counters(k);
	is_uint(c.malformed_set_id, 1, "set id");
	is_uint(c.malformed_template, 1, "template");
	is_uint(c.malformed_set_length, 1, "set length");
	is_uint(c.malformed_header, 1, "header");
	is_uint(c.malformed_message, 1, "message length");
	is_uint(c.malformed_count, 1, "count");
	is_uint(kit_malformed(k), 6, "and that is all");
	kit_free(k);
}

static void
test_replay(void)
{
	struct kit *k = kit_new(NULL);
	struct dgram g = { .len = 0 };
	struct wire_counters c;

	send_data_v9(k, &g, 256, "0001 0002 0003 0004");
	send_template_v9(k, &g, 256, "7/2 11/2");
	c = kit_counters(k);
	is_uint(c.sets_held, 1, "a set was held");
	is_uint(c.sets_replayed, 1, "and decoded later");
	is_uint(c.records_replayed, 2, "with its records");
	is_uint(c.flows, 2, "which are flows as others");
	kit_free(k);
}

static void
one_earlier(void *ctx, const struct wire_exporter *e)
{
	*(struct wire_exporter *)ctx = *e;
}

static void
test_earlier(void)
{
	struct wire_limits limits = WIRE_LIMITS_DEFAULT;
	struct dgram g = { .len = 0 };
	struct wire_exporter e;
	struct wire_counters c;
	struct kit *k;

	limits.exporters_per_sender = 1;
	k = kit_new(&limits);
	send_template_v9(k, &g, 256, "7/2 11/2");
	wire_reset_counters(k->d);
	send_data_v9(k, &g, 256, "0001 0002");
	wire_exporters(k->d, one_earlier, &e);
	is_uint(e.counters.packets, 1, "since the reset");
	is_uint(e.earlier.packets, 1, "before");
	is_uint(e.earlier.template_records, 1, "of each kind");
	wire_totals_ever(k->d, &c);
	is_uint(c.packets, 2, "both");
	k->now_ms += 700000;
	g.domain = 9;
	send_template_v9(k, &g, 256, "7/2 11/2");
	wire_exporters(k->d, one_earlier, &e);
	is_uint(e.id, 9, "the silent exporter made room");
	is_uint(kit_counters(k).packets, 2, "its counters stay");
	wire_totals_ever(k->d, &c);
	is_uint(c.packets, 3, "for ever");
	kit_free(k);
}

static void
test_sysid(void)
{
	struct wire_limits limits = WIRE_LIMITS_DEFAULT;
	struct dgram g = { .len = 0 };
	struct kit *k;

	limits.sysid_first = 2;
	limits.sysid_step = 3;
	k = kit_new(&limits);
	for (unsigned i = 0; i < 3; i++) {
		g.domain = i;
		send_template_v9(k, &g, 256, "7/2");
		is_uint(k->exporter.sysid, 2 + 3 * i, "exporter %u", i);
	}
	kit_free(k);
}

static void
test_sysid_end(void)
{
	struct wire_limits limits = WIRE_LIMITS_DEFAULT;
	struct dgram g = { .len = 0 };
	struct kit *k;

	limits.sysid_first = 65534;
	limits.sysid_step = 4;
	k = kit_new(&limits);
	send_template_v9(k, &g, 256, "7/2");
	is_uint(k->exporter.sysid, 65534, "one of the last numbers");
	g.domain = 1;
	send_template_v9(k, &g, 256, "7/2");
	is_uint(k->exporter.sysid, 0, "then there are none");
	kit_free(k);
}

int
main(void)
{
	test_table();
	test_reasons();
	test_replay();
	test_earlier();
	test_sysid();
	test_sysid_end();
	return done_testing();
}
