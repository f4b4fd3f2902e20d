#ifndef PACKET_TLS_H
#define PACKET_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "flow/field.h"

/*
 * The hello at the start of a TLS or SSL connection, and its fingerprints.
 */

#define TLS_SSL2 0x0002
#define TLS_SSL3 0x0300
#define TLS_1_0 0x0301
#define TLS_1_1 0x0302
#define TLS_1_2 0x0303
#define TLS_1_3 0x0304

#define TLS_EXT_SERVER_NAME 0
#define TLS_EXT_ALPN 16

/* Spans point into the payload; those that it lacks are empty. */
struct tls_hello {
	bool is_server;
	bool is_whole; /* nothing is cut off; never for SSL 2.0 */
	uint16_t version; /* of the hello; TLS 1.3 calls itself 1.2 there */
	struct span ciphers; /* two bytes each; a server's only one */
	struct span extensions; /* as on the wire, without their length */
	struct span server_name; /* that a client asks for */
	struct span protocol; /* the first that a client offers (ALPN) */
};

/*
 * Read the hello that the payload starts with.  What is behind the end of a
 * payload that was cut short is missing.  -1 if it starts otherwise.
 */
int tls_hello_read(struct tls_hello *h, const void *data, size_t len);

/* What fingerprints are made with; for one thread at a time. */
struct tls_digest;

/* NULL with ERR_NOMEM, or ERR_INTERNAL if OpenSSL has no MD5 or SHA-256. */
struct tls_digest *tls_digest_new(struct err *err);

/* NULL is allowed. */
void tls_digest_free(struct tls_digest *d);

#define TLS_JA3_LEN 32
#define TLS_JA4_LEN 36

/*
 * JA3 of a client's hello, JA3S of a server's, in lower case, terminated.
 * -1 if the hello is not whole.
 */
int tls_ja3(struct tls_digest *d, const struct tls_hello *h,
    char text[TLS_JA3_LEN + 1]);

/*
 * JA4 of a client's hello over TCP, terminated.  -1 if it is a server's, not
 * whole, or lists more than TLS_LIST_MAX ciphers or extensions.
 */
#define TLS_LIST_MAX 1024

int tls_ja4(struct tls_digest *d, const struct tls_hello *h,
    char text[TLS_JA4_LEN + 1]);

#endif
