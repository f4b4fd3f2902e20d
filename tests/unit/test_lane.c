/*
 * Which packets a lane takes.
 */
#include "capfile.h"
#include "files.h"
#include "flowprobe/lane.h"
#include "tap.h"

#define BEGIN_MS UINT64_C(1760011200000)
#define NAME "a.pcap"

static struct capfile file;

static void
on_flow(void *ctx, const struct flow *f, uint64_t clock_ms)
{
	(void)clock_ms;
	*(uint64_t *)ctx += f->in_packets;
}

static void
flush(struct lane *l, struct meter *m, void *ctx)
{
	(void)l;
	(void)ctx;
	meter_flush(m);
}

static void
put(uint64_t ms)
{
	uint8_t packet[CAPFILE_PACKET_MAX];
	size_t len = capfile_datagram(packet, addr_v4(1), 9, "", 0);

	capfile_put(&file, packet, len, len, ms * 1000000);
}

/* Packets of the file, as one of several lanes. */
static uint64_t
taken(void)
{
	const struct capture_options how = { .snaplen = 0 };
	struct lane_options o = { .begin_ms = BEGIN_MS,
		.meter = { .link = PACKET_IP, .fragments_ms = 1000,
		    .cache = { .max_flows = 10,
			.idle_ms = { 1000, 1000, 1000, 1000 } } } };
	uint64_t packets = 0;
	struct lane *l;
	struct err err;
	int rc;

	files_write(NAME, file.data, file.out.used);
	if ((o.capture = capture_file(NAME, &how, &err)) == NULL ||
	    (l = lane_new(&o, on_flow, &packets, &err)) == NULL)
		bail("%s", err.text);
	while ((rc = lane_read(l, &err)) == 1)
		continue;
	if (rc == -1)
		bail("%s", err.text);
	lane_ask(l, flush, NULL);
	lane_free(l);
	capture_close(o.capture);
	return packets;
}

int
main(void)
{
	files_begin();
	capfile_begin(&file, CAPFILE_PCAP, CAPFILE_RAW);
	put(BEGIN_MS - 1);
	is_uint(taken(), 0, "before all lanes are there");
	put(BEGIN_MS);
	is_uint(taken(), 1, "then");
	put(BEGIN_MS - 3600000);
	is_uint(taken(), 2, "and when the clock was set back");
	return done_testing();
}
