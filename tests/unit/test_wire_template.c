/*
 * Templates of NetFlow v9 and IPFIX: definitions that are refused, padding,
 * changes, withdrawals, limits, held data, message and set lengths.
 */
#include <string.h>

#include "tap.h"
#include "wirekit.h"

#define FIVE "8/4 12/4 7/2 11/2 4/1"
#define FIVE_DATA "0a000001 0a000002 0457 0050 06"

static uint64_t
malformed(const struct kit *k)
{
	return kit_malformed(k);
}

static void
test_refused_v9(void)
{
	struct kit *k = kit_new(NULL);
	struct dgram g = { .len = 0 };

	begin_v9(&g);
	begin_set(&g, 0);
	put_template(&g, 255, FIVE);
	put_template(&g, 256, FIVE);
	put_template(&g, 257, "");
	put_template(&g, 258, "8/0 12/0 0/0");
	put_template(&g, 259, "8/0 7/2");
	put(&g, 0, 4); /* padding */
	begin_set(&g, 256);
	put_hex(&g, FIVE_DATA);
	begin_set(&g, 259);
	put_hex(&g, "0016");
	send_dgram(k, &g);
	is_uint(k->flows, 2, "the good ones are read");
	is_uint(kit_last(k)->src_port, 22, "fields of length 0 take no room");
	is_uint(malformed(k), 2, "id below 256 and record length 0 refused");

	begin_v9(&g);
	begin_set(&g, 0);
	put(&g, 300, 2);
	put(&g, 100, 2);
	put(&g, 0, 8);
	begin_set(&g, 256);
	put_hex(&g, FIVE_DATA);
	send_dgram(k, &g);
	is_uint(malformed(k), 3, "more fields than the set has");
	is_uint(k->flows, 3, "the next set is read");

	begin_v9(&g);
	begin_set(&g, 1);
	put_hex(&g, "0101 0003 0004 00010004");
	send_dgram(k, &g);
	is_uint(malformed(k), 4, "scope length that is no multiple of 4");
	kit_free(k);
}

static void
test_refused_ipfix(void)
{
	struct kit *k = kit_new(NULL);
	struct dgram g = { .len = 0 };

	begin_ipfix(&g);
	begin_set(&g, 2);
	put_template(&g, 2000, "1.1/0 8/0");
	put_template(&g, 12, FIVE);
	put_template(&g, 256, FIVE);
	begin_set(&g, 3);
	put_options(&g, 257, 0, "149/4 34/4");
	put_options(&g, 257, 3, "149/4 34/4");
	put_options(&g, 258, 1, "149/4 34/4");
	begin_set(&g, 256);
	put_hex(&g, FIVE_DATA);
	send_dgram(k, &g);
	is_uint(malformed(k), 4, "length 0, id 12, scopes of 0 and too many");
	is_uint(k->flows, 1, "the good one is read");
	is_uint(kit_counters(k).template_records, 2, "template records");

	begin_ipfix(&g);
	begin_set(&g, 2);
	put_hex(&g, "0102 0002 8001 0004"); /* the enterprise is cut */
	send_dgram(k, &g);
	is_uint(malformed(k), 5, "a cut specifier");
	kit_free(k);
}

/* Sets of odd lengths behind a good template and one record. */
static void
test_set_lengths(void)
{
	static const struct {
		const char *what;
		const char *hex;
		unsigned refused;
	} cases[] = {
		{ "zero bytes to the end", "0000 0000 0000 00", 0 },
		{ "length 0, then data", "0100 0000 ffff", 1 },
		{ "length 3", "0100 0003", 1 },
		{ "length 4", "0100 0004", 0 },
		{ "past the end", "0100 0020 0102", 1 },
		{ "reserved id", "0005 0008 0000 0000", 1 },
		{ "rest of three bytes", "010001", 0 },
	};

	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kit *k = kit_new(NULL);
		struct dgram g = { .len = 0 };

		send_template_v9(k, &g, 256, FIVE);
		begin_v9(&g);
		begin_set(&g, 256);
		put_hex(&g, FIVE_DATA);
		end_set(&g);
		put_hex(&g, cases[i].hex);
		send_dgram(k, &g);
		is_uint(k->flows, 1, "%s: the flow before", cases[i].what);
		is_uint(malformed(k), cases[i].refused, "%s: refused",
		    cases[i].what);
		kit_free(k);
	}
}

