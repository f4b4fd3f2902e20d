/*
 * For tests of the encoder of lib/wire: an encoder whose datagrams go to a
 * decoder, and flows with everything in them.
 */
#ifndef TESTS_ENCODEKIT_H
#define TESTS_ENCODEKIT_H

#include <stddef.h>
#include <stdint.h>

#include "dice.h"
#include "wire/encode.h"
#include "wirekit.h"

struct encodekit {
	struct wire_encoder *e;
	struct kit *k; /* NULL: nobody decodes */
	unsigned datagrams;
	size_t longest;
	uint8_t last[WIRE_ENCODER_LEN_MAX];
	size_t last_len;
};

/* Gives up when it cannot. */
struct encodekit *encodekit_new(const struct wire_encoder_options *o);
void encodekit_free(struct encodekit *x);

/* A wire_encoder_fn for struct encodekit. */
void encodekit_send(void *ctx, const uint8_t *data, size_t len);

/* Put a flow that must be taken, and flush; both at KIT_MS. */
void encodekit_put(struct encodekit *x, const struct flow *f);

/* Big endian number in the last datagram. */
uint64_t encodekit_number(const struct encodekit *x, size_t at, size_t len);

/*
 * A random flow of the hour before KIT_MS: extensions come and go, and all
 * their fields have values that can occur.
 */
void encodekit_flow(struct dice *d, struct flow *f);

/*
 * Compare field by field all but what the collector adds; prints what
 * differs.  Returns whether they are equal.
 */
bool encodekit_equal(const struct flow *got, const struct flow *want);

#endif
