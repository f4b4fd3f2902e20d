/*
 * Write a capture file of datagrams to standard output.
 *
 * usage: capmake [-f pcap|swapped|nano|pcapng] [-m mtu] port
 *	[seconds address file]...
 *
 * Each file is a datagram from the address to the port at that time; those
 * larger than the mtu are in fragments, the last one first.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capfile.h"
#include "files.h"
#include "tap.h"

#define IPV4_LEN 20
#define IPV6_LEN 40

static struct capfile capture;
static uint8_t packet[CAPFILE_PACKET_MAX];
static uint8_t piece[CAPFILE_PACKET_MAX];

static enum capfile_format
format_of(const char *name)
{
	static const char *const names[CAPFILE_FORMATS] = { "pcap", "swapped",
		"nano", "pcapng" };

	for (int i = 0; i < CAPFILE_FORMATS; i++)
		if (strcmp(name, names[i]) == 0)
			return i;
	bail("no format %s", name);
}

static void
put_fragments(size_t len, size_t mtu, uint64_t ns)
{
	size_t body = len - (packet[0] >> 4 == 4 ? IPV4_LEN : IPV6_LEN);
	size_t step = mtu / 8 * 8, at = body / step * step, n;

	for (;; at -= step) {
		n = at + step < body ? step : body - at;
		n = capfile_fragment(piece, packet, at, n, at + n == body);
		capfile_put(&capture, piece, n, n, ns);
		if (at == 0)
			return;
	}
}

static void
put_file(char **arg, uint16_t port, size_t mtu)
{
	uint64_t ns = strtoull(arg[0], NULL, 10) * 1000000000;
	struct addr src;
	uint8_t *data;
	size_t len;

	if (addr_parse(arg[1], &src) == -1)
		bail("no address: %s", arg[1]);
	data = files_read(arg[2], &len);
	len = capfile_datagram(packet, src, port, data, len);
	free(data);
	if (mtu > 0 && len > mtu)
		put_fragments(len, mtu, ns);
	else
		capfile_put(&capture, packet, len, len, ns);
}

int
main(int argc, char **argv)
{
	enum capfile_format format = CAPFILE_PCAP;
	size_t mtu = 0;
	int c;

	while ((c = getopt(argc, argv, "f:m:")) != -1) {
		if (c == 'f')
			format = format_of(optarg);
		else if (c == 'm')
			mtu = strtoul(optarg, NULL, 10);
		else
			return 2;
	}
	if (optind == argc || (argc - optind) % 3 != 1)
		bail("usage: capmake [-f format] [-m mtu] port "
		     "[seconds address file]...");
	capfile_begin(&capture, format, CAPFILE_RAW);
	for (int i = optind + 1; i < argc; i += 3)
		put_file(argv + i,
		    (uint16_t)strtoul(argv[optind], NULL, 10), mtu);
	fwrite(capture.data, 1, capture.out.used, stdout);
	return fflush(stdout) == EOF;
}
