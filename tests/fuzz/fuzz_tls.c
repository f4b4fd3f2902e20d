/*
 * TLS hellos: fingerprints have their length, and a hello cut short by a
 * byte has none.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "packet/tls.h"

static void
check_fingerprints(const struct tls_hello *h)
{
	struct tls_digest *d = tls_digest_new(NULL);
	char text[64];

	if (d == NULL)
		abort();
	if (tls_ja3(d, h, text) == 0 && strlen(text) != TLS_JA3_LEN)
		abort();
	if (tls_ja4(d, h, text) == 0 && strlen(text) != TLS_JA4_LEN)
		abort();
	tls_digest_free(d);
}

int
FUZZ_TARGET(tls)(const uint8_t *data, size_t size)
{
	struct tls_hello h, cut;
	size_t end;

	if (tls_hello_read(&h, data, size) == -1)
		return 0;
	check_fingerprints(&h);
	if (!h.is_whole)
		return 0;
	end = 5 + ((size_t)data[3] << 8 | data[4]);
	if (end <= size && tls_hello_read(&cut, data, end) == -1)
		abort();
	for (end = 0; end < size && end < 40; end++)
		if (tls_hello_read(&cut, data, end) == 0 && cut.is_whole)
			abort();
	return 0;
}
