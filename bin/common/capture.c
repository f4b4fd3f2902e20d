/*
 * Captures and devices.  A file is read, a device is polled.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/capture.h"
#include "common/input.h"
#include "common/pcapio.h"

#define PACKETS_MAX 4096 /* in one go */
#define US_PER_S 1000000
#define US_PER_MS 1000

struct capture {
	pcap_t *pcap;
	struct input *input; /* NULL: a device */
	char *name;
	enum packet_link link;
	int fd;
	uint64_t timeless;
	uint64_t packet_us;
	uint64_t dropped;
	uint64_t interface_dropped;
	uint32_t dropped_seen; /* counters of 32 bits */
	uint32_t interface_seen;
	capture_fn fn;
	void *ctx;
};

static struct capture *
capture_new(const char *name, struct err *err)
{
	struct capture *c = calloc(1, sizeof(*c));

	if (c == NULL || (c->name = strdup(name)) == NULL) {
		free(c);
		err_nomem(err);
		return NULL;
	}
	c->fd = -1;
	return c;
}

void
capture_close(struct capture *c)
{
	if (c == NULL)
		return;
	if (c->pcap != NULL)
		pcap_close(c->pcap);
	input_close(c->input);
	free(c->name);
	free(c);
}

/* What files and devices have in common once they are open. */
static int
prepare(struct capture *c, const struct capture_options *o, struct err *err)
{
	int number = pcap_datalink(c->pcap);

	if (packet_link_find(number, &c->link) == -1) {
		if (!o->has_any_link)
			return err_set(err, ERR_VALUE, "%s: unknown data link "
			    "type %d (%s): use -K", c->name, number,
			    capture_link_name(c));
		c->link = PACKET_IP;
	}
	if (o->filter == NULL || *o->filter == '\0')
		return 0;
	if (pcapio_filter(c->pcap, c->name, o->filter, err) == -1)
		return err->code == ERR_VALUE ?
		    err_context(err, "pcap_compile()") : -1;
	return 0;
}

static ssize_t
stream_read(void *cookie, char *buf, size_t len)
{
	return input_read(cookie, buf, len);
}

/* It is the capture's, which may still ask what was wrong. */
static int
stream_close(void *cookie)
{
	(void)cookie;
	return 0;
}

/* Damaged gzip has more to say than an error of reading. */
static int
fail_of_input(const struct capture *c, struct err *err)
{
	const char *trouble = NULL;

	if (c->input != NULL)
		trouble = input_trouble(c->input);
	return trouble == NULL ? -1 :
	    err_set(err, ERR_MALFORMED, "%s: gzip: %s", c->name, trouble);
}

static int
open_file(struct capture *c, const char *path,
    const struct capture_options *o, struct err *err)
{
	cookie_io_functions_t io = { .read = stream_read,
		.close = stream_close };

	if ((c->input = input_open(path, o->idle, o->ctx, err)) == NULL)
		return -1;
	c->pcap = pcapio_stream(path, c->input, io,
	    PCAP_TSTAMP_PRECISION_MICRO, err);
	return c->pcap == NULL ? fail_of_input(c, err) : 0;
}

struct capture *
capture_file(const char *path, const struct capture_options *o,
    struct err *err)
{
	struct capture *c = capture_new(path, err);

	if (c == NULL)
		return NULL;
	if (open_file(c, path, o, err) == -1 || prepare(c, o, err) == -1) {
		capture_close(c);
		return NULL;
	}
	return c;
}

/* The name of the first device, from malloc(). */
static char *
first_device(struct err *err)
{
	char why[PCAP_ERRBUF_SIZE], *name;
	pcap_if_t *list;

	if (pcap_findalldevs(&list, why) == -1) {
		err_set(err, ERR_SYSTEM, "%s", why);
		return NULL;
	}
	if (list == NULL) {
		err_set(err, ERR_SYSTEM, "there is no device to capture from");
		return NULL;
	}
	if ((name = strdup(list->name)) == NULL)
		err_nomem(err);
	pcap_freealldevs(list);
	return name;
}