static void
test_padding(void)
{
	struct kit *k = kit_new(NULL);
	struct dgram g = { .len = 0 };

	send_template_v9(k, &g, 256, FIVE);
	send_data_v9(k, &g, 256, FIVE_DATA FIVE_DATA "ffffffff ffffffff");
	is_uint(k->flows, 2, "less than a record is padding");
	is_uint(malformed(k) + kit_counters(k).cut_records, 0, "silent");
	send_template_v9(k, &g, 257, "4/1");
	send_data_v9(k, &g, 257, "01 02 03 04 05 06");
	is_uint(k->flows, 8, "six records of one byte");
	is_uint(kit_last(k)->proto, 6, "the last one");
	send_template_ipfix(k, &g, 256, "7/2 210/3 11/2");
	send_data_ipfix(k, &g, 256, "0001 ffffff 0002");
	is_uint(kit_last(k)->dst_port, 2, "padding inside a record");
	kit_free(k);
}

static void
test_variable(void)
{
	struct kit *k = kit_new(NULL);
	struct dgram g = { .len = 0 };

	send_template_ipfix(k, &g, 256, "7/2 9.999/v 11/2 95/v");
	send_data_ipfix(k, &g, 256, "0001 00 0002 00"
	    "0003 03 aabbcc 0004 ff0002 0102"
	    "0005 ff0001 aa 0006 04 0d00004d 00");
	is_uint(k->flows, 3, "short and long lengths, long below 255 too");
	is_uint(k->flow[1].src_port * 100 + k->flow[1].dst_port, 304, "ports");
	is_uint(k->flow[1].app_id.len, 2, "application id");
	is_uint(k->flow[0].app_id.len, 0, "none");
	is_mem(k->flow[2].app_id.data, "\x0d\0\0\x4d", 4, "as sent");
	is_uint(kit_counters(k).cut_records, 0, "and a byte of padding");
	send_data_ipfix(k, &g, 256, "0001 00 0002 00 0003 ff0100 000000");
	is_uint(k->flows, 4, "what runs past the set is not read");
	is_uint(kit_counters(k).cut_records, 1, "but counted");
	send_template_v9(k, &g, 256, "7/2 236/v 11/2");
	send_data_v9(k, &g, 256, "0007 02 4142 0008");
	is_uint(kit_last(k)->dst_port, 8, "variable length in v9");
	send_template_v9(k, &g, 257, "15/v 18/v 8/4");
	send_data_v9(k, &g, 257, "00 00 0a000001");
	ok(addr_equal(kit_last(k)->next_hop, addr_v4(0)) &&
	    addr_equal(kit_last(k)->bgp_next_hop, addr_v4(0)),
	    "an IPv4 address of length 0 is 0.0.0.0");
	kit_free(k);
}

static void
test_changes(void)
{
	struct kit *k = kit_new(NULL);
	struct dgram g = { .len = 0 };

	send_template_v9(k, &g, 256, "7/2 11/2");
	send_data_v9(k, &g, 256, "0001 0002");
	is_uint(kit_last(k)->src_port, 1, "first layout");
	send_template_v9(k, &g, 256, "11/2 7/2");
	send_data_v9(k, &g, 256, "0001 0002");
	is_uint(kit_last(k)->src_port, 2, "replaced at once");
	send_template_v9(k, &g, 256, "31/2 44/2");
	send_data_v9(k, &g, 256, "0001 0002");
	is_uint(k->flows, 2, "one without known elements skips the data");
	is_uint(kit_counters(k).unknown_elements, 2, "two unknown elements");
	begin_v9(&g);
	begin_set(&g, 1);
	put_options(&g, 256, 1, "1/2 11/2");
	send_dgram(k, &g);
	send_data_v9(k, &g, 256, "0001 0002");
	is_uint(k->flows, 2, "options data are no flows");
	is_uint(kit_counters(k).option_records, 1, "but counted");
	send_template_v9(k, &g, 256, "11/2 7/2");
	send_data_v9(k, &g, 256, "0001 0002");
	is_uint(k->flows, 3, "a data template again");
	kit_free(k);
}

