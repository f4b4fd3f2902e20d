/*
 * Addresses and prefixes: text against inet_ntop() and inet_pton(), masks
 * against a twin that goes bit by bit.
 */
#include "base/addr.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "dice.h"
#include "tap.h"

/* Random 16 bytes with runs of zeroes, ones and the mapped prefix in them. */
static void
random_bytes(struct dice *d, uint8_t bytes[16])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	dice_fill(d, bytes, 16);
	for (unsigned i = 0; i < 16; i += 2) {
		if (dice_below(d, 2) == 0)
			memset(bytes + i, 0, 2);
		else if (dice_below(d, 3) == 0)
			bytes[i] = 0;
	}
	switch (dice_below(d, 8)) {
	case 0:
		memcpy(bytes, mapped, 12);
		break;
	case 1:
		memset(bytes, 0, 12);
		break;
	case 2:
		memset(bytes, 0, 10);
		break;
	}
}

/* One random address both ways; 0 and a note if something is wrong. */
static int
text_agrees(struct dice *d)
{
	uint8_t bytes[16], back[16];
	char got[ADDR_TEXT_MAX], want[ADDR_TEXT_MAX];
	struct addr a, b;
	size_t len;

	random_bytes(d, bytes);
	a = addr_from_bytes(bytes);
	addr_to_bytes(a, back);
	inet_ntop(AF_INET6, bytes, want, sizeof(want));
	len = addr_format_v6(a, got);
	if (strcmp(got, want) != 0 || len != strlen(want) ||
	    memcmp(bytes, back, 16) != 0 || addr_parse(want, &b) == -1 ||
	    !addr_equal(a, b)) {
		note("%s, not %s", got, want);
		return 0;
	}
	if (addr_is_v4(a) !=
	    (strncmp(want, "::ffff:", 7) == 0 && strchr(want, '.') != NULL))
		return 0;
	len = addr_format(a, got);
	return len == strlen(got) &&
	    strcmp(got, addr_is_v4(a) ? want + 7 : want) == 0;
}

static int
v4_text_agrees(struct dice *d)
{
	char got[ADDR_TEXT_MAX], want[ADDR_TEXT_MAX];
	uint32_t v = (uint32_t)dice_any(d);
	struct in_addr in = { htonl(v) };
	struct addr a;

	inet_ntop(AF_INET, &in, want, sizeof(want));
	if (addr_format_v4(v, got) != strlen(want) || strcmp(got, want) != 0)
		return 0;
	if (addr_format(addr_v4(v), got) != strlen(want) ||
	    strcmp(got, want) != 0)
		return 0;
	return addr_parse(want, &a) == 0 && addr_equal(a, addr_v4(v)) &&
	    addr_is_v4(a) && !addr_is_zero(a);
}

static void
test_random_text(struct dice *d)
{
	int good = 1;

	for (int i = 0; good && i < 200000; i++)
		good = text_agrees(d);
	ok(good, "IPv6 text as inet_ntop() and back");
	for (int i = 0; good && i < 200000; i++)
		good = v4_text_agrees(d);
	ok(good, "IPv4 text as inet_ntop() and back");
}

/* Text that is nearly an address is judged as inet_pton() does. */
static void
test_random_parse(struct dice *d)
{
	static const char letters[] = "0123456789abcdef:::.../%gF x";
	uint8_t bytes[16];
	char text[ADDR_TEXT_MAX];
	int good = 1, want, accepted = 0;
	struct addr a;

	for (int i = 0; good && i < 100000; i++) {
		random_bytes(d, bytes);
		memset(text, 0, sizeof(text));
		addr_format(addr_from_bytes(bytes), text);
		text[dice_below(d, strlen(text) + 1)] =
		    letters[dice_below(d, sizeof(letters) - 1)];
		text[ADDR_TEXT_MAX - 1] = '\0';
		want = inet_pton(AF_INET, text, bytes) == 1 ||
		    inet_pton(AF_INET6, text, bytes) == 1;
		good = (addr_parse(text, &a) == 0) == want;
		accepted += want;
		if (!good)
			note("'%s'", text);
	}
	ok(good, "damaged text is judged as inet_pton() does");
	ok(accepted > 0, "some of it is still an address");
}

