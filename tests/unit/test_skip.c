/*
 * Which spans are skipped: by each fact, and never one that has a flow that
 * matches.  The index is exact and made here, of flows in memory.
 *
 * usage: test_skip [seed]
 */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "dice.h"
#include "filterkit.h"
#include "query/skip.h"
#include "tap.h"
#include "twin/input.h"
#include "twin/rule.h"

#define ROUNDS 3000
#define SPANS_MAX 64
#define FAILURES_MAX 3 /* then stop */

/* Flows that follow each other, and what an index says of them. */
struct part {
	const struct flow *flows;
	unsigned count;
	struct store_span span;
};

struct store_index {
	struct part parts[SPANS_MAX];
	uint32_t count;
};

const struct store_span *__wrap_store_index_span(
    const struct store_index *x, uint32_t n);
bool __wrap_store_index_may_have_addr(const struct store_index *x, uint32_t n,
    struct addr lo, struct addr hi);
bool __wrap_store_index_may_have_port(
    const struct store_index *x, uint32_t n, uint16_t lo, uint16_t hi);

const struct store_span *
__wrap_store_index_span(const struct store_index *x, uint32_t n)
{
	return &x->parts[n].span;
}

static bool
is_between(struct addr a, struct addr lo, struct addr hi)
{
	return addr_compare(lo, a) <= 0 && addr_compare(a, hi) <= 0;
}

bool
__wrap_store_index_may_have_addr(const struct store_index *x, uint32_t n,
    struct addr lo, struct addr hi)
{
	const struct part *p = &x->parts[n];

	for (unsigned i = 0; i < p->count; i++)
		if (is_between(p->flows[i].src_addr, lo, hi) ||
		    is_between(p->flows[i].dst_addr, lo, hi))
			return true;
	return false;
}

bool
__wrap_store_index_may_have_port(
    const struct store_index *x, uint32_t n, uint16_t lo, uint16_t hi)
{
	const struct part *p = &x->parts[n];

	for (unsigned i = 0; i < p->count; i++)
		if ((p->flows[i].src_port >= lo &&
			p->flows[i].src_port <= hi) ||
		    (p->flows[i].dst_port >= lo && p->flows[i].dst_port <= hi))
			return true;
	return false;
}

static void
widen(struct store_range *r, uint64_t v)
{
	if (v < r->min)
		r->min = v;
	if (v > r->max)
		r->max = v;
}

static void
add_part(struct store_index *x, const struct flow *flows, unsigned count)
{
	struct part *p = &x->parts[x->count++];
	struct store_span *s = &p->span;

	*p = (struct part){ flows, count, { .first = { UINT64_MAX, 0 },
	    .last = { UINT64_MAX, 0 } } };
	for (unsigned i = 0; i < count; i++) {
		const struct flow *f = &flows[i];

		s->has_v4 |= (f->extensions & FLOW_EXT(EXT_IPV4)) != 0;
		s->has_v6 |= (f->extensions & FLOW_EXT(EXT_IPV6)) != 0;
		s->proto[f->proto / 64] |= UINT64_C(1) << f->proto % 64;
		widen(&s->first, f->first_ms);
		widen(&s->last, f->last_ms);
	}
}

/* By each fact */

