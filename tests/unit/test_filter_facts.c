/*
 * Facts about filters: what is found in some, and that every row that a
 * random filter selects satisfies what is said about it.
 */

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "dice.h"
#include "filterkit.h"
#include "query/filter_facts.h"
#include "tap.h"

#define ROUNDS 3000
#define ROWS 400
#define TREE_DEPTH 4

static struct dice dice;

static unsigned
draw(unsigned below)
{
	return (unsigned)dice_below(&dice, below);
}

/* What is found */

static const struct known {
	const char *filter;
	const char *facts; /* lines of filter_explain() from "needs" on */
} known[] = {
	{ "any", "" },
	{ "not any", "needs: what no flow has\n" },
	{ "proto tcp or proto udp", "needs proto: tcp udp\n" },
	{ "flags S", "needs proto: tcp\n" },
	{ "icmp-type 8", "needs proto: icmp icmp6\n" },
	{ "not flags S", "" },
	{ "payload tls sni www", "needs proto: tcp\n" },
	{ "payload dns name www", "needs port: 53\n" },
	{ "not payload dns name www", "" },
	{ "payload dns defined and port 80",
	    "needs port: 53\nneeds port: 80\n" },
	{ "flags S and proto udp", "needs: what no flow has\n" },
	{ "flags S and proto udp or ipv6", "needs family: ipv6\n" },
	{ "ipv4 and bytes > 5", "needs family: ipv4\n" },
	{ "ipv4 or ipv6", "" },
	{ "not ipv4", "" },
	{ "ip 192.0.2.1", "needs address: 192.0.2.1\n" },
	{ "not ip 192.0.2.1", "" },
	{ "src net 10.0.0.0/8 and dst ip 192.0.2.1",
	    "needs src address: 10.0.0.0/8\nneeds dst address: 192.0.2.1\n" },
	{ "src and dst net 10.0.0.0/8",
	    "needs src address: 10.0.0.0/8\nneeds dst address: 10.0.0.0/8\n" },
	{ "src ip 192.0.2.1 or dst ip 2001:db8::1",
	    "needs address: 192.0.2.1 2001:db8::1\n" },
	{ "src ip 192.0.2.1 or proto tcp", "" },
	{ "(src ip 192.0.2.1 and port 80) or (src ip 192.0.2.2 and port 443)",
	    "needs src address: 192.0.2.1-192.0.2.2\nneeds port: 80 443\n" },
	{ "port 80 and not port > 1024", "needs port: 80\n" },
	{ "dst port > 1023 and proto tcp",
	    "needs proto: tcp\nneeds dst port: 1024-65535\n" },
	{ "router ip 192.0.2.1 or next ip 192.0.2.1", "" },
	{ "first seen >= 2024-07-11T09:15 and last seen < 2024-07-12",
	    "needs first seen: >= \"2024-07-11 09:15:00.000\"\n"
	    "needs last seen: <= \"2024-07-11 23:59:59.999\"\n" },
	{ "first seen 2024 or first seen 2025",
	    "needs first seen: >= \"2024-01-01 00:00:00.000\"\n"
	    "needs first seen: <= \"2025-01-01 00:00:00.000\"\n" },
};

static void
test_known(void)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		struct filter *f = filterkit_compile(known[i].filter);
		char *text = filter_explain(f, filter_facts(f));
		const char *facts =
		    text == NULL ? NULL : strstr(text, "\nneeds");

		is_str(facts == NULL ? "" : facts + 1, known[i].facts, "%s",
		    known[i].filter);
		free(text);
		filter_free(f);
	}
}

static void
test_window(void)
{
	struct filter *f = filterkit_compile("proto tcp");
	struct filter_facts x = *filter_facts(f);

	filter_facts_window(&x, 1000, UINT64_MAX);
	filter_facts_window(&x, 500, 2000);
	is_uint(x.first.from_ms, 1000, "a window says when flows begin");
	is_uint(x.last.to_ms, 2000, "and when they end");
	ok(!x.is_never, "flows may lie in it");
	x.last.from_ms = 3000;
	filter_facts_window(&x, 0, UINT64_MAX);
	ok(x.is_never, "unless it excludes what the filter asks for");
	filter_free(f);
}

/* Random filters over small domains */

static void
put_test(struct buffer *out)
{
	static const char *const sides[] = { "", "src ", "dst ",
		"src and dst " };
	const char *side = sides[draw(4)];

	switch (draw(10)) {
	case 0:
		buffer_printf(out, "proto %u", draw(8));
		break;
	case 1:
		buffer_text(out, draw(2) ? "ipv4" : "ipv6");
		break;
	case 2:
		buffer_printf(out, "%sip in [10.0.0.%u 2001:db8::%u ::]", side,
		    draw(8), draw(4));
		break;
	case 3:
		buffer_printf(
		    out, "%snet 10.0.0.%u/%u", side, draw(8), 29 + draw(4));
		break;
	case 4:
		buffer_printf(out, "%sport in [%u %u]", side, draw(8), draw(8));
		break;
	case 5:
		buffer_printf(out, "%sport > %u", side, draw(8));
		break;
	case 6:
		buffer_printf(out, "first seen %s \"1970-01-01 00:00:00.00%u\"",
		    draw(2) ? "<" : ">=", draw(8));
		break;
	case 7:
		buffer_printf(out, "last seen %s \"1970-01-01 00:00:00.00%u\"",
		    draw(2) ? "<" : "=", draw(8));
		break;
	case 8:
		buffer_text(out, draw(2) ? "flags S" : "icmp-code 1");
		break;
	default:
		buffer_printf(out, "bytes > %u", draw(8));
		break;
	}
}

