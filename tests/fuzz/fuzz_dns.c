/*
 * DNS messages: every entry lies in the message, and they come to an end.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz/fuzz.h"
#include "packet/dns.h"

int
FUZZ_TARGET(dns)(const uint8_t *data, size_t size)
{
	struct dns_message m;
	struct dns_entry e;
	size_t entries = 0;

	if (dns_open(&m, data, size) == -1)
		return 0;
	while (dns_next(&m, &e) == 1) {
		if (++entries > size || e.name[e.name_len] != '\0')
			abort();
		if (e.data.len > 0 && (e.data.data < data ||
			e.data.data + e.data.len > data + size))
			abort();
	}
	return 0;
}