static void
test_domains(void)
{
	struct kit *k = kit_new(NULL);
	struct dgram g = { .len = 0 };
	struct dgram other = { .domain = 7 };

	send_template_v9(k, &g, 256, "7/2 11/2");
	send_template_v9(k, &other, 256, "11/2 7/2");
	send_data_v9(k, &g, 256, "0001 0002");
	is_uint(kit_last(k)->src_port, 1, "the template of the domain");
	send_data_v9(k, &other, 256, "0001 0002");
	is_uint(kit_last(k)->src_port, 2, "and of the other");
	is_uint(kit_last(k)->exporter_id, 2, "which is another exporter");
	send_data_ipfix(k, &g, 256, "0001 0002");
	is_uint(k->flows, 2, "nothing is shared with IPFIX");
	k->sender = addr_v4(0x7f000002);
	send_data_v9(k, &g, 256, "0001 0002");
	is_uint(k->flows, 2, "nor with another sender");
	is_uint(k->exporters, 4, "exporters");
	is_uint(kit_counters(k).sequence_failures, 0, "each counts on its own");
	kit_free(k);
}

/*
 * Zeros before anything but the end of a set are no templates, of which there
 * would be thousands, each looked through to its end.
 */
static void
test_zeros(void)
{
	static const uint8_t zeros[40000];
	struct kit *k = kit_new(NULL);
	struct dgram g = { .len = 0 };

	for (uint16_t set = 0; set <= 1; set++) {
		begin_v9(&g);
		begin_set(&g, set);
		put_bytes(&g, zeros, sizeof(zeros));
		put(&g, 1, 2);
		send_dgram(k, &g);
		is_uint(kit_malformed(k), set + 1, "v9: set %u", set);
	}
	for (uint16_t set = 2; set <= 3; set++) {
		begin_ipfix(&g);
		begin_set(&g, set);
		put_bytes(&g, zeros, sizeof(zeros));
		put(&g, 1, 2);
		send_dgram(k, &g);
		is_uint(kit_malformed(k), set + 1, "IPFIX: set %u", set);
	}
	kit_free(k);
}

static void
send_withdrawal(struct kit *k, struct dgram *g, uint16_t set, const char *hex)
{
	begin_ipfix(g);
	begin_set(g, set);
	put_hex(g, hex);
	send_dgram(k, g);
}

static void
test_withdrawal(void)
{
	struct kit *k = kit_new(NULL);
	struct dgram g = { .len = 0 };

	for (uint16_t id = 256; id < 260; id++)
		send_template_ipfix(k, &g, id, "7/2 11/2");
	begin_ipfix(&g);
	begin_set(&g, 3);
	put_options(&g, 300, 1, "149/4 34/4");
	send_dgram(k, &g);

	send_withdrawal(k, &g, 2, "0100 0000 012c 0000 0101 0000");
	send_data_ipfix(k, &g, 256, "0001 0002");
	send_data_ipfix(k, &g, 257, "0001 0002");
	is_uint(k->flows, 0, "two templates withdrawn in one set");
	send_data_ipfix(k, &g, 258, "0001 0002");
	is_uint(k->flows, 1, "the others are still there");
	send_data_ipfix(k, &g, 300, "00000001 00000002");
	is_uint(kit_counters(k).option_records, 1, "options are not touched");

	send_withdrawal(k, &g, 2, "0002 0000 0103 0002 0007 0002 000b 0002");
	send_data_ipfix(k, &g, 258, "0001 0002");
	is_uint(k->flows, 1, "all withdrawn");
	send_data_ipfix(k, &g, 259, "0001 0002");
	is_uint(k->flows, 2, "but one that came after it in the set");
	send_withdrawal(k, &g, 3, "0003 0000");
	send_data_ipfix(k, &g, 300, "00000001 00000002");
	is_uint(kit_counters(k).option_records, 1, "all options withdrawn");
	send_withdrawal(k, &g, 2, "0999 0000");
	send_withdrawal(k, &g, 2, "0003 0000");
	is_uint(malformed(k), 1, "the wrong id for all is refused");
	kit_free(k);
}

