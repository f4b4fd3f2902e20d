/*
 * Malformed input (wire-protocols.md 14): each is counted under its own
 * reason, told once and then once a minute, and what is sound around it is
 * read.  Cut headers, wrong counts and sFlow are in test_wire_groups,
 * _netflow5 and _sflow_cut, floods in _flood.
 */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "sflowkit.h"
#include "tap.h"
#include "wirekit.h"

#define COUNTER(name) offsetof(struct wire_counters, name)
#define SILENT SIZE_MAX

struct broken {
	const char *what;
	const char *hex; /* sets, behind a sound one */
	size_t v9, ipfix; /* what counts it, or SILENT */
	unsigned flows; /* with that of the sound set */
};

#define GOOD "0100 000d 0a000001 0a000002 06 "

/* clang-format off */
static const struct broken broken[] = {
	{ "nothing", "", SILENT, SILENT, 1 },
	{ "zeros", "0000000000000000 000000", SILENT, SILENT, 1 },
	{ "length 0", "0100 0000 " GOOD, COUNTER(malformed_set_length),
	    COUNTER(malformed_set_length), 1 },
	{ "length 1", "0100 0001 " GOOD, COUNTER(malformed_set_length),
	    COUNTER(malformed_set_length), 1 },
	{ "length 3", "0100 0003 " GOOD, COUNTER(malformed_set_length),
	    COUNTER(malformed_set_length), 1 },
	{ "length 4", "0100 0004 " GOOD, SILENT, SILENT, 2 },
	{ "past the end", "0100 000e 0a000001 0a000002 06",
	    COUNTER(malformed_set_length), COUNTER(malformed_set_length), 1 },
	{ "reserved id", "0064 0008 00000000 " GOOD, COUNTER(malformed_set_id),
	    COUNTER(malformed_set_id), 2 },
	{ "three bytes", "010000", SILENT, SILENT, 1 },
	{ "less than a record", "0100 000c 0a000001 0a000002 " GOOD, SILENT,
	    SILENT, 2 },
	{ "template of v9", "0000 000c 00ff 0001 0008 0004 " GOOD,
	    COUNTER(malformed_template), COUNTER(malformed_set_id), 2 },
	{ "template of IPFIX", "0002 000c 00ff 0001 0008 0004 " GOOD,
	    COUNTER(malformed_set_id), COUNTER(malformed_template), 2 },
	{ "all of length 0, v9", "0000 0010 0103 0002 0008 0000 000c 0000 "
	    GOOD, COUNTER(malformed_template), COUNTER(malformed_set_id), 2 },
	{ "all of length 0, IPFIX", "0002 0010 0103 0002 0008 0000 000c 0000 "
	    GOOD, COUNTER(malformed_set_id), COUNTER(malformed_template), 2 },
	{ "more fields than there are, v9", "0000 000c 0103 0009 0008 0004 "
	    GOOD, COUNTER(malformed_template), COUNTER(malformed_set_id), 2 },
	{ "more fields than there are, IPFIX",
	    "0002 000c 0103 0009 0008 0004 " GOOD, COUNTER(malformed_set_id),
	    COUNTER(malformed_template), 2 },
	{ "options without scopes, IPFIX",
	    "0003 000e 0103 0001 0000 0022 0004 " GOOD,
	    COUNTER(malformed_set_id), COUNTER(malformed_template), 2 },
	{ "more scopes than fields, IPFIX",
	    "0003 000e 0103 0001 0002 0022 0004 " GOOD,
	    COUNTER(malformed_set_id), COUNTER(malformed_template), 2 },
	{ "scopes of half a field, v9",
	    "0001 000e 0103 0002 0004 0022 0004 " GOOD,
	    COUNTER(malformed_template), COUNTER(malformed_set_id), 2 },
	{ "a field past the set", "0101 000b 0001 02 0d00 0002 " GOOD, SILENT,
	    SILENT, 3 },
	{ "a length past the set", "0101 000b 0001 09 0d00 0002 " GOOD,
	    COUNTER(cut_records), COUNTER(cut_records), 2 },
	{ "a long length past the set", "0101 000a 0001 ff0100 02 " GOOD,
	    COUNTER(cut_records), COUNTER(cut_records), 2 },
};
/* clang-format on */

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void
send_templates(struct kit *k, struct dgram *g, unsigned version)
{
	begin_version(g, version);
	begin_set(g, version == 9 ? 0 : 2);
	put_template(g, 256, "8/4 12/4 4/1");
	put_template(g, 257, "7/2 95/v 11/2");
	send_dgram(k, g);
}

static void
send_broken(struct kit *k, struct dgram *g, unsigned version, const char *hex)
{
	begin_version(g, version);
	put_hex(g, GOOD);
	put_hex(g, hex);
	send_dgram(k, g);
}

/* What is counted there, or of all that is refused. */
static uint64_t
counted(const struct kit *k, size_t counter)
{
	struct wire_counters c = kit_counters(k);
	uint64_t v;

	if (counter == SILENT)
		return kit_malformed(k) + c.cut_records;
	memcpy(&v, (const uint8_t *)&c + counter, sizeof(v));
	return v;
}