static void
test_parse_table(void)
{
	static const char *const bad[] = { "", " ", "1", "1.2.3", "1.2.3.4.5",
		"1.2.3.256", "1.2.3.4 ", " 1.2.3.4", "01.2.3.4", "1..2.3",
		"1.2.3.", "-1.2.3.4", "0x1.2.3.4", ":", ":::", "1:2:3:4:5:6:7",
		"1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", "g::", "fe80::1%lo",
		"::1/64", "::1.2.3", "[::1]", "::ffff:1.2.3.4.5", "host" };
	struct addr a;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		is_int(addr_parse(bad[i], &a), -1, "refused: '%s'", bad[i]);
	ok(addr_parse("::", &a) == 0 && addr_is_zero(a), "::");
	ok(!addr_is_v4(a), ":: is no IPv4 address");
	ok(addr_parse("0.0.0.0", &a) == 0 && addr_is_v4(a), "0.0.0.0");
	ok(!addr_is_zero(a), "0.0.0.0 is not the zero address");
	ok(addr_parse("::ffff:10.0.0.1", &a) == 0 &&
		addr_equal(a, addr_v4(0x0a000001)),
	    "a mapped address is IPv4");
	ok(addr_parse("2001:DB8::A", &a) == 0 &&
		a.hi == UINT64_C(0x20010db800000000) && a.lo == 10,
	    "capital digits");
}

static int
bit(struct addr a, unsigned i)
{
	return i < 64 ? a.hi >> (63 - i) & 1 : a.lo >> (127 - i) & 1;
}

/* The first len bits, one by one. */
static struct addr
twin_mask(struct addr a, unsigned len)
{
	struct addr m = { 0, 0 };

	for (unsigned i = 0; i < len; i++) {
		if (i < 64)
			m.hi |= (uint64_t)bit(a, i) << (63 - i);
		else
			m.lo |= (uint64_t)bit(a, i) << (127 - i);
	}
	return m;
}

static int
twin_contains(struct addr net, unsigned len, struct addr a)
{
	for (unsigned i = 0; i < len; i++)
		if (bit(net, i) != bit(a, i))
			return 0;
	return 1;
}

static void
test_mask(struct dice *d)
{
	int good = 1;

	for (unsigned len = 0; good && len <= 128; len++)
		for (int i = 0; good && i < 50; i++) {
			struct addr a = { dice_next(d), dice_next(d) };

			good = addr_equal(addr_mask(a, len), twin_mask(a, len));
			if (!good)
				note("length %u", len);
		}
	ok(good, "masks of all lengths");
	ok(addr_equal(
	       addr_mask(addr_v4(UINT32_MAX), 96 + 255), addr_v4(UINT32_MAX)),
	    "longer than an address");
}

/* A prefix as text: parsed, and an address tested that differs in one bit. */
static int
prefix_agrees(struct dice *d, unsigned len, int is_v4)
{
	char text[ADDR_TEXT_MAX + 8];
	unsigned offset = is_v4 ? 96 : 0, flip;
	struct addr a = { dice_next(d), dice_next(d) }, other;
	struct prefix p;
	struct err err;

	if (is_v4)
		a = addr_v4((uint32_t)a.lo);
	addr_format(a, text);
	snprintf(text + strlen(text), 8, "/%u", len);
	if (prefix_parse(text, &p, &err) == -1) {
		note("%s: %s", text, err.text);
		return 0;
	}
	if (p.len != offset + len ||
	    !addr_equal(p.addr, twin_mask(a, offset + len)))
		return 0;
	flip = offset + (unsigned)dice_below(d, 128 - offset);
	other = a;
	if (flip < 64)
		other.hi ^= UINT64_C(1) << (63 - flip);
	else
		other.lo ^= UINT64_C(1) << (127 - flip);
	return prefix_contains(&p, a) &&
	    prefix_contains(&p, other) == twin_contains(p.addr, p.len, other);
}

static void
test_prefix(struct dice *d)
{
	int good = 1;

	for (unsigned len = 0; good && len <= 128; len++)
		for (int i = 0; good && i < 200; i++)
			good = prefix_agrees(d, len, 0);
	ok(good, "IPv6 prefixes of all lengths");
	for (unsigned len = 0; good && len <= 32; len++)
		for (int i = 0; good && i < 200; i++)
			good = prefix_agrees(d, len, 1);
	ok(good, "IPv4 prefixes of all lengths");
}