static void
test_messages(void)
{
	struct kit *k = kit_new(NULL);
	struct dgram g = { .len = 0 };

	send_template_ipfix(k, &g, 256, "7/2 11/2");
	begin_ipfix(&g);
	begin_set(&g, 256);
	put_hex(&g, "0001 0002");
	g.sequence = 1;
	add_ipfix(&g);
	begin_set(&g, 256);
	put_hex(&g, "0003 0004");
	end_set(&g);
	g.data[g.message + 3] = (uint8_t)(g.len - g.message);
	put_hex(&g, "000a 0200 0000");
	kit_send(k, g.data, g.len);
	is_uint(k->flows, 2, "two messages, then a cut header");
	is_uint(malformed(k), 0, "which is ignored");
	is_uint(kit_counters(k).sequence_failures, 0, "sequence goes on");

	begin_ipfix(&g);
	begin_set(&g, 256);
	put_hex(&g, "0001 0002");
	end_set(&g);
	g.data[3] = (uint8_t)(g.len + 1);
	kit_send(k, g.data, g.len);
	is_uint(k->flows, 2, "longer than the datagram: dropped");
	g.data[3] = 15;
	kit_send(k, g.data, g.len);
	is_uint(malformed(k), 2, "and so is a length below 16");
	kit_free(k);
}

static void
test_template_limits(void)
{
	struct wire_limits limits = WIRE_LIMITS_DEFAULT;
	struct dgram g = { .len = 0 };
	struct kit *k;

	limits.templates_per_exporter = 3;
	limits.fields_per_template = 4;
	k = kit_new(&limits);
	for (uint16_t id = 256; id < 259; id++)
		send_template_v9(k, &g, id, "7/2 11/2");
	send_data_v9(k, &g, 256, "0001 0002");
	send_template_v9(k, &g, 300, "7/2 11/2");
	is_uint(k->events[WIRE_LIMIT], 1, "the limit is told");
	send_data_v9(k, &g, 257, "0001 0002");
	is_uint(k->flows, 1, "the least recently used went");
	send_data_v9(k, &g, 256, "0001 0002");
	send_data_v9(k, &g, 300, "0001 0002");
	is_uint(k->flows, 3, "the others stayed");
	send_template_v9(k, &g, 256, "7/2 11/2 4/1 5/1 6/1");
	send_data_v9(k, &g, 256, "0001 0002");
	is_uint(k->flows, 3, "too many fields: the old one is not used");
	is_uint(kit_counters(k).sets_held, 2, "data waits for another");
	send_template_v9(k, &g, 300, "7/0 11/0");
	send_data_v9(k, &g, 300, "0001 0002");
	is_uint(k->flows, 3, "record length 0: likewise");
	send_template_v9(k, &g, 256, "7/2 11/2");
	is_uint(k->flows, 4, "it came");
	kit_free(k);
}

static void
test_exporter_limits(void)
{
	struct wire_limits limits = WIRE_LIMITS_DEFAULT;
	struct dgram g = { .len = 0 };
	struct kit *k;

	limits.exporters_per_sender = 2;
	k = kit_new(&limits);
	for (unsigned i = 0; i < 2; i++, k->now_ms += 60000)
		for (g.domain = 1; g.domain <= 2 + i; g.domain++)
			send_template_v9(k, &g, 256, "7/2 11/2");
	is_uint(k->exporters, 2, "a third exporter is refused");
	is_uint(k->events[WIRE_LIMIT], 1, "and told");
	g.domain = 1;
	send_data_v9(k, &g, 256, "0001 0002");
	is_uint(k->flows, 1, "the others go on");
	k->now_ms += 600001;
	send_data_v9(k, &g, 256, "0001 0002");
	g.domain = 3;
	send_template_v9(k, &g, 256, "7/2 11/2");
	is_uint(k->exporters, 3, "a silent one makes room");
	is_uint(k->exporter.sysid, 3, "with a number of its own");
	g.domain = 1;
	send_data_v9(k, &g, 256, "0001 0002");
	is_uint(k->flows, 3, "the active one stayed");
	k->sender = addr_v4(0x7f000002);
	g.domain = 9;
	send_template_v9(k, &g, 256, "7/2 11/2");
	is_uint(k->exporters, 4, "the limit is per sender");
	kit_free(k);
}

