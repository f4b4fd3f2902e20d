/*
 * Capture files made in memory: packets of UDP datagrams in the formats that
 * libpcap reads.
 */
#ifndef TESTS_CAPFILE_H
#define TESTS_CAPFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/bytes.h"

enum capfile_format {
	CAPFILE_PCAP, /* in the order of this machine */
	CAPFILE_SWAPPED, /* in the other one */
	CAPFILE_NANO, /* times in nanoseconds */
	CAPFILE_NG, /* pcapng */
	CAPFILE_FORMATS
};

#define CAPFILE_ETHERNET 1
#define CAPFILE_RAW 101
#define CAPFILE_PACKET_MAX 65600

struct capfile {
	enum capfile_format format;
	struct writer out; /* used of data */
	uint8_t data[1 << 20];
};

void capfile_begin(struct capfile *f, enum capfile_format format,
    unsigned link);

/* A packet of len bytes of which caplen were captured. */
void capfile_put(struct capfile *f, const void *packet, size_t caplen,
    size_t len, uint64_t ns);

/*
 * An IP packet with a datagram from src to port of 127.0.0.1 or ::1; its
 * length.
 */
size_t capfile_datagram(uint8_t *packet, struct addr src, uint16_t port,
    const void *data, size_t len);

/*
 * Part of a datagram's packet as a packet of its own: the bytes behind the
 * IP header from "at" on, a multiple of 8.
 */
size_t capfile_fragment(uint8_t *packet, const uint8_t *whole, size_t at,
    size_t len, bool is_last);

#endif
