/*
 * Captures.  libpcap reads files through a stream of ours, whose waiting can
 * be ended; a device is polled, and what the kernel drops is read from its
 * counters.
 */

#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/pcapio.h"
#include "flowcapd/intake_packets.h"
#include "flowcapd/intake_pcap.h"
#include "flowcapd/intake_stream.h"

#define PACKETS_MAX 4096 /* looked at in one go */
#define FILTER_MAX 1024
#define SNAPLEN 65535
#define NS_PER_S 1000000000

struct pcap_intake {
	struct intake intake; /* first */
	const char *name;
	pcap_t *pcap;
	bool is_nano; /* resolution of the times */
	bool has_stream;
	int end; /* what the last pcap_next_ex() said, behind the batch */
	struct intake_stream stream;
	struct packets *packets;
	uint64_t timeless; /* packets whose time cannot be */
	uint64_t dropped;
	uint32_t dropped_seen; /* by the counter of 32 bits */
};

/* Time of a packet; false if there can be none such. */
static bool
time_of(const struct pcap_intake *p, const struct pcap_pkthdr *h, uint64_t *ns)
{
	uint64_t part = (uint64_t)h->ts.tv_usec;
	uint64_t s;

	if (!p->is_nano)
		part *= 1000;
	if (!pcapio_seconds(h, &s) || part >= NS_PER_S)
		return false;
	*ns = s * NS_PER_S + part;
	return true;
}

/* A batch.  What ended it, as pcap_next_ex(); 1 if it is full. */
static int
read_packets(struct pcap_intake *p)
{
	struct pcap_pkthdr *header;
	const u_char *data;
	uint64_t ns;
	int rc;

	packets_clear(p->packets);
	for (int i = 0; i < PACKETS_MAX && packets_have_room(p->packets); i++) {
		if ((rc = pcap_next_ex(p->pcap, &header, &data)) != 1)
			return rc;
		if (time_of(p, header, &ns))
			packets_add(p->packets, data, header->caplen, ns);
		else
			p->timeless++;
	}
	return 1;
}

/* The end of a file, or the error, comes behind the last batch. */
static int
pcap_receive(struct intake *in, const struct udp_datagram **list,
    struct err *err)
{
	struct pcap_intake *p = (struct pcap_intake *)in;
	int n;

	if (p->end >= 0) {
		p->end = read_packets(p);
		if ((n = packets_list(p->packets, list)) > 0 || p->end >= 0)
			return n;
	}
	if (p->end == PCAP_ERROR_BREAK ||
	    (p->has_stream && atomic_load(&p->stream.is_stopped)))
		return INTAKE_END;
	return err_set(err, ERR_SYSTEM, "%s: %s", p->name,
	    pcap_geterr(p->pcap));
}

static int
device_receive(struct intake *in, const struct udp_datagram **list,
    struct err *err)
{
	struct pcap_intake *p = (struct pcap_intake *)in;
	int n = pcap_receive(in, list, err);
	struct pcap_stat stat;

	if (pcap_stats(p->pcap, &stat) == 0) {
		p->dropped += stat.ps_drop - p->dropped_seen;
		p->dropped_seen = stat.ps_drop;
	}
	return n;
}

static uint64_t
pcap_dropped(struct intake *in)
{
	return ((struct pcap_intake *)in)->dropped;
}

static void
pcap_intake_free(struct pcap_intake *p)
{
	if (p->pcap != NULL)
		pcap_close(p->pcap); /* and the stream of a file */
	packets_free(p->packets);
	free(p);
}

static void
pcap_intake_close(struct intake *in)
{
	struct pcap_intake *p = (struct pcap_intake *)in;

	packets_report(p->packets, p->name);
	if (p->timeless > 0)
		log_warning("%s: %llu packets are left out: no sensible time",
		    p->name, (unsigned long long)p->timeless);
	pcap_intake_free(p);
}

static void
pcap_interrupt(struct intake *in)
{
	intake_stream_stop(&((struct pcap_intake *)in)->stream);
}

static struct pcap_intake *
intake_new(const char *name, struct err *err)
{
	struct pcap_intake *p = calloc(1, sizeof(*p));

	if (p == NULL) {
		err_nomem(err);
		return NULL;
	}
	p->name = name;
	p->intake.fd = -1;
	p->intake.receive = pcap_receive;
	p->intake.dropped = pcap_dropped;
	p->intake.close = pcap_intake_close;
	return p;
}

