#ifndef PACKET_DNS_H
#define PACKET_DNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flow/field.h"

/*
 * DNS messages (RFC 1035): questions and records, one after the other.
 */

#define DNS_NAME_MAX 255

#define DNS_TYPE_A 1
#define DNS_TYPE_AAAA 28

/* A question or record of a message. */
struct dns_entry {
	bool is_question;
	uint16_t type;
	struct span data; /* of a record; points into the message */
	uint8_t name_len;
	char name[DNS_NAME_MAX + 1]; /* labels and dots, terminated */
};

struct dns_message {
	const uint8_t *data;
	size_t len;
	size_t pos;
	uint32_t questions; /* that are left */
	uint32_t records;
};

/*
 * Begin with a message, which over TCP stands behind its length.  -1 unless
 * the header and what follows it first make sense.
 */
int dns_open(struct dns_message *m, const void *data, size_t len);

/* 1, or 0 at the end, which may be that of a message cut short. */
int dns_next(struct dns_message *m, struct dns_entry *e);

#endif
