/*
 * The appendix: ident and statistics, and whether these are what the flows
 * sum up to.
 *
 * Collectors do not count alike (file-format.md 1.5), so a sum is right when
 * one of their ways of counting gives it.  A number that none gives is
 * damage.
 */

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "record/stats.h"
#include "store/salvage.h"

#define APPENDIX_RECORDS 2

static void
take_ident(struct salvage *s, const struct span *record)
{
	const uint8_t *text = record->data + RECORD_HEADER_LEN;
	size_t len = record->len - RECORD_HEADER_LEN;

	if (!store_ident_get(s->v->ident, text, len) ||
	    memchr(text, '\0', len) == NULL)
		salvage_tell(s, FINDING_DAMAGE,
		    "ident record of %u bytes, which no reader takes",
		    record->len);
}

static void
take_record(struct salvage *s, uint16_t type, const struct span *record)
{
	struct reader r;

	reader_init(&r, record->data + RECORD_HEADER_LEN,
	    record->len - RECORD_HEADER_LEN);
	if (type == RECORD_IDENT)
		take_ident(s, record);
	else if (type != RECORD_STATS)
		salvage_tell(s, FINDING_NOTE,
		    "record of type %u in the appendix", type);
	else if (record->len != RECORD_STATS_LEN)
		salvage_tell(s, FINDING_DAMAGE, "statistics of %u bytes, "
		    "not %d", record->len, RECORD_STATS_LEN);
	else
		s->v->has_stats = record_get_stats(&r, &s->v->stats) == 0;
}

void
salvage_appendix(struct salvage *s, const struct store_block_header *h)
{
	struct record_cursor c = { .data = s->b.raw, .len = s->b.len };
	struct span record;
	struct err why;
	uint16_t type;
	uint32_t n = 0;
	int rc;

	if (s->pos != s->h.appendix)
		salvage_tell(s, FINDING_DAMAGE, "appendix at %ju, the header "
		    "says %ju", (uintmax_t)s->pos,
		    (uintmax_t)s->h.appendix);
	for (; (rc = record_next(&c, &type, &record, &why)) == 1; n++)
		take_record(s, type, &record);
	if (rc == -1)
		salvage_tell(s, FINDING_DAMAGE, "appendix: %s", why.text);
	if (h->records != n && h->records != 0)
		salvage_tell(s, FINDING_DAMAGE, "appendix of %u records, "
		    "its header says %u", n, h->records);
	if (!s->v->has_stats)
		salvage_tell(s, FINDING_DAMAGE, "no statistics");
	s->v->type_blocks[STORE_BLOCK_RECORDS]++;
	s->v->records += n;
}

int
salvage_tally_init(struct salvage_tally *t, struct err *err)
{
	struct fieldset want = { 0 };

	memset(t, 0, sizeof(*t));
	record_stats_init(&t->sum);
	t->first_ms = UINT64_MAX;
	record_stats_fields(&want);
	if (batch_init(&t->batch, &want, false, err) == -1)
		return -1;
	t->decoder = record_decoder_new(&want, err);
	return t->decoder == NULL ? -1 : 0;
}

void
salvage_tally_fini(struct salvage_tally *t)
{
	record_decoder_free(t->decoder);
	batch_fini(&t->batch);
}

/* The ways of counting that are not ours. */
static void
add_rows(struct salvage_tally *t)
{
	const struct batch *b = &t->batch;
	const uint8_t *proto = BATCH_COL(b, PROTO, uint8_t);
	const uint64_t *in_packets = BATCH_COL(b, IN_PACKETS, uint64_t);
	const uint64_t *out_packets = BATCH_COL(b, OUT_PACKETS, uint64_t);
	const uint64_t *in_bytes = BATCH_COL(b, IN_BYTES, uint64_t);
	const uint64_t *out_bytes = BATCH_COL(b, OUT_BYTES, uint64_t);
	const uint64_t *first = BATCH_COL(b, FIRST, uint64_t);

	for (uint32_t i = 0; i < b->rows; i++) {
		uint64_t packets = in_packets[i] + out_packets[i];
		uint64_t bytes = in_bytes[i] + out_bytes[i];

		t->in_packets += in_packets[i];
		t->in_bytes += in_bytes[i];
		t->proto_packets[record_proto_group(proto[i])] += packets;
		t->proto_bytes[record_proto_group(proto[i])] += bytes;
		if (first[i] != 0 && first[i] < t->first_ms)
			t->first_ms = first[i];
		if (proto[i] != 58)
			continue;
		t->icmp6_flows++;
		t->icmp6_packets += in_packets[i];
		t->icmp6_bytes += in_bytes[i];
		t->icmp6_all_packets += packets;
		t->icmp6_all_bytes += bytes;
	}
}

