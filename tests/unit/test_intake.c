/*
 * Intakes that replay: datagrams come out of captures of every format as
 * they were sent, messages out of files of IPFIX; what is hostile or cut is
 * an error behind all that stands before it.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capfile.h"
#include "common/log.h"
#include "files.h"
#include "flowcapd/intake_pcap.h"
#include "flowcapd/intake_yaf.h"
#include "tap.h"

#define NS UINT64_C(1700000000123456789)
#define SECOND UINT64_C(1000000000)

static struct capfile file;
static uint8_t packet[CAPFILE_PACKET_MAX];
static uint8_t text[70000];

/* What came out of an intake. */
struct seen {
	int opened;
	int count;
	int end; /* INTAKE_END or -1 */
	size_t bytes;
	struct addr sender; /* and more of the last datagram */
	uint16_t port;
	uint64_t ns;
	size_t len;
	uint8_t data[70000];
	struct err err;
};

static struct seen seen;

static void
drain(struct intake *in)
{
	const struct udp_datagram *list;
	int n;

	memset(&seen, 0, offsetof(struct seen, data));
	seen.opened = in != NULL;
	if (in == NULL)
		return;
	while ((n = in->receive(in, &list, &seen.err)) >= 0)
		for (int i = 0; i < n; i++) {
			seen.count++;
			seen.bytes += list[i].len;
			seen.sender = list[i].sender;
			seen.port = list[i].sender_port;
			seen.ns = list[i].received_ns;
			seen.len = list[i].len;
			memcpy(seen.data, list[i].data, list[i].len);
		}
	seen.end = n;
	is_uint(in->dropped == NULL ? 0 : in->dropped(in), 0, "no drops");
	in->close(in);
}

static void
replay(const char *port, const char *filter)
{
	struct intake_pcap_options o = { .port = port, .filter = filter };

	files_write("f.pcap", file.data, file.out.used);
	drain(intake_pcap_file("f.pcap", &o, &seen.err));
}

static struct addr
v4(uint32_t n)
{
	return addr_v4(0xc0000200 + n);
}

static struct addr
v6(uint64_t n)
{
	return (struct addr){ UINT64_C(0x20010db800000000), n };
}

static void
add(struct addr src, uint16_t port, size_t len, uint64_t ns)
{
	size_t n = capfile_datagram(packet, src, port, text, len);

	capfile_put(&file, packet, n, n, ns);
}

static void
test_formats(void)
{
	for (int i = 0; i < CAPFILE_FORMATS; i++) {
		uint64_t unit = i == CAPFILE_NANO || i == CAPFILE_NG ? 1 : 1000;

		capfile_begin(&file, i, CAPFILE_RAW);
		for (unsigned k = 0; k < 200; k++)
			add(k % 2 == 0 ? v4(k) : v6(k), 9995, k, NS + k * 1000);
		replay(NULL, NULL);
		is_int(seen.count, 200, "format %d", i);
		is_int(seen.end, INTAKE_END, "and the end");
		is_uint(seen.bytes, 199 * 200 / 2, "bytes");
		ok(addr_equal(seen.sender, v6(199)), "sender");
		is_uint(seen.port, 2055, "its port");
		is_uint(seen.ns, (NS + 199000) / unit * unit, "time");
		is_mem(seen.data, text, 199, "data");
	}
}

static void
test_choice(void)
{
	capfile_begin(&file, CAPFILE_PCAP, CAPFILE_RAW);
	add(v4(1), 9995, 10, NS);
	add(v4(2), 9996, 20, NS);
	add(v6(3), 9995, 40, NS);
	memset(packet, 0, sizeof(packet));
	capfile_put(&file, packet, 50, 50, NS);
	capfile_put(&file, packet, 0, 0, NS);
	replay(NULL, NULL);
	is_int(seen.count, 3, "all datagrams");
	replay("9995", NULL);
	is_uint(seen.bytes, 50, "those to a port");
	replay(NULL, "src host 192.0.2.2");
	is_uint(seen.bytes, 20, "those of a filter");
	replay("9995", "udp");
	is_uint(seen.bytes, 50, "both");
	replay(NULL, "no such thing");
	ok(!seen.opened, "a wrong filter");
	ok(strstr(seen.err.text, "packet filter \"no such thing\"") != NULL,
	    "is told: %s", seen.err.text);
	replay("no-such-port", NULL);
	ok(!seen.opened, "a port that is not known");
}

