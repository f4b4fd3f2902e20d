/*
 * The state of a decoder over a restart: templates, rates, times, sequence
 * numbers, order of use; limits, damage, want of memory.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "nomem.h"
#include "tap.h"
#include "wire/state.h"
#include "wirekit.h"

static void
save(const struct kit *k, bool is_stop, struct buffer *b)
{
	struct err err;

	if (wire_state_save(k->d, NULL, NULL, is_stop, b, &err) == -1)
		bail("%s", err.text);
}

static int
load(struct kit *k, const struct buffer *b)
{
	struct err err;

	return wire_state_load(k->d, (const uint8_t *)b->data, b->len, NULL,
	    NULL, &err);
}

/* A new decoder with the state of *k, which goes. */
static struct kit *
restart(struct kit *k, bool is_stop)
{
	struct buffer b = BUFFER_EMPTY;
	struct kit *next = kit_new(NULL);

	save(k, is_stop, &b);
	is_int(load(next, &b), 0, "the state is loaded");
	next->now_ms = k->now_ms + 60000;
	kit_free(k);
	buffer_fini(&b);
	return next;
}

static void
send_options(struct kit *k, struct dgram *g, unsigned rate)
{
	begin_ipfix(g);
	begin_set(g, 3);
	put_options(g, 300, 1, "149/4 34/4 160/8");
	end_set(g);
	begin_set(g, 300);
	put(g, 0, 4);
	put(g, rate, 4);
	put(g, KIT_MS - 1000000, 8);
	send_dgram(k, g);
}

static void
test_all(void)
{
	struct kit *k = kit_new(NULL);
	struct dgram g = { .len = 0 };

	send_template_ipfix(k, &g, 256, "7/2 2/4 22/4 95/v 29305.1/4");
	send_options(k, &g, 100);
	k = restart(k, true);
	is_uint(k->exporters + k->samplers, 0, "nothing is told yet");
	is_uint(kit_counters(k).template_records, 0, "nothing was received");
	send_data_ipfix(k, &g, 256, "0001 00000003 000003e8 01 02 00000007");
	is_uint(k->exporters, 1, "the exporter is told with a datagram");
	is_uint(k->samplers, 1, "and its rate");
	is_uint(k->flows, 1, "the template is known");
	is_uint(k->flow[0].in_packets, 300, "the rate, too");
	is_uint(k->flow[0].out_bytes, 700, "and elements of enterprises");
	is_uint(k->flow[0].first_ms, KIT_MS - 1000000 + 1000, "the init time");
	kit_free(k);
}

static void
test_names(void)
{
	struct kit *k = kit_new(NULL);
	struct dgram g = { .len = 0 };

	begin_ipfix(&g);
	begin_set(&g, 3);
	put_options(&g, 300, 1, "10/4 82/v");
	put_options(&g, 301, 1, "95/4 96/v 94/v");
	begin_set(&g, 300);
	put_hex(&g, "00000005 0465746830 00000006 0465746831");
	begin_set(&g, 301);
	put_hex(&g, "0d000319 0468747470 03776562");
	send_dgram(k, &g);
	k = restart(restart(k, true), false);
	is_uint(k->names, 0, "no name is told yet");
	send_template_ipfix(k, &g, 256, "7/2");
	is_uint(k->names, 3, "names are told with a datagram");
	for (unsigned i = 0; i < k->names; i++)
		if (k->name[i].kind == WIRE_NAME_APP)
			is_str(k->name[i].description, "web", "application");
		else
			is_str(k->name[i].name, k->name[i].id == 5 ? "eth0" :
			    "eth1", "interface %u", k->name[i].id);
	begin_ipfix(&g);
	begin_set(&g, 300);
	put_hex(&g, "00000005 0465746830 00000006 0465746832");
	send_dgram(k, &g);
	is_uint(k->names, 4, "then only another one");
	kit_free(k);
}

static void
test_v9(void)
{
	struct kit *k = kit_new(NULL);
	struct dgram g = { .len = 0 };

	send_template_v9(k, &g, 256, "7/2 11/2");
	begin_v9(&g);
	begin_set(&g, 1);
	put_options(&g, 300, 1, "1/4 48/1 50/4");
	send_dgram(k, &g);
	k = restart(k, true);
	send_data_v9(k, &g, 256, "0001 0002");
	is_uint(k->flows, 1, "v9: template");
	begin_v9(&g);
	begin_set(&g, 300);
	put_hex(&g, "00000000 01 00000002");
	send_dgram(k, &g);
	is_uint(k->samplers, 1, "v9: options template");
	kit_free(k);
}

