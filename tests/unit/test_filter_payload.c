/*
 * Filters on what is inside of payload.
 */
#include <stdio.h>
#include <string.h>

#include "flow/flow.h"
#include "hellokit.h"
#include "query/filter.h"
#include "tap.h"

/* A reply to www.example.com: 192.0.2.80 and 2001:db8::80. */
static const char dns[] =
    "\x12\x34\x81\x80\0\1\0\2\0\0\0\0"
    "\3www\7example\3com\0\0\1\0\1"
    "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\x50"
    "\xc0\x0c\0\x1c\0\1\0\0\0\x3c\0\x10"
    "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x80";

static uint8_t client[HELLO_MAX], server[HELLO_MAX], cut[100];

enum row {
	ROW_HTTP = 1,
	ROW_CLIENT, /* hellos both ways */
	ROW_CUT,
	ROW_DNS,
	ROW_OUT_DNS,
	ROW_UDP_HELLO,
	ROW_NOTHING,
	ROWS = ROW_NOTHING
};

static void
set(struct batch *b, enum row row, uint8_t proto, uint16_t port,
    enum field_id id, const void *data, size_t len)
{
	((uint8_t *)b->col[FLD_PROTO])[row - 1] = proto;
	((uint16_t *)b->col[FLD_DST_PORT])[row - 1] = port;
	((struct span *)b->col[id])[row - 1] = (struct span){ data,
		(uint32_t)len };
}

static void
fill(struct batch *b)
{
	static const char get[] = "GET /index\0 HTTP/1.1\r\nHost: a.example\r\n";
	static const uint16_t cipher[] = { 0xc02f, 0xffff };
	const struct hello reply = { .type = 2, .version = 0x0301,
		.ciphers = cipher };
	size_t len = hello_make(&hello_browser, client);

	memcpy(cut, client, sizeof(cut));
	b->rows = ROWS;
	set(b, ROW_HTTP, 6, 80, FLD_IN_PAYLOAD, get, sizeof(get) - 1);
	set(b, ROW_CLIENT, 6, 443, FLD_IN_PAYLOAD, client, len);
	set(b, ROW_CLIENT, 6, 443, FLD_OUT_PAYLOAD, server,
	    hello_make(&reply, server));
	set(b, ROW_CUT, 6, 443, FLD_IN_PAYLOAD, cut, sizeof(cut));
	set(b, ROW_DNS, 17, 53, FLD_IN_PAYLOAD, dns, sizeof(dns) - 1);
	set(b, ROW_OUT_DNS, 17, 53, FLD_OUT_PAYLOAD, dns, sizeof(dns) - 1);
	set(b, ROW_UDP_HELLO, 17, 443, FLD_IN_PAYLOAD, client, len);
}

static void
selects(const char *text, const char *want)
{
	struct err err = { ERR_NONE, "" };
	struct fieldset fields = { { 0 } };
	struct filter *f = filter_compile(text, "filter", &err);
	struct filter_run *r;
	struct batch b;
	char got[100] = "";
	size_t len = 0;

	if (f == NULL || (r = filter_run_new(f, &err)) == NULL)
		bail("%s: %s", text, err.text);
	filter_fields(f, &fields);
	fieldset_add(&fields, FLD_PROTO);
	fieldset_add(&fields, FLD_DST_PORT);
	fieldset_add(&fields, FLD_IN_PAYLOAD);
	fieldset_add(&fields, FLD_OUT_PAYLOAD);
	if (batch_init(&b, &fields, false, &err) == -1)
		bail("%s", err.text);
	for (int id = 0; id < FLD_COUNT; id++)
		if (b.col[id] != NULL)
			memset(b.col[id], 0,
			    (size_t)field_table[id].size * ROWS);
	fill(&b);
	batch_select_all(&b);
	filter_apply(r, &b);
	for (uint32_t i = 0; i < b.nsel; i++)
		len += (size_t)snprintf(got + len, sizeof(got) - len, "%s%d",
		    i == 0 ? "" : " ", b.sel[i] + 1);
	is_str(got, want, "%s", text);
	batch_fini(&b);
	filter_run_free(r);
	filter_free(f);
}

static void
test_tls(void)
{
	selects("payload tls defined", "2 3");
	selects("src payload ssl defined", "2 3");
	selects("not payload tls defined", "1 4 5 6 7");
	selects("payload tls version 1.2", "2 3");
	selects("payload tls version 1.0", "2");
	selects("payload tls version 1.3", "");
	selects("payload ssl version 3.0", "");
	selects("payload tls sni example.com", "2");
	selects("payload tls sni \"WWW\"", "");
	selects("payload ja3 defined", "2");
	selects("payload ja3 C000E2CAF3A25423F9DE6C8A4B12A975", "2");
	selects("payload ja3 c000e2caf3a25423f9de6c8a4b12a976", "");
	selects("out payload ja4 defined", "2");
	selects("payload ja4 " HELLO_BROWSER_JA4, "2");
	selects("not payload ja4 " HELLO_BROWSER_JA4, "1 3 4 5 6 7");
	selects("payload ja4 t13d1516h2_8daaf6152771_e5627efa2ab2", "");
}

static void
test_dns(void)
{
	selects("payload dns defined", "4");
	selects("in payload dns defined", "4");
	selects("out payload dns defined", "5");
	selects("payload dns name www.exam", "4");
	selects("payload dns name WWW", "");
	selects("payload dns address 192.0.2.80", "4");
	selects("payload dns addr 2001:db8::8", "4");
	selects("out payload dns addr 192.0.2.80 or proto tcp", "1 2 3 5");
	selects("payload dns addr 10.0.0.1", "");
}

static void
refused(const char *text, const char *want)
{
	struct err err = { ERR_NONE, "accepted" };

	ok(filter_compile(text, "filter", &err) == NULL &&
		err.code == ERR_FILTER && strstr(err.text, want) != NULL,
	    "refused: %s: %s", text, err.text);
}

static void
test_text(void)
{
	selects("payload content HTTP/1.1", "1");
	selects("out payload content example", "1 2 4 5 6");
#ifdef HAVE_PCRE2
	selects("payload regex '^GET /[a-z]+'", "1");
	selects("payload regex 'index.*HTTP'", "1");
	selects("payload regex 'HTTP.*Host'", "");
	selects("payload regex 'HTTP.*Host' s", "1");
	selects("payload regex '^host:' im", "1");
	selects("payload regex ^host: i", "");
	selects("not payload regex .", "7");
	selects("payload regex '^$'", "");
	selects("payload regex '(.*)*(.*)*(.*)*(.*)*x{9}' s", "");
	refused("payload regex 'a(b'", "filter:1:19: payload regex: ");
	refused("payload regex a x", "flags of the letters ims");
#else
	refused("payload regex a", "built without libpcre2-8");
#endif
}

int
main(void)
{
	test_tls();
	test_dns();
	test_text();
	return done_testing();
}
