#ifndef WIRE_ENCODE_INT_H
#define WIRE_ENCODE_INT_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/encode.h"

/*
 * The state behind the encoder:
 *
 *	encode.c	options, what goes out, what is counted
 *	encode_netflow5.c	v1, v5, v7
 */

/* What the protocols differ in. */
struct wire_encoder_protocol {
	/* Encode a flow; false if it was refused, and counted as that. */
	bool (*put)(struct wire_encoder *e, const struct flow *f,
	    uint64_t now_ms);
	/* Write the header of the datagram that is complete. */
	void (*seal)(struct wire_encoder *e, uint64_t now_ms);
};

struct wire_encoder {
	struct wire_encoder_options options;
	const struct wire_encoder_protocol *protocol;
	wire_encoder_fn send;
	void *ctx;
	struct wire_encoder_counters counters;
	uint8_t *data; /* max_len bytes, for the datagram being built */
	uint32_t len; /* 0: none is begun */
	uint32_t waiting; /* records of flows in it */
	uint32_t sequence;
};

extern const struct wire_encoder_protocol wire_encoder_netflow5;

/* Complete the datagram and send it. */
void wire_encoder_emit(struct wire_encoder *e, uint64_t now_ms);

/* Milliseconds from the boot to then, modulo 2^32. */
uint32_t wire_encoder_uptime(const struct wire_encoder *e, uint64_t ms);

#endif
