/*
 * Tests put together from words of nfdump and of other tools.  What compiles,
 * for whatever reason, has a normal form that compiles to itself; what does
 * not says where in the text the trouble is.  Where memory runs out, that is
 * what the error says.
 */

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "dice.h"
#include "nomem.h"
#include "query/filter.h"
#include "tap.h"

#define ROUNDS 100000
#define PART(...) { (const char *const[]){ __VA_ARGS__, NULL } }

/* Parts of a test in their order; those that begin empty often stay so. */
static const struct part {
	const char *const *text;
} parts[] = {
	PART("", "not", "(", "tcp", "udp", "ip6", "icmp"),
	PART("", "src", "dst", "src or dst", "src and dst", "in", "ip", "ether"),
	PART("port", "ip", "host", "net", "proto", "flags", "bytes", "packets",
	    "duration", "tos", "dscp", "vlan", "mpls", "mpls label1", "as",
	    "mac", "if", "first seen", "xip", "next ip", "bgpnext ip",
	    "fwdstat", "flowdir", "ident", "tcp[13]", "tcp[13] &", "icmp[0]",
	    "nat event", "multicast", "icmp type", "next net", "tun ip", "",
	    "inet", "any", "port in pblock", "ttl equal", "true"),
	PART("", "=", "!=", ">", "<", "in", "not", "between", "ne"),
	PART("", "[", "(", "{", "in [", "in ("),
	PART("80", "443", "1-9", "80-90", "10/8", "10.0.0.1", "10.0.0.0/8",
	    "10.0.0.1-10.0.0.9", "10.0.0.0 255.0.0.0", "10.0.0.1 0.0.0.255",
	    "2001:db8::1", "2001:db8::/32", "http", "tcp", "S", "syn", "SA/SAF",
	    "1.5k", "1kB", "1 k", "5s", "EF", "AS5", "1.10", "2024-07", "drop",
	    "0:1:2:3:4:5", "\"x\"", "ingress", "add", "echo-request", "0", ""),
	PART("", ",", "or", "and", "and <", "or 17", "or !=", "& 2 !="),
	PART("", "90", "17", "10.0.0.2", "11/8", "A", "1m", "proto 6"),
	PART("", "]", ")", "}", "or vlan", "and ip"),
};

#define PARTS (sizeof(parts) / sizeof(parts[0]))

static struct dice dice;

static void
make_text(struct buffer *out)
{
	for (size_t i = 0; i < PARTS; i++) {
		uint64_t n = 0;

		if (*parts[i].text[0] == '\0' && dice_below(&dice, 4) > 0)
			continue;
		while (parts[i].text[n] != NULL)
			n++;
		buffer_printf(out, "%s ", parts[i].text[dice_below(&dice, n)]);
	}
	buffer_char(out, '\0');
}

/* The normal form of the text, allocated, or NULL. */
static char *
normal_form(const char *text, struct err *err)
{
	struct filter *f = filter_compile(text, "filter", err);
	char *form = f == NULL ? NULL : filter_text(f);

	filter_free(f);
	return form;
}

/* "filter:1:COLUMN: " with a column of the text, and more behind it. */
static bool
has_place(const struct err *err, const char *text)
{
	char *end;
	unsigned long column;

	if (err->code != ERR_FILTER || strncmp(err->text, "filter:1:", 9) != 0)
		return false;
	column = strtoul(err->text + 9, &end, 10);
	return column >= 1 && column <= strlen(text) + 1 &&
	    strncmp(end, ": ", 2) == 0 && end[2] != '\0';
}

static int
resolve(void *ctx, const char *name, struct addr *addrs, size_t max,
    struct err *err)
{
	(void)ctx;
	(void)err;
	if (max < 2 || strcmp(name, "localhost") != 0)
		bail("resolve %s", name);
	addr_parse("127.0.0.1", &addrs[0]);
	addr_parse("::1", &addrs[1]);
	return 2;
}

/* A list of ports. */
static int
load(void *ctx, const char *name, struct buffer *text, struct err *err)
{
	(void)ctx;
	(void)name;
	(void)err;
	buffer_text(text, "80 443,8080-8089");
	return 0;
}

static void
country(void *ctx, struct addr a, char code[2])
{
	(void)ctx;
	(void)a;
	(void)code;
}

/* Memory runs out at every place in turn while the text compiles. */
static void
test_nomem(const char *text, bool is_right)
{
	static const struct filter_options options = { .resolve = resolve,
		.load = load, .country = country };
	unsigned wrong = 0, n;
	struct filter *f;
	struct err err;

	for (n = 1;; n++) {
		nomem_at(n);
		f = filter_compile_with(text, "filter", &options, &err);
		if (!nomem_hit())
			break;
		/* what failed ahead may succeed when it is read */
		if (f == NULL && err.code != ERR_NOMEM && is_right)
			wrong++;
		filter_free(f);
	}
	nomem_at(0);
	ok(n > 1 && wrong == 0, "%u allocations fail: %s", n - 1, text);
	ok(is_right ? f != NULL : f == NULL && err.code == ERR_FILTER,
	    "and then it is %s", is_right ? "right" : "wrong");
	filter_free(f);
}

static void
test_random(void)
{
	unsigned accepted = 0, unstable = 0, unplaced = 0;

	for (unsigned i = 0; i < ROUNDS; i++) {
		struct buffer text = BUFFER_EMPTY;
		struct err err;
		char *form, *again = NULL;

		make_text(&text);
		form = normal_form(text.data, &err);
		if (form == NULL && !has_place(&err, text.data)) {
			note("%s: %s", text.data, err.text);
			unplaced++;
		}
		if (form != NULL) {
			accepted++;
			again = normal_form(form, &err);
		}
		if (form != NULL &&
		    (again == NULL || strcmp(form, again) != 0)) {
			note("%s: %s: %s", text.data, form,
			    again == NULL ? err.text : again);
			unstable++;
		}
		free(form);
		free(again);
		buffer_fini(&text);
	}
	is_uint(unstable, 0, "%u of %d texts have a normal form", accepted,
	    ROUNDS);
	is_uint(unplaced, 0, "the other ones have an error with a place");
	ok(accepted > ROUNDS / 100, "enough of them are right");
}

int
main(void)
{
	dice_init(&dice);
	test_random();
	test_nomem("tcp port 80-90 or 443 and not icmp6 type 128", true);
	test_nomem("flags S/SA or mpls or port in [22 @include a ]", true);
	test_nomem("host 10.0.0.1 or localhost and port @include a", true);
	test_nomem("(src localhost) %a or %b (geo CH and asa user = x)", true);
	test_nomem("port 80 @include a prt 80", false);
	test_nomem("src @include a", false);
	return done_testing();
}