static struct capture *
open_device(const char *name, const struct capture_options *o,
    struct err *err)
{
	struct pcapio_device device = { .name = name,
		.precision = PCAP_TSTAMP_PRECISION_MICRO, .buffer = o->buffer,
		.snaplen = o->snaplen, .is_promiscuous = o->is_promiscuous };
	struct capture *c = capture_new(name, err);

	if (c == NULL)
		return NULL;
	c->pcap = pcapio_device(&device, &c->fd, err);
	if (c->pcap == NULL || prepare(c, o, err) == -1) {
		capture_close(c);
		return NULL;
	}
	return c;
}

struct capture *
capture_device(const char *name, const struct capture_options *o,
    struct err *err)
{
	struct capture *c;
	char *first;

	if (name != NULL)
		return open_device(name, o, err);
	if ((first = first_device(err)) == NULL)
		return NULL;
	c = open_device(first, o, err);
	free(first);
	return c;
}

static void
on_packet(u_char *user, const struct pcap_pkthdr *h, const u_char *data)
{
	struct capture *c = (struct capture *)(void *)user;
	uint64_t us = (uint64_t)h->ts.tv_usec;
	uint64_t s;

	if (!pcapio_seconds(h, &s) || us >= US_PER_S) {
		c->timeless++;
		return;
	}
	c->packet_us = s * US_PER_S + us;
	c->fn(c->ctx, c->packet_us / US_PER_MS, data, h->caplen, h->len);
}

int
capture_read(struct capture *c, capture_fn fn, void *ctx, struct err *err)
{
	int n;

	c->fn = fn;
	c->ctx = ctx;
	n = pcap_dispatch(c->pcap, PACKETS_MAX, on_packet,
	    (u_char *)(void *)c);
	if (n >= 0)
		return n > 0;
	err_set(err, c->fd == -1 ? ERR_MALFORMED : ERR_SYSTEM, "%s: %s",
	    c->name, pcap_geterr(c->pcap));
	return fail_of_input(c, err);
}

int
capture_fd(const struct capture *c)
{
	return c->fd;
}

enum packet_link
capture_link(const struct capture *c)
{
	return c->link;
}

const char *
capture_name(const struct capture *c)
{
	return c->name;
}

int
capture_link_type(const struct capture *c)
{
	return pcap_datalink(c->pcap);
}

const char *
capture_link_name(const struct capture *c)
{
	return pcapio_link_name(c->pcap);
}

uint64_t
capture_packet_us(const struct capture *c)
{
	return c->packet_us;
}

/* By libpcap: it alone knows how files name links. */
int
capture_header(const struct capture *c, uint8_t header[CAPTURE_HEADER_LEN],
    struct err *err)
{
	FILE *out = fmemopen(header, CAPTURE_HEADER_LEN, "w");
	pcap_dumper_t *dumper;

	if (out == NULL)
		return err_nomem(err);
	setvbuf(out, NULL, _IONBF, 0); /* no zero is put behind it */
	if ((dumper = pcap_dump_fopen(c->pcap, out)) == NULL) {
		fclose(out);
		return err_set(err, ERR_SYSTEM, "%s: %s", c->name,
		    pcap_geterr(c->pcap));
	}
	pcap_dump_close(dumper);
	return 0;
}

void
capture_drops(struct capture *c, uint64_t *kernel, uint64_t *interface)
{
	struct pcap_stat stat;

	if (c->fd != -1 && pcap_stats(c->pcap, &stat) == 0) {
		c->dropped += stat.ps_drop - c->dropped_seen;
		c->interface_dropped += stat.ps_ifdrop - c->interface_seen;
		c->dropped_seen = stat.ps_drop;
		c->interface_seen = stat.ps_ifdrop;
	}
	*kernel = c->dropped;
	*interface = c->interface_dropped;
}

uint64_t
capture_timeless(const struct capture *c)
{
	return c->timeless;
}
