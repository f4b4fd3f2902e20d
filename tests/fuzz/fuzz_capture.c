/*
 * Captures: the input is a file of packets, gzipped or not; its packets are
 * flows.
 */
#include "common/capture.h"
#include "common/log.h"
#include "fuzz/fuzz.h"
#include "fuzzkit.h"
#include "packet/meter.h"

#define NAME "capture"

static void
on_flow(void *ctx, const struct flow *f)
{
	(void)ctx;
	require(f->in_packets + f->out_packets > 0);
}

static void
on_packet(void *ctx, uint64_t time_ms, const uint8_t *data, size_t caplen,
    size_t len)
{
	meter_packet(ctx, time_ms, data, caplen, len);
}

static void
read_packets(struct capture *c)
{
	struct meter_options o = { .fragments_ms = 1000,
		.link = capture_link(c),
		.cache = { .max_flows = 8, .seed = 1, .scan_ms = 1000,
		    .active_ms = 9000, .idle_ms = { 5000, 4000, 3000, 0 } } };
	uint8_t header[CAPTURE_HEADER_LEN];
	struct meter *m = meter_new(&o, on_flow, NULL, NULL);

	require(m != NULL);
	capture_header(c, header, NULL);
	while (capture_read(c, on_packet, m, NULL) == 1)
		;
	capture_timeless(c);
	meter_flush(m);
	meter_free(m);
}

int
FUZZ_TARGET(capture)(const uint8_t *data, size_t size)
{
	const struct capture_options o = { .snaplen = 0 };
	struct capture *c;

	log_limit(0);
	fuzzkit_write(NAME, data, size);
	if ((c = capture_file(NAME, &o, NULL)) != NULL)
		read_packets(c);
	capture_close(c);
	return 0;
}