static const struct known {
	const char *filter;
	enum skip_reason reason;
} known[] = {
	/* of a flow of TCP, 192.0.2.1 port 1024 to 192.0.2.9 port 443 */
	{ "any", SKIP_NONE },
	{ "not any", SKIP_NEVER },
	{ "first seen < 2024", SKIP_TIME },
	{ "last seen > 2025", SKIP_TIME },
	{ "first seen 2024-07-11T10:00:00.005", SKIP_NONE },
	{ "last seen 2024-07-11T10:00:01", SKIP_NONE },
	{ "ipv6", SKIP_FAMILY },
	{ "ipv4", SKIP_NONE },
	{ "proto udp", SKIP_PROTO },
	{ "proto udp or proto tcp", SKIP_NONE },
	{ "not proto tcp", SKIP_PROTO },
	{ "ip 192.0.2.5", SKIP_ADDR },
	{ "ip 192.0.2.9", SKIP_NONE },
	{ "ip in [192.0.2.5 2001:db8::1]", SKIP_ADDR },
	{ "ip in [192.0.2.5 192.0.2.1]", SKIP_NONE },
	{ "ip 192.0.2.1 and ip 192.0.2.5", SKIP_ADDR },
	{ "net 192.0.2.0/24", SKIP_NONE },
	{ "net 192.0.3.0/24", SKIP_ADDR },
	{ "ip ::", SKIP_ADDR },
	{ "port 80", SKIP_PORT },
	{ "port 443", SKIP_NONE },
	{ "port > 1024", SKIP_PORT },
	{ "port > 1023", SKIP_NONE },
	{ "port in [80 8080] and ip 192.0.2.1", SKIP_PORT },
	{ "icmp-type 8", SKIP_PROTO },
	{ "count > 5", SKIP_NONE },
	{ "not ip 192.0.2.1", SKIP_NONE },
	{ "bytes > 1000", SKIP_NONE },
};

static enum skip_reason
reason_of(const struct store_index *x, const char *text)
{
	struct filter *f = filterkit_compile(text);
	enum skip_reason reason = skip_span(filter_facts(f), x, 0);

	is_uint(skip_is_possible(filter_facts(f)) || reason == SKIP_NONE, true,
	    "%s: worth a look", text);
	filter_free(f);
	return reason;
}

static void
test_known(void)
{
	const struct flow f = { .extensions = FLOW_EXT(EXT_IPV4), .proto = 6,
		.first_ms = UINT64_C(1720692000005),
		.last_ms = UINT64_C(1720692001000),
		.src_addr = addr_v4(0xc0000201), .src_port = 1024,
		.dst_addr = addr_v4(0xc0000209), .dst_port = 443 };
	static struct store_index x;

	add_part(&x, &f, 1);
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		is_uint(reason_of(&x, known[i].filter), known[i].reason,
		    "%s", known[i].filter);
}

/* A flow that has nothing, as an event may be, and a span without flows. */
static void
test_nothing(void)
{
	const struct flow f = { .extensions = FLOW_EXT(EXT_GENERIC) };
	static struct store_index with, without;
	struct filter_facts facts;

	add_part(&with, &f, 1);
	add_part(&without, &f, 0);
	is_uint(reason_of(&with, "ip ::"), SKIP_NONE, "the zero address");
	is_uint(reason_of(&with, "port 0"), SKIP_NONE, "the zero port");
	is_uint(reason_of(&with, "proto 0"), SKIP_NONE, "protocol 0");
	is_uint(reason_of(&with, "first seen < 2024"), SKIP_NONE, "time 0");
	is_uint(reason_of(&with, "ipv4"), SKIP_FAMILY, "no family");
	is_uint(reason_of(&without, "ip ::"), SKIP_PROTO, "no flow");
	is_uint(reason_of(&without, "first seen < 2024"), SKIP_TIME,
	    "no flow, no time");
	filter_facts_init(&facts);
	ok(!skip_is_possible(&facts), "without facts there is nothing to gain");
	filter_facts_window(&facts, 0, 5);
	ok(skip_is_possible(&facts), "with a window there is");
	is_uint(skip_span(&facts, &with, 0), SKIP_NONE, "in the window");
}

/* More items than are looked up say nothing. */
static void
test_long_list(void)
{
	const struct flow f = { .extensions = FLOW_EXT(EXT_IPV4),
		.src_addr = addr_v4(1), .dst_addr = addr_v4(2) };
	static struct store_index x;
	struct buffer text = BUFFER_EMPTY;

	add_part(&x, &f, 1);
	is_uint(reason_of(&x, "ip 10.0.0.1"), SKIP_ADDR, "an address");
	buffer_text(&text, "ip in [");
	for (unsigned i = 0; i < 10000; i++)
		buffer_printf(&text, "10.%u.%u.1 ", i / 256, i % 256);
	buffer_text(&text, "]");
	buffer_char(&text, '\0');
	is_uint(reason_of(&x, text.data), SKIP_NONE, "10000 of them");
	buffer_fini(&text);
}

