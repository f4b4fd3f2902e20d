/*
 * Which source a sender has, against a list that is walked; what is refused;
 * sources that are made, replaced and come back.
 */

#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "dice.h"
#include "flowcapd/source.h"
#include "nomem.h"
#include "tap.h"

#define SOURCES 200
#define LOOKUPS 20000
#define DYNAMIC 5

static struct sources *
empty(void)
{
	struct sources *s = sources_new(NULL);

	if (s == NULL)
		bail("no memory");
	return s;
}

static const char *
ident_of(struct sources *s, const char *address)
{
	struct source *source;
	struct addr a;

	if (addr_parse(address, &a) == -1)
		bail("%s", address);
	source = sources_find(s, a);
	return source == NULL ? NULL : source->ident;
}

static void
add(struct sources *s, const char *line)
{
	struct err err;

	if (sources_add_line(s, line, &err) == -1)
		bail("%s", err.text);
}

static void
test_longest(void)
{
	struct sources *s = empty();

	add(s, "all,0.0.0.0/0,d0");
	add(s, "net,10.0.0.0/8;fe80::/10,d1");
	add(s, "sub,10.1.0.0/16,d2");
	add(s, "one,10.1.1.1;2001:db8::1,d3");
	add(s, "one,10.1.1.2,d3");
	is_str(ident_of(s, "10.1.1.1"), "one", "an address");
	is_str(ident_of(s, "10.1.1.2"), "one", "of a second line");
	is_str(ident_of(s, "10.1.1.3"), "sub", "the longest prefix");
	is_str(ident_of(s, "10.2.1.1"), "net", "a shorter one");
	is_str(ident_of(s, "11.2.1.1"), "all", "the shortest one");
	is_str(ident_of(s, "2001:db8::1"), "one", "IPv6");
	is_str(ident_of(s, "fe80::1"), "net", "a prefix of IPv6");
	is_str(ident_of(s, "2001:db8::2"), NULL, "0.0.0.0/0 is IPv4");
	is_uint(sources_count(s), 4, "a source with two lines is one");
	is_str(sources_get(s, 3)->senders, "10.1.1.1;2001:db8::1;10.1.1.2",
	    "its senders");
	sources_free(s);
}

static void
test_refused(void)
{
	static const char *const lines[][2] = {
		{ "a", "Syntax error for netflow source definition. Expect -n "
		    "ident,IP,path. Found: a" },
		{ "a,1.2.3.4", "Syntax error for netflow source definition. "
		    "Expect -n ident,IP,path. Found: a,1.2.3.4" },
		{ "a,1.2.3,d", "Unparsable IP address: 1.2.3" },
		{ "a,,d", "Unparsable IP address: " },
		{ "a,1.1.1.1;,d", "Unparsable IP address: " },
		{ "a,1.2.3.4,", "source 'a' has no directory" },
		{ ",1.2.3.4,d", "Invalid source identifier: '': 1 to 127 "
		    "characters are allowed" },
		{ "a b,1.2.3.4,d", "Illegal characters in ident 'a b'" },
		{ "b,9.9.9.9,taken", "directory 'taken' has two sources, "
		    "'first' and 'b'" },
		{ "b,5.5.5.5,d", "5.5.5.5 has two sources, 'first' and 'b'" },
	};
	struct sources *s;
	struct err err;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		s = empty();
		add(s, "first,5.5.5.5,taken");
		is_int(sources_add_line(s, lines[i][0], &err), -1, "refused: %s",
		    lines[i][0]);
		is_str(err.text, lines[i][1], "because");
		sources_free(s);
	}
}

/* The twin: all prefixes in a list. */
struct twin {
	struct prefix prefix;
	unsigned number;
};

static const struct twin *
find(const struct twin *list, unsigned count, struct addr a)
{
	const struct twin *best = NULL;

	for (unsigned i = 0; i < count; i++)
		if (prefix_contains(&list[i].prefix, a) &&
		    (best == NULL || list[i].prefix.len > best->prefix.len))
			best = &list[i];
	return best;
}

/* Addresses that share much with each other. */
static struct addr
some_addr(struct dice *d)
{
	if (dice_below(d, 2) == 0)
		return addr_v4(0x0a000000 | (uint32_t)dice_below(d, 2048));
	return (struct addr){ UINT64_C(0x20010db800000000) |
		dice_below(d, 8), dice_below(d, 64) };
}

static void
test_twin(struct dice *d)
{
	struct twin list[SOURCES];
	struct sources *s = empty();
	unsigned count = 0, wrong = 0;
	char line[128], ident[16], ip[ADDR_TEXT_MAX];
	const struct twin *want;
	struct source *got;
	struct addr a;

	while (count < SOURCES) {
		struct twin *t = &list[count];
		unsigned len;

		a = some_addr(d);
		len = addr_is_v4(a) ? 32 - (unsigned)dice_below(d, 12) :
		    128 - (unsigned)dice_below(d, 70);
		t->prefix.len = (uint8_t)(addr_is_v4(a) ? len + 96 : len);
		t->prefix.addr = addr_mask(a, t->prefix.len);
		addr_format(t->prefix.addr, ip);
		snprintf(line, sizeof(line), "n%u,%s/%u,dir%u", count, ip, len,
		    count);
		t->number = count;
		/* A prefix that is there stays with the first one. */
		if (sources_add_line(s, line, NULL) == 0)
			count++;
	}
	for (unsigned i = 0; i < LOOKUPS; i++) {
		a = some_addr(d);
		want = find(list, count, a);
		got = sources_find(s, a);
		snprintf(ident, sizeof(ident), "n%u",
		    want == NULL ? 0 : want->number);
		wrong += (want == NULL) != (got == NULL) ||
		    (want != NULL && strcmp(ident, got->ident) != 0);
	}
	is_uint(wrong, 0, "%d look-ups among %d prefixes", LOOKUPS, SOURCES);
	sources_free(s);
}