/* Packets sent while the collector was away. */
static void
test_gap(bool is_stop, uint32_t away, uint32_t uptime, uint64_t missed)
{
	struct kit *k = kit_new(NULL);
	struct dgram g = { .sequence = 5000, .seconds = KIT_SECONDS,
		.uptime = 100000 };

	send_template_v9(k, &g, 256, "7/2 11/2");
	k = restart(k, is_stop);
	g.sequence += away;
	g.uptime = uptime;
	send_data_v9(k, &g, 256, "0001 0002");
	is_uint(kit_counters(k).downtime_datagrams, missed,
	    "%u sent meanwhile", away);
	is_uint(kit_counters(k).sequence_failures, 0, "is no failure");
	is_uint(kit_counters(k).missing_datagrams, 0, "and nothing is missing");
	g.sequence += 2;
	send_data_v9(k, &g, 256, "0001 0002");
	is_uint(kit_counters(k).missing_datagrams, 2, "two later are");
	is_uint(kit_counters(k).downtime_datagrams, missed, "told once");
	kit_free(k);
}

static bool
is_changed(struct kit *k)
{
	return wire_state_is_changed(k->d);
}

static void
test_changes(void)
{
	struct kit *k = kit_new(NULL);
	struct dgram g = { .len = 0 };

	ok(!is_changed(k), "nothing to save");
	send_template_ipfix(k, &g, 256, "7/2 11/2");
	ok(is_changed(k), "a template");
	ok(!is_changed(k), "asked again");
	send_template_ipfix(k, &g, 256, "7/2 11/2");
	send_data_ipfix(k, &g, 256, "0001 0002");
	ok(!is_changed(k), "the same template, data");
	send_options(k, &g, 7);
	ok(is_changed(k), "a rate");
	send_options(k, &g, 7);
	ok(!is_changed(k), "the same rate");
	send_options(k, &g, 8);
	ok(is_changed(k), "another rate");
	begin_ipfix(&g);
	begin_set(&g, 2);
	put_hex(&g, "0100 0000");
	send_dgram(k, &g);
	ok(is_changed(k), "a withdrawal");
	kit_free(k);
}

static void
test_newer(void)
{
	struct kit *k = kit_new(NULL);
	struct kit *old = kit_new(NULL);
	struct buffer b = BUFFER_EMPTY;
	struct dgram g = { .len = 0 };

	send_template_ipfix(old, &g, 256, "11/2 7/2");
	send_template_ipfix(old, &g, 257, "11/2");
	send_options(old, &g, 5);
	save(old, true, &b);
	g.sequence = 0;
	send_template_ipfix(k, &g, 256, "7/2 11/2");
	send_options(k, &g, 7);
	is_int(load(k, &b), 0, "an old state is loaded");
	is_uint(k->samplers, 1, "the rate stays");
	send_data_ipfix(k, &g, 256, "0001 0002");
	is_uint(k->flow[0].src_port, 1, "the template stays");
	send_data_ipfix(k, &g, 257, "0009");
	is_uint(k->flow[1].dst_port, 9, "one that was missing is there");
	buffer_fini(&b);
	kit_free(old);
	kit_free(k);
}

static bool
is_second(void *ctx, struct addr sender)
{
	(void)ctx;
	return sender.lo % 2 == 0;
}

static void
test_senders(void)
{
	struct kit *k[3] = { kit_new(NULL), kit_new(NULL), kit_new(NULL) };
	struct buffer b = BUFFER_EMPTY;
	struct dgram g = { .len = 0 };
	struct err err;

	for (unsigned i = 0; i < 8; i++) {
		k[i % 2]->sender.lo += 1;
		send_template_v9(k[i % 2], &g, 256, "7/2");
	}
	is_int(wire_state_save(k[0]->d, is_second, NULL, true, &b, &err), 0,
	    "some senders");
	save(k[1], true, &b);
	is_int(load(k[2], &b), 0, "two states");
	for (k[2]->sender.lo++; k[2]->sender.lo <= k[0]->sender.lo;
	     k[2]->sender.lo++)
		send_data_v9(k[2], &g, 256, "0001");
	is_uint(k[2]->flows, 4, "templates of both");
	for (unsigned i = 0; i < 3; i++)
		kit_free(k[i]);
	buffer_fini(&b);
}

