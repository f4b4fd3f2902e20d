/*
 * packetgen: made-up packets for benchmarks and tests of the probe, into a
 * capture file or onto a device.  What it made is summed up in one line of
 * name=value words.
 */

#include <inttypes.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "bench/frames.h"
#include "common/clock.h"
#include "common/options.h"

#define PCAP_MAGIC 0xa1b2c3d4
#define PCAP_ETHERNET 1
#define PCAP_HEADER_LEN 16
#define FILE_BUFFER (1 << 20)
#define US_PER_S 1000000
#define MS_PER_S 1000
#define START_S 1735689600 /* 2025-01-01 00:00 UTC */

struct config {
	bool help;
	bool answers;
	uint64_t packets;
	uint64_t seed;
	uint32_t flows;
	uint32_t gap_us;
	uint32_t snaplen;
	uint32_t rate;
	const char *vlans;
	const char *output;
	const char *device;
	struct frames_options frames;
};

#define AT(member) offsetof(struct config, member)

/* clang-format off */
static const struct opt rows[] = {
	{ 'h', NULL, OPT_FLAG, AT(help), NULL, "show this text" },
	{ 'n', NULL, OPT_U64, AT(packets), "count", "number of packets" },
	{ 'o', NULL, OPT_STR, AT(output), "path", "write this capture file" },
	{ 0, "answers", OPT_FLAG, AT(answers), NULL, "in both directions" },
	{ 0, "device", OPT_STR, AT(device), "name", "send there" },
	{ 0, "flows", OPT_U32, AT(flows), "count", "number of flows" },
	{ 0, "gap", OPT_U32, AT(gap_us), "us", "between packets of a file" },
	{ 0, "rate", OPT_U32, AT(rate), "n", "packets sent a second" },
	{ 0, "seed", OPT_U64, AT(seed), "n", "other packets" },
	{ 0, "snaplen", OPT_U32, AT(snaplen), "bytes", "of packets in a file" },
	{ 0, "vlans", OPT_STR, AT(vlans), "id,id...", "0 is untagged" },
};
/* clang-format on */

static const struct opt_table options = { rows,
	sizeof(rows) / sizeof(rows[0]) };

struct sums {
	uint64_t packets;
	uint64_t bytes; /* of frames */
};

static void
put_file_header(FILE *out, uint32_t snaplen)
{
	uint8_t h[24];
	struct writer w;

	writer_init(&w, h, sizeof(h));
	writer_host(&w, PCAP_MAGIC, 4);
	writer_host(&w, 2, 2);
	writer_host(&w, 4, 2);
	writer_zero(&w, 8);
	writer_host(&w, snaplen, 4);
	writer_host(&w, PCAP_ETHERNET, 4);
	fwrite(h, 1, sizeof(h), out);
}

static void
put_packet(FILE *out, const struct config *c, uint64_t number,
    const uint8_t *frame, size_t len)
{
	uint64_t us = number * c->gap_us;
	size_t caplen = len < c->snaplen ? len : c->snaplen;
	uint8_t h[PCAP_HEADER_LEN];
	struct writer w;

	writer_init(&w, h, sizeof(h));
	writer_host(&w, START_S + us / US_PER_S, 4);
	writer_host(&w, us % US_PER_S, 4);
	writer_host(&w, caplen, 4);
	writer_host(&w, len, 4);
	fwrite(h, 1, sizeof(h), out);
	fwrite(frame, 1, caplen, out);
}

static int
write_file(const struct config *c, struct sums *sums, struct err *err)
{
	FILE *out = fopen(c->output, "wb");
	uint8_t frame[FRAMES_LEN_MAX];
	size_t len;

	if (out == NULL)
		return err_system(err, "%s", c->output);
	setvbuf(out, NULL, _IOFBF, FILE_BUFFER);
	put_file_header(out, c->snaplen);
	for (uint64_t i = 0; i < c->packets; i++) {
		len = frames_make(&c->frames, i, frame);
		put_packet(out, c, i, frame, len);
		sums->packets++;
		sums->bytes += len;
	}
	if (ferror(out) != 0) {
		fclose(out);
		return err_set(err, ERR_SYSTEM, "%s: writing failed",
		    c->output);
	}
	return fclose(out) == 0 ? 0 : err_system(err, "%s", c->output);
}