/* In a frame with a tag and in GRE. */
static void
test_layers(void)
{
	static const uint8_t frame[] = { 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2,
		0x81, 0, 0, 7, 8, 0 };
	static const uint8_t gre[] = { 0x45, 0, 0, 0, 0, 0, 0, 0, 64, 47, 0,
		0, 10, 0, 0, 1, 10, 0, 0, 2, 0, 0, 8, 0 };
	uint8_t *ip = packet + sizeof(frame);
	size_t len = sizeof(frame) + sizeof(gre);

	capfile_begin(&file, CAPFILE_PCAP, CAPFILE_ETHERNET);
	memcpy(packet, frame, sizeof(frame));
	memcpy(ip, gre, sizeof(gre));
	len += capfile_datagram(ip + sizeof(gre), v4(7), 9995, text, 100);
	capfile_put(&file, packet, len, len, NS);
	replay("9995", NULL);
	is_uint(seen.len, 100, "in GRE behind a tag");
	ok(addr_equal(seen.sender, v4(7)), "sender");
}

static void
test_fragments(void)
{
	static uint8_t piece[CAPFILE_PACKET_MAX];
	size_t n, at;

	for (int family = 0; family < 2; family++) {
		capfile_begin(&file, CAPFILE_PCAP, CAPFILE_RAW);
		capfile_datagram(packet, family == 0 ? v4(1) : v6(1), 9995,
		    text, 40000);
		n = capfile_fragment(piece, packet, 39200, 808, true);
		capfile_put(&file, piece, n, n, NS);
		for (at = 0; at < 39200; at += 1400) {
			n = capfile_fragment(piece, packet, at, 1400, false);
			capfile_put(&file, piece, n, n, NS);
		}
		replay("9995", NULL);
		is_int(seen.count, 1, "one datagram");
		is_uint(seen.len, 40000, "whole");
		is_mem(seen.data, text, 40000, "data");
	}
}

static void
test_cut(void)
{
	size_t n;

	capfile_begin(&file, CAPFILE_PCAP, CAPFILE_RAW);
	add(v4(1), 9995, 10, NS);
	n = capfile_datagram(packet, v4(1), 9995, text, 1000);
	capfile_put(&file, packet, 96, n, NS);
	add(v4(1), 9995, 20, NS);
	replay(NULL, NULL);
	is_uint(seen.bytes, 30, "datagrams captured in part are left out");
	file.out.used -= 1;
	replay(NULL, NULL);
	is_uint(seen.bytes, 10, "a cut file: what stands before");
	is_int(seen.end, -1, "is an error");
	ok(strstr(seen.err.text, "f.pcap: truncated") != NULL, "told: %s",
	    seen.err.text);
	file.out.used = 100;
	for (; file.out.used > 0; file.out.used--) {
		replay(NULL, NULL);
		if (seen.opened && seen.end != -1 && file.out.used != 78 &&
		    file.out.used != 24)
			ok(false, "cut at %zu", file.out.used);
	}
	replay(NULL, NULL);
	ok(!seen.opened, "an empty file");
}

static void
test_hostile(void)
{
	struct intake_pcap_options o = { .port = NULL };

	capfile_begin(&file, CAPFILE_PCAP, CAPFILE_RAW);
	add(v4(1), 9995, 10, NS);
	writer_host(&file.out, 1, 4);
	writer_host(&file.out, 1, 4);
	writer_host(&file.out, 0xfffffff0, 4);
	writer_host(&file.out, 0xfffffff0, 4);
	replay(NULL, NULL);
	is_int(seen.count, 1, "before a huge length");
	is_int(seen.end, -1, "an error");
	capfile_begin(&file, CAPFILE_NG, CAPFILE_RAW);
	add(v4(1), 9995, 10, UINT64_MAX);
	add(v4(1), 9995, 20, NS);
	replay(NULL, NULL);
	is_uint(seen.bytes, 20, "a time that cannot be");
	capfile_begin(&file, CAPFILE_PCAP, 147);
	replay(NULL, NULL);
	ok(!seen.opened, "an unknown link");
	memset(file.data, 'x', file.out.used);
	replay(NULL, NULL);
	ok(!seen.opened, "another file");
	ok(intake_pcap_file(".", &o, &seen.err) == NULL, "a directory");
	is_str(seen.err.text, ". is a directory", "told");
	ok(intake_pcap_file("none", &o, &seen.err) == NULL, "no file");
	ok(intake_pcap_device("no-such-device", &o, &seen.err) == NULL,
	    "no device");
	note("%s", seen.err.text);
}

