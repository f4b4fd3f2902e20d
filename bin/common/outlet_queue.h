#ifndef COMMON_OUTLET_QUEUE_H
#define COMMON_OUTLET_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "common/framing.h"

/*
 * Messages that wait to be written to a stream, in a ring of bytes.  The first
 * may be written in part.
 */

struct outlet_queue {
	enum framing framing;
	uint8_t *ring;
	size_t size;
	size_t head; /* where the first message begins */
	size_t used; /* from there */
	size_t written; /* of these */
	uint64_t count; /* messages */
};

int outlet_queue_init(struct outlet_queue *q, enum framing f, size_t size,
    struct err *err);
void outlet_queue_fini(struct outlet_queue *q);

/* Is there room for count messages of len bytes, and what stands before each? */
bool outlet_queue_has_room(const struct outlet_queue *q, unsigned count,
    size_t len);

/* There is room. */
void outlet_queue_put(struct outlet_queue *q, const uint8_t *data, size_t len);

/* Bytes to write next that lie in a row; 0: there are none. */
size_t outlet_queue_next(const struct outlet_queue *q, const uint8_t **data);

/*
 * n more bytes are written: messages that are so as a whole leave.  Their
 * number is returned, and the bytes of them, without what stands before them,
 * are added to *bytes.
 */
uint64_t outlet_queue_wrote(struct outlet_queue *q, size_t n, uint64_t *bytes);

/* The first message is to be written from its beginning. */
void outlet_queue_rewind(struct outlet_queue *q);

/* All leave; their number. */
uint64_t outlet_queue_clear(struct outlet_queue *q);

#endif
