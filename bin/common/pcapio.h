#ifndef COMMON_PCAPIO_H
#define COMMON_PCAPIO_H

#include <pcap/pcap.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

/* Opening of captures and devices by libpcap. */

/*
 * A capture that is read through these functions.  The cookie goes with it:
 * io.close() is called by pcap_close(), and on failure here.  NULL:
 * ERR_MALFORMED, ERR_NOMEM; name is for the message.
 */
pcap_t *pcapio_stream(const char *name, void *cookie, cookie_io_functions_t io,
    u_int precision, struct err *err);

struct pcapio_device {
	const char *name;
	int precision; /* of times, if the device has it */
	uint32_t buffer; /* bytes, 0: the default of libpcap */
	uint32_t snaplen; /* bytes of a packet, 0: all */
	bool is_promiscuous; /* for "any" it never is */
};

/*
 * A device that is polled: *fd is readable when there are packets, or when
 * some have waited for a tenth of a second.  What is no reason not to capture
 * is logged.  NULL: ERR_SYSTEM.
 */
pcap_t *pcapio_device(const struct pcapio_device *o, int *fd, struct err *err);

/*
 * Take only what the filter says, see pcap-filter(7).  ERR_VALUE: it cannot be
 * compiled; ERR_SYSTEM, with the name.
 */
int pcapio_filter(pcap_t *p, const char *name, const char *text,
    struct err *err);

/*
 * Seconds of the time of a packet, which 32 bits have room for.  libpcap takes
 * those of captures for signed, so from 2038 on they seem to be before 1970.
 */
bool pcapio_seconds(const struct pcap_pkthdr *h, uint64_t *s);

/* Name of the link type. */
const char *pcapio_link_name(pcap_t *p);

#endif
