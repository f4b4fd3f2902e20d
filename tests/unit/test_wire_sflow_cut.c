/*
 * sFlow version 5 that is cut, says too much or is too much.
 */
#include "sflowkit.h"
#include "tap.h"

/* clang-format off */
static const struct {
	const char *what;
	const char *hex; /* of the whole datagram behind the agent */
	unsigned flows;
	const char *event;
} broken[] = {
	{ "no samples", "00000000 00000001 00000001 00000000", 0, "" },
	{ "header cut", "00000000 00000001 00000001", 0, "sFlow: header cut" },
	{ "sample missing", "00000000 00000001 00000001 00000001", 0,
	    "sFlow: end of datagram after sample 0 of 1" },
	{ "sample cut", "00000000 00000001 00000001 00000001 00000001 "
	    "ffffffff 00000000", 0, "sFlow: sample 1 of 1 cannot be read" },
	{ "sample too short", "00000000 00000001 00000001 00000001 00000001 "
	    "00000004 00000000", 0, "sFlow: sample 1 of 1 cannot be read" },
};

/* Records that say more than there is. */
static const struct {
	uint32_t tag;
	const char *hex;
} cut[] = {
	{ 1, "0000000b 00000064 00000000 00000015 " SF_IP4 },
	{ 1, "0000000b 00000064 00000000 ffffffff " SF_IP4 },
	{ 1, "0000000b" },
	{ 2, "00000200 0200000000010000" },
	{ 3, "000001f4 00000006 0a050505 0a060606 000003e8 000007d0 00000010" },
	{ 4, "000001f4 00000006 0a050505 0a060606 000003e8 000007d0 00000010" },
	{ 1001, "00000064" },
	{ 1002, "00000001 0a090909 00000018" },
	{ 1002, "00000003 0a090909 00000018 00000018" },
	{ 1003, "00000001 0a080808 00000001 00000001" },
	{ 1003, "00000001 0a080808 00000001 00000001 00000001 ffffffff" },
	{ 1003, "00000001 0a080808 00000001 00000001 00000001 00000001 "
	    "00000002 ffffffff 00000001" },
	{ 1006, "00000001 0a080808 40000000 00000001" },
	{ 1007, "00000001 0a080808 00000002 0a080808" },
	{ 1020, "00000001" },
};
/* clang-format on */

static void
test_broken(void)
{
	struct kit *k;
	struct sflow s;

	sf_init(&s);
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		k = kit_new(NULL);
		s.g.len = 0;
		put_hex(&s.g, "00000005 00000001 0a000001");
		put_hex(&s.g, broken[i].hex);
		kit_send(k, s.g.data, s.g.len);
		is_uint(k->flows, broken[i].flows, "%s: flows",
		    broken[i].what);
		is_str(k->event, broken[i].event, "%s: told", broken[i].what);
		is_uint(kit_malformed(k), broken[i].event[0] != '\0',
		    "%s: counted", broken[i].what);
		kit_free(k);
	}
}

/* A broken record costs its sample and those behind it, not those before. */
static void
test_cut_records(void)
{
	struct kit *k = kit_new(NULL);
	struct sflow s;
	unsigned n = sizeof(cut) / sizeof(cut[0]);

	sf_init(&s);
	for (unsigned i = 0; i < n; i++) {
		sf_begin(&s);
		sf_flow(&s);
		sf_packet(&s, SF_IPV4, SF_IP4 SF_TCP);
		sf_flow(&s);
		sf_packet(&s, SF_IPV4, SF_IP4 SF_TCP);
		sf_record(&s, cut[i].tag, cut[i].hex);
		sf_flow(&s);
		sf_packet(&s, SF_IPV4, SF_IP4 SF_TCP);
		sf_send(k, &s);
		is_uint(k->flows, i + 1, "record %u cut: one flow", i);
		is_uint(kit_malformed(k), i + 1, "counted");
	}
	is_uint(k->events[WIRE_MALFORMED], 1, "told once");
	kit_free(k);
}

/* Every prefix of a datagram, and every length in it made large. */
static void
test_prefixes(void)
{
	struct kit *k = kit_new(NULL);
	struct sflow s;
	size_t len;

	sf_init(&s);
	sf_begin(&s);
	sf_flow(&s);
	sf_record(&s, 1003, "00000001 0a080808 0000fde8 0000fde9 0000fdea "
	    "00000001 00000002 00000001 0000fdeb 00000000 00000064");
	sf_packet(&s, SF_ETHERNET, SF_ETHER SF_IP4 SF_TCP);
	sf_counters(&s);
	sf_record(&s, 1005, "00000004 65746837");
	sf_send(k, &s);
	is_uint(k->flows, 1, "the whole");
	for (len = 4; len < s.g.len; len++)
		kit_send(k, s.g.data, len);
	for (size_t i = 4; i + 4 <= s.g.len; i += 4)
		for (unsigned bit = 0; bit < 32; bit++) {
			s.g.data[i + 3 - bit / 8] ^= 1 << bit % 8;
			if (k->flows == KIT_FLOWS || k->names == KIT_NAMES ||
			    k->samplers > KIT_SAMPLERS - 2)
				kit_forget(k);
			kit_send(k, s.g.data, s.g.len);
			s.g.data[i + 3 - bit / 8] ^= 1 << bit % 8;
		}
	kit_forget(k);
	kit_send(k, s.g.data, s.g.len);
	is_uint(k->flows, 1, "the whole again");
	kit_free(k);
}

static void
test_limits(void)
{
	struct kit *k = kit_new(NULL);
	struct sflow s;

	sf_init(&s);
	for (s.source = 0; s.source <= 4096; s.source++) {
		if (k->flows == KIT_FLOWS)
			kit_forget(k);
		sf_send_packet(k, &s, SF_IPV4, SF_IP4 SF_TCP);
	}
	is_uint(k->events[WIRE_LIMIT], 1, "too many sources");
	is_uint(kit_last(k)->in_packets, 100, "their flows count");
	kit_free(k);
}

int
main(void)
{
	test_broken();
	test_cut_records();
	test_prefixes();
	test_limits();
	return done_testing();
}