/* Lengths of IP and UDP that are left to the card bound nothing. */
static void
test_endless(void)
{
	static uint8_t endless[260000];

	capfile_begin(&file, CAPFILE_PCAP, CAPFILE_RAW);
	for (int i = 0; i < 5; i++)
		add(v4(1), 9995, 60000, NS);
	capfile_datagram(packet, v4(1), 9995, text, 10);
	memcpy(endless, packet, 38);
	store_be16(endless + 2, 0);
	store_be16(endless + 24, 0);
	capfile_put(&file, endless, sizeof(endless), sizeof(endless), NS);
	add(v4(1), 9995, 20, NS);
	replay("9995", NULL);
	is_int(seen.count, 6, "what is longer than any datagram is none");
	is_uint(seen.bytes, 300020, "the others come whole");
}

/* A file of messages; the last of them has this length field. */
static size_t
put_messages(unsigned count, uint16_t last)
{
	struct writer w;

	writer_init(&w, file.data, sizeof(file.data));
	for (unsigned i = 1; i <= count; i++) {
		writer_uint(&w, 10, 2);
		writer_uint(&w, i == count ? last : 116, 2);
		writer_uint(&w, 1700000000 + i, 4);
		writer_uint(&w, i, 8);
		writer_bytes(&w, text, 100);
	}
	return w.used;
}

static void
replay_yaf(size_t len)
{
	files_write("f.ipfix", file.data, len);
	drain(intake_yaf("f.ipfix", &seen.err));
}

static void
test_yaf(void)
{
	size_t len = put_messages(5000, 116);

	replay_yaf(len);
	is_int(seen.count, 5000, "messages of a file");
	is_int(seen.end, INTAKE_END, "and the end");
	is_uint(seen.ns, (1700000000 + 5000) * SECOND, "time of the last");
	ok(addr_equal(seen.sender, addr_v4(0x7f000001)), "sender");
	is_mem(seen.data, file.data + 4999 * 116, 116, "data");
	replay_yaf(len - 1);
	is_int(seen.count, 4999, "cut");
	is_int(seen.end, -1, "is an error");
	is_str(seen.err.text,
	    "f.ipfix: a message is cut at offset 579884", "told");
	put_messages(5000, 65535);
	replay_yaf(len);
	is_int(seen.count * 10 + seen.end, 49989, "longer than the file");
	put_messages(3, 15);
	replay_yaf(3 * 116);
	is_int(seen.count * 10 + seen.end, 19, "shorter than a header");
	file.data[1] = 9;
	replay_yaf(116);
	is_int(seen.count * 10 + seen.end, -1, "another version");
	replay_yaf(0);
	is_int(seen.end, INTAKE_END, "an empty file");
	ok(intake_yaf("none", &seen.err) == NULL, "no file");
}

static void *
interrupt_soon(void *arg)
{
	struct intake *in = arg;

	usleep(20000);
	in->interrupt(in);
	return NULL;
}

/* A pipe whose writer has written part of what it will. */
static void
test_pipe(bool is_pcap)
{
	struct intake_pcap_options o = { .port = NULL };
	size_t len = 300;
	struct intake *in;
	pthread_t thread;
	int fds[2];

	if (is_pcap) {
		capfile_begin(&file, CAPFILE_PCAP, CAPFILE_RAW);
		add(v4(1), 9995, 10, NS);
		add(v4(1), 9995, 1000, NS);
	} else {
		put_messages(3, 116);
	}
	if (pipe(fds) == -1 || dup2(fds[0], STDIN_FILENO) == -1 ||
	    write(fds[1], file.data, len) != (ssize_t)len)
		bail("no pipe");
	in = is_pcap ? intake_pcap_file("-", &o, &seen.err) :
	    intake_yaf("-", &seen.err);
	if (in == NULL || pthread_create(&thread, NULL, interrupt_soon, in) != 0)
		bail("%s", seen.err.text);
	drain(in);
	pthread_join(thread, NULL);
	is_int(seen.count, is_pcap ? 1 : 2, "what a pipe had");
	is_int(seen.end, INTAKE_END, "stopped");
	close(fds[0]);
	close(fds[1]);
}

int
main(void)
{
	log_init("test");
	files_begin();
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)(i * 7 + i / 256);
	test_formats();
	test_choice();
	test_layers();
	test_fragments();
	test_cut();
	test_hostile();
	test_endless();
	test_yaf();
	test_pipe(true);
	test_pipe(false);
	return done_testing();
}