static void
count_one(void *ctx, const struct wire_exporter *e)
{
	(void)e;
	++*(unsigned *)ctx;
}

/* Whatever arrives, memory stays below its limit and decoding goes on. */
static void
test_memory_limit(void)
{
	unsigned kept = 0;
	struct wire_limits limits = WIRE_LIMITS_DEFAULT;
	struct dgram g = { .len = 0 };
	struct kit *k;

	limits.state_bytes = 20000;
	k = kit_new(&limits);
	for (uint16_t id = 256; id < 2000; id++)
		send_template_v9(k, &g, id, "7/2 11/2");
	send_data_v9(k, &g, 1999, "0001 0002");
	is_uint(k->flows, 1, "the last template is there");
	send_data_v9(k, &g, 256, "0001 0002");
	is_uint(k->flows, 1, "the first is not");
	for (g.domain = 1; g.domain < 100; g.domain++)
		send_template_v9(k, &g, 256, "7/2 11/2");
	wire_exporters(k->d, count_one, &kept);
	ok(kept < 40, "%u exporters of %u are kept", kept, k->exporters);
	ok(k->events[WIRE_LIMIT] >= 1, "told");
	kit_free(k);
}

static void
test_held(void)
{
	struct wire_limits limits = WIRE_LIMITS_DEFAULT;
	struct dgram g = { .len = 0 };
	struct kit *k;

	limits.held_sets = 3;
	limits.held_bytes = 100;
	k = kit_new(&limits);
	send_data_v9(k, &g, 256, "0001 0002");
	k->now_ms += 1000;
	g.seconds += 60;
	send_data_v9(k, &g, 257, "0003 0004");
	is_uint(kit_counters(k).sets_held, 2, "two sets wait");
	send_template_v9(k, &g, 256, "7/2 11/2");
	is_uint(k->flows, 1, "one is read when its template comes");
	is_uint(kit_last(k)->received_ms, KIT_MS + 250, "received then");
	is_uint(kit_last(k)->last_ms, KIT_MS, "with the time of its packet");
	k->now_ms += 30001;
	send_template_v9(k, &g, 257, "7/2 11/2");
	is_uint(k->flows, 1, "after 30 s it is too late");
	is_uint(kit_counters(k).sets_dropped, 1, "and counted");

	for (unsigned i = 0; i < 5; i++)
		send_data_v9(k, &g, 258, "0001 0002");
	is_uint(kit_counters(k).sets_dropped, 3, "the oldest make room");
	send_template_v9(k, &g, 258, "7/2 11/2");
	is_uint(k->flows, 4, "three were kept");
	begin_v9(&g);
	begin_set(&g, 259);
	put(&g, 0, 101);
	send_dgram(k, &g);
	is_uint(kit_counters(k).sets_dropped, 4, "too long to be held");
	ok(k->events[WIRE_LIMIT] >= 1, "told");
	kit_free(k);
}

static void
test_held_in_packet(void)
{
	struct kit *k = kit_new(NULL);
	struct dgram g = { .len = 0 };

	begin_v9(&g);
	begin_set(&g, 256);
	put_hex(&g, "0001 0002");
	begin_set(&g, 257);
	put_hex(&g, "00000000 0000000a");
	begin_set(&g, 0);
	put_template(&g, 256, "7/2 11/2");
	begin_set(&g, 256);
	put_hex(&g, "0003 0004");
	begin_set(&g, 1);
	put_options(&g, 257, 1, "1/4 34/4");
	send_dgram(k, &g);
	is_uint(k->flows, 2, "data before its template in one packet");
	is_uint(k->flow[0].src_port, 3, "comes after the rest of it");
	is_uint(k->samplers, 1, "options data too");
	is_uint(kit_counters(k).sets_dropped, 0, "nothing is lost");
	kit_free(k);
}

