/*
 * Packets to messages.
 */

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>

#include "common/capture.h"
#include "common/log.h"
#include "flowfwd/mirror.h"
#include "wire/tera.h"

#define WAIT_MS 100
#define MS_PER_S 1000
#define US_PER_MS 1000
#define DONT_FRAGMENT 0x40

struct mirror {
	struct forward *forward;
	struct capture *capture;
	uint64_t seen;
	uint64_t selected;
	uint64_t no_ip; /* of the selected ones */
};

/* Nothing comes from a pipe: signals and connections have their turn. */
static bool
on_idle(void *ctx)
{
	struct forward *f = ctx;

	if (f->output == NULL) /* the capture is just opened */
		return true;
	output_work(f->output);
	f->is_stopped |= forward_serve(f);
	return !f->is_stopped;
}

struct mirror *
mirror_open(struct forward *f, struct err *err)
{
	const struct config *c = &f->config;
	const struct capture_options o = { .filter = c->packet_filter,
		.is_promiscuous = true, .idle = on_idle, .ctx = f };
	struct mirror *m = calloc(1, sizeof(*m));

	if (m == NULL) {
		err_nomem(err);
		return NULL;
	}
	m->forward = f;
	m->capture = c->interface != NULL ?
	    capture_device(c->interface, &o, err) :
	    capture_file(c->capture, &o, err);
	if (m->capture != NULL)
		return m;
	free(m);
	return NULL;
}

void
mirror_close(struct mirror *m)
{
	if (m == NULL)
		return;
	capture_close(m->capture);
	free(m);
}

/* Bytes from the IP header on; the card may be left to fill in the length. */
static uint64_t
ip_bytes(const struct packet *p, const uint8_t *data, size_t len)
{
	size_t before = (size_t)(p->header - data);

	if (p->ip_len != 0)
		return p->ip_len;
	return len > before ? len - before : 0;
}

/* What the transport carries, and how much of it was captured. */
static void
set_payload(struct tera *t, const struct packet *p)
{
	size_t headers;

	if (p->payload.data == NULL)
		return;
	headers = (size_t)(p->payload.data - p->header);
	t->payload_len = (int32_t)p->payload.len;
	t->payload_full_len = t->ip_bytes > headers ?
	    (uint32_t)(t->ip_bytes - headers) : 0;
}

static void
set_packet(struct tera *t, const struct packet *p)
{
	t->ip_version = p->ip_version;
	t->src_addr = p->src;
	t->dst_addr = p->dst;
	t->ttl = p->ttl;
	t->proto = p->proto;
	t->src_port = p->src_port;
	t->dst_port = (p->has & PACKET_HAS_ICMP) != 0 ? p->icmp : p->dst_port;
	t->tcp_flags = p->tcp_flags;
	t->is_fragmented = p->is_fragment;
	t->dont_fragment = (p->frag_flags & DONT_FRAGMENT) != 0;
	t->src_mac = p->src_mac;
	t->dst_mac = p->dst_mac;
	set_payload(t, p);
}

static bool
is_over(const struct mirror *m)
{
	const struct forward *f = m->forward;

	return f->is_stopped ||
	    (f->config.limit != 0 && m->selected >= f->config.limit);
}

static void
on_packet(void *ctx, uint64_t time_ms, const uint8_t *data, size_t caplen,
    size_t len)
{
	struct mirror *m = ctx;
	struct forward *f = m->forward;
	struct tera t = { .source = TERA_MIRROR, .bytes = len, .packets = 1,
		.sample_ratio = f->config.sampling,
		.direction = TERA_OTHER,
		.sec = (int64_t)(time_ms / MS_PER_S),
		.usec = (int64_t)(time_ms % MS_PER_S * US_PER_MS) };
	struct packet p;

	if (is_over(m) || m->seen++ % f->config.sampling != 0)
		return;
	m->selected++;
	if (packet_parse(&p, capture_link(m->capture), data, caplen) == -1) {
		m->no_ip++;
		return;
	}
	t.ip_bytes = ip_bytes(&p, data, len);
	set_packet(&t, &p);
	if (output_put_tera(f->output, &t, f->config.interface == NULL) == 1)
		f->is_stopped = true;
}

int
mirror_run(struct mirror *m, struct err *err)
{
	struct forward *f = m->forward;
	struct pollfd fd = { capture_fd(m->capture), POLLIN, 0 };
	bool is_live = f->config.interface != NULL;
	int rc;

	log_info("%s, data link %s", capture_name(m->capture),
	    capture_link_name(m->capture));
	do {
		if (is_live && poll(&fd, 1, WAIT_MS) == -1 && errno != EINTR)
			return err_system(err, "poll");
		rc = capture_read(m->capture, on_packet, m, err);
		output_work(f->output);
		if (forward_serve(f))
			f->is_stopped = true;
	} while (!is_over(m) && (rc == 1 || (rc == 0 && is_live)));
	return f->is_stopped ? 0 : rc == -1 ? -1 : 0;
}

void
mirror_report(struct mirror *m)
{
	uint64_t kernel, interface;

	log_info("flow_forwarder_sampler_seen_packets %" PRIu64, m->seen);
	log_info("flow_forwarder_sampler_selected_packets %" PRIu64,
	    m->selected);
	capture_drops(m->capture, &kernel, &interface);
	log_info("Packets without IP: %" PRIu64 ", dropped by the kernel: %"
	    PRIu64 ", by the interface: %" PRIu64, m->no_ip, kernel,
	    interface);
}

void
mirror_counters(const struct mirror *m, uint64_t *seen, uint64_t *selected)
{
	*seen = m->seen;
	*selected = m->selected;
}
