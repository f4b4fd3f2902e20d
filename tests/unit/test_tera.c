/*
 * The codec of Tera Flow: messages of the tools of Cap'n Proto against their
 * texts, round trips, and messages that lie about their shape.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "dice.h"
#include "files.h"
#include "tap.h"
#include "wire/tera_int.h"

#define ROUNDS 5000
#define WORDS_MAX 1200

/* Value of a field in a text, or "0". */
static const char *
value_of(const char *text, const char *name)
{
	size_t len = strlen(name);

	for (const char *p = text; (p = strstr(p, name)) != NULL; p += len)
		if ((p[-1] == '(' || p[-1] == ' ') &&
		    strncmp(p + len, " = ", 3) == 0)
			return p + len + 3;
	return "0";
}

static uint64_t
number(const char *text, const char *name)
{
	return strtoull(value_of(text, name), NULL, 0);
}

/* Bytes as in "\x02\x00", as hex. */
static void
hex_of(const char *text, const char *name, char *hex)
{
	const char *p = value_of(text, name);

	while (p[0] == '"' || p[0] == '\\') {
		if (*p++ == '"')
			continue;
		memcpy(hex, p + 1, 2);
		hex += 2;
		p += 3;
		if (*p == '"')
			break;
	}
	*hex = '\0';
}

static void
check_address(const char *text, const char *v4, const char *v6,
    struct addr got)
{
	uint8_t bytes[16];
	char hex[64], want[64];

	addr_to_bytes(got, bytes);
	if (number(text, "ipProtocolVersion") == 4) {
		uint32_t le = (uint32_t)number(text, v4);

		snprintf(want, sizeof(want), "%02x%02x%02x%02x", le & 0xff,
		    le >> 8 & 0xff, le >> 16 & 0xff, le >> 24);
		snprintf(hex, sizeof(hex), "%02x%02x%02x%02x", bytes[12],
		    bytes[13], bytes[14], bytes[15]);
	} else {
		hex_of(text, v6, want);
		for (int i = 0; i < 16; i++)
			snprintf(hex + 2 * i, 3, "%02x", bytes[i]);
	}
	is_str(hex, want, "%s", v4);
}

static void
check_mac(const char *text, const char *name, uint64_t got)
{
	char want[64];

	hex_of(text, name, want);
	is_uint(got, strtoull(want, NULL, 16), "%s", name);
}