/* Who was silent for longest makes room, whatever the order in the state. */
static void
test_order(void)
{
	struct wire_limits limits = WIRE_LIMITS_DEFAULT;
	struct buffer b = BUFFER_EMPTY;
	struct dgram g = { .len = 0 };
	struct kit *k = kit_new(NULL);

	for (unsigned i = 0; i < 3; i++, k->now_ms += 1000) {
		g.domain = i;
		send_template_v9(k, &g, 256, "7/2");
	}
	g.domain = 0;
	send_template_v9(k, &g, 256, "7/2");
	save(k, true, &b);
	kit_free(k);
	limits.exporters_per_sender = 3;
	k = kit_new(&limits);
	is_int(load(k, &b), 0, "three exporters");
	k->now_ms += 600000 + 2000;
	g.domain = 9;
	send_template_v9(k, &g, 256, "7/2");
	is_uint(k->exporter.id, 9, "one makes room");
	g.domain = 0;
	send_data_v9(k, &g, 256, "0001");
	is_uint(k->flows, 1, "it is not the one used last");
	buffer_fini(&b);
	kit_free(k);
}

static void
test_limits(void)
{
	struct wire_limits limits = WIRE_LIMITS_DEFAULT;
	struct buffer b = BUFFER_EMPTY;
	struct dgram g = { .len = 0 };
	struct kit *k = kit_new(NULL);

	for (unsigned i = 0; i < 8; i++)
		send_template_v9(k, &g, (uint16_t)(256 + i), "7/2");
	send_template_v9(k, &g, 300, "7/2 11/2 4/1");
	save(k, true, &b);
	kit_free(k);
	limits.templates_per_exporter = 4;
	limits.fields_per_template = 2;
	k = kit_new(&limits);
	is_int(load(k, &b), 0, "more than the limits");
	send_data_v9(k, &g, 256, "0001");
	send_data_v9(k, &g, 300, "0001 0002 06");
	is_uint(k->flows, 0, "what is above them is not taken");
	send_data_v9(k, &g, 263, "0001");
	is_uint(k->flows, 1, "the templates used last are");
	buffer_fini(&b);
	kit_free(k);
}

static void
test_damage(void)
{
	struct kit *k = kit_new(NULL);
	struct buffer b = BUFFER_EMPTY;
	struct dgram g = { .len = 0 };
	unsigned refused = 0;
	struct kit *into;
	size_t len;

	send_template_v9(k, &g, 256, "7/2 11/2");
	save(k, true, &b);
	kit_free(k);
	into = kit_new(NULL);
	len = b.len;
	for (b.len = 1; b.len < len; b.len++)
		refused += load(into, &b) == -1;
	is_uint(refused, len - 1, "every cut");
	refused = 0;
	for (size_t i = 0; i < len; i++) {
		b.data[i] ^= 0x10;
		refused += load(into, &b) == -1;
		b.data[i] ^= 0x10;
	}
	is_uint(refused, len - 2, "every bit but the reserved ones");
	is_int(load(into, &(struct buffer)BUFFER_EMPTY), 0, "nothing at all");
	buffer_fini(&b);
	kit_free(into);
}

static void
test_nomem(void)
{
	struct kit *k = kit_new(NULL);
	struct buffer b = BUFFER_EMPTY;
	struct dgram g = { .len = 0 };
	bool was_hit = true;
	struct err err;
	struct kit *to;
	unsigned n;
	int rc;

	send_template_ipfix(k, &g, 256, "7/2 11/2");
	send_options(k, &g, 7);
	for (n = 1; was_hit; n++) {
		b = (struct buffer)BUFFER_EMPTY;
		nomem_at(n);
		rc = wire_state_save(k->d, NULL, NULL, true, &b, &err);
		was_hit = nomem_hit();
		nomem_at(0);
		ok(was_hit ? rc == -1 && err.code == ERR_NOMEM && b.len == 0 :
			     rc == 0, "save, allocation %u", n);
		if (was_hit)
			buffer_fini(&b);
	}
	was_hit = true;
	for (n = 1; was_hit; n++) {
		to = kit_new(NULL);
		nomem_at(n);
		rc = load(to, &b);
		was_hit = nomem_hit();
		nomem_at(0);
		is_int(rc, 0, "load, allocation %u", n);
		send_template_ipfix(to, &g, 256, "7/2 11/2");
		send_data_ipfix(to, &g, 256, "0001 0002");
		is_uint(to->flows, 1, "it goes on");
		kit_free(to);
	}
	buffer_fini(&b);
	kit_free(k);
}

int
main(void)
{
	test_all();
	test_names();
	test_v9();
	test_gap(true, 0, 160000, 0);
	test_gap(true, 77, 160000, 77);
	test_gap(true, 100000, 5000, 0);
	test_gap(true, (uint32_t)-4000, 5000, 0);
	test_gap(false, 77, 160000, 0);
	test_changes();
	test_newer();
	test_senders();
	test_order();
	test_limits();
	test_damage();
	test_nomem();
	return done_testing();
}
