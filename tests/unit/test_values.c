/*
 * Numbers with units, as options take them.
 */
#include "flowdump/values.h"

#include "tap.h"

static uint64_t
interval(const char *text)
{
	struct err err;
	uint64_t v;

	return value_interval(text, &v, &err) == -1 ? 0 : v;
}

static uint64_t
memory(const char *text)
{
	struct err err;
	uint64_t v;

	return value_memory(text, &v, &err) == -1 ? 0 : v;
}

int
main(void)
{
	struct err err;
	uint64_t v;
	char sign;

	is_uint(interval("300"), 300000, "300");
	is_uint(interval("5m"), 300000, "5m");
	is_uint(interval("1H"), 3600000, "1H");
	is_uint(interval("1d"), 86400000, "1d");
	is_uint(interval("2w"), 1209600000, "2w");
	is_uint(interval("0"), 0, "0");
	is_uint(interval("-5"), 0, "-5");
	is_uint(interval("5mm"), 0, "5mm");
	is_uint(interval("5x"), 0, "5x");
	is_uint(interval("m"), 0, "m");
	is_uint(interval(""), 0, "nothing");
	is_uint(interval("18446744073709551615"), 0, "too long");
	is_uint(interval("99999999999999999999"), 0, "much too long");
	is_uint(memory("64m"), 64 << 20, "64m");
	is_uint(memory("2G"), UINT64_C(2) << 30, "2G");
	is_uint(memory("1024"), 1024, "1024");
	is_uint(memory("0k"), 0, "0k");
	ok(value_limit("10k", &sign, &v, &err) == 0 && v == 10000 &&
	    sign == '>', "10k");
	ok(value_limit("+1b", &sign, &v, &err) == 0 && v == 1 && sign == '>',
	    "+1b");
	ok(value_limit("-5g", &sign, &v, &err) == 0 &&
	    v == UINT64_C(5000000000) && sign == '<', "-5g");
	ok(value_limit("0", &sign, &v, &err) == 0 && v == 0, "0");
	ok(value_limit("5x", &sign, &v, &err) == -1, "5x");
	ok(value_limit("--5", &sign, &v, &err) == -1, "--5");
	return done_testing();
}
