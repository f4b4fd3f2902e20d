/*
 * Messages that wait to be written to a stream.
 */

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/outlet_queue.h"

int
outlet_queue_init(struct outlet_queue *q, enum framing f, size_t size,
    struct err *err)
{
	*q = (struct outlet_queue){ .framing = f, .size = size };
	q->ring = malloc(size);
	return q->ring == NULL ? err_nomem(err) : 0;
}

void
outlet_queue_fini(struct outlet_queue *q)
{
	free(q->ring);
	q->ring = NULL;
}

bool
outlet_queue_has_room(const struct outlet_queue *q, unsigned count, size_t len)
{
	return len <= FRAMING_MESSAGE_MAX &&
	    count * (framing_prefix_len(q->framing) + len) <=
	    q->size - q->used;
}

/* What comes in behind the last byte, in two parts at the end of the ring. */
static void
append(struct outlet_queue *q, const uint8_t *data, size_t len)
{
	size_t at = (q->head + q->used) % q->size;
	size_t part = len < q->size - at ? len : q->size - at;

	memcpy(q->ring + at, data, part);
	memcpy(q->ring, data + part, len - part);
	q->used += len;
}

void
outlet_queue_put(struct outlet_queue *q, const uint8_t *data, size_t len)
{
	uint8_t prefix[FRAMING_PREFIX_MAX];

	assert(outlet_queue_has_room(q, 1, len));
	framing_prefix(q->framing, len, prefix);
	append(q, prefix, framing_prefix_len(q->framing));
	append(q, data, len);
	q->count++;
}

size_t
outlet_queue_next(const struct outlet_queue *q, const uint8_t **data)
{
	size_t at = (q->head + q->written) % q->size;
	size_t left = q->used - q->written;

	*data = q->ring + at;
	return left < q->size - at ? left : q->size - at;
}

/* Bytes of the first message, with what stands before it. */
static size_t
first_len(const struct outlet_queue *q)
{
	uint8_t head[FRAMING_PREFIX_MAX];
	size_t len, have = 0;

	for (; have < sizeof(head) && have < q->used; have++)
		head[have] = q->ring[(q->head + have) % q->size];
	/* What is no message would have been refused at the other end. */
	if (framing_len(q->framing, head, have, &len, NULL) != 1 ||
	    len > q->used)
		return q->used;
	return len;
}

uint64_t
outlet_queue_wrote(struct outlet_queue *q, size_t n, uint64_t *bytes)
{
	uint64_t messages = 0;
	size_t len;

	assert(n <= q->used - q->written);
	q->written += n;
	while (q->written > 0 && (len = first_len(q)) <= q->written) {
		q->head = (q->head + len) % q->size;
		q->used -= len;
		q->written -= len;
		*bytes += len - framing_prefix_len(q->framing);
		messages++;
	}
	q->count -= messages;
	return messages;
}

void
outlet_queue_rewind(struct outlet_queue *q)
{
	q->written = 0;
}

uint64_t
outlet_queue_clear(struct outlet_queue *q)
{
	uint64_t messages = q->count;

	q->head = q->used = q->written = 0;
	q->count = 0;
	return messages;
}