static void
test_prefix_accepted(void)
{
	static const struct {
		const char *text;
		const char *net;
		unsigned len;
	} rows[] = {
		{ "10/8", "10.0.0.0", 104 },
		{ "172.16/12", "172.16.0.0", 108 },
		{ "192.168.7/24", "192.168.7.0", 120 },
		{ "10.1.2.3/8", "10.0.0.0", 104 },
		{ "10.1/32", "10.1.0.0", 128 },
		{ "255.255.255.255/32", "255.255.255.255", 128 },
		{ "0/0", "0.0.0.0", 96 },
		{ "1.2.3.4/0", "0.0.0.0", 96 },
		{ "::/0", "::", 0 },
		{ "2001:db8::1/32", "2001:db8::", 32 },
		{ "::1/128", "::1", 128 },
		{ "::ffff:10.1.2.3/104", "10.0.0.0", 104 },
		{ "::ffff:10.1.2.3/128", "10.1.2.3", 128 },
		{ "::ffff:10.1.2.3/32", "::", 32 },
		{ "::1.2.3.4/128", "::1.2.3.4", 128 },
	};
	char text[ADDR_TEXT_MAX];
	struct prefix p;
	struct err err;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!ok(prefix_parse(rows[i].text, &p, &err) == 0,
			"accepted: %s", rows[i].text))
			continue;
		addr_format(p.addr, text);
		is_str(text, rows[i].net, "net of %s", rows[i].text);
		is_uint(p.len, rows[i].len, "length of %s", rows[i].text);
	}
	prefix_parse("0/0", &p, &err);
	ok(prefix_contains(&p, addr_v4(UINT32_MAX)) &&
		!prefix_contains(&p, (struct addr){ 0, 0 }),
	    "0/0 holds all of IPv4 and nothing else");
}

static void
test_prefix_refused(void)
{
	static const struct {
		const char *text;
		const char *message;
	} rows[] = {
		{ "", "not an address with a prefix length" },
		{ "10.0.0.0", "not an address with a prefix length" },
		{ "/8", " is not an address" },
		{ "10/33", "prefix length 33 is not in 0..32" },
		{ "::/129", "prefix length 129 is not in 0..128" },
		{ "10/", "prefix length  is not in 0..32" },
		{ "10/-1", "prefix length -1 " },
		{ "10/+8", "prefix length +8 " },
		{ "10/ 8", "prefix length  8 " },
		{ "10/8 ", "prefix length 8  " },
		{ "10/8/8", "prefix length 8/8 " },
		{ "10/0x8", "prefix length 0x8 " },
		{ "10/255.0.0.0", "prefix length 255.0.0.0 " },
		{ "10/18446744073709551624", "prefix length 184467" },
		{ "10/4294967304", "prefix length 4294967304 " },
		{ "10./8", "10. is not an address" },
		{ ".10/8", ".10 is not an address" },
		{ "./8", ". is not an address" },
		{ "1..2/8", "1..2 is not an address" },
		{ "256/8", "256 is not an address" },
		{ "010/8", "010 is not an address" },
		{ "10.1.2.3.4/8", "10.1.2.3.4 is not an address" },
		{ "1234567890123456/8", "is not an address" },
		{ "ten/8", "ten is not an address" },
		{ "2001:db8/32", "2001:db8 is not an address" },
		{ "0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0/8",
		    "not an address with a prefix length" },
	};
	struct prefix p;
	struct err err;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(&err, 0, sizeof(err));
		ok(prefix_parse(rows[i].text, &p, &err) == -1 &&
			err.code == ERR_VALUE,
		    "refused: '%s'", rows[i].text);
		if (!ok(strstr(err.text, rows[i].message) != NULL,
			"message for '%s'", rows[i].text))
			note("%s", err.text);
	}
	is_int(prefix_parse("x/8", &p, NULL), -1, "refused without an error");
}

static int
sign(int v)
{
	return (v > 0) - (v < 0);
}

static void
test_compare(struct dice *d)
{
	uint8_t x[16], y[16];
	struct addr a, b;
	int good = 1;

	for (int i = 0; good && i < 20000; i++) {
		random_bytes(d, x);
		random_bytes(d, y);
		if (dice_below(d, 2) == 0)
			memcpy(x, y, dice_below(d, 17));
		a = addr_from_bytes(x);
		b = addr_from_bytes(y);
		good = addr_compare(a, b) == sign(memcmp(x, y, 16)) &&
		    addr_equal(a, b) == (memcmp(x, y, 16) == 0);
	}
	ok(good, "order is that of the bytes");
}

int
main(void)
{
	struct dice d;

	dice_init(&d);
	test_random_text(&d);
	test_random_parse(&d);
	test_parse_table();
	test_mask(&d);
	test_prefix(&d);
	test_prefix_accepted();
	test_prefix_refused();
	test_compare(&d);
	return done_testing();
}