static void
test_broken(const struct broken *b, unsigned version)
{
	size_t counter = version == 9 ? b->v9 : b->ipfix;
	bool is_told = counter != SILENT;
	struct kit *k = kit_new(NULL);
	struct dgram g = { .len = 0 };

	send_templates(k, &g, version);
	send_broken(k, &g, version, b->hex);
	is_uint(k->flows, b->flows, "v%u %s: flows", version, b->what);
	is_uint(counted(k, counter), is_told, "counted");
	is_uint(kit_malformed(k) + kit_counters(k).cut_records, is_told,
	    "nowhere else");
	is_uint(k->events[WIRE_MALFORMED], is_told, "told");
	send_broken(k, &g, version, b->hex);
	send_broken(k, &g, version, b->hex);
	is_uint(k->events[WIRE_MALFORMED], is_told, "once");
	k->now_ms += 60001;
	send_broken(k, &g, version, b->hex);
	is_uint(k->events[WIRE_MALFORMED], 2 * is_told, "and a minute later");
	ok(!is_told || strstr(k->event, "and 2 more") != NULL,
	    "with the number: %s", k->event);
	is_uint(counted(k, counter), 4 * is_told, "all are counted");
	is_uint(k->flows, 4 * b->flows, "all flows are there");
	kit_free(k);
}

/* Ids that are no template, options or data set. */
static void
test_reserved(unsigned version)
{
	unsigned templates = version == 9 ? 0 : 2;
	unsigned refused = 0;
	struct kit *k = kit_new(NULL);
	struct dgram g = { .len = 0 };

	send_templates(k, &g, version);
	for (unsigned id = 0; id < 256; id++) {
		if (id == templates || id == templates + 1)
			continue;
		begin_version(&g, version);
		begin_set(&g, (uint16_t)id);
		put_hex(&g, "0102 0001 0008 0004");
		end_set(&g);
		put_hex(&g, GOOD);
		send_dgram(k, &g);
		refused++;
	}
	is_uint(refused, 254, "v%u: reserved sets", version);
	is_uint(kit_counters(k).malformed_set_id, refused, "are counted");
	is_uint(k->flows, refused, "and skipped");
	is_uint(k->events[WIRE_MALFORMED], 1, "told once");
	is_uint(kit_counters(k).template_records, 2, "not looked into");
	kit_free(k);
}

/* A record that no set can hold. */
static void
test_long_record(unsigned version)
{
	struct kit *k = kit_new(NULL);
	struct dgram g = { .len = 0 };

	begin_version(&g, version);
	begin_set(&g, version == 9 ? 0 : 2);
	put_template(&g, 256, "8/4 1000/65530 12/4 1001/65530");
	put_template(&g, 257, "7/2 11/2");
	begin_set(&g, 256);
	put(&g, 0, 60000);
	begin_set(&g, 257);
	put_hex(&g, "0001 0002");
	send_dgram(k, &g);
	is_uint(kit_counters(k).template_records, 2,
	    "v%u: the template is taken", version);
	is_uint(k->flows, 1, "no data fit, those behind are read");
	is_uint(kit_malformed(k) + kit_counters(k).cut_records, 0, "silent");
	kit_free(k);
}

/* A template that changes with each packet costs no memory. */
static void
test_changing(unsigned version)
{
	struct kit *k = kit_new(NULL);
	struct dgram g = { .len = 0 };
	uint64_t most = 0, bytes;
	char fields[64];

	for (unsigned i = 0; i < 1000; i++) {
		snprintf(fields, sizeof(fields), "7/2 %u/%u 11/2",
		    1000 + i, 1 + i % 2);
		begin_version(&g, version);
		begin_set(&g, version == 9 ? 0 : 2);
		put_template(&g, 256, fields);
		begin_set(&g, 256);
		put_hex(&g, i % 2 == 0 ? "0001 ff 0002" : "0001 ffff 0002");
		send_dgram(k, &g);
		bytes = wire_state_bytes(k->d);
		if (i == 1)
			most = bytes;
		if (i > 1 && bytes > most)
			break;
	}
	is_uint(k->flows, 1000, "v%u: a thousand layouts", version);
	is_uint(kit_last(k)->dst_port, 2, "each read by its own");
	is_uint(wire_state_bytes(k->d), most, "in the room of one");
	kit_free(k);
}

/* Messages of lengths that cannot be, between sound ones. */
static void
test_messages(void)
{
	static const uint16_t lengths[] = { 0, 1, 15, 30, 65535 };
	struct kit *k = kit_new(NULL);
	struct dgram g = { .len = 0 };

	send_templates(k, &g, 10);
	for (size_t i = 0; i < COUNT(lengths); i++) {
		begin_ipfix(&g);
		put_hex(&g, GOOD);
		g.data[2] = (uint8_t)(lengths[i] >> 8);
		g.data[3] = (uint8_t)lengths[i];
		kit_send(k, g.data, g.len);
	}
	is_uint(k->flows, 0, "no message of a wrong length is read");
	is_uint(kit_counters(k).malformed_message, COUNT(lengths), "counted");
	is_uint(k->events[WIRE_MALFORMED], 1, "told once");
	kit_free(k);
}

/* Bytes that fill a record up may hold anything. */
static void
test_sflow_padding(void)
{
	struct kit *k = kit_new(NULL);
	struct sflow s;

	sf_init(&s);
	sf_begin(&s);
	sf_flow(&s);
	sf_record(&s, 1, "00000001 00000064 00000000 00000036"
	    SF_ETHER SF_IP4 SF_TCP "ffff");
	sf_send(k, &s);
	is_uint(k->flows, 1, "sFlow: padding that is not zero");
	is_uint(kit_last(k)->dst_port, 80, "is not looked at");
	is_uint(kit_malformed(k), 0, "nor counted");
	kit_free(k);
}

int
main(void)
{
	for (size_t i = 0; i < COUNT(broken); i++) {
		test_broken(&broken[i], 9);
		test_broken(&broken[i], 10);
	}
	test_reserved(9);
	test_reserved(10);
	test_long_record(9);
	test_long_record(10);
	test_changing(9);
	test_changing(10);
	test_messages();
	test_sflow_padding();
	return done_testing();
}