uint64_t
salvage_tally_add(struct salvage_tally *t, const uint8_t *raw, size_t len)
{
	struct record_cursor c = { .data = raw, .len = len };

	while (record_decode(t->decoder, &c, &t->batch, NULL) == 1) {
		record_stats_add_batch(&t->sum, &t->batch);
		add_rows(t);
	}
	return c.flows;
}

/*
 * A number of the statistics is ours, or from lo to hi.  Sums of hostile
 * counters wrap around, then only ours can be told.
 */
static void
compare(struct salvage *s, enum store_finding kind, const char *name,
    uint64_t is, uint64_t ours, uint64_t lo, uint64_t hi)
{
	if (is != ours && (is < lo || is > hi))
		salvage_tell(s, kind, "statistics: %s %ju, of the flows %ju",
		    name, (uintmax_t)is, (uintmax_t)ours);
}

/*
 * The counters of protocol groups: ours, or others that include the out
 * counters.  ICMPv6 counts as ICMP or as other.
 */
static void
compare_groups(struct salvage *s, const char *name, const uint64_t *is,
    const uint64_t *ours, const uint64_t *theirs, uint64_t icmp6,
    uint64_t icmp6_all)
{
	static const char *const group[] = { "TCP", "UDP", "ICMP", "other" };
	char what[32];
	uint64_t lo, hi;

	for (int i = 0; i < STAT_PROTOS; i++) {
		lo = ours[i] - (i == STAT_ICMP ? icmp6 : 0);
		hi = theirs[i] + (i == STAT_OTHER ? icmp6_all : 0);
		snprintf(what, sizeof(what), "%s %s", group[i], name);
		compare(s, FINDING_DAMAGE, what, is[i], ours[i], lo, hi);
	}
}

/* Those that nfdump 1.8 writes are wrong where a flow has no time. */
static void
compare_times(struct salvage *s)
{
	const struct salvage_tally *t = &s->tally;
	const struct record_stats *is = &s->v->stats, *sum = &t->sum;
	enum store_finding kind = s->v->layout > store_layout_2.number ?
	    FINDING_NOTE : FINDING_DAMAGE;

	if (sum->flows == 0)
		return; /* they are those of the slot */
	compare(s, kind, "first seen", is->first_ms, sum->first_ms,
	    sum->first_ms, t->first_ms);
	compare(s, kind, "last seen", is->last_ms, sum->last_ms,
	    sum->last_ms, sum->last_ms);
}

void
salvage_compare(struct salvage *s)
{
	const struct salvage_tally *t = &s->tally;
	const struct record_stats *is = &s->v->stats, *sum = &t->sum;

	if (!s->v->has_stats || s->v->blocks_lost > 0 ||
	    s->v->blocks_partial > 0)
		return; /* they count what cannot be read, too */
	compare(s, FINDING_DAMAGE, "flows", is->flows, sum->flows,
	    sum->flows, sum->flows);
	compare(s, FINDING_DAMAGE, "packets", is->packets, sum->packets,
	    t->in_packets, sum->packets);
	compare(s, FINDING_DAMAGE, "bytes", is->bytes, sum->bytes,
	    t->in_bytes, sum->bytes);
	compare_groups(s, "flows", is->proto_flows, sum->proto_flows,
	    sum->proto_flows, t->icmp6_flows, t->icmp6_flows);
	compare_groups(s, "packets", is->proto_packets, sum->proto_packets,
	    t->proto_packets, t->icmp6_packets, t->icmp6_all_packets);
	compare_groups(s, "bytes", is->proto_bytes, sum->proto_bytes,
	    t->proto_bytes, t->icmp6_bytes, t->icmp6_all_bytes);
	compare_times(s);
}
