/*
 * Long answers to commands, in the words of softflowd.
 */

#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "flowprobe/control.h"

#define FLOWS_MAX 10000 /* that are shown */
#define MS_PER_S 1000

struct dump {
	FILE *out;
	unsigned count;
	uint64_t live;
};

static void
print_time(FILE *out, uint64_t ms, bool has_ms)
{
	time_t s = (time_t)(ms / MS_PER_S);
	char text[32];
	struct tm tm;

	gmtime_r(&s, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	fprintf(out, "%s", text);
	if (has_ms)
		fprintf(out, ".%03u", (unsigned)(ms % MS_PER_S));
}

static void
print_lanes(FILE *out, const struct lane_counters *n)
{
	const struct meter_counters *p = &n->packets;
	uint64_t ended = 0, evicted = n->flows.ended[CACHE_EVICTED];

	for (int i = 0; i < CACHE_REASONS; i++)
		ended += i == CACHE_DELETED ? 0 : n->flows.ended[i];
	fprintf(out, "Number of active flows: %" PRIu32 "\n"
	    "Packets processed: %" PRIu64 "\n", n->flows.live,
	    p->packets - p->passed_over);
	if (p->passed_over > 0)
		fprintf(out, "Packets non-sampled: %" PRIu64 "\n",
		    p->passed_over);
	fprintf(out, "Fragments: %" PRIu64 "\n"
	    "Ignored packets: %" PRIu64 " (%" PRIu64 " non-IP, %" PRIu64
	    " too short)\n"
	    "Flows expired: %" PRIu64 " (%" PRIu64 " forced)\n",
	    p->fragments, p->no_ip + p->too_short, p->no_ip, p->too_short,
	    ended, evicted);
}

void
control_statistics(struct probe *p, FILE *out)
{
	struct sender_counters sent = { .records = 0 };
	struct lane_counters n;

	probe_count(p, &n);
	fprintf(out, "flowprobe[%ld]: Accumulated statistics since ",
	    (long)getpid());
	print_time(out, p->start_ms, false);
	fprintf(out, " UTC:\n");
	print_lanes(out, &n);
	pthread_mutex_lock(&p->lock);
	if (p->sender != NULL)
		sender_counters(p->sender, &sent);
	fprintf(out, "Flows exported: %" PRIu64 " (%" PRIu64 " records) in %"
	    PRIu64 " packets (%" PRIu64 " failures)\n"
	    "Packets received by libpcap: %" PRIu64 "\n"
	    "Packets dropped by libpcap: %" PRIu64 "\n"
	    "Packets dropped by interface: %" PRIu64 "\n",
	    p->sender != NULL ? p->tally.flows : 0, sent.records,
	    sent.messages, sent.errors, n.packets.packets, n.kernel_drops,
	    n.interface_drops);
	tally_print(&p->tally, out);
	pthread_mutex_unlock(&p->lock);
}

static void
print_timeout(FILE *out, const char *name, uint64_t ms)
{
	fprintf(out, "%22s: %" PRIu64 "s\n", name, ms / MS_PER_S);
}

void
control_timeouts(struct probe *p, FILE *out)
{
	const struct cache_options *o = &p->config.cache;

	fprintf(out, "flowprobe[%ld]: Printing timeouts:\n", (long)getpid());
	print_timeout(out, "TCP timeout", o->idle_ms[CACHE_TCP]);
	print_timeout(out, "TCP post-RST timeout", o->rst_ms);
	print_timeout(out, "TCP post-FIN timeout", o->fin_ms);
	print_timeout(out, "UDP timeout", o->idle_ms[CACHE_UDP]);
	print_timeout(out, "ICMP timeout", o->idle_ms[CACHE_ICMP]);
	print_timeout(out, "General timeout", o->idle_ms[CACHE_OTHER]);
	print_timeout(out, "Maximum lifetime", o->active_ms);
	print_timeout(out, "Expiry interval", o->scan_ms);
}

static bool
print_flow(void *ctx, const struct flow *f, uint64_t due_ms)
{
	char src[ADDR_TEXT_MAX], dst[ADDR_TEXT_MAX];
	struct dump *d = ctx;

	if (d->count == FLOWS_MAX)
		return false;
	d->count++;
	addr_format(f->src_addr, src);
	addr_format(f->dst_addr, dst);
	fprintf(d->out, "ACTIVE seq:%u [%s]:%u <> [%s]:%u proto:%u "
	    "octets>:%" PRIu64 " packets>:%" PRIu64 " octets<:%" PRIu64
	    " packets<:%" PRIu64 " start:", d->count, src, f->src_port, dst,
	    f->dst_port, f->proto, f->in_bytes, f->in_packets, f->out_bytes,
	    f->out_packets);
	print_time(d->out, f->first_ms, true);
	fprintf(d->out, " finish:");
	print_time(d->out, f->last_ms, true);
	fprintf(d->out, " tcp:%02x\nEXPIRY EVENT for flow %u in %" PRIu64
	    " seconds\n\n", f->tcp_flags, d->count,
	    due_ms > f->received_ms ? (due_ms - f->received_ms) / MS_PER_S : 0);
	return true;
}

static void
dump_lane(struct lane *l, struct meter *m, void *ctx)
{
	struct meter_counters n;
	struct cache_counters flows;
	struct dump *d = ctx;

	(void)l;
	meter_each(m, print_flow, d);
	meter_counters(m, &n, &flows);
	d->live += flows.live;
}

void
control_dump(struct probe *p, FILE *out)
{
	struct dump d = { .out = out };

	fprintf(out, "flowprobe[%ld]: Dumping flow data:\n", (long)getpid());
	for (unsigned i = 0; i < p->lane_count; i++)
		lane_ask(p->lanes[i], dump_lane, &d);
	if (d.live > d.count)
		fprintf(out, "%" PRIu64 " more flows are not shown\n",
		    d.live - d.count);
}
