/*
 * Random flows, once as the datagrams of our encoder, one file each, and once
 * as a flow file of what should arrive.
 *
 * usage: encode version count seed directory [sampling [all]]
 *
 * The file is DIRECTORY/flows, datagrams are DIRECTORY/000001 and so on.
 * Unless "all" fields are wanted there are none that nfcapd 1.7.1 does not
 * take; "all" leaves out frames, which here are no packets.
 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "encodekit.h"
#include "record/stats.h"
#include "record/v3.h"
#include "store/writer.h"

#define PATH_MAX_LEN 4096
#define LARGE 7 /* one flow in so many is */

#define OLD_EXTENSIONS \
	(FLOW_EXT(EXT_GENERIC) | FLOW_EXT(EXT_IPV4) | FLOW_EXT(EXT_MISC) | \
	FLOW_EXT(EXT_AS) | FLOW_EXT(EXT_NEXT_HOP_V4))

/* What nfcapd 1.7.1 takes from datagrams. */
#define NEW_EXTENSIONS \
	(OLD_EXTENSIONS | FLOW_EXT(EXT_IPV6) | FLOW_EXT(EXT_COUNTERS) | \
	FLOW_EXT(EXT_VLAN) | FLOW_EXT(EXT_BGP_V4) | FLOW_EXT(EXT_BGP_V6) | \
	FLOW_EXT(EXT_NEXT_HOP_V6) | FLOW_EXT(EXT_MPLS) | FLOW_EXT(EXT_MAC) | \
	FLOW_EXT(EXT_AS_ADJACENT) | FLOW_EXT(EXT_XLATE_V4) | \
	FLOW_EXT(EXT_XLATE_V6) | FLOW_EXT(EXT_XLATE_PORT) | FLOW_EXT(EXT_VRF))

struct output {
	const char *directory;
	unsigned datagrams;
};

static void
give_up(const char *what)
{
	fprintf(stderr, "encode: %s\n", what);
	exit(1);
}

static void
write_datagram(void *ctx, const uint8_t *data, size_t len)
{
	struct output *out = ctx;
	char path[PATH_MAX_LEN];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%06u", out->directory,
	    ++out->datagrams);
	if ((f = fopen(path, "wb")) == NULL ||
	    fwrite(data, 1, len, f) != len || fclose(f) != 0)
		give_up(path);
}

static void
make_flow(struct dice *d, uint16_t version, uint64_t mask, struct flow *f)
{
	do
		encodekit_flow(d, f);
	while (version < 9 && (f->extensions & FLOW_EXT(EXT_IPV4)) == 0);
	f->extensions &= mask;
	if (version == 1)
		f->extensions &= ~FLOW_EXT(EXT_AS);
	f->engine_type = f->engine_id = 0;
	f->flows = f->in_packets = 1 + dice_below(d, 1000);
	f->in_bytes = f->in_packets * (20 + dice_below(d, 1400));
	f->out_packets &= UINT32_MAX;
	f->out_bytes &= UINT32_MAX;
	f->sampler_id = 0;
	if (version >= 9)
		return;
	f->flows = 1;
	f->input &= UINT16_MAX;
	f->output &= UINT16_MAX;
	f->src_as &= UINT16_MAX;
	f->dst_as &= UINT16_MAX;
	if (dice_below(d, LARGE) == 0)
		f->in_bytes <<= 14;
}

static void
put_flows(struct wire_encoder *w, struct store_writer *s,
    struct record_stats *stats, uint16_t version, uint64_t mask,
    unsigned count, uint64_t seed, struct err *err)
{
	struct record_encoder *e = record_encoder_new(0, err);
	uint8_t *block = malloc(STORE_BLOCK_SIZE_MAX);
	struct dice d = { .state = seed };
	uint32_t records = 0;
	size_t used = 0;
	struct flow f;

	if (e == NULL || block == NULL)
		give_up("out of memory");
	for (unsigned i = 1; i <= count; i++) {
		make_flow(&d, version, mask, &f);
		wire_encoder_put(w, &f, KIT_MS);
		used += record_encode(e, &f, block + used,
		    STORE_BLOCK_SIZE_MAX - used);
		record_stats_add_flow(stats, &f);
		records++;
		if (used < STORE_BLOCK_SIZE && i < count)
			continue;
		if (store_writer_block(s, block, used, records, err) == -1)
			give_up(err->text);
		used = records = 0;
	}
	wire_encoder_flush(w, KIT_MS);
	record_encoder_free(e);
	free(block);
}

int
main(int argc, char **argv)
{
	struct wire_encoder_options o = WIRE_ENCODER_DEFAULT;
	struct output out = { .datagrams = 0 };
	char path[PATH_MAX_LEN];
	struct record_stats stats;
	struct store_writer *s;
	struct wire_encoder *w;
	uint64_t mask = NEW_EXTENSIONS;
	struct err err;

	if (argc < 5)
		give_up("usage: encode version count seed directory "
		    "[sampling [all]]");
	out.directory = argv[4];
	o.version = (uint16_t)strtoul(argv[1], NULL, 10);
	o.boot_ms = KIT_MS - 86400000;
	if (argc > 5)
		o.sampling = (uint32_t)strtoul(argv[5], NULL, 10);
	if (o.version < 9)
		mask = OLD_EXTENSIONS;
	else if (argc > 6)
		mask = ~FLOW_EXT(EXT_FRAME);
	record_stats_init(&stats);
	snprintf(path, sizeof(path), "%s/flows", out.directory);
	w = wire_encoder_new(&o, write_datagram, &out, &err);
	s = store_writer_open(
	    AT_FDCWD, path, codec_by_name("lz4", &err), "", KIT_SECONDS, &err);
	if (w == NULL || s == NULL)
		give_up(err.text);
	put_flows(w, s, &stats, o.version, mask,
	    (unsigned)strtoul(argv[2], NULL, 10), strtoull(argv[3], NULL, 10),
	    &err);
	if (store_writer_commit(s, &stats, &err) == -1)
		give_up(err.text);
	store_writer_close(s);
	wire_encoder_free(w);
	return 0;
}
