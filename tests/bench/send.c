/*
 * Sending at an even rate.  A ring of datagrams is encoded before the start
 * and sent over and over with new sequence numbers and times; what is due is
 * looked up every fraction of a millisecond and sent in one call, so bursts
 * stay small.  Time lost to other processes is not made up for in one burst,
 * which no receive buffer is meant for.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/addr.h"
#include "bench/send.h"

#define RING_MAX 4096
#define BURST_MAX 32
#define NAP_NS 100000
#define DEBT_NS 2000000

#define HOUR_MS 3600000
#define SPAN_MS 60000

struct sender {
	int fd;
	struct exporter exporter;
	struct datagram templates;
	struct datagram *ring;
	uint32_t ring_len;
	uint64_t flows_left;
	uint64_t start_ns; /* of the pace: moved when we fall behind */
	uint64_t paced; /* datagrams since then */
	const struct send_options *options;
	struct send_totals *totals;
};

static uint64_t
clock_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static uint64_t
now_ms(void)
{
	return clock_ns(CLOCK_REALTIME) / 1000000;
}

static int
parse_port(const char *text, uint16_t *port)
{
	char *end;
	unsigned long v = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end != '\0' || v < 1 || v > 65535)
		return -1;
	*port = htons((uint16_t)v);
	return 0;
}

/* "ADDR:PORT" or "[ADDR]:PORT", loopback only: this is a load generator. */
static int
parse_target(const char *text, struct sockaddr_storage *ss, struct err *err)
{
	struct sockaddr_in *in = (struct sockaddr_in *)ss;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ss;
	const char *colon = strrchr(text, ':');
	char host[ADDR_TEXT_MAX + 2];
	size_t len = colon == NULL ? 0 : (size_t)(colon - text);
	struct addr a;
	uint16_t port;

	if (len == 0 || len >= sizeof(host) || parse_port(colon + 1, &port))
		return err_set(err, ERR_VALUE,
		    "'%s' is not an address and a port", text);
	if (text[0] == '[' && text[len - 1] == ']') {
		text++;
		len -= 2;
	}
	memcpy(host, text, len);
	host[len] = '\0';
	if (addr_parse(host, &a) == -1)
		return err_set(err, ERR_VALUE, "'%s' is not an address", host);
	memset(ss, 0, sizeof(*ss));
	if (addr_is_v4(a) && (a.lo >> 24 & 0xff) == 127) {
		in->sin_family = AF_INET;
		in->sin_port = port;
		in->sin_addr.s_addr = htonl((uint32_t)a.lo);
		return 0;
	}
	if (a.hi == 0 && a.lo == 1) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = port;
		in6->sin6_addr = in6addr_loopback;
		return 0;
	}
	return err_set(err, ERR_VALUE, "%s is not a loopback address", host);
}

static int
open_socket(const char *to, struct err *err)
{
	struct sockaddr_storage ss;
	socklen_t len;
	int fd;

	if (parse_target(to, &ss, err) == -1)
		return -1;
	len = ss.ss_family == AF_INET ? sizeof(struct sockaddr_in) :
	    sizeof(struct sockaddr_in6);
	if ((fd = socket(ss.ss_family, SOCK_DGRAM, 0)) == -1)
		return err_system(err, "socket");
	if (connect(fd, (struct sockaddr *)&ss, len) == -1) {
		err_system(err, "%s", to);
		close(fd);
		return -1;
	}
	return fd;
}

static int
make_ring(struct sender *s, struct err *err)
{
	uint64_t flows = 0;

	s->ring = malloc(RING_MAX * sizeof(*s->ring));
	if (s->ring == NULL)
		return err_nomem(err);
	while (s->ring_len < RING_MAX && flows < s->flows_left) {
		export_flows(&s->exporter, UINT32_MAX, &s->ring[s->ring_len]);
		flows += s->ring[s->ring_len++].flows;
	}
	export_templates(&s->exporter, &s->templates);
	return 0;
}

/* Is the datagram that is counted next one of those that get lost? */
static bool
is_skipped(const struct sender *s)
{
	for (uint32_t i = 0; i < s->options->skip_count; i++)
		if (s->options->skip[i] == s->totals->datagrams + 1)
			return true;
	return false;
}

/*
 * Stamp and count datagrams; the last one is cut to what is left.  How many
 * that are, *ready of which are to be sent.
 */
static uint32_t
prepare(struct sender *s, struct datagram *d, uint32_t n,
    struct mmsghdr *messages, struct iovec *iov, uint32_t *ready)
{
	struct send_totals *t = s->totals;
	uint32_t i;

