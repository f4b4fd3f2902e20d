/*
 * What kinds of flows there were.
 */

#include <inttypes.h>
#include <netdb.h>

#include "flow/derive.h"
#include "flowprobe/tally.h"

#define TCP_RST 0x04

/* flowEndReason (RFC 5102, 5.11.3) */
enum {
	END_ACTIVE = 2,
	END_CLOSED = 3,
	END_FORCED = 4,
	END_NO_ROOM = 5
};

static enum tally_reason
idle_reason(uint8_t proto)
{
	switch (proto) {
	case PROTO_TCP:
		return TALLY_TCP;
	case PROTO_UDP:
		return TALLY_UDP;
	}
	return flow_is_icmp(proto) ? TALLY_ICMP : TALLY_GENERAL;
}

static enum tally_reason
reason_of(const struct flow *f)
{
	switch (f->end_reason) {
	case END_ACTIVE:
		return TALLY_MAXLIFE;
	case END_CLOSED:
		return (f->tcp_flags & TCP_RST) != 0 ? TALLY_TCP_RST :
						       TALLY_TCP_FIN;
	case END_FORCED:
		return TALLY_FLUSHED;
	case END_NO_ROOM:
		return TALLY_MAXFLOWS;
	}
	return idle_reason(f->proto);
}

static void
add_range(struct tally_range *r, uint64_t value, bool is_first)
{
	if (is_first || value < r->min)
		r->min = value;
	if (value > r->max)
		r->max = value;
	r->sum += value;
}

void
tally_add(struct tally *t, const struct flow *f)
{
	struct tally_proto *p = &t->protos[f->proto];
	uint64_t bytes = f->in_bytes + f->out_bytes;
	uint64_t packets = f->in_packets + f->out_packets;
	uint64_t life_ms = f->last_ms - f->first_ms;
	bool is_first = t->flows++ == 0;

	add_range(&t->bytes, bytes, is_first);
	add_range(&t->packets, packets, is_first);
	add_range(&t->life_ms, life_ms, is_first);
	t->reasons[reason_of(f)]++;
	p->flows++;
	p->bytes += bytes;
	p->packets += packets;
	p->life_ms += life_ms;
	if (life_ms > p->longest_ms)
		p->longest_ms = life_ms;
}

static double
seconds(uint64_t ms)
{
	return (double)ms / 1000;
}

static void
print_range(FILE *out, const char *name, const struct tally_range *r,
    uint64_t flows)
{
	fprintf(out, "%14s: %16" PRIu64 "  %12" PRIu64 "  %12" PRIu64 "\n",
	    name, r->min, r->sum / flows, r->max);
}

static void
print_reasons(FILE *out, const uint64_t n[TALLY_REASONS])
{
	fprintf(out, "\nExpired flow reasons:\n"
	    "       tcp = %9" PRIu64 "   tcp.rst = %9" PRIu64
	    "   tcp.fin = %9" PRIu64 "\n"
	    "       udp = %9" PRIu64 "      icmp = %9" PRIu64
	    "   general = %9" PRIu64 "\n"
	    "   maxlife = %9" PRIu64 "\n"
	    "  maxflows = %9" PRIu64 "\n"
	    "   flushed = %9" PRIu64 "\n", n[TALLY_TCP], n[TALLY_TCP_RST],
	    n[TALLY_TCP_FIN], n[TALLY_UDP], n[TALLY_ICMP], n[TALLY_GENERAL],
	    n[TALLY_MAXLIFE], n[TALLY_MAXFLOWS], n[TALLY_FLUSHED]);
}

static void
print_proto(FILE *out, uint8_t number, const struct tally_proto *p)
{
	const struct protoent *known = getprotobynumber(number);
	char name[32];

	snprintf(name, sizeof(name), "%.20s (%u)",
	    known == NULL ? "Unknown" : known->p_name, number);
	fprintf(out, "%18s: %14" PRIu64 " %12" PRIu64 "   %8.2fs %10.2fs\n",
	    name, p->bytes, p->packets, seconds(p->life_ms / p->flows),
	    seconds(p->longest_ms));
}

void
tally_print(const struct tally *t, FILE *out)
{
	if (t->flows == 0)
		return;
	fprintf(out, "\nExpired flow statistics:  minimum       average"
	    "       maximum\n");
	print_range(out, "Flow bytes", &t->bytes, t->flows);
	print_range(out, "Flow packets", &t->packets, t->flows);
	fprintf(out, "%14s: %15.2fs %12.2fs %12.2fs\n", "Duration",
	    seconds(t->life_ms.min), seconds(t->life_ms.sum / t->flows),
	    seconds(t->life_ms.max));
	print_reasons(out, t->reasons);
	fprintf(out, "\nPer-protocol statistics:     Octets      Packets"
	    "   Avg Life    Max Life\n");
	for (int i = 0; i < 256; i++)
		if (t->protos[i].flows > 0)
			print_proto(out, (uint8_t)i, &t->protos[i]);
}
