/*
 * Receive messages of Tera Flow by TCP on a port of 127.0.0.1, a line each on
 * standard output, until killed.
 *
 * usage: terasink [-s milliseconds] port
 *
 * It sleeps between reads with -s.  "ready" on standard error says that it
 * listens.
 */

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "common/inlet.h"
#include "wire/tera.h"

static void
print(const struct udp_datagram *d)
{
	char src[ADDR_TEXT_MAX], dst[ADDR_TEXT_MAX], agent[ADDR_TEXT_MAX];
	struct tera t;
	struct err err;

	if (tera_decode(d->data, d->len, &t, &err) == -1) {
		printf("malformed: %s\n", err.text);
		return;
	}
	addr_format(t.src_addr, src);
	addr_format(t.dst_addr, dst);
	addr_format(addr_v4(t.agent), agent);
	printf("%s %s %u %u %" PRIu32 " %" PRIu64 " %" PRIu64 " 1:%" PRIu32
	    " %s\n", src, dst, t.src_port, t.dst_port, t.proto, t.packets,
	    t.bytes, t.sample_ratio, agent);
}

static void
receive(struct inlet *in, long sleep_ms)
{
	const struct udp_datagram *list;
	struct pollfd fd = { inlet_fd(in), POLLIN, 0 };
	struct timespec pause = { sleep_ms / 1000,
		sleep_ms % 1000 * 1000000 };
	unsigned n;

	for (;;) {
		(void)poll(&fd, 1, -1);
		n = inlet_receive(in, &list);
		for (unsigned i = 0; i < n; i++)
			print(&list[i]);
		fflush(stdout);
		if (sleep_ms > 0)
			nanosleep(&pause, NULL);
	}
}

int
main(int argc, char **argv)
{
	struct inlet_options o = INLET_OPTIONS_DEFAULT;
	struct inlet *in;
	long sleep_ms = 0;
	struct err err;
	int opt;

	while ((opt = getopt(argc, argv, "s:")) != -1)
		sleep_ms = strtol(optarg, NULL, 10);
	if (argc - optind != 1)
		return 2;
	o.name = "terasink";
	o.host = "127.0.0.1";
	o.port = argv[optind];
	o.framing = FRAMING_TERA;
	if ((in = inlet_open(&o, &err)) == NULL) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	fprintf(stderr, "ready\n");
	receive(in, sleep_ms);
}
