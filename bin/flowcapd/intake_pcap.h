#ifndef FLOWCAPD_INTAKE_PCAP_H
#define FLOWCAPD_INTAKE_PCAP_H

#include "flowcapd/intake.h"

/*
 * Datagrams of captures, by libpcap: files of either format, which are
 * replayed, and devices.
 */

struct intake_pcap_options {
	const char *port; /* of the datagrams, number or name; NULL: any */
	const char *filter; /* pcap-filter(7), or NULL */
	uint32_t buffer; /* of a device, bytes; 0: the default of libpcap */
};

/* "-" is standard input.  What cannot be captured or read is an error. */
struct intake *intake_pcap_file(const char *path,
    const struct intake_pcap_options *o, struct err *err);
struct intake *intake_pcap_device(const char *name,
    const struct intake_pcap_options *o, struct err *err);

#endif
