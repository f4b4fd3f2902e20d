/*
 * Names after -s, -A, -O and --distinct.
 */
#include "query/report.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "output/format.h"
#include "tap.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* clang-format off */
static const char *const stat_names[] = {
#define STAT(name, heading, form, ...) name,
#include "query/keys.def"
};

static const struct {
	const char *name;
	const char *token;
} keys[] = {
#define WHOLE ""
#define V4 "/24"
#define V6 "/48"
#define NET ""
#define COUNTRY ""
#define KEY(name, token, field, form) { name form, "%" token },
#include "query/keys.def"
#undef WHOLE
#undef V4
#undef V6
#undef NET
#undef COUNTRY
};
/* clang-format on */

static int
statistic(const char *text, struct report_statistic *s)
{
	struct err err;

	return report_statistic_parse(text, s, &err);
}

/* The keys as text, "TOKENS/number of keys"; or the message. */
static const char *
keys_of(const char *text, struct group_spec *spec)
{
	static char result[ERR_TEXT_MAX];
	struct buffer tokens = BUFFER_EMPTY;
	struct err err;

	memset(spec, 0, sizeof(*spec));
	if (report_keys_parse(text, spec, &tokens, &err) == -1)
		snprintf(result, sizeof(result), "%s", err.text);
	else
		snprintf(result, sizeof(result), "%.*s/%u", (int)tokens.len,
		    tokens.data, spec->nkeys);
	buffer_fini(&tokens);
	return result;
}

static void
test_all_names(void)
{
	const struct format_options options = { .long_ipv6 = false };
	struct report_statistic s;
	struct group_spec spec;
	struct format *f;
	struct err err;
	int good = 1;

	for (size_t i = 0; i < COUNT(stat_names); i++) {
		memset(&spec, 0, sizeof(spec));
		if (statistic(stat_names[i], &s) == -1 ||
		    strcmp(s.element->name, stat_names[i]) != 0) {
			good = 0;
			note("-s %s", stat_names[i]);
			continue;
		}
		report_statistic_group(&s, &spec);
		for (unsigned k = 0; k < spec.nsides; k++)
			good &= field_table[spec.sides[k]].type ==
			    field_table[spec.keys[0].field].type;
	}
	ok(good, "every name after -s, with sides of one type");
	good = 1;
	for (size_t i = 0; i < COUNT(keys); i++) {
		const char *got = keys_of(keys[i].name, &spec);

		f = format_compile(keys[i].token, &options, &err);
		if (strncmp(got, keys[i].token, strlen(keys[i].token)) != 0 ||
		    f == NULL) {
			good = 0;
			note("-A %s: %s", keys[i].name, got);
		}
		format_free(f);
	}
	ok(good, "every name after -A, with a token");
	good = 1;
	for (size_t i = 0; i < COUNT(stat_names); i++)
		for (size_t j = 0; j < i; j++)
			good &= strcasecmp(stat_names[i], stat_names[j]) != 0;
	ok(good, "no name twice");
}

static void
test_statistic(void)
{
	struct report_statistic s;
	struct group_spec spec = { .nkeys = 0 };

	ok(statistic("SrcIP:p/bytes/packets/flows:a", &s) == 0, "orders");
	is_str(s.element->heading, "Src IP Addr", "heading");
	ok(s.is_split, "split by protocol");
	is_uint(s.orders.count, 3, "three orders");
	is_int(s.orders.list[0].id, ORDER_FLOWS, "in the order of the list");
	ok(s.orders.list[0].is_ascending, "ascending");
	is_int(s.orders.list[1].id, ORDER_PACKETS, "packets");
	is_int(s.orders.list[2].id, ORDER_BYTES, "bytes");
	report_statistic_group(&s, &spec);
	is_uint(spec.nkeys, 2, "address and protocol");
	ok(statistic("port", &s) == 0 && !s.is_split, "not split");
	is_int(s.orders.list[0].id, ORDER_FLOWS, "flows without an order");
	memset(&spec, 0, sizeof(spec));
	report_statistic_group(&s, &spec);
	is_uint(spec.nkeys, 1, "one key");
	is_uint(spec.nsides, 1, "and another side");
	is_int(spec.sides[0], FLD_DST_PORT, "the destination port");
	ok(statistic("proto", &s) == 0 && s.is_split, "proto is split");
	memset(&spec, 0, sizeof(spec));
	report_statistic_group(&s, &spec);
	is_uint(spec.nkeys, 1, "by itself");
	ok(statistic("record/bytes/bytes:a", &s) == 0 && s.element == NULL,
	    "record");
	is_uint(s.orders.count, 1, "an order twice is one");
	ok(s.orders.list[0].is_ascending, "the last direction holds");
}

static void
test_bad_statistic(void)
{
	static const struct {
		const char *text;
		const char *message;
	} bad[] = {
		{ "foo/bar", "Unknown stat: 'foo/bar'!" },
		{ "", "Unknown stat: ''!" },
		{ "srcip/", "Unknown stat: 'srcip/'!" },
		{ "srcip:/bytes", "Unknown stat: 'srcip:/bytes'!" },
		{ "srcip:pp", "Unknown stat: 'srcip:pp'!" },
		{ "scrip/bytes",
		    "Unknown stat: 'scrip/bytes'; did you mean 'srcip'?" },
		{ "recrod", "Unknown stat: 'recrod'; did you mean 'record'?" },
		{ "srcip/bytse",
		    "Unknown stat: 'srcip/bytse'; did you mean 'bytes'?" },
		{ "asn", "Unknown stat: 'asn': not available, it needs a "
		    "data base of AS names" },
	};
	struct report_statistic s;
	struct err err;

	for (size_t i = 0; i < COUNT(bad); i++) {
		err.text[0] = '\0';
		report_statistic_parse(bad[i].text, &s, &err);
		is_str(err.text, bad[i].message, "-s '%s'", bad[i].text);
		is_int(err.code, ERR_VALUE, "its code");
	}
}

