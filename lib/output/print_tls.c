/*
 * What a payload tells of TLS: fingerprints, version, the server's name.
 * The payload of the client's direction is looked at first.
 */

#include <string.h>

#include "flow/derive.h"
#include "output/format_int.h"
#include "output/json.h"
#include "output/number.h"

/* The hello in one payload of a TCP flow. */
static bool
read_hello(struct tls_hello *h, const struct span *payload, uint8_t proto)
{
	return proto == PROTO_TCP && payload->len > 0 &&
	    tls_hello_read(h, payload->data, payload->len) == 0;
}

/* The hello in one of both payloads. */
static bool
find_hello(const struct cell *c, uint32_t row, struct tls_hello *h)
{
	uint8_t proto = CELL(c, 2, uint8_t);

	return read_hello(h, &CELL(c, 0, struct span), proto) ||
	    read_hello(h, &CELL(c, 1, struct span), proto);
}

uint64_t
print_hello_bits(const struct cell *c, uint32_t row)
{
	struct tls_hello h;
	uint64_t bits = ROW_HELLO;

	if (!find_hello(c, row, &h))
		return 0;
	if (h.is_whole)
		bits |= h.is_server ? ROW_JA3 : ROW_JA3 | ROW_JA4;
	if (h.server_name.len > 0)
		bits |= ROW_SERVER_NAME;
	return bits;
}

/* The name as text of JSON. */
char *
json_server_name(char *p, struct cell *c, uint32_t row)
{
	struct tls_hello h = { .server_name = { NULL, 0 } };

	find_hello(c, row, &h);
	return json_put_text(p, h.server_name.data, h.server_name.len);
}

/* Blanks if there is none. */
char *
print_ja3(char *p, struct cell *c, uint32_t row)
{
	char text[TLS_JA3_LEN + 1];
	struct tls_hello h;

	if (!find_hello(c, row, &h) || tls_ja3(c->digest, &h, text) == -1)
		return number_text_right(p, "", 0, c->arg);
	return number_text_right(p, text, TLS_JA3_LEN, c->arg);
}

char *
print_ja4(char *p, struct cell *c, uint32_t row)
{
	char text[TLS_JA4_LEN + 1];
	struct tls_hello h;

	if (!find_hello(c, row, &h) || tls_ja4(c->digest, &h, text) == -1)
		return number_text_right(p, "no ja4", 6, c->arg);
	return number_text_right(p, text, strlen(text), c->arg);
}

char *
print_server_name(char *p, struct cell *c, uint32_t row)
{
	struct tls_hello h;

	if (!find_hello(c, row, &h) || h.server_name.len == 0)
		return number_text_right(p, "", 0, c->arg);
	return print_clean(p, &h.server_name);
}

/* "1.2"; SSL counts from 2.0 */
char *
print_tls_version(char *p, struct cell *c, uint32_t row)
{
	static const struct {
		uint16_t version;
		char text[8];
	} names[] = { { TLS_SSL2, "SSL2" }, { TLS_SSL3, "SSL3" },
		{ TLS_1_0, "1.0" }, { TLS_1_1, "1.1" }, { TLS_1_2, "1.2" },
		{ TLS_1_3, "1.3" } };
	const char *text = "0";
	struct tls_hello h;

	if (find_hello(c, row, &h))
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			if (names[i].version == h.version)
				text = names[i].text;
	return number_text_right(p, text, strlen(text), c->arg);
}

/* The lines of raw about a payload's hello. */
char *
print_hello_lines(char *p, const struct cell *c, const struct span *payload,
    uint8_t proto)
{
	static const char ja3[] = "\n  ja3 hash     = ";
	static const char name[] = "\n  sni name     = ";
	char text[TLS_JA3_LEN + 1];
	struct tls_hello h;

	if (!read_hello(&h, payload, proto))
		return p;
	if (tls_ja3(c->digest, &h, text) == 0) {
		p = number_text_left(p, ja3, sizeof(ja3) - 1, 0);
		p = number_text_left(p, text, TLS_JA3_LEN, 0);
	}
	if (h.server_name.len > 0) {
		p = number_text_left(p, name, sizeof(name) - 1, 0);
		p = print_clean(p, &h.server_name);
	}
	return p;
}