static void
check_text(const struct tera *t, const char *text)
{
	const struct {
		const char *name;
		uint64_t got;
	} numbers[] = {
		{ "source", t->source },
		{ "sampleRatio", t->sample_ratio },
		{ "srcAsn", t->src_as },
		{ "dstAsn", t->dst_as },
		{ "inputInterface", t->input },
		{ "outputInterface", t->output },
		{ "ipProtocolVersion", t->ip_version },
		{ "ttl", t->ttl },
		{ "sourcePort", t->src_port },
		{ "destinationPort", t->dst_port },
		{ "protocol", t->proto },
		{ "length", t->bytes },
		{ "numberOfPackets", t->packets },
		{ "flags", t->tcp_flags },
		{ "tsSec", (uint64_t)t->sec },
		{ "tsMsec", (uint64_t)t->usec },
		{ "packetPayloadLength", (uint64_t)t->payload_len },
		{ "packetPayloadFullLength", t->payload_full_len },
		{ "packetDirection", t->direction },
		{ "agentIpAddress", BYTES_SWAP32(t->agent) },
		{ "ipLength", t->ip_bytes },
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		is_uint(numbers[i].got, number(text, numbers[i].name), "%s",
		    numbers[i].name);
	is_uint(t->is_fragmented, *value_of(text, "ipFragmented") == 't',
	    "ipFragmented");
	is_uint(t->dont_fragment, *value_of(text, "ipDontFragment") == 't',
	    "ipDontFragment");
	check_address(text, "srcIp", "srcIpv6", t->src_addr);
	check_address(text, "dstIp", "dstIpv6", t->dst_addr);
	check_mac(text, "srcMac", t->src_mac);
	check_mac(text, "dstMac", t->dst_mac);
}

static uint8_t *
read_data(const char *name, size_t *len)
{
	char path[FILES_PATH_MAX], file[64];

	snprintf(file, sizeof(file), "tera/%s", name);
	files_data(file, path);
	return files_read(path, len);
}

static void
test_file(const char *binary, const char *text_name)
{
	size_t len, text_len;
	uint8_t *data = read_data(binary, &len);
	char *text = (char *)read_data(text_name, &text_len);
	struct err err = { .text = "" };
	struct tera t;

	note("%s", binary);
	ok(tera_decode(data, len, &t, &err) == 0, "it can be read %s",
	    err.text);
	check_text(&t, text);
	free(text);
	free(data);
}

/* What capnp wrote we write, byte for byte. */
static void
test_same(const char *name)
{
	uint8_t out[TERA_ENCODED_MAX];
	size_t len, n;
	uint8_t *data = read_data(name, &len);
	struct tera t;

	tera_decode(data, len, &t, NULL);
	n = tera_encode(&t, out);
	is_uint(n, len, "%s: length", name);
	if (n == len)
		is_mem(out, data, len, "%s: bytes", name);
	free(data);
}

static void
make_message(struct dice *d, struct tera *t)
{
	dice_fill(d, t, sizeof(*t));
	t->ip_version = dice_below(d, 2) == 0 ? 4 : 6;
	t->is_fragmented = dice_below(d, 2) == 0;
	t->dont_fragment = dice_below(d, 2) == 0;
	t->proto &= 255;
	t->src_mac = dice_below(d, 3) == 0 ? 0 : t->src_mac >> 16;
	t->dst_mac = dice_below(d, 3) == 0 ? 0 : t->dst_mac >> 16;
	if (t->ip_version == 6)
		return;
	t->src_addr = addr_v4((uint32_t)t->src_addr.lo);
	t->dst_addr = addr_v4((uint32_t)t->dst_addr.lo);
}

/* Written, read and written again. */
static void
test_round_trips(void)
{
	struct dice d;
	uint8_t one[TERA_ENCODED_MAX], two[TERA_ENCODED_MAX];
	unsigned bad = 0;
	struct tera t, back;
	size_t len;

	dice_init(&d);
	for (int i = 0; i < ROUNDS; i++) {
		make_message(&d, &t);
		len = tera_encode(&t, one);
		if (tera_decode(one, len, &back, NULL) == -1 ||
		    tera_encode(&back, two) != len ||
		    memcmp(one, two, len) != 0 ||
		    !addr_equal(t.src_addr, back.src_addr) ||
		    back.bytes != t.bytes || back.usec != t.usec ||
		    back.payload_len != t.payload_len ||
		    back.agent != t.agent || back.dst_mac != t.dst_mac)
			bad++;
	}
	is_uint(bad, 0, "round trips");
}

/* A message from 64-bit words, blanks between; "x12" is 12 words of zero. */
static size_t
words(uint8_t *out, const char *text)
{
	uint8_t *p = out;
	char *end;

	for (; *text != '\0'; text = end) {
		uint64_t v = 0;
		bool is_zero = *(text += strspn(text, " ")) == 'x';

		if (*text == '\0')
			break;
		v = strtoull(text + is_zero, &end, is_zero ? 10 : 16);
		for (uint64_t n = is_zero ? v : 1; n > 0; n--, p += 8)
			for (int i = 0; i < 8; i++)
				p[i] = is_zero ? 0 : (uint8_t)(v >> 8 * i);
	}
	return (size_t)(p - out);
}

/* First words of the data of a message: IPv4, and IPv6. */
#define V4 " 0000000100000400 "
#define V6 " 0000000100000600 "

static const struct {
	const char *name;
	const char *words; /* number of segments less 1 in the low half */
	const char *error; /* part of it, NULL: it is good */
} shapes[] = {
	{ "one word of data", "0000000200000000 0000000100000000" V4, NULL },
	{ "more data than is known",
	    "0000001600000000 0000001400000000" V4 "x20", NULL },
	{ "as much and no pointers",
	    "0000000d00000000 0000000c00000000" V4 "x11", NULL },
	{ "more pointers than are known, the last one broken",
	    "0000000700000000 0005000100000000" V4 "x4 ffffffffffffffff",
	    NULL },
	{ "struct behind what it points to",
	    "0000000400000000 0001000100000004 0000000000000000" V4
	    "0000000000000000", NULL },
	{ "an empty segment",
	    "0000000200000001 0000000000000000 0000000100000000" V4, NULL },
	{ "far pointer",
	    "0000000100000001 0000000000000002 0000000100000002"
	    " 0000000100000000" V4, NULL },
	{ "far pointer to its own segment",
	    "0000000300000000 000000000000000a 0000000100000000" V4, NULL },
	{ "double far pointer",
	    "0000000100000002 0000000100000002 0000000100000006"
	    " 0000000200000002 0000000100000000" V4, NULL },
	{ "double far pointer whose tag has an offset",
	    "0000000100000002 0000000100000002 0000000100000006"
	    " 0000000200000002 0000000100000ff0" V4, NULL },
	{ "list of no bytes",
	    "0000000300000000 0001000100000000" V4 "0000000200000001", NULL },
	{ "lists that share their bytes",
	    "0000000800000000 0004000100000000" V6
	    "000000820000000d 0000008200000009 0 0 1 2", NULL },

	{ "null root", "0000000100000000 0000000000000000", "IP version 0" },
	{ "empty struct", "0000000100000000 00000000fffffffc",
	    "IP version 0" },
	{ "no words", "0000000000000000", "no root pointer" },
	{ "no words in the first segment",
	    "0000000000000001 0000000000000001 0000000000000000",
	    "no root pointer" },
	{ "too many segments", "0000000000000200", "513 segments" },
	{ "very many segments", "00000000ffffffff", "4294967296 segments" },
	{ "table cut", "0000000000000007 0000000000000000",
	    "segment table" },
	{ "segment too long", "0000000300000000 0000000100000000" V4,
	    "segment table" },
	{ "segment far too long", "ffffffff00000000 0000000100000000" V4,
	    "segment table" },
	{ "second segment too long",
	    "0000000200000001 0000000000000001 0000000100000000" V4,
	    "segment table" },
	{ "words behind the end", "0000000200000000 0000000100000000" V4 "0",
	    "1 words behind" },
	{ "root is a list", "0000000200000000 0000000a00000001" V4,
	    "no struct" },
	{ "root is a capability", "0000000200000000 0000000100000003" V4,
	    "no struct" },
	{ "struct too large", "0000000200000000 0000000200000000" V4,
	    "outside its segment" },
	{ "struct very large", "0000000200000000 ffffffff00000000" V4,
	    "outside its segment" },
	{ "struct before its segment",
	    "0000000200000000 00000001fffffff8" V4, "outside its segment" },
	{ "struct far before its segment",
	    "0000000200000000 0000000180000000" V4, "outside its segment" },
	{ "struct far behind its segment",
	    "0000000200000000 000000017ffffffc" V4, "outside its segment" },
	{ "far pointer to no segment",
	    "0000000100000000 0000000100000002", "segment 1" },
	{ "far pointer to the last of segments",
	    "0000000100000000 ffffffff00000002", "segment 4294967295" },
	{ "far pointer behind a segment",
	    "0000000100000000 000000000000000a", "word 1 of segment 0" },
	{ "double far pointer to half a landing pad",
	    "0000000200000000 000000000000000e 0", "word 1 of segment 0" },
	{ "far pointer to itself",
	    "0000000100000000 0000000000000002", "landing pad" },
	{ "double far pointer to itself",
	    "0000000200000000 0000000000000006 0", "landing pad" },
	{ "two far pointers to each other",
	    "0000000100000001 0000000000000001 0000000100000002"
	    " 0000000000000002", "landing pad" },
	{ "chain of double far pointers",
	    "0000000400000000 000000000000000e 0000000000000016"
	    " 0000000100000000" V4, "landing pad" },
	{ "double far pointer, tag is a far pointer",
	    "0000000400000000 000000000000000e 000000000000001a"
	    " 0000000000000002" V4, "no struct" },
	{ "double far pointer to no segment",
	    "0000000300000000 000000000000000e 0000000900000002"
	    " 0000000100000000", "outside its segment" },
	{ "double far pointer behind a segment",
	    "0000000300000000 000000000000000e 00000000fffffffa"
	    " 0000000100000000", "outside its segment" },

	{ "pointer to a struct",
	    "0000000300000000 0001000100000000" V4 "0000000100000000",
	    "no bytes" },
	{ "list of words",
	    "0000000400000000 0001000100000000" V4 "0000000d00000001 0",
	    "no bytes" },
	{ "list of structs",
	    "0000000400000000 0001000100000000" V4 "0000000f00000001 0",
	    "no bytes" },
	{ "list too long",
	    "0000000400000000 0001000100000000" V4 "0000004a00000001 0",
	    "9 bytes outside" },
	{ "list as long as can be",
	    "0000000400000000 0001000100000000" V4 "fffffffa00000001 0",
	    "536870911 bytes outside" },
	{ "list before its segment",
	    "0000000400000000 0001000100000000" V4 "0000000aeffffff1 0",
	    "1 bytes outside" },
	{ "far pointer to a list that is a far pointer",
	    "0000000400000000 0001000100000000" V4 "000000000000001a 2",
	    "landing pad" },
	{ "far pointer to a list that is null",
	    "0000000400000000 0001000100000000" V4 "000000000000001a 0",
	    "landing pad" },
	{ "double far pointer to a list that is null",
	    "0000000500000000 0001000100000000" V4
	    "000000000000001e 0000000000000002 0", "to nothing" },
	{ "IPv6 without addresses", "0000000200000000 0000000100000000" V6,
	    "address of 0 bytes" },
	{ "IPv6 with an address of 15 bytes",
	    "0000000500000000 0001000100000000" V6 "0000007a00000001 0 0",
	    "address of 15 bytes" },
	{ "MAC address of 5 bytes",
	    "0000000700000000 0004000100000000" V4 "x3 0000002a00000001 0",
	    "MAC address of 5 bytes" },
	{ "IP version 5", "0000000200000000 0000000100000000 500",
	    "IP version 5" },
	{ "IP protocol 256",
	    "0000000600000000 0000000500000000" V4 "x3 0000010000000000",
	    "protocol 256" },
};

static void
test_shapes(void)
{
	uint8_t data[WORDS_MAX * 8], *copy;
	struct err err;
	struct tera t;
	size_t len;
	int rc;

	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		err.text[0] = '\0';
		len = words(data, shapes[i].words);
		/* so that a checker sees what lies behind it */
		if ((copy = malloc(len)) == NULL)
			bail("out of memory");
		memcpy(copy, data, len);
		rc = tera_decode(copy, len, &t, &err);
		free(copy);
		if (shapes[i].error == NULL)
			is_str(err.text, "", "taken: %s", shapes[i].name);
		else
			ok(rc == -1 && strstr(err.text, shapes[i].error) !=
			    NULL, "refused: %s: %s", shapes[i].name, err.text);
	}
}

