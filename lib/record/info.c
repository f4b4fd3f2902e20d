/*
 * Records about exporters and the statistics record, and what statistics
 * mean.  Fixed layouts, host order, no alignment.
 */

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "flow/derive.h"
#include "record/info.h"
#include "record/v3.h"

const uint8_t record_proto_before[256] = {
	[6] = STAT_OTHER - STAT_TCP,
	[17] = STAT_OTHER - STAT_UDP,
	[1] = STAT_OTHER - STAT_ICMP,
	[58] = STAT_OTHER - STAT_ICMP,
};

/* Address families as the usual hosts number them; 0 is the new form. */
#define FAMILY_V4 2
#define FAMILY_V6 10

void
record_version_format(uint32_t version, char text[RECORD_VERSION_TEXT])
{
	uint32_t n = version - RECORD_SFLOW_N;

	if (version == RECORD_SFLOW)
		snprintf(text, RECORD_VERSION_TEXT, "sflow");
	else if (version == RECORD_TERA)
		snprintf(text, RECORD_VERSION_TEXT, "tera");
	else if (version >= RECORD_SFLOW_N && n < RECORD_SFLOW_N)
		snprintf(text, RECORD_VERSION_TEXT, "sflow%" PRIu32, n);
	else
		snprintf(text, RECORD_VERSION_TEXT, "%" PRIu32, version);
}

static void
put_header(struct writer *w, enum record_type type, size_t len)
{
	assert(len <= UINT16_MAX);
	writer_host(w, type, 2);
	writer_host(w, len, 2);
}

/* The old form: every reader knows it, 1.7.1 knows nothing else. */
void
record_put_exporter(struct writer *w, const struct record_exporter *e)
{
	bool is_v4 = addr_is_v4(e->addr);

	put_header(w, RECORD_EXPORTER, RECORD_EXPORTER_LEN);
	writer_host(w, e->version, 4);
	writer_host(w, e->addr.hi, 8);
	writer_host(w, is_v4 ? (uint32_t)e->addr.lo : e->addr.lo, 8);
	writer_host(w, is_v4 ? FAMILY_V4 : FAMILY_V6, 2);
	writer_host(w, e->sysid, 2);
	writer_host(w, e->id, 4);
}

int
record_get_exporter(struct reader *r, struct record_exporter *e)
{
	const uint8_t *addr;
	uint16_t family;

	e->version = (uint32_t)reader_host(r, 4);
	addr = reader_take(r, 16);
	family = (uint16_t)reader_host(r, 2);
	e->sysid = (uint16_t)reader_host(r, 2);
	e->id = (uint32_t)reader_host(r, 4);
	if (r->bad)
		return -1;
	if (family == 0)
		e->addr = addr_from_bytes(addr);
	else if (family == FAMILY_V4)
		e->addr = addr_v4((uint32_t)load_u64(addr + 8));
	else
		e->addr = (struct addr){ load_u64(addr), load_u64(addr + 8) };
	return 0;
}

void
record_put_exporter_stats(
    struct writer *w, const struct record_exporter_stats *s, uint32_t n)
{
	put_header(w, RECORD_EXPORTER_STATS, RECORD_EXPORTER_STATS_HEADER_LEN +
	    (size_t)n * RECORD_EXPORTER_STATS_ENTRY_LEN);
	writer_host(w, n, 4);
	for (; n > 0; n--, s++) {
		writer_host(w, s->sysid, 4);
		writer_host(w, s->sequence_failures, 4);
		writer_host(w, s->packets, 8);
		writer_host(w, s->flows, 8);
	}
}

int
record_get_exporter_stats(struct reader *r, struct record_exporter_stats *s)
{
	s->sysid = (uint32_t)reader_host(r, 4);
	s->sequence_failures = (uint32_t)reader_host(r, 4);
	s->packets = reader_host(r, 8);
	s->flows = reader_host(r, 8);
	return r->bad ? -1 : 0;
}

void
record_put_sampler(struct writer *w, const struct record_sampler *s)
{
	put_header(w, RECORD_SAMPLER, RECORD_SAMPLER_LEN);
	writer_host(w, s->sysid, 2);
	writer_host(w, s->algorithm, 2);
	writer_host(w, (uint64_t)s->id, 8);
	writer_host(w, s->interval, 4);
	writer_host(w, s->space, 4);
}

int
record_get_sampler(struct reader *r, struct record_sampler *s)
{
	s->sysid = (uint16_t)reader_host(r, 2);
	s->algorithm = (uint16_t)reader_host(r, 2);
	s->id = (int64_t)reader_host(r, 8);
	s->interval = (uint32_t)reader_host(r, 4);
	s->space = (uint32_t)reader_host(r, 4);
	return r->bad ? -1 : 0;
}

static void
put_group(struct writer *w, const uint64_t group[STAT_PROTOS])
{
	for (int i = 0; i < STAT_PROTOS; i++)
		writer_host(w, group[i], 8);
}

static void
get_group(struct reader *r, uint64_t group[STAT_PROTOS])
{
	for (int i = 0; i < STAT_PROTOS; i++)
		group[i] = reader_host(r, 8);
}

void
record_put_stats(struct writer *w, const struct record_stats *s)
{
	put_header(w, RECORD_STATS, RECORD_STATS_LEN);
	writer_host(w, s->flows, 8);
	writer_host(w, s->bytes, 8);
	writer_host(w, s->packets, 8);
	put_group(w, s->proto_flows);
	put_group(w, s->proto_bytes);
	put_group(w, s->proto_packets);
	/* No flow was seen: readers would print the largest time there is. */
	writer_host(w, s->first_ms == UINT64_MAX ? 0 : s->first_ms, 8);
	writer_host(w, s->last_ms, 8);
	writer_host(w, s->sequence_failures, 8);
}

int
record_get_stats(struct reader *r, struct record_stats *s)
{
	s->flows = reader_host(r, 8);
	s->bytes = reader_host(r, 8);
	s->packets = reader_host(r, 8);
	get_group(r, s->proto_flows);
	get_group(r, s->proto_bytes);
	get_group(r, s->proto_packets);
	s->first_ms = reader_host(r, 8);
	s->last_ms = reader_host(r, 8);
	s->sequence_failures = reader_host(r, 8);
	return r->bad ? -1 : 0;
}

void
record_stats_init(struct record_stats *s)
{
	*s = (struct record_stats){ .first_ms = UINT64_MAX };
}

/*
 * A side without flows has no times of its own, only those of its slot: they
 * count when the other side has no flows either.
 */
static void
merge_times(struct record_stats *s, const struct record_stats *o)
{
	if (o->flows == 0 && s->flows > 0)
		return;
	if (s->flows == 0 && o->flows > 0) {
		s->first_ms = o->first_ms;
		s->last_ms = o->last_ms;
		return;
	}
	if (o->first_ms < s->first_ms)
		s->first_ms = o->first_ms;
	if (o->last_ms > s->last_ms)
		s->last_ms = o->last_ms;
}

void
record_stats_merge(struct record_stats *s, const struct record_stats *o)
{
	merge_times(s, o);
	s->flows += o->flows;
	s->bytes += o->bytes;
	s->packets += o->packets;
	for (int i = 0; i < STAT_PROTOS; i++) {
		s->proto_flows[i] += o->proto_flows[i];
		s->proto_bytes[i] += o->proto_bytes[i];
		s->proto_packets[i] += o->proto_packets[i];
	}
	s->sequence_failures += o->sequence_failures;
}
