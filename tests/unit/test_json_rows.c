/*
 * Rows of flows in JSON: what members make of values, the file's ident, TLS
 * hellos in payload, and numbers of lines.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "formatkit.h"
#include "hellokit.h"
#include "tap.h"

static bool
has(const char *row, const char *member)
{
	return strstr(row, member) != NULL;
}

/* An address, its mask and that of the other side. */
static void
net_is(const char *addr, uint8_t mask, uint8_t other, const char *want)
{
	struct flow f = full_v4();
	char member[64], *row;

	f.extensions = FLOW_EXT(EXT_MISC);
	f.src_addr = address(addr);
	f.src_mask = mask;
	f.dst_mask = other;
	row = print("ndjson", &no_options, &f, 1);
	snprintf(member, sizeof(member), "\"src_net\":\"%s\",", want);
	ok(has(row, member), "%s/%u is %s", addr, mask, member);
	free(row);
}

static void
test_networks(void)
{
	net_is("192.0.2.77", 24, 0, "192.0.2.0");
	net_is("192.0.2.77", 32, 0, "192.0.2.77");
	net_is("192.0.2.77", 33, 0, "192.0.2.77");
	net_is("192.0.2.77", 255, 0, "192.0.2.77");
	net_is("192.0.2.77", 0, 8, "0.0.0.0");
	net_is("192.0.2.77", 0, 0, "");
	net_is("2001:db8::1", 32, 0, "2001:db8::");
	net_is("2001:db8::1", 128, 0, "2001:db8::1");
	net_is("2001:db8::1", 0, 1, "::");
	net_is("2001:db8::1", 0, 0, "");
}

/* A hello in either payload; a name that needs all the room there is. */
static void
test_hello(void)
{
	static const uint16_t ciphers[] = { 0x1301, 0xffff };
	struct flow f = full_v4();
	const struct hello server = { .type = 2, .version = 0x0303,
		.ciphers = ciphers };
	struct hello client = hello_browser;
	char name[801], *row;
	uint8_t data[HELLO_MAX];

	f.in_payload.len = 0;
	f.out_payload = (struct span){ data,
		(uint32_t)hello_make(&hello_browser, data) };
	row = print("ndjson", &no_options, &f, 1);
	ok(has(row, ",\"tls_version\":\"1.2\","
	    "\"sni\":\"www.example.com\","
	    "\"ja3\":\"c000e2caf3a25423f9de6c8a4b12a975\","
	    "\"ja4\":\"" HELLO_BROWSER_JA4 "\""), "a client's hello");
	free(row);
	row = print("json", &no_options, &f, 1);
	ok(has(row, "\t\"ja3\" : \"c000e2caf3a25423f9de6c8a4b12a975\",\n"),
	    "in json its fingerprint, quoted");
	free(row);
	f.proto = 17;
	row = print("ndjson", &no_options, &f, 1);
	ok(!has(row, "tls") && !has(row, "ja3"), "over TCP alone");
	free(row);
	f.proto = 6;
	f.out_payload.len -= 1;
	row = print("ndjson", &no_options, &f, 1);
	ok(has(row, "tls_version") && has(row, "sni") && !has(row, "\"ja"),
	    "no fingerprint of a hello that is cut off");
	free(row);
	f.out_payload.len = (uint32_t)hello_make(&server, data);
	row = print("ndjson", &no_options, &f, 1);
	ok(has(row, "tls_version") && has(row, "ja3") && !has(row, "sni") &&
	    !has(row, "ja4"), "a server's hello");
	free(row);
	memset(name, '\1', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	client.name = name;
	f.out_payload.len = (uint32_t)hello_make(&client, data);
	row = print("ndjson", &no_options, &f, 1);
	ok(has(row, "\"sni\":\"\\u0001\\u0001"), "a name to be escaped");
	free(row);
}

static void
test_ident(void)
{
	struct flow flow = full_v4();
	struct format *f = compile("ndjson", &no_options);
	struct format_run *r = format_run_new(f, NULL);
	struct buffer out = BUFFER_EMPTY;
	char ident[501];
	struct batch b;

	if (r == NULL)
		bail("out of memory");
	make_batch(&b, f, &flow, 1);
	b.ident = "a\"b";
	format_rows(r, &b, 1, &out);
	b.ident = "none";
	format_rows(r, &b, 1, &out);
	buffer_char(&out, '\0');
	ok(has(out.data, "{\"type\":\"FLOW\",\"ident\":\"a\\\"b\",\"samp"),
	    "the ident of the file");
	ok(has(out.data, "}\n{\"type\":\"FLOW\",\"sampled\""),
	    "no ident");
	memset(ident, '\1', sizeof(ident) - 1);
	ident[sizeof(ident) - 1] = '\0';
	b.ident = ident;
	out.len = 0;
	format_rows(r, &b, 1, &out);
	buffer_char(&out, '\0');
	ok(has(out.data, "\\u0001\",\"sampled"), "a long one, escaped");
	buffer_fini(&out);
	batch_fini(&b);
	format_run_free(r);
	format_free(f);
}

static void
test_numbers(void)
{
	struct buffer rows = BUFFER_EMPTY, out = BUFFER_EMPTY;
	uint64_t count = 8;

	format_number_rows(&rows, &count, &out);
	is_uint(out.len, 0, "no rows");
	buffer_text(&rows, "{\"a\":1}\n{\"b\":\"{\"}\n{\"c\":3}\n");
	format_number_rows(&rows, &count, &out);
	buffer_char(&out, '\0');
	is_str(out.data, "{\"cnt\":9,\"a\":1}\n{\"cnt\":10,\"b\":\"{\"}\n"
	    "{\"cnt\":11,\"c\":3}\n", "numbers of rows");
	is_uint(count, 11, "the last number");
	buffer_fini(&rows);
	buffer_fini(&out);
}

int
main(void)
{
	formatkit_begin();
	test_networks();
	test_hello();
	test_ident();
	test_numbers();
	return done_testing();
}
