/*
 * For tests of sFlow: a builder of datagrams of version 5.
 */
#ifndef TESTS_SFLOWKIT_H
#define TESTS_SFLOWKIT_H

#include "wirekit.h"

/* Samples */
#define SF_FLOW 1
#define SF_COUNTERS 2
#define SF_EXPANDED 3
#define SF_EXPANDED_COUNTERS 4
#define SF_DISCARDED 5

/* What a header begins with */
#define SF_ETHERNET 1
#define SF_PPP 7
#define SF_IPV4 11
#define SF_MPLS 13

/* Parts of packets in hex: from 10.1.1.1, port 1234, to 10.2.2.2, port 80 */
#define SF_MACS "020000000002 020000000001"
#define SF_ETHER SF_MACS "0800"
#define SF_IP4 "4528 0028 0001 0000 40 06 0000 0a010101 0a020202"
#define SF_TCP "04d2 0050 00000001 00000002 5012 0064 0000 0000"

/* Length of the frame of sf_packet() */
#define SF_FRAME 100

struct sflow {
	struct dgram g;
	uint32_t agent; /* IPv4 */
	uint32_t sub_agent;
	uint32_t sequence; /* of the next datagram */
	uint32_t uptime;

	/* of the next flow sample */
	uint32_t source; /* class << 24 | index */
	uint32_t sample_sequence;
	uint32_t rate;
	uint32_t drops;
	uint32_t input;
	uint32_t output;

	/* where what is open starts, 0 nothing */
	uint32_t samples;
	uint32_t records;
	size_t sample;
	size_t count; /* of the records */
	size_t record;
};

/* Agent 10.0.0.1, interfaces 3 and 4, rate 100; the rest from 1. */
void sf_init(struct sflow *s);

/* Begin a datagram. */
void sf_begin(struct sflow *s);

/* Begin a sample that is no flow or counter sample; its body follows. */
void sf_sample(struct sflow *s, uint32_t tag);

/* Begin a sample; its records follow. */
void sf_flow(struct sflow *s);
void sf_expanded(struct sflow *s, uint32_t in_format, uint32_t out_format);
void sf_counters(struct sflow *s);

/* Add a record whose body is hex. */
void sf_record(struct sflow *s, uint32_t tag, const char *hex);

/* Add the record of a sampled header. */
void sf_packet(struct sflow *s, uint32_t protocol, const char *hex);

/* Close what is open and send the datagram. */
void sf_send(struct kit *k, struct sflow *s);

/* A datagram of one flow sample with that packet. */
void sf_send_packet(struct kit *k, struct sflow *s, uint32_t protocol,
    const char *hex);

#endif
