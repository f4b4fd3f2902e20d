/*
 * For tests of lib/wire: a decoder whose output is kept, and a builder of
 * datagrams.
 */
#ifndef TESTS_WIREKIT_H
#define TESTS_WIREKIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/decode.h"

#define KIT_FLOWS 2048
#define KIT_SAMPLERS 64
#define KIT_NAMES 64
#define KIT_TEXT 200
#define KIT_BYTES (1 << 20)
#define KIT_EVENTS 4

/* Times that kit_*() packets have unless told otherwise. */
#define KIT_SECONDS 1700000000
#define KIT_MS (KIT_SECONDS * UINT64_C(1000))
#define KIT_UPTIME 1000000

struct kit_name {
	enum wire_name_kind kind;
	uint32_t id;
	char name[KIT_TEXT];
	char description[KIT_TEXT];
};

struct kit {
	struct wire_decoder *d;
	struct addr sender; /* 127.0.0.1 */
	uint64_t now_ms;

	struct flow flow[KIT_FLOWS]; /* spans point into bytes */
	unsigned flows;
	uint64_t packets; /* in and out */
	uint64_t bytes;
	unsigned exporters;
	struct wire_exporter exporter; /* the last new one */
	struct wire_sampler sampler[KIT_SAMPLERS];
	unsigned samplers;
	struct kit_name name[KIT_NAMES];
	unsigned names;
	struct wire_interface interface; /* the last counters told */
	unsigned interfaces;
	unsigned events[KIT_EVENTS]; /* by enum wire_event */
	char event[KIT_TEXT]; /* the last one */

	uint8_t copies[KIT_BYTES];
	size_t copied;
};

/* A new decoder; default limits for NULL.  Gives up when it cannot. */
struct kit *kit_new(const struct wire_limits *limits);
void kit_free(struct kit *k);

void kit_send(struct kit *k, const void *data, size_t len);

/* Send a file, or give up. */
void kit_send_file(struct kit *k, const char *path);

/* Forget flows and events so far, keep the decoder. */
void kit_forget(struct kit *k);

/* The last flow; gives up when there is none. */
const struct flow *kit_last(const struct kit *k);

struct wire_counters kit_counters(const struct kit *k);

/* What was refused, for any reason. */
uint64_t kit_malformed(const struct kit *k);

/* A datagram being built. */
struct dgram {
	uint8_t data[65536];
	size_t len;
	size_t set; /* where the open set starts */
	size_t message; /* where the message starts */
	uint32_t sequence;
	uint32_t uptime;
	uint32_t seconds;
	uint32_t domain;
};

/* Big endian number of len bytes. */
void put(struct dgram *g, uint64_t value, size_t len);
void put_bytes(struct dgram *g, const void *data, size_t len);
void put_hex(struct dgram *g, const char *hex);

/*
 * Begin a packet of NetFlow v9 or a message of IPFIX.  The first resets
 * the datagram and takes the next sequence number of *g; the second adds a
 * message.
 */
void begin_v9(struct dgram *g);
void begin_ipfix(struct dgram *g);
void begin_version(struct dgram *g, unsigned version); /* 9 or 10 */
void add_ipfix(struct dgram *g);
void begin_set(struct dgram *g, uint16_t id);
void end_set(struct dgram *g);

/* Close what is open and send it. */
void send_dgram(struct kit *k, struct dgram *g);

/*
 * A template record: text of "element/length" pairs; "pen.element/length"
 * with an enterprise; "v" is the variable length.
 */
void put_template(struct dgram *g, uint16_t id, const char *fields);

/* An options template, in the layout of the protocol; scopes first. */
void put_options(struct dgram *g, uint16_t id, unsigned scopes,
    const char *fields);

/* Send a template alone, or the set of one data record in hex. */
void send_template_v9(struct kit *k, struct dgram *g, uint16_t id,
    const char *fields);
void send_template_ipfix(struct kit *k, struct dgram *g, uint16_t id,
    const char *fields);
void send_data_v9(struct kit *k, struct dgram *g, uint16_t id,
    const char *hex);
void send_data_ipfix(struct kit *k, struct dgram *g, uint16_t id,
    const char *hex);

#endif