static int
open_device(const char *name, struct err *err)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET,
		.sll_ifindex = (int)if_nametoindex(name) };
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	if (fd == -1)
		return err_system(err, "socket");
	if (to.sll_ifindex != 0 &&
	    bind(fd, (struct sockaddr *)&to, sizeof(to)) == 0)
		return fd;
	err_system(err, "%s", name);
	close(fd);
	return -1;
}

/* Sleep until so many packets are due. */
static void
wait_until_due(const struct config *c, int64_t begin_ms, uint64_t packets)
{
	struct timespec nap = { 0, 1000000 };

	while (c->rate != 0 &&
	    (uint64_t)(clock_ms(CLOCK_MONOTONIC) - begin_ms) * c->rate <
		packets * MS_PER_S)
		nanosleep(&nap, NULL);
}

static int
send_all(const struct config *c, struct sums *sums, struct err *err)
{
	int64_t begin_ms = clock_ms(CLOCK_MONOTONIC);
	uint8_t frame[FRAMES_LEN_MAX];
	int fd = open_device(c->device, err), rc = 0;
	size_t len;

	if (fd == -1)
		return -1;
	for (uint64_t i = 0; i < c->packets && rc == 0; i++) {
		wait_until_due(c, begin_ms, i);
		len = frames_make(&c->frames, i, frame);
		if (send(fd, frame, len, 0) != (ssize_t)len)
			rc = err_system(err, "%s", c->device);
		sums->packets++;
		sums->bytes += len;
	}
	close(fd);
	return rc;
}

static int
parse_vlans(const char *text, struct frames_options *o, struct err *err)
{
	char *end;
	unsigned long id;

	for (; text != NULL; text = *end == ',' ? end + 1 : NULL) {
		id = strtoul(text, &end, 10);
		if (end == text || (*end != ',' && *end != '\0') ||
		    id > 4094 || o->vlan_count == FRAMES_VLANS_MAX)
			return err_set(err, ERR_VALUE,
			    "--vlans: what is '%s'?", text);
		o->vlans[o->vlan_count++] = (uint16_t)id;
	}
	return 0;
}

static int
settle(struct config *c, int operands, struct err *err)
{
	if (operands > 0 || (c->output == NULL) == (c->device == NULL))
		return err_set(err, ERR_USAGE,
		    "one of -o and --device is needed, and nothing else");
	if (c->flows == 0)
		return err_set(err, ERR_USAGE, "--flows must be above 0");
	c->frames.seed = c->seed;
	c->frames.flows = c->flows;
	c->frames.has_answers = c->answers;
	return parse_vlans(c->vlans, &c->frames, err);
}

int
main(int argc, char **argv)
{
	struct config c = { .packets = 1000000, .flows = 1000, .gap_us = 10,
		.snaplen = 96 };
	struct sums sums = { 0, 0 };
	struct err err;
	int operands;

	if (options_parse(&options, argc, argv, &c, &operands, &err) == -1)
		goto fail;
	if (c.help) {
		puts("usage: packetgen [options] -o path | --device name");
		options_usage(&options, stdout);
		return 0;
	}
	if (settle(&c, operands, &err) == -1 ||
	    (c.output != NULL ? write_file(&c, &sums, &err) :
				send_all(&c, &sums, &err)) == -1)
		goto fail;
	printf("packets=%" PRIu64 " bytes=%" PRIu64 "\n", sums.packets,
	    sums.bytes);
	return 0;
fail:
	fprintf(stderr, "packetgen: %s\n", err.text);
	return err_status(&err);
}