static void
test_dynamic(void)
{
	struct sources *s = empty();
	struct source *first;

	sources_set_base(s, "base", DYNAMIC, NULL);
	ok(sources_look(s, addr_v4(0x7f000001)) == NULL, "no source yet");
	is_uint(sources_count(s), 0, "a look makes none");
	is_str(ident_of(s, "127.0.0.1"), "127-0-0-1", "a name of its address");
	is_str(ident_of(s, "::1"), "--1", "of IPv6");
	first = sources_get(s, 0);
	is_str(first->path, "base/127-0-0-1", "a directory");
	ok(first->is_dynamic, "that is to be made");
	is_str(ident_of(s, "127.0.0.1"), "127-0-0-1", "again");
	is_uint(sources_count(s), 2, "is the same");
	for (unsigned i = 0; i < 2 * DYNAMIC; i++)
		sources_find(s, addr_v4(0x0a000000 + i));
	is_uint(sources_count(s), DYNAMIC, "not more than the limit");
	is_str(ident_of(s, "10.9.9.9"), NULL, "others have none");
	is_str(ident_of(s, "::1"), "--1", "those there are stay");
	sources_free(s);
}

static struct sources *
base_of(uint32_t limit)
{
	struct sources *s = empty();

	sources_set_base(s, "base", limit, NULL);
	return s;
}

static void
test_replace_dynamic(void)
{
	struct sources *s = base_of(1);
	struct source *first = sources_find(s, addr_v4(0x0a000001));

	is_str(ident_of(s, "10.0.0.2"), NULL, "the limit is met");
	is_int(sources_replace(s, base_of(2), NULL), 0, "another limit");
	ok(sources_find(s, addr_v4(0x0a000001)) == first,
	    "a sender keeps its source");
	ok(!first->is_retired, "which goes on");
	is_str(ident_of(s, "10.0.0.2"), "10-0-0-2", "one more is made");
	is_str(ident_of(s, "10.0.0.3"), NULL, "but no others");
	sources_free(s);
}

static struct sources *
set_of(const char *one, const char *other)
{
	struct sources *s = empty();

	add(s, one);
	add(s, other);
	return s;
}

static void
test_replace(void)
{
	struct sources *s = set_of("a,1.1.1.1,da", "b,2.2.2.2,db");
	struct source *a = sources_get(s, 0), *b = sources_get(s, 1);
	uint32_t before = sources_generation(s);

	is_int(sources_replace(s, set_of("c,3.3.3.3,dc", "a,1.1.1.9,da"),
	    NULL), 0, "another set");
	ok(sources_generation(s) != before, "is told");
	ok(b->is_retired && !a->is_retired, "one is retired");
	is_str(ident_of(s, "1.1.1.1"), NULL, "an address that is gone");
	is_str(ident_of(s, "1.1.1.9"), "a", "one that is new");
	ok(sources_find(s, addr_v4(0x01010109)) == a, "of a source that stays");
	is_str(ident_of(s, "2.2.2.2"), NULL, "a source that is gone");
	is_str(ident_of(s, "3.3.3.3"), "c", "one that is new");
	is_int(sources_replace(s, set_of("b,2.2.2.2,db", "b,4.4.4.4,db"),
	    NULL), 0, "a third set");
	ok(sources_find(s, addr_v4(0x04040404)) == b, "one has come back");
	ok(!b->is_retired && a->is_retired, "and is not retired");
	is_uint(sources_count(s), 3, "none is forgotten");
	sources_free(s);
}

/* Without memory all stays as it is. */
static void
test_replace_nomem(void)
{
	struct sources *s = set_of("a,1.1.1.1,da", "b,2.2.2.2,db"), *fresh;
	struct err err;
	unsigned n = 1;

	for (;; n++) {
		fresh = set_of("c,3.3.3.3,dc", "d,4.4.4.4,dd");
		nomem_at(n);
		if (sources_replace(s, fresh, &err) == 0)
			break;
		is_int(err.code, ERR_NOMEM, "no memory at %u", n);
		is_uint(sources_count(s), 2, "no source is made");
		is_str(ident_of(s, "1.1.1.1"), "a", "those there were stay");
	}
	ok(!nomem_hit() && n > 1, "%u calls fail", n - 1);
	nomem_at(0);
	is_str(ident_of(s, "3.3.3.3"), "c", "then it is done");
	sources_free(s);
}

int
main(void)
{
	struct dice d;

	log_init("test");
	dice_init(&d);
	test_longest();
	test_refused();
	test_twin(&d);
	test_dynamic();
	test_replace();
	test_replace_nomem();
	test_replace_dynamic();
	return done_testing();
}
