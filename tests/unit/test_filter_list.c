/*
 * Lists of addresses and networks against a look at each member, which
 * columns a filter reads, and what happens when memory runs out.
 */

#include <stdlib.h>

#include "base/buffer.h"
#include "dice.h"
#include "filterkit.h"
#include "nomem.h"
#include "tap.h"

static struct dice dice;

static uint64_t
draw(uint64_t below)
{
	return dice_below(&dice, below);
}

/* A random network whose members are met now and then. */
static void
draw_net(struct prefix *p, bool is_v6, uint64_t domain)
{
	unsigned max = is_v6 ? 128 : 32, len = max;
	struct addr a = addr_v4((uint32_t)draw(domain));

	if (draw(4) == 0)
		len = (is_v6 ? 40 : 20) + (unsigned)draw(is_v6 ? 89 : 13);
	if (is_v6) {
		a.hi = UINT64_C(0x20010db8) << 32 | draw(domain);
		a.lo = draw(2) == 0 ? draw(3) : draw(3) << 62;
	}
	p->len = (uint8_t)(128 - max + len);
	p->addr = addr_mask(a, p->len);
}

/* An address in one of the networks, or not far from it. */
static struct addr
draw_near(const struct prefix *p, unsigned members)
{
	const struct prefix *one = &p[draw(members)];
	struct addr a = one->addr,
		    host = { draw(UINT64_MAX), draw(UINT64_MAX) };
	struct addr net = addr_mask(host, one->len);

	a.hi |= host.hi ^ net.hi;
	a.lo |= host.lo ^ net.lo;
	switch (draw(4)) {
	case 0:
		a.hi += !addr_is_v4(a);
		return a;
	case 1:
		a.lo += (UINT64_C(1) << draw(20)) * !addr_is_zero(a);
		return a;
	default:
		return a;
	}
}

/*
 * A filter of many addresses and networks, some inside others, against a look
 * at each of them.
 */
static void
test_large_list(unsigned members, unsigned share_v6)
{
	struct prefix *p = calloc(members, sizeof(*p));
	struct buffer text = BUFFER_EMPTY;
	struct filter *f;
	struct batch b;
	struct addr *src;
	uint32_t expected = 0;

	if (p == NULL)
		bail("out of memory");
	buffer_text(&text, "src ip in [");
	for (unsigned i = 0; i < members; i++) {
		bool is_v6 = draw(4) < share_v6;
		char addr[ADDR_TEXT_MAX];

		draw_net(&p[i], is_v6, members * 1000);
		addr_format(p[i].addr, addr);
		buffer_printf(
		    &text, " %s/%u", addr, is_v6 ? p[i].len : p[i].len - 96U);
	}
	buffer_text(&text, "]");
	buffer_char(&text, '\0');
	f = filterkit_compile(text.data);
	filterkit_batch(&b);
	b.rows = BATCH_ROWS;
	src = b.col[FLD_SRC_ADDR];
	for (uint32_t row = 0; row < b.rows; row++) {
		unsigned found = 0;

		src[row] = draw_near(p, members);
		while (found < members && !prefix_contains(&p[found], src[row]))
			found++;
		expected += found < members;
	}
	batch_select_all(&b);
	filterkit_apply(f, &b);
	is_uint(b.nsel, expected, "%u addresses and networks, %u/4 IPv6",
	    members, share_v6);
	batch_fini(&b);
	filter_free(f);
	buffer_fini(&text);
	free(p);
}

/* Which columns a filter reads: none if nothing needs to be looked at. */
static void
test_columns(void)
{
	struct filter *f =
	    filterkit_compile("proto tcp and proto udp and bytes > 9");
	struct fieldset want = { { 0 } };

	filter_fields(f, &want);
	ok(fieldset_is_empty(&want),
	    "a filter that is never true reads nothing");
	ok(!filter_is_always(f), "and is not always true");
	filter_free(f);
	f = filterkit_compile("port >= 0 or bytes > 9");
	filter_fields(f, &want);
	ok(fieldset_is_empty(&want), "nor does one that is always true");
	ok(filter_is_always(f), "which says so");
	filter_free(f);
}

/* Memory runs out at every place in turn. */
static void
test_nomem_of(const char *text)
{
	struct filter_run *run = NULL;
	struct filter *f = NULL;
	struct err err;
	unsigned n, told = 0;

	for (n = 1;; n++) {
		nomem_at(n);
		f = filter_compile(text, "filter", &err);
		run = f == NULL ? NULL : filter_run_new(f, &err);
		if (!nomem_hit())
			break;
		told += run == NULL && err.code == ERR_NOMEM;
		filter_run_free(run);
		filter_free(f);
	}
	nomem_at(0);
	is_uint(told, n - 1, "%u failed allocations are reported", n - 1);
	ok(run != NULL, "and then it compiles");
	filter_run_free(run);
	filter_free(f);
}

static void
test_nomem(void)
{
	test_nomem_of("src ip in [10.0.0.0/8 192.0.2.1 2001:db8::/32] or "
	    "(port in [80 443] and (as in [1 2] or ident x or proto tcp)) or "
	    "dst ip 192.0.2.1 or flowlabel y");
	test_nomem_of("(port 1 or port in [3 4])%a or any or "
	    "((proto tcp)%b or proto udp)");
	test_nomem_of("payload ja3 defined");
}

int
main(void)
{
	dice_init(&dice);
	test_columns();
	test_nomem();
	for (unsigned share_v6 = 0; share_v6 <= 4; share_v6 += 2) {
		test_large_list(10, share_v6);
		test_large_list(3000, share_v6);
	}
	return done_testing();
}
