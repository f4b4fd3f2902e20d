/*
 * The builder of sFlow datagrams.
 */
#include <string.h>

#include "base/bytes.h"
#include "sflowkit.h"

void
sf_init(struct sflow *s)
{
	memset(s, 0, sizeof(*s));
	s->agent = 0x0a000001;
	s->sequence = 1;
	s->uptime = KIT_UPTIME;
	s->source = 3;
	s->sample_sequence = 1;
	s->rate = 100;
	s->input = 3;
	s->output = 4;
}

static void
close_record(struct sflow *s)
{
	uint8_t *start = s->g.data + s->record;

	if (s->record == 0)
		return;
	store_be32(start - 4, (uint32_t)(s->g.len - s->record));
	put(&s->g, 0, -s->g.len & 3);
	s->record = 0;
}

static void
close_sample(struct sflow *s)
{
	uint8_t *start = s->g.data + s->sample;

	close_record(s);
	if (s->sample == 0)
		return;
	store_be32(start - 4, (uint32_t)(s->g.len - s->sample));
	if (s->count != 0)
		store_be32(s->g.data + s->count, s->records);
	s->sample = s->count = 0;
	s->records = 0;
}

void
sf_begin(struct sflow *s)
{
	s->g.len = 0;
	s->samples = 0;
	put(&s->g, 5, 4);
	put(&s->g, 1, 4);
	put(&s->g, s->agent, 4);
	put(&s->g, s->sub_agent, 4);
	put(&s->g, s->sequence++, 4);
	put(&s->g, s->uptime, 4);
	put(&s->g, 0, 4);
}

void
sf_sample(struct sflow *s, uint32_t tag)
{
	close_sample(s);
	put(&s->g, tag, 4);
	put(&s->g, 0, 4);
	s->sample = s->g.len;
	s->samples++;
}

static void
open_records(struct sflow *s)
{
	s->count = s->g.len;
	put(&s->g, 0, 4);
}

void
sf_flow(struct sflow *s)
{
	sf_sample(s, SF_FLOW);
	put(&s->g, s->sample_sequence++, 4);
	put(&s->g, s->source, 4);
	put(&s->g, s->rate, 4);
	put(&s->g, 0, 4); /* pool */
	put(&s->g, s->drops, 4);
	put(&s->g, s->input, 4);
	put(&s->g, s->output, 4);
	open_records(s);
}

void
sf_expanded(struct sflow *s, uint32_t in_format, uint32_t out_format)
{
	sf_sample(s, SF_EXPANDED);
	put(&s->g, s->sample_sequence++, 4);
	put(&s->g, s->source >> 24, 4);
	put(&s->g, s->source & 0xffffff, 4);
	put(&s->g, s->rate, 4);
	put(&s->g, 0, 4);
	put(&s->g, s->drops, 4);
	put(&s->g, in_format, 4);
	put(&s->g, s->input, 4);
	put(&s->g, out_format, 4);
	put(&s->g, s->output, 4);
	open_records(s);
}

void
sf_counters(struct sflow *s)
{
	sf_sample(s, SF_COUNTERS);
	put(&s->g, 1, 4);
	put(&s->g, s->source, 4);
	open_records(s);
}

static void
open_record(struct sflow *s, uint32_t tag)
{
	close_record(s);
	put(&s->g, tag, 4);
	put(&s->g, 0, 4);
	s->record = s->g.len;
	s->records++;
}

void
sf_record(struct sflow *s, uint32_t tag, const char *hex)
{
	open_record(s, tag);
	put_hex(&s->g, hex);
}

void
sf_packet(struct sflow *s, uint32_t protocol, const char *hex)
{
	size_t start;

	open_record(s, 1);
	put(&s->g, protocol, 4);
	put(&s->g, SF_FRAME, 4);
	put(&s->g, 4, 4); /* stripped */
	put(&s->g, 0, 4);
	start = s->g.len;
	put_hex(&s->g, hex);
	store_be32(s->g.data + start - 4, (uint32_t)(s->g.len - start));
	put(&s->g, 0, -(s->g.len - start) & 3);
}

void
sf_send(struct kit *k, struct sflow *s)
{
	close_sample(s);
	store_be32(s->g.data + 24, s->samples);
	kit_send(k, s->g.data, s->g.len);
}

void
sf_send_packet(struct kit *k, struct sflow *s, uint32_t protocol,
    const char *hex)
{
	sf_begin(s);
	sf_flow(s);
	sf_packet(s, protocol, hex);
	sf_send(k, s);
}