static uint64_t
failures(struct kit *k, struct dgram *g, uint32_t sequence, uint16_t set,
    const char *hex)
{
	g->sequence = sequence;
	begin_ipfix(g);
	begin_set(g, set);
	put_hex(g, hex);
	send_dgram(k, g);
	return kit_counters(k).sequence_failures;
}

static void
test_ipfix_sequence(void)
{
	struct kit *k = kit_new(NULL);
	struct dgram g = { .len = 0 };
	uint64_t dropped;

	g.sequence = 1000;
	send_template_ipfix(k, &g, 256, "7/2 11/2");
	begin_ipfix(&g);
	begin_set(&g, 3);
	put_options(&g, 257, 1, "149/4 34/4");
	send_dgram(k, &g);
	is_uint(failures(k, &g, 5, 256, "0001 0002 0003 0004"), 0,
	    "counting begins with data");
	is_uint(failures(k, &g, 7, 257, "00000000 00000001"), 0,
	    "two records counted");
	is_uint(failures(k, &g, 8, 256, "0001 0002"), 0,
	    "an options record counts");
	is_uint(failures(k, &g, 19, 256, "0001 0002"), 1, "ten missing");
	is_uint(kit_counters(k).missing_flows, 10, "missing flows");
	is_uint(failures(k, &g, 20, 300, "0001 0002"), 1, "unknown template");
	is_uint(failures(k, &g, 99, 256, "0001 0002"), 1,
	    "makes the next a new beginning");
	is_uint(failures(k, &g, 0, 256, "0001 0002"), 2, "back to 0");
	is_uint(failures(k, &g, 0, 256, "0001 0002"), 2, "never counted");
	dropped = kit_counters(k).sets_dropped;
	is_uint(dropped, 0, "the unknown set still waits");
	kit_free(k);
}

static void
test_v9_sequence(void)
{
	struct kit *k = kit_new(NULL);
	struct dgram g = { .sequence = 5000 };

	send_template_v9(k, &g, 256, "7/2 11/2");
	send_data_v9(k, &g, 256, "0001 0002");
	is_uint(kit_counters(k).sequence_failures, 0, "in order");
	g.sequence += 4;
	send_data_v9(k, &g, 256, "0001 0002");
	is_uint(kit_counters(k).sequence_failures, 1, "a gap");
	is_uint(kit_counters(k).missing_datagrams, 4, "of four packets");
	g.sequence -= 4;
	send_data_v9(k, &g, 256, "0001 0002");
	is_uint(kit_counters(k).sequence_failures, 2, "one comes late");
	g.sequence += 3;
	send_data_v9(k, &g, 256, "0001 0002");
	is_uint(kit_counters(k).sequence_failures, 3, "the next does not");
	is_uint(kit_counters(k).missing_datagrams, 4, "and misses none");
	g.sequence -= 2000;
	send_data_v9(k, &g, 256, "0001 0002");
	g.sequence += 2;
	send_data_v9(k, &g, 256, "0001 0002");
	is_uint(kit_counters(k).missing_datagrams, 6,
	    "far back is where counting goes on");
	g.sequence = 3;
	g.uptime = 10;
	send_data_v9(k, &g, 256, "0001 0002");
	is_uint(kit_counters(k).sequence_failures, 5, "a restart");
	wire_reset_counters(k->d);
	is_uint(kit_counters(k).packets, 0, "counters start over");
	kit_free(k);
}

int
main(void)
{
	test_refused_v9();
	test_refused_ipfix();
	test_set_lengths();
	test_padding();
	test_variable();
	test_changes();
	test_domains();
	test_withdrawal();
	test_zeros();
	test_messages();
	test_template_limits();
	test_exporter_limits();
	test_memory_limit();
	test_held();
	test_held_in_packet();
	test_ipfix_sequence();
	test_v9_sequence();
	return done_testing();
}
