/*
 * Captures and devices.  libpcap reads a device through a ring whose blocks
 * come at least ten times a second.
 */

#include <string.h>

#include "common/log.h"
#include "common/pcapio.h"

#define STREAM_BUFFER (256 * 1024)
#define SNAPLEN_MAX 262144
#define TIMEOUT_MS 100

pcap_t *
pcapio_stream(const char *name, void *cookie, cookie_io_functions_t io,
    u_int precision, struct err *err)
{
	char why[PCAP_ERRBUF_SIZE];
	FILE *in = fopencookie(cookie, "r", io);
	pcap_t *p;

	if (in == NULL) {
		io.close(cookie);
		err_nomem(err);
		return NULL;
	}
	setvbuf(in, NULL, _IOFBF, STREAM_BUFFER);
	p = pcap_fopen_offline_with_tstamp_precision(in, precision, why);
	if (p == NULL) {
		fclose(in);
		err_set(err, ERR_MALFORMED, "%s: %s", name, why);
	}
	return p;
}

static int
activate(pcap_t *p, const struct pcapio_device *o, int *fd, struct err *err)
{
	char why[PCAP_ERRBUF_SIZE];
	int rc;

	pcap_set_snaplen(p, o->snaplen == 0 || o->snaplen > SNAPLEN_MAX ?
	    SNAPLEN_MAX : (int)o->snaplen);
	pcap_set_promisc(p, o->is_promiscuous && strcmp(o->name, "any") != 0);
	pcap_set_timeout(p, TIMEOUT_MS);
	pcap_set_tstamp_precision(p, o->precision);
	if (o->buffer > 0)
		pcap_set_buffer_size(p, (int)o->buffer);
	rc = pcap_activate(p);
	if (rc != 0)
		snprintf(why, sizeof(why), "%s: %s", o->name,
		    rc == PCAP_ERROR || rc == PCAP_WARNING ?
		    pcap_geterr(p) : pcap_statustostr(rc));
	if (rc < 0)
		return err_set(err, ERR_SYSTEM, "%s", why);
	if (rc > 0)
		log_warning("%s", why);
	if (pcap_setnonblock(p, 1, why) == -1 ||
	    (*fd = pcap_get_selectable_fd(p)) == -1)
		return err_set(err, ERR_SYSTEM, "%s: cannot wait for packets",
		    o->name);
	return 0;
}

pcap_t *
pcapio_device(const struct pcapio_device *o, int *fd, struct err *err)
{
	char why[PCAP_ERRBUF_SIZE];
	pcap_t *p = pcap_create(o->name, why);

	if (p == NULL) {
		err_set(err, ERR_SYSTEM, "%s: %s", o->name, why);
		return NULL;
	}
	if (activate(p, o, fd, err) == -1) {
		pcap_close(p);
		return NULL;
	}
	return p;
}

int
pcapio_filter(pcap_t *p, const char *name, const char *text,
    struct err *err)
{
	struct bpf_program program;
	int rc;

	if (pcap_compile(p, &program, text, 1, PCAP_NETMASK_UNKNOWN) != 0)
		return err_set(err, ERR_VALUE, "packet filter \"%s\": %s",
		    text, pcap_geterr(p));
	rc = pcap_setfilter(p, &program);
	pcap_freecode(&program);
	if (rc != 0)
		return err_set(err, ERR_SYSTEM, "%s: %s", name,
		    pcap_geterr(p));
	return 0;
}

bool
pcapio_seconds(const struct pcap_pkthdr *h, uint64_t *s)
{
	int64_t signed_s = h->ts.tv_sec;

	if (signed_s < 0 && signed_s >= INT32_MIN)
		signed_s += INT64_C(1) << 32;
	*s = (uint64_t)signed_s;
	return *s <= UINT32_MAX;
}

const char *
pcapio_link_name(pcap_t *p)
{
	const char *name = pcap_datalink_val_to_name(pcap_datalink(p));

	return name == NULL ? "unknown" : name;
}