	*ready = 0;
	memset(messages, 0, n * sizeof(*messages));
	for (i = 0; i < n && (s->flows_left > 0 || d[i].flows == 0); i++) {
		if (d[i].flows > s->flows_left)
			export_flows(&s->exporter, (uint32_t)s->flows_left,
			    &d[i]);
		export_stamp(&s->exporter, &d[i], t->flows, t->datagrams,
		    now_ms());
		s->flows_left -= d[i].flows;
		if (is_skipped(s))
			t->skipped_flows += d[i].flows;
		else {
			iov[*ready] = (struct iovec){ d[i].data, d[i].len };
			messages[*ready].msg_hdr.msg_iov = &iov[*ready];
			messages[(*ready)++].msg_hdr.msg_iovlen = 1;
		}
		t->flows += d[i].flows;
		t->packets += d[i].packets;
		t->bytes += d[i].bytes;
		t->datagrams++;
	}
	return i;
}

/* Send n datagrams in a row; returns how many there were to send. */
static int
send_burst(struct sender *s, struct datagram *d, uint32_t n, struct err *err)
{
	struct mmsghdr messages[BURST_MAX];
	struct iovec iov[BURST_MAX];
	uint32_t done = 0, ready;
	int sent;

	n = prepare(s, d, n, messages, iov, &ready);
	while (done < ready) {
		sent = sendmmsg(s->fd, messages + done, ready - done, 0);
		if (sent == -1 && errno != EINTR)
			return err_system(err, "sending");
		if (sent > 0)
			done += (uint32_t)sent;
	}
	s->paced += n;
	return (int)n;
}

static void
nap(void)
{
	struct timespec ts = { 0, NAP_NS };

	nanosleep(&ts, NULL);
}

/* Nanoseconds on our pace; those that were lost do not count. */
static uint64_t
pace_ns(struct sender *s, uint32_t rate)
{
	uint64_t elapsed = clock_ns(CLOCK_MONOTONIC) - s->start_ns;
	uint64_t latest = s->paced * 1000000000 / rate + DEBT_NS;

	if (elapsed <= latest)
		return elapsed;
	s->start_ns += elapsed - latest;
	return latest;
}

/* How many datagrams may go now, at least 1: waits until one may. */
static uint32_t
wait_until_due(struct sender *s, uint32_t rate)
{
	uint64_t due;

	if (rate == 0)
		return BURST_MAX;
	while ((due = pace_ns(s, rate) * rate / 1000000000 + 1) <= s->paced)
		nap();
	due -= s->paced;
	return due < BURST_MAX ? (uint32_t)due : BURST_MAX;
}

/* Templates, then the ring once. */
static int
send_round(struct sender *s, uint32_t rate, struct err *err)
{
	uint32_t at = 0, n;
	int sent;

	if (s->templates.len > 0 &&
	    s->options->templates != SEND_NO_TEMPLATES) {
		wait_until_due(s, rate);
		if (send_burst(s, &s->templates, 1, err) == -1)
			return -1;
	}
	if (s->options->templates == SEND_ONLY_TEMPLATES)
		s->flows_left = 0;
	while (at < s->ring_len && s->flows_left > 0) {
		n = wait_until_due(s, rate);
		if (n > s->ring_len - at)
			n = s->ring_len - at;
		if ((sent = send_burst(s, &s->ring[at], n, err)) == -1)
			return -1;
		at += (uint32_t)sent;
	}
	return 0;
}

static int
send_all(struct sender *s, uint32_t rate, struct err *err)
{
	uint64_t begin_ns = clock_ns(CLOCK_MONOTONIC);

	/* The default slack would stretch every nap by half of its length. */
	prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
	s->start_ns = begin_ns;
	while (s->flows_left > 0)
		if (send_round(s, rate, err) == -1)
			return -1;
	s->totals->seconds =
	    (double)(clock_ns(CLOCK_MONOTONIC) - begin_ns) / 1e9;
	return 0;
}

int
send_flows(const struct send_options *options, struct send_totals *totals,
    struct err *err)
{
	uint64_t now = now_ms();
	struct gen_options go = {
		.seed = options->seed,
		.start_ms = now - 2 * SPAN_MS,
		.span_ms = SPAN_MS,
		.flows = options->flows,
		.only_v4 = options->protocol == EXPORT_V5,
	};
	struct sender s = { .fd = -1, .options = options, .totals = totals };
	int rc = -1;

	*totals = (struct send_totals){ .flows = 0 };
	s.flows_left = options->flows;
	s.exporter.protocol = options->protocol;
	s.exporter.boot_ms = now - HOUR_MS;
	if ((s.exporter.gen = gen_new(&go, err)) == NULL ||
	    (s.fd = open_socket(options->to, err)) == -1 ||
	    make_ring(&s, err) == -1)
		goto done;
	rc = send_all(&s, options->rate, err);
done:
	if (s.fd != -1)
		close(s.fd);
	free(s.ring);
	gen_free(s.exporter.gen);
	return rc;
}
