/*
 * DNS messages.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "packet/dns.h"
#include "tap.h"

/* www.example.com, a question and two answers; names are compressed. */
static const uint8_t reply[] = { 0x12, 0x34, 0x81, 0x80, 0, 1, 0, 2, 0, 0, 0,
	0, 3, 'w', 'w', 'w', 7, 'e', 'x', 'a', 'm', 'p', 'l', 'e', 3, 'c', 'o',
	'm', 0, 0, 1, 0, 1, /* the question */
	0xc0, 12, 0, 5, 0, 1, 0, 0, 0, 60, 0, 4, 1, 'h', 0xc0, 16,
	0xc0, 45, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 80 };

static void
test_reply(void)
{
	struct dns_message m;
	struct dns_entry e;

	is_int(dns_open(&m, reply, sizeof(reply)), 0, "a reply");
	is_int(dns_next(&m, &e), 1, "its question");
	ok(e.is_question, "is one");
	is_str(e.name, "www.example.com", "name");
	is_uint(e.type, DNS_TYPE_A, "type");
	is_int(dns_next(&m, &e), 1, "an alias");
	ok(!e.is_question && e.type == 5, "is one");
	is_str(e.name, "www.example.com", "name, compressed");
	is_int(dns_next(&m, &e), 1, "an address");
	is_str(e.name, "h.example.com", "name, compressed twice");
	is_uint(e.data.len, 4, "length of the address");
	is_mem(e.data.data, "\xc0\0\2\x50", 4, "address");
	is_int(dns_next(&m, &e), 0, "the end");
}

static void
test_over_tcp(void)
{
	uint8_t data[sizeof(reply) + 2];
	struct dns_message m;
	struct dns_entry e;

	store_be16(data, sizeof(reply));
	memcpy(data + 2, reply, sizeof(reply));
	ok(dns_open(&m, data, sizeof(data)) == 0 && dns_next(&m, &e) == 1,
	    "behind its length");
	is_str(e.name, "www.example.com", "name");
	is_int(dns_open(&m, data, 40), 0, "and cut short");
}

static void
test_cut(void)
{
	int wrong = 0;

	for (size_t len = 0; len < sizeof(reply); len++) {
		uint8_t *copy = malloc(len + 1);
		struct dns_message m;
		struct dns_entry e;
		size_t entries = 0;

		memcpy(copy, reply, len);
		if ((dns_open(&m, copy, len) == 0) != (len >= 33))
			wrong++;
		else if (len >= 33)
			while (dns_next(&m, &e) == 1)
				entries++;
		if (entries > 2)
			wrong++;
		free(copy);
	}
	is_int(wrong, 0, "cut at every place");
}

/* A message of one question with this name. */
static int
opens(const void *name, size_t len)
{
	uint8_t data[1024] = { 0, 0, 1, 0, 0, 1 };
	struct dns_message m;
	struct writer w;

	writer_init(&w, data + 12, sizeof(data) - 12);
	writer_bytes(&w, name, len);
	writer_uint(&w, 1, 2);
	writer_uint(&w, 1, 2);
	return dns_open(&m, data, 12 + w.used);
}

static void
test_names(void)
{
	uint8_t name[300];

	is_int(opens("", 1), 0, "the root");
	is_int(opens("\1a", 3), 0, "a letter");
	is_int(opens("\xc0\x0c", 2), -1, "a name that points at itself");
	is_int(opens("\xc0\x20", 2), -1, "or forward");
	is_int(opens("\1a\xc0\x0c", 4), -1, "or into itself");
	is_int(opens("\x40", 2), -1, "a label that is none");
	memset(name, 1, sizeof(name));
	name[254] = 0;
	is_int(opens(name, 255), 0, "the longest name");
	name[254] = 1;
	name[258] = 0;
	is_int(opens(name, 259), -1, "a longer one");
}

static void
test_other(void)
{
	static const char text[] = "GET / HTTP/1.1\r\nHost: www.example.com\r\n";
	uint8_t data[sizeof(reply)];
	struct dns_message m;

	is_int(dns_open(&m, text, sizeof(text)), -1, "something else");
	is_int(dns_open(&m, NULL, 0), -1, "nothing");
	memcpy(data, reply, sizeof(reply));
	data[31] = 9;
	is_int(dns_open(&m, data, sizeof(data)), -1, "no such class");
}

int
main(void)
{
	test_reply();
	test_over_tcp();
	test_cut();
	test_names();
	test_other();
	return done_testing();
}
