/*
 * IPFIX messages of a file, found by the lengths in their headers.
 */

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "flowcapd/intake_stream.h"
#include "flowcapd/intake_yaf.h"

#define BUFFER_LEN (256 * 1024) /* more than the longest message */
#define HEADER_LEN 16
#define IPFIX_VERSION 10
#define LOOPBACK 0x7f000001
#define NS_PER_S 1000000000

struct yaf_intake {
	struct intake intake; /* first */
	const char *path;
	struct intake_stream stream;
	uint64_t offset; /* of the file, at buffer[start] */
	size_t start;
	size_t end;
	struct udp_datagram list[UDP_BATCH];
	uint8_t buffer[BUFFER_LEN];
};

static int
complain(const struct yaf_intake *y, const char *what, struct err *err)
{
	return err_set(err, ERR_MALFORMED, "%s: %s at offset %llu", y->path,
	    what, (unsigned long long)y->offset);
}

/* Take a message that is there as a whole; 0 if it is not, -1 if it is none. */
static int
take(struct yaf_intake *y, struct udp_datagram *d, struct err *err)
{
	const uint8_t *h = y->buffer + y->start;
	size_t left = y->end - y->start, len;

	if (left < HEADER_LEN)
		return 0;
	len = load_be16(h + 2);
	if (load_be16(h) != IPFIX_VERSION || len < HEADER_LEN)
		return complain(y, "no IPFIX message", err);
	if (left < len)
		return 0;
	*d = (struct udp_datagram){ .data = h, .len = len,
		.sender = addr_v4(LOOPBACK),
		.received_ns = (uint64_t)load_be32(h + 4) * NS_PER_S };
	y->start += len;
	y->offset += len;
	return 1;
}

static int
take_all(struct yaf_intake *y, struct err *err)
{
	int n = 0, rc = 1;

	while (n < UDP_BATCH && (rc = take(y, &y->list[n], err)) == 1)
		n++;
	return n > 0 ? n : rc; /* an error is met again */
}

/* Read on behind what is left; 0 at the end. */
static ssize_t
read_more(struct yaf_intake *y)
{
	ssize_t n;

	memmove(y->buffer, y->buffer + y->start, y->end - y->start);
	y->end -= y->start;
	y->start = 0;
	n = intake_stream_read(&y->stream, y->buffer + y->end,
	    BUFFER_LEN - y->end);
	if (n > 0)
		y->end += (size_t)n;
	return n;
}

static int
yaf_receive(struct intake *in, const struct udp_datagram **list,
    struct err *err)
{
	struct yaf_intake *y = (struct yaf_intake *)in;
	ssize_t got;
	int n;

	*list = y->list;
	while ((n = take_all(y, err)) == 0) {
		if ((got = read_more(y)) == -1)
			return err_system(err, "%s", y->path);
		if (got > 0)
			continue;
		if (y->end == 0 || atomic_load(&y->stream.is_stopped))
			return INTAKE_END;
		return complain(y, "a message is cut", err);
	}
	return n;
}

static void
yaf_interrupt(struct intake *in)
{
	intake_stream_stop(&((struct yaf_intake *)in)->stream);
}

static void
yaf_close(struct intake *in)
{
	struct yaf_intake *y = (struct yaf_intake *)in;

	intake_stream_close(&y->stream);
	free(y);
}

struct intake *
intake_yaf(const char *path, struct err *err)
{
	struct yaf_intake *y = calloc(1, sizeof(*y));

	if (y == NULL) {
		err_nomem(err);
		return NULL;
	}
	y->path = path;
	y->intake = (struct intake){ .fd = -1, .is_replay = true,
		.receive = yaf_receive, .interrupt = yaf_interrupt,
		.close = yaf_close };
	if (intake_stream_open(&y->stream, path, err) == -1) {
		free(y);
		return NULL;
	}
	return &y->intake;
}
