#ifndef COMMON_FRAMING_H
#define COMMON_FRAMING_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * Messages in a stream of bytes.  IPFIX messages have their length in the
 * header, at 2 (RFC 7011 section 10.4); before each message of Tera Flow
 * stands its length in 8 bytes, little endian (teraflow.md section 2).
 */

enum framing {
	FRAMING_IPFIX,
	FRAMING_TERA
};

#define FRAMING_PREFIX_MAX 8
#define FRAMING_MESSAGE_MAX 65536 /* without what stands before it */

/* Bytes before a message. */
size_t framing_prefix_len(enum framing f);

/* Write what stands before a message of len bytes. */
void framing_prefix(enum framing f, size_t len, uint8_t *to);

/*
 * The length of the message that begins with these bytes, with what stands
 * before it: 1 and *len, 0 if more bytes are needed to know, -1 with
 * ERR_MALFORMED if there is no such message.  8 bytes are always enough.
 */
int framing_len(enum framing f, const uint8_t *head, size_t have, size_t *len,
    struct err *err);

#endif
