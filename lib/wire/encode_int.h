#ifndef WIRE_ENCODE_INT_H
#define WIRE_ENCODE_INT_H

#include <stdbool.h>
#include <stdint.h>

#include "flow/flow.h"
#include "wire/encode.h"

/*
 * The state behind the encoder:
 *
 *	encode.c	options, what goes out, what is counted
 *	encode_netflow5.c	v1, v5, v7
 *	encode_sets.c	v9, IPFIX: messages, sets, templates that are due
 *	encode_layout.c	what a record of a flow looks like
 *	encode_record.c	flows to records
 */

/* What the protocols differ in. */
struct wire_encoder_protocol {
	/* Encode a flow; false if it was refused, and counted as that. */
	bool (*put)(struct wire_encoder *e, const struct flow *f,
	    uint64_t now_ms);
	/* Write the header of the datagram that is complete. */
	void (*seal)(struct wire_encoder *e, uint64_t now_ms);
	/* Tell the templates of records that wait; may be NULL. */
	void (*announce)(struct wire_encoder *e, uint64_t now_ms);
};

/* Ways to store a member of struct flow in a record, in this order. */
enum wire_store {
	STORE_1, /* the same number of bytes in both */
	STORE_2,
	STORE_4,
	STORE_8,
	STORE_1_IN_2,
	STORE_4_IN_2, /* saturating */
	STORE_8_IN_4,
	STORE_V4,
	STORE_V6,
	STORE_MAC,
	STORE_MPLS,
	STORE_ACL, /* three of 32 bits */
	STORE_SEC, /* seconds of microseconds, and their rest */
	STORE_USEC,
	STORE_MS_SEC, /* milliseconds as seconds */
	STORE_MS_NTP_US, /* and as dateTimeMicroseconds */
	STORE_MS_NTP_NS,
	STORE_PADDED, /* a span, zeroes behind it */
	STORE_SPAN, /* with its length before it */
	STORE_COUNT
};

struct wire_store_op {
	uint16_t from; /* in struct flow */
	uint16_t len;
	uint32_t to; /* in the record, for all but STORE_SPAN */
};

/* When a template was sent. */
struct wire_sent {
	uint64_t ms;
	uint64_t packets; /* before it */
	bool is_known; /* to the other side */
	bool is_due; /* whatever time it is */
};

/*
 * What a flow has, besides extensions: further bits of a key, above those of
 * extensions.
 */
#define KEY_ICMP4 (UINT64_C(1) << 48)
#define KEY_ICMP6 (UINT64_C(1) << 49)
#define KEY_ENGINE (UINT64_C(1) << 50) /* another one than the header's */
#define KEY_WIDE_SAMPLER (UINT64_C(1) << 51)
#define KEY_EVENT_TIME (UINT64_C(1) << 52)
#define KEY_REVERSE (UINT64_C(1) << 53) /* out counters of a biflow */

/* Flows with the same key have records of the same layout. */
struct wire_layout_key {
	uint64_t bits; /* 0: no layout */
	uint16_t app_id_len; /* v9, which has no variable lengths */
	uint16_t frame_len;
};

#define LAYOUT_OPS 112
#define LAYOUT_DEF_MAX 640
#define LAYOUTS 64
#define LAYOUT_HINTS 256

/* A template, and how its records are written. */
struct wire_layout {
	struct wire_layout_key key;
	struct wire_sent sent;
	uint64_t used; /* flows before the last that used it */
	uint64_t message; /* the last that has records of it */
	uint16_t id;
	uint16_t fields;
	uint16_t def_len;
	uint32_t record_len; /* without spans */
	uint16_t end[STORE_COUNT]; /* where the ops of a kind end */
	struct wire_store_op op[LAYOUT_OPS];
	uint8_t def[LAYOUT_DEF_MAX]; /* fields as they are sent */
};

/* A datagram while it is built. */
struct wire_message {
	uint8_t *data; /* max_len bytes */
	uint32_t len; /* 0: none is begun */
	uint32_t set; /* where the open set begins, 0 none */
	uint32_t waiting; /* records of flows */
	uint32_t records; /* of any kind */
	uint32_t data_records;
	uint64_t number; /* from 1 */
};

struct wire_encoder {
	struct wire_encoder_options options;
	const struct wire_encoder_protocol *protocol;
	wire_encoder_fn send;
	void *ctx;
	struct wire_encoder_counters counters;
	struct wire_message message;
	uint32_t sequence;

	/* v9, IPFIX */
	uint64_t carried; /* extensions that have elements */
	uint64_t messages; /* begun so far */
	uint8_t *spare; /* a second message, for announcements */
	struct wire_sent exporter_sent;
	uint16_t exporter_id; /* of the options template */
	struct wire_sent sampling_sent;
	uint16_t sampling_id; /* of the options template */
	uint16_t sampler_id; /* of the second one of v9 */
	uint16_t next_id;
	struct wire_layout *layouts; /* LAYOUTS of them */
	uint8_t hint[LAYOUT_HINTS]; /* index of a layout by hash of the key */
};

extern const struct wire_encoder_protocol wire_encoder_netflow5;
extern const struct wire_encoder_protocol wire_encoder_netflow9;
extern const struct wire_encoder_protocol wire_encoder_ipfix;

/* Complete the datagram and send it. */
void wire_encoder_emit(struct wire_encoder *e, uint64_t now_ms);

/* Milliseconds from the boot to then, modulo 2^32. */
uint32_t wire_encoder_uptime(const struct wire_encoder *e, uint64_t ms);

/* A template id that is not in use. */
uint16_t wire_layout_id(struct wire_encoder *e);

/* Extensions that the version has elements for. */
uint64_t wire_layout_carried(uint16_t version);

/*
 * Key of a flow.  Without spans it is that of the same flow with none of the
 * members that can be long.
 */
void wire_layout_key(const struct wire_encoder *e, const struct flow *f,
    bool has_spans, struct wire_layout_key *key);

/* The layout for the key, or NULL if it has to be made. */
struct wire_layout *wire_layout_find(struct wire_encoder *e,
    const struct wire_layout_key *key);

/* The layout that has been out of use for longest, or none as yet. */
struct wire_layout *wire_layout_oldest(struct wire_encoder *e);

/* Make *l one for the key. */
void wire_layout_init(struct wire_encoder *e, struct wire_layout *l,
    const struct wire_layout_key *key);

/* Bytes of the record of a flow. */
size_t wire_record_len(const struct wire_layout *l, const struct flow *f);

/* Write it, to as many bytes. */
void wire_record_write(const struct wire_layout *l, const struct flow *f,
    uint8_t *p);

#endif
