/*
 * What a probe has counted, in lines of the log.
 */

#include <inttypes.h>

#include "common/log.h"
#include "flowprobe/probe.h"

static void
log_packets(const struct lane_counters *all, bool is_live)
{
	const struct meter_counters *n = &all->packets;

	log_info("Packets: %" PRIu64 ", %" PRIu64 " bytes; passed over by "
	    "sampling: %" PRIu64 ", no IP: %" PRIu64 ", too short: %" PRIu64
	    ", without a sensible time: %" PRIu64, n->packets, n->bytes,
	    n->passed_over, n->no_ip, n->too_short, all->timeless);
	log_info("Fragments: %" PRIu64 ", without the first one: %" PRIu64
	    "; packets in tunnels: %" PRIu64 ", left out as duplicates: %"
	    PRIu64, n->fragments, n->orphans, n->tunnels, n->duplicates);
	if (is_live)
		log_info("Packets dropped by the kernel: %" PRIu64
		    ", by the interface: %" PRIu64, all->kernel_drops,
		    all->interface_drops);
}

static void
log_flows(const struct cache_counters *n)
{
	log_info("Flows: %" PRIu64 ", at once: %" PRIu32 ", now: %" PRIu32
	    "; ended idle: %" PRIu64 ", active: %" PRIu64 ", closed: %" PRIu64
	    ", full: %" PRIu64 ", evicted: %" PRIu64 ", flushed: %" PRIu64,
	    n->created, n->most, n->live, n->ended[CACHE_IDLE],
	    n->ended[CACHE_ACTIVE], n->ended[CACHE_CLOSED],
	    n->ended[CACHE_FULL], n->ended[CACHE_EVICTED],
	    n->ended[CACHE_FLUSHED]);
}

static void
log_files(const struct files *files)
{
	struct files_counters n;

	files_counters(files, &n);
	log_info("Files: %" PRIu64 ", flows in them: %" PRIu64
	    ", lost: %" PRIu64, n.files, n.flows, n.lost);
}

static void
log_archive(struct archive *archive)
{
	struct archive_counters n;

	archive_counters(archive, &n);
	log_info("Archive: %" PRIu64 " files, packets in them: %" PRIu64
	    ", lost: %" PRIu64, n.files, n.packets, n.lost);
}

static void
log_collector(const struct sender *sender, unsigned i)
{
	struct outlet_counters n;
	const char *name = sender_collector(sender, i, &n);

	log_info("To %s: %" PRIu64 " messages of %" PRIu64 " bytes; not "
	    "sent: %" PRIu64 ", the queue was full: %" PRIu64 ", lost with a "
	    "connection: %" PRIu64 "; connections: %" PRIu64 ", failed: %"
	    PRIu64, name, n.messages, n.bytes, n.errors, n.full, n.lost,
	    n.sessions, n.failures);
}

static void
log_sent(const struct sender *sender)
{
	struct sender_counters n;

	sender_counters(sender, &n);
	log_info("Sent: %" PRIu64 " records in %" PRIu64 " datagrams of %"
	    PRIu64 " bytes; not sent: %" PRIu64 " datagrams; not for this "
	    "version: %" PRIu64 " flows", n.records, n.messages, n.bytes,
	    n.errors, n.refused);
	for (unsigned i = 0; i < sender_collectors(sender); i++)
		log_collector(sender, i);
}

void
report_log(struct probe *p)
{
	struct lane_counters n;

	probe_count(p, &n);
	log_packets(&n, p->is_live);
	log_flows(&n.flows);
	if (p->archive != NULL)
		log_archive(p->archive);
	pthread_mutex_lock(&p->lock);
	if (p->files != NULL)
		log_files(p->files);
	if (p->sender != NULL)
		log_sent(p->sender);
	pthread_mutex_unlock(&p->lock);
}
