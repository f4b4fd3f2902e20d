/*
 * Sizes and spans of time with units.
 */

#include "base/quantity.h"
#include "tap.h"

struct row {
	const char *text;
	uint64_t want;
	const char *error; /* NULL: it is fine */
};

static const struct row sizes[] = {
	{ "0", 0, NULL },
	{ "512", 512, NULL },
	{ "7b", 7, NULL },
	{ "7B", 7, NULL },
	{ "1k", 1024, NULL },
	{ "600K", 614400, NULL },
	{ "2mB", 2097152, NULL },
	{ "1.5G", 1610612736, NULL },
	{ ".5Gb", 536870912, NULL },
	{ "1.1g", 1181116006, NULL },
	{ "1.", 1, NULL },
	{ "1.9", 1, NULL },
	{ "0.0009765625k", 1, NULL },
	{ "0.00097656249999999999999999999999k", 0, NULL },
	{ "16777215T", UINT64_MAX - (UINT64_C(1) << 40) + 1, NULL },
	{ "18446744073709551615", UINT64_MAX, NULL },
	{ "", 0, "Missing number in ''" },
	{ "-5", 0, "Missing number in '-5'" },
	{ ".", 0, "Missing number in '.'" },
	{ "G", 0, "Missing number in 'G'" },
	{ "10X", 0, "Garbage character(s) 'X' in '10X'" },
	{ "10MBx", 0, "Garbage character(s) 'x' in '10MBx'" },
	{ "10bb", 0, "Garbage character(s) 'b' in '10bb'" },
	{ "1.5.2", 0, "Garbage character(s) '.2' in '1.5.2'" },
	{ "16777216T", 0, "'16777216T' is too large" },
	{ "18446744073709551616", 0, "'18446744073709551616' is too large" },
};

static const struct row spans[] = {
	{ "0", 0, NULL },
	{ "2", 7200, NULL },
	{ "1w2d3H15M", 789300, NULL },
	{ "31d", 2678400, NULL },
	{ "1.5d", 129600, NULL },
	{ "15M1d", 87300, NULL },
	{ "1d12", 129600, NULL },
	{ "0.5M.5H", 1830, NULL },
	{ "", 0, "Missing number in ''" },
	{ "d", 0, "Missing number before 'd'" },
	{ "1dd", 0, "Missing number before 'd'" },
	{ "5x", 0, "Unknown time unit '5x'" },
	{ "5h", 0, "Unknown time unit '5h'" },
	{ "1w2w", 0, "Ambiguous weeks 2w" },
	{ "1d1d", 0, "Ambiguous days 1d" },
	{ "1H1", 0, "Ambiguous hours 1" },
	{ "1M1M", 0, "Ambiguous minutes 1M" },
	{ "40000000000000w", 0, "'40000000000000w' is too large" },
	{ "30500568904943w1000000000d", 0,
	    "'30500568904943w1000000000d' is too large" },
};

static void
check(int (*parse)(const char *, uint64_t *, struct err *),
    const struct row *r)
{
	struct err err = { .text = "" };
	uint64_t got = 0;

	is_int(parse(r->text, &got, &err), r->error == NULL ? 0 : -1, "'%s'",
	    r->text);
	if (r->error == NULL)
		is_uint(got, r->want, "'%s': value", r->text);
	else
		is_str(err.text, r->error, "'%s': error", r->text);
}

int
main(void)
{
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		check(quantity_size, &sizes[i]);
	for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++)
		check(quantity_span, &spans[i]);
	return done_testing();
}
