/*
 * TLS hellos and their fingerprints, against published ones.
 */
#include <stdlib.h>
#include <string.h>

#include "hellokit.h"
#include "packet/tls.h"
#include "tap.h"

#define END 0xffff

static struct tls_digest *digest;

static const char *
ja3(const void *data, size_t len)
{
	static char text[TLS_JA3_LEN + 1];
	struct tls_hello h;

	if (tls_hello_read(&h, data, len) == -1 ||
	    tls_ja3(digest, &h, text) == -1)
		return NULL;
	return text;
}

static const char *
ja4(const void *data, size_t len)
{
	static char text[TLS_JA4_LEN + 1];
	struct tls_hello h;

	if (tls_hello_read(&h, data, len) == -1 ||
	    tls_ja4(digest, &h, text) == -1)
		return NULL;
	return text;
}

/* The two examples in the description of JA3. */
static void
test_ja3(void)
{
	static const uint16_t ciphers[] = { 47, 53, 5, 10, 49161, 49162, 49171,
		49172, 50, 56, 19, 4, END };
	static const uint16_t extensions[] = { 0, 10, 11, END };
	static const uint16_t curves[] = { 23, 24, 25, END };
	static const uint8_t formats[] = { 1, 0 };
	static const uint16_t old_ciphers[] = { 4, 5, 10, 9, 100, 98, 3, 6, 19,
		18, 99, END };
	const struct hello with = { 1, TLS_1_0, ciphers, extensions, curves,
		formats, NULL, NULL, "example.com", NULL };
	const struct hello without = { .type = 1, .version = TLS_1_0,
		.ciphers = old_ciphers };
	uint8_t data[HELLO_MAX];
	size_t len = hello_make(&with, data);

	is_str(ja3(data, len), "ada70206e40642a3e4461f35503241d5", "JA3");
	is_str(ja4(data, len), "t10d120300_d94e65cdb899_33a13ba74d1c",
	    "JA4 of the same");
	len = hello_make(&without, data);
	is_str(ja3(data, len), "de350869b8c85de67a350c8d186f11e6",
	    "JA3 without extensions");
	is_str(ja4(data, len),
	    "t10i110000_3609b414f052_000000000000", "JA4 without extensions");
}

static void
test_browser(void)
{
	uint8_t data[HELLO_MAX];
	size_t len = hello_make(&hello_browser, data);
	struct tls_hello h;

	is_int(tls_hello_read(&h, data, len), 0, "a client's hello");
	ok(h.is_whole && !h.is_server, "whole");
	is_uint(h.version, TLS_1_2, "1.3 calls itself 1.2");
	is_uint(h.server_name.len, 15, "length of the server name");
	is_mem(h.server_name.data, "www.example.com", 15, "server name");
	is_str(ja4(data, len), HELLO_BROWSER_JA4, "the published JA4");
	is_str(ja3(data, len), "c000e2caf3a25423f9de6c8a4b12a975",
	    "JA3 without GREASE");
}

static void
test_server(void)
{
	static const uint16_t cipher[] = { 0xc02f, END };
	static const uint16_t extensions[] = { 0xff01, 0, 11, 35, 16, END };
	const struct hello server = { .type = 2, .version = TLS_1_2,
		.ciphers = cipher, .extensions = extensions };
	uint8_t data[HELLO_MAX];
	size_t len = hello_make(&server, data);
	struct tls_hello h;

	is_int(tls_hello_read(&h, data, len), 0, "a server's hello");
	ok(h.is_server && h.is_whole, "whole");
	is_uint(h.server_name.len, 0, "a server tells no name");
	is_str(ja3(data, len), "47decf033ac4c8fc9b952ff41e549679", "JA3S");
	is_str(ja4(data, len), NULL, "a server has no JA4");
}

/* A hello cut short has what lies before the cut, and no fingerprint. */
static void
test_cut(void)
{
	uint8_t data[HELLO_MAX];
	size_t len = hello_make(&hello_browser, data), named = 0;
	struct tls_hello h;
	int wrong = 0;

	for (size_t cut = 0; cut < len; cut++) {
		uint8_t *copy = malloc(cut + 1); /* to find reads behind it */

		memcpy(copy, data, cut);
		memset(&h, 0, sizeof(h));
		if ((tls_hello_read(&h, copy, cut) == 0) != (cut >= 11) ||
		    h.is_whole)
			wrong++;
		if (named == 0 && h.server_name.len > 0)
			named = cut;
		free(copy);
	}
	is_int(wrong, 0, "no cut is whole");
	ok(named > 0 && named < len, "the name lies before the end");
	data[3] = 0;
	data[4] = 100;
	ok(tls_hello_read(&h, data, len) == 0 && !h.is_whole,
	    "a hello in two records");
}

static void
test_ssl2(void)
{
	uint8_t data[] = { 0x80, 31, 1, 0, 2, 0, 6, 0, 0, 0, 16, 1, 0, 128, 7,
		0, 192, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };
	struct tls_hello h;

	is_int(tls_hello_read(&h, data, sizeof(data)), 0, "SSL 2.0");
	is_uint(h.version, TLS_SSL2, "its version");
	ok(!h.is_whole, "which has no fingerprint");
	data[4] = 3;
	is_int(tls_hello_read(&h, data, sizeof(data)), -1, "no such version");
}

static void
test_other(void)
{
	static const char *const texts[] = { "", "\x16", "GET / HTTP/1.1\r\n",
		"\x16\x03\x01\x02\x00\x0b\x00\x01\xfc\x03\x03",
		"SSH-2.0-OpenSSH_9.2" };
	struct tls_hello h;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		is_int(tls_hello_read(&h, texts[i], strlen(texts[i])), -1,
		    "no hello: %zu", i);
}

/* First and last character of the protocol. */
static void
test_protocol(void)
{
	static const struct {
		const char *protocol;
		char want[3];
	} cases[] = { { "h2", "h2" }, { "http/1.1", "h1" }, { "h", "hh" },
		{ "", "00" }, { "\xab", "ab" }, { "\xab\xcd", "ad" },
		{ "0\xab", "3b" }, { "0\x31\xab\xcd", "3d" } };
	struct hello hello = hello_browser;
	uint8_t data[HELLO_MAX];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *text;

		hello.protocol = cases[i].protocol;
		text = ja4(data, hello_make(&hello, data));
		ok(text != NULL && memcmp(text + 8, cases[i].want, 2) == 0,
		    "protocol %zu: %s", i, text);
	}
}

int
main(void)
{
	if ((digest = tls_digest_new(NULL)) == NULL)
		bail("no digests");
	test_ja3();
	test_browser();
	test_server();
	test_cut();
	test_ssl2();
	test_other();
	test_protocol();
	tls_digest_free(digest);
	return done_testing();
}