static int
find_port(const char *text, uint16_t *port, struct err *err)
{
	struct addrinfo hints = { .ai_family = AF_INET,
		.ai_socktype = SOCK_DGRAM };
	struct addrinfo *list;
	struct sockaddr_in in;

	*port = 0;
	if (text == NULL)
		return 0;
	if (getaddrinfo(NULL, text, &hints, &list) != 0)
		return err_set(err, ERR_VALUE, "port %s is not known", text);
	memcpy(&in, list->ai_addr, sizeof(in));
	freeaddrinfo(list);
	*port = ntohs(in.sin_port);
	return 0;
}

/* What files and devices have in common once they are open. */
static int
prepare(struct pcap_intake *p, const struct intake_pcap_options *o,
    struct err *err)
{
	int number = pcap_datalink(p->pcap);
	enum packet_link link;
	uint16_t port;

	if (packet_link_find(number, &link) == -1)
		return err_set(err, ERR_VALUE,
		    "%s: packets of link type %d (%s) are not read", p->name,
		    number, pcapio_link_name(p->pcap));
	if (find_port(o->port, &port, err) == -1 ||
	    (o->filter != NULL &&
		pcapio_filter(p->pcap, p->name, o->filter, err) == -1) ||
	    (p->packets = packets_new(link, port, err)) == NULL)
		return -1;
	p->is_nano = pcap_get_tstamp_precision(p->pcap) ==
	    PCAP_TSTAMP_PRECISION_NANO;
	return 0;
}

static ssize_t
stream_read(void *cookie, char *buf, size_t len)
{
	return intake_stream_read(cookie, buf, len);
}

static int
stream_close(void *cookie)
{
	intake_stream_close(cookie);
	return 0;
}

static int
open_file(struct pcap_intake *p, const char *path, struct err *err)
{
	cookie_io_functions_t io = { .read = stream_read,
		.close = stream_close };

	if (intake_stream_open(&p->stream, path, err) == -1)
		return -1;
	p->pcap = pcapio_stream(path, &p->stream, io,
	    PCAP_TSTAMP_PRECISION_NANO, err);
	p->has_stream = p->pcap != NULL;
	return p->has_stream ? 0 : -1;
}

struct intake *
intake_pcap_file(const char *path, const struct intake_pcap_options *o,
    struct err *err)
{
	struct pcap_intake *p = intake_new(path, err);

	if (p == NULL)
		return NULL;
	p->intake.is_replay = true;
	p->intake.interrupt = pcap_interrupt;
	if (open_file(p, path, err) == -1 || prepare(p, o, err) == -1) {
		pcap_intake_free(p);
		return NULL;
	}
	return &p->intake;
}

/*
 * Without a filter the kernel need only hand over what may be for the port:
 * plain, in fragments, in GRE or, which must stand last, with a tag.
 */
static void
filter_by_port(struct pcap_intake *p, const char *port)
{
	char text[FILTER_MAX];
	struct err err;

	snprintf(text, sizeof(text), "(udp dst port %s) or "
	    "(ip[6:2] & 0x3fff != 0 and ip proto 17) or (ip6 proto 44) or "
	    "(ip proto 47) or (vlan)", port);
	if (pcapio_filter(p->pcap, p->name, text, &err) == -1)
		log_debug("%s: no filter in the kernel: %s", p->name, err.text);
}

struct intake *
intake_pcap_device(const char *name, const struct intake_pcap_options *o,
    struct err *err)
{
	struct pcapio_device device = { .name = name,
		.precision = PCAP_TSTAMP_PRECISION_NANO, .buffer = o->buffer,
		.snaplen = SNAPLEN, .is_promiscuous = true };
	struct pcap_intake *p = intake_new(name, err);

	if (p == NULL)
		return NULL;
	p->intake.receive = device_receive;
	p->pcap = pcapio_device(&device, &p->intake.fd, err);
	if (p->pcap == NULL || prepare(p, o, err) == -1) {
		pcap_intake_free(p);
		return NULL;
	}
	if (o->filter == NULL && o->port != NULL)
		filter_by_port(p, o->port);
	return &p->intake;
}