/* 512 segments are taken, a struct in the last of them. */
static void
test_segments(void)
{
	uint8_t data[WORDS_MAX * 8] = { 0 };
	const size_t table = 257 * 8;
	struct tera t;

	store_le(data, 511, 4);
	data[4] = 1; /* the root pointer */
	data[4 + 511 * 4] = 2;
	data[table] = 2; /* far, to segment 511 */
	data[table + 4] = 0xff;
	data[table + 5] = 1;
	data[table + 8 + 4] = 1; /* a word of data */
	data[table + 16 + 1] = 4; /* IP version */
	is_int(tera_decode(data, table + 24, &t, NULL), 0, "512 segments");
	is_uint(t.ip_version, 4, "and the struct in the last one");
}

static void
test_sizes(void)
{
	size_t len = TERA_MESSAGE_MAX;
	uint8_t *data = calloc(1, len + 8);
	struct tera t;

	if (data == NULL)
		bail("out of memory");
	store_le(data + 4, len / 8 - 1, 4);
	data[12] = 1;
	data[17] = 4;
	is_int(tera_decode(data, len, &t, NULL), 0, "64 KiB");
	store_le(data + 4, len / 8, 4);
	is_int(tera_decode(data, len + 8, &t, NULL), -1, "a word more");
	is_int(tera_decode(data, 0, &t, NULL), -1, "nothing");
	for (size_t n = 1; n < 8; n++)
		is_int(tera_decode(data, n, &t, NULL), -1, "%zu bytes", n);
	free(data);
}