static void
test_statistics(void)
{
	struct store_info info = { .has_stats = true,
		.stats = { .first_ms = 1000, .last_ms = 2000 } };

	ok(skip_file(&info, 2001, UINT64_MAX), "a file before the window");
	ok(skip_file(&info, 0, 999), "behind it");
	ok(!skip_file(&info, 2000, 3000), "in it");
	info.has_stats = false;
	ok(!skip_file(&info, 2001, UINT64_MAX), "without statistics");
}

/* Against the naive twin */

/* Cut the flows into spans. */
static void
make_index(struct dice *d, const struct input *in, struct store_index *x)
{
	unsigned at = 0, n;

	x->count = 0;
	while (at < in->count) {
		n = 1 + (unsigned)dice_below(d, 1 + in->count / 8);
		if (n > in->count - at || x->count == SPANS_MAX - 1)
			n = in->count - at;
		add_part(x, in->flows + at, n);
		at += n;
	}
}

static struct filter_facts
make_facts(struct dice *d, const struct input *in, const struct filter *f)
{
	struct filter_facts x = *filter_facts(f);
	uint64_t from_ms = 0, to_ms = UINT64_MAX;

	if (one_in(d, 4))
		from_ms = in->begin_ms + dice_below(d, in->span_ms + 1);
	if (one_in(d, 4))
		to_ms = in->begin_ms + dice_below(d, in->span_ms + 1);
	filter_facts_window(&x, from_ms, to_ms);
	return x;
}

static bool
has_match(const struct input *in, const struct rule *rule,
    const struct filter_facts *window, const struct part *p)
{
	unsigned at = (unsigned)(p->flows - in->flows);

	for (unsigned i = at; i < at + p->count; i++)
		if (in->flows[i].first_ms >= window->first.from_ms &&
		    in->flows[i].last_ms <= window->last.to_ms &&
		    rule_matches(rule, in, i))
			return true;
	return false;
}

/* Of how many spans something came out. */
struct outcome {
	uint64_t spans;
	uint64_t matching;
	uint64_t skipped;
	unsigned wrong;
};

static void
test_round(uint64_t seed, struct outcome *o)
{
	static struct input in;
	static struct store_index x;
	static char text[RULE_TEXT_MAX];
	struct dice d = { seed };
	struct filter_facts facts;
	struct filter *filter;
	struct rule *rule;

	input_make(&d, &in);
	rule = rule_make(&d, &in);
	rule_text(rule, text);
	filter = filterkit_compile(text);
	make_index(&d, &in, &x);
	facts = make_facts(&d, &in, filter);
	for (uint32_t n = 0; n < x.count; n++) {
		bool matches = has_match(&in, rule, &facts, &x.parts[n]);
		enum skip_reason reason = skip_span(&facts, &x, n);

		o->spans++;
		o->matching += matches;
		o->skipped += reason != SKIP_NONE;
		if (!matches || reason == SKIP_NONE)
			continue;
		note("seed %" PRIu64 ": reason %d: %s", seed, reason, text);
		o->wrong++;
		break;
	}
	filter_free(filter);
	rule_free(rule);
}

static void
test_random(const char *seed)
{
	struct outcome o = { 0 };
	struct dice dice;

	if (seed != NULL) {
		test_round(strtoull(seed, NULL, 10), &o);
		is_uint(o.wrong, 0, "the round of this seed");
		return;
	}
	dice_init(&dice);
	for (unsigned i = 0; i < ROUNDS && o.wrong < FAILURES_MAX; i++)
		test_round(dice_next(&dice), &o);
	is_uint(o.wrong, 0, "no span with a match is skipped");
	ok(o.skipped > o.spans / 8 && o.matching > o.spans / 8,
	    "%" PRIu64 " spans, %" PRIu64 " match, %" PRIu64 " skipped",
	    o.spans, o.matching, o.skipped);
}

int
main(int argc, char **argv)
{
	if (argc == 1) {
		test_known();
		test_nothing();
		test_long_list();
		test_statistics();
	}
	test_random(argc > 1 ? argv[1] : NULL);
	return done_testing();
}
