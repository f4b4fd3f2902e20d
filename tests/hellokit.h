/*
 * TLS hellos for tests.
 */
#ifndef TESTS_HELLOKIT_H
#define TESTS_HELLOKIT_H

#include <stddef.h>
#include <stdint.h>

#define HELLO_MAX 2048

/* Lists end with 0xffff; NULL is an empty one. */
struct hello {
	uint8_t type; /* 1 client, 2 server */
	uint16_t version;
	const uint16_t *ciphers; /* a server's only one */
	const uint16_t *extensions; /* NULL: not even their length */
	const uint16_t *curves; /* in extension 10 ... */
	const uint8_t *formats; /* in 11; a length and that many */
	const uint16_t *signatures; /* in 13 */
	const uint16_t *versions; /* in 43 */
	const char *name; /* in 0 */
	const char *protocol; /* in 16 */
};

/* Its length in one TLS record. */
size_t hello_make(const struct hello *h, uint8_t out[HELLO_MAX]);

/* The client of the example in the description of JA4. */
extern const struct hello hello_browser;
#define HELLO_BROWSER_JA4 "t13d1516h2_8daaf6152771_e5627efa2ab1"

#endif