/* Every message that is cut short is refused. */
static void
test_cut(const char *name)
{
	size_t len;
	uint8_t *data = read_data(name, &len);
	unsigned taken = 0;
	struct tera t;

	for (size_t n = 0; n < len; n++)
		taken += tera_decode(data, n, &t, NULL) == 0;
	is_uint(taken, 0, "%s: cut ones are refused", name);
	free(data);
}

/* Who sent it is known, though it is broken further on. */
static void
test_agent(void)
{
	size_t len;
	uint8_t *data = read_data("v4.bin", &len);
	struct tera t;

	data[17] = 7;
	is_int(tera_decode(data, len, &t, NULL), -1, "wrong IP version");
	is_uint(t.agent, 0x7f000001, "the agent of a broken message");
	free(data);
}

int
main(void)
{
	files_begin();
	test_file("v4.bin", "v4.txt");
	test_file("v6.bin", "v6.txt");
	test_file("v6-segments.bin", "v6.txt");
	test_file("v4-before-2.0.355.bin", "v4-before-2.0.355.txt");
	test_same("v4.bin");
	test_same("v6.bin");
	test_round_trips();
	test_shapes();
	test_segments();
	test_sizes();
	test_cut("v4.bin");
	test_cut("v6-segments.bin");
	test_agent();
	return done_testing();
}