static void
test_keys(void)
{
	struct group_spec spec;

	is_str(keys_of("srcip,dstport", &spec), "%sa %dp/2", "two keys");
	is_uint(spec.keys[0].v4_len, 32, "whole IPv4 addresses");
	is_uint(spec.keys[0].v6_len, 128, "whole IPv6 addresses");
	is_str(keys_of("srcip4/24", &spec), "%sa/1", "a length");
	is_uint(spec.keys[0].v4_len, 24, "of IPv4");
	is_uint(spec.keys[0].v6_len, 0, "nothing of IPv6");
	is_str(keys_of("dstip6/48,dstip4/8", &spec), "%da/1", "one key");
	is_uint(spec.keys[0].v4_len, 8, "with a length of IPv4");
	is_uint(spec.keys[0].v6_len, 48, "and one of IPv6");
	is_str(keys_of("srcnet", &spec), "%sn/2", "a network has its mask");
	is_int(spec.keys[0].mask, FLD_SRC_MASK, "it is cut by it");
	is_int(spec.keys[1].field, FLD_SRC_MASK, "which is a key");
	is_str(keys_of("srcnet,srcmask", &spec), "%sn %smk/2", "once");
	is_str(keys_of("dstmask,dstnet", &spec), "%dmk %dn/2", "either way");
}

static void
test_bad_keys(void)
{
	static const struct {
		const char *text;
		const char *message;
	} bad[] = {
		{ "", "No aggregation specified!" },
		{ "bla", "Unknown aggregation field 'bla'" },
		{ "srcip,", "Unknown aggregation field ''" },
		{ "srcip,dstipp", "Unknown aggregation field 'dstipp'; did "
		    "you mean 'dstip'?" },
		{ "srcip,srcip", "Duplicate aggregation mask: srcip" },
		{ "srcip,srcip4/24", "Duplicate aggregation mask: srcip4" },
		{ "srcip4/24,srcip4/16",
		    "Duplicate aggregation mask: srcip4" },
		{ "srcmask,srcnet,srcmask",
		    "Duplicate aggregation mask: srcmask" },
		{ "srcip4",
		    "'srcip4' needs number of subnet bits to aggregate" },
		{ "srcip4/",
		    "'srcip4' needs number of subnet bits to aggregate" },
		{ "srcip4/33",
		    "Subnet mask length '33' out of range for IPv4" },
		{ "srcip4/0", "Subnet mask length '0' out of range for IPv4" },
		{ "srcip6/129",
		    "Subnet mask length '129' out of range for IPv6" },
		{ "srcip6/-1",
		    "Subnet mask length '-1' out of range for IPv6" },
		{ "srcip/3", "Need src4/dst4 or src6/dst6 for IPv4 or IPv6 "
		    "to aggregate with explicit netmask: 'srcip/3'" },
		{ "srcgeo,dstip,srcip4/8", "the country of an address is no "
		    "key beside its network" },
		{ "dstnet,dstgeo", "the country of an address is no key "
		    "beside its network" },
	};
	struct group_spec spec;
	char many[512] = "proto";

	for (size_t i = 0; i < COUNT(bad); i++)
		is_str(keys_of(bad[i].text, &spec), bad[i].message, "-A '%s'",
		    bad[i].text);
	for (size_t i = 1, len = strlen(many); i < COUNT(keys); i++)
		if (strchr(keys[i].name, '/') == NULL &&
		    strcmp(keys[i].name, "proto") != 0 &&
		    strstr(keys[i].name, "net") == NULL &&
		    strcmp(keys[i].name, "tos") != 0)
			len += (size_t)snprintf(many + len,
			    sizeof(many) - len, ",%s", keys[i].name);
	is_str(keys_of(many, &spec), "more than 30 aggregation fields",
	    "too many keys");
}

static void
test_orders(void)
{
	struct order o;
	struct err err;

	ok(report_order_parse("tstart", &o, &err) == 0 && o.is_ascending &&
	    o.id == ORDER_FIRST, "tstart ascends");
	ok(report_order_parse("Bytes:a", &o, &err) == 0 && o.is_ascending &&
	    o.id == ORDER_BYTES, "bytes can");
	ok(report_order_parse("bytes:x", &o, &err) == -1, "no other letter");
	ok(report_order_parse("bites", &o, &err) == -1, "wrong name");
	is_str(err.text, "Unknown print order 'bites'; did you mean 'bytes'?",
	    "its message");
}

static void
test_distinct(void)
{
	struct group_spec spec = { .nkeys = 0 };
	struct err err;

	ok(report_distinct_parse("dstip,DstPort", &spec, &err) == 0 &&
	    spec.ndistinct == 2, "two fields");
	is_int(spec.distinct[1], FLD_DST_PORT, "the second");
	ok(report_distinct_parse("dstip", &spec, &err) == -1, "twice");
	is_str(err.text, "Duplicate field to count: dstip", "its message");
	ok(report_distinct_parse("srcnet", &spec, &err) == -1, "no network");
	ok(report_distinct_parse("", &spec, &err) == -1, "nothing");
	memset(&spec, 0, sizeof(spec));
	ok(report_distinct_parse("proto,srcip,dstip,srcport,dstport,srcas,"
	    "dstas,inif,outif", &spec, &err) == -1, "nine fields");
}

int
main(void)
{
	test_all_names();
	test_statistic();
	test_bad_statistic();
	test_keys();
	test_bad_keys();
	test_orders();
	test_distinct();
	return done_testing();
}