static void
put_expr(unsigned depth, struct buffer *out)
{
	if (draw(3) == 0)
		buffer_text(out, "not ");
	if (depth == 0 || draw(5) == 0) {
		put_test(out);
		return;
	}
	buffer_char(out, '(');
	put_expr(depth - 1, out);
	buffer_text(out, draw(5) < 3 ? " and " : " or ");
	put_expr(depth - 1, out);
	buffer_char(out, ')');
}

static struct addr
draw_addr(void)
{
	switch (draw(6)) {
	case 0:
		return (struct addr){ 0, 0 };
	case 1:
		return (struct addr){ UINT64_C(0x20010db8) << 32, draw(4) };
	default:
		return addr_v4(0x0a000000 + draw(8));
	}
}

static void
fill_batch(struct batch *b)
{
	b->rows = ROWS;
	for (int id = 0; id < FLD_COUNT; id++)
		memset(b->col[id], 0, ROWS * field_table[id].size);
	for (uint32_t row = 0; row < b->rows; row++) {
		((uint64_t *)b->col[FLD_EXTENSIONS])[row] = FLOW_EXT(EXT_IPV4)
		    << draw(2);
		((uint64_t *)b->col[FLD_FIRST])[row] = draw(8);
		((uint64_t *)b->col[FLD_LAST])[row] = draw(8);
		((uint64_t *)b->col[FLD_IN_BYTES])[row] = draw(8);
		((uint16_t *)b->col[FLD_SRC_PORT])[row] = (uint16_t)draw(8);
		((uint16_t *)b->col[FLD_DST_PORT])[row] = (uint16_t)draw(8);
		((uint8_t *)b->col[FLD_PROTO])[row] = (uint8_t)draw(8);
		((uint8_t *)b->col[FLD_TCP_FLAGS])[row] = (uint8_t)draw(8);
		((struct addr *)b->col[FLD_SRC_ADDR])[row] = draw_addr();
		((struct addr *)b->col[FLD_DST_ADDR])[row] = draw_addr();
	}
}

static bool
is_member(const struct filter_need *need, struct addr a)
{
	for (uint32_t i = 0; i < need->nitems; i++)
		if (addr_compare(need->items[i].lo, a) <= 0 &&
		    addr_compare(a, need->items[i].hi) <= 0)
			return true;
	return false;
}

static bool
needs_hold(const struct filter_needs *x, struct addr src, struct addr dst)
{
	for (unsigned i = 0; i < x->count; i++) {
		const struct filter_need *need = &x->need[i];

		if (!((need->sides & FILTER_SRC) != 0 &&
			is_member(need, src)) &&
		    !((need->sides & FILTER_DST) != 0 && is_member(need, dst)))
			return false;
	}
	return true;
}

static bool
in_times(const struct filter_times *t, uint64_t ms)
{
	return t->from_ms <= ms && ms <= t->to_ms;
}

static bool
facts_hold(const struct filter_facts *x, const struct batch *b, uint32_t row)
{
	uint64_t ext = BATCH_COL(b, EXTENSIONS, uint64_t)[row];
	uint8_t proto = BATCH_COL(b, PROTO, uint8_t)[row];
	struct addr src_port = { 0, BATCH_COL(b, SRC_PORT, uint16_t)[row] };
	struct addr dst_port = { 0, BATCH_COL(b, DST_PORT, uint16_t)[row] };

	return !x->is_never && (!x->is_v4 || (ext & FLOW_EXT(EXT_IPV4)) != 0) &&
	    (!x->is_v6 || (ext & FLOW_EXT(EXT_IPV6)) != 0) &&
	    (x->proto[proto / 64] >> proto % 64 & 1) != 0 &&
	    in_times(&x->first, BATCH_COL(b, FIRST, uint64_t)[row]) &&
	    in_times(&x->last, BATCH_COL(b, LAST, uint64_t)[row]) &&
	    needs_hold(&x->addr, BATCH_COL(b, SRC_ADDR, struct addr)[row],
		BATCH_COL(b, DST_ADDR, struct addr)[row]) &&
	    needs_hold(&x->port, src_port, dst_port);
}

static bool
is_restricted(const struct filter_facts *x)
{
	return x->is_never || x->is_v4 || x->is_v6 || x->addr.count > 0 ||
	    x->port.count > 0 || x->proto[0] != UINT64_MAX ||
	    x->first.from_ms > 0 || x->first.to_ms < UINT64_MAX ||
	    x->last.from_ms > 0 || x->last.to_ms < UINT64_MAX;
}

static void
test_random(void)
{
	struct batch b;
	unsigned wrong = 0, restricted = 0, matches = 0;

	filterkit_batch(&b);
	fill_batch(&b);
	for (unsigned i = 0; i < ROUNDS; i++) {
		struct buffer text = BUFFER_EMPTY;
		struct filter *f;
		bool holds = true;

		put_expr(draw(TREE_DEPTH + 1), &text);
		buffer_char(&text, '\0');
		f = filterkit_compile(text.data);
		batch_select_all(&b);
		filterkit_apply(f, &b);
		for (uint32_t k = 0; k < b.nsel && holds; k++)
			holds = facts_hold(filter_facts(f), &b, b.sel[k]);
		if (!holds) {
			note("not all rows have the facts: %s", text.data);
			wrong++;
		}
		restricted += is_restricted(filter_facts(f));
		matches += b.nsel > 0;
		filter_free(f);
		buffer_fini(&text);
	}
	is_uint(
	    wrong, 0, "facts of %u filters hold for what they select", ROUNDS);
	ok(restricted > ROUNDS / 4 && matches > ROUNDS / 4,
	    "%u say something, %u select something", restricted, matches);
	batch_fini(&b);
}

int
main(void)
{
	dice_init(&dice);
	test_known();
	test_window();
	test_random();
	return done_testing();
}
