/*
 * Fragments: packets of IP, each behind its length in 2 bytes, whose top bit
 * lets time pass.  What is put together is all there.
 */
#include <string.h>

#include "base/bytes.h"
#include "fuzz/fuzz.h"
#include "packet/fragments.h"

#define DATAGRAM_MAX 65535

static uint64_t
add(struct fragments *f, const uint8_t *data, size_t len, uint64_t now_ms)
{
	uint64_t sum = 0;
	struct packet p;

	if (packet_parse(&p, PACKET_IP, data, len) == -1 || !p.is_fragment ||
	    fragments_add(f, &p, now_ms) == 0)
		return 0;
	require(p.body.len <= DATAGRAM_MAX);
	for (uint32_t i = 0; i < p.body.len; i++)
		sum += p.body.data[i];
	return sum;
}

int
FUZZ_TARGET(fragments)(const uint8_t *data, size_t size)
{
	struct fragments *f = fragments_new(NULL);
	uint64_t now_ms = 0;
	struct reader in;
	uint16_t head;
	uint8_t *copy;
	size_t len;

	require(f != NULL);
	reader_init(&in, data, size);
	while (in.left >= 2) {
		head = (uint16_t)reader_uint(&in, 2);
		len = head & 0x7fff;
		len = len > in.left ? in.left : len;
		require((copy = malloc(len + 1)) != NULL);
		memcpy(copy, reader_take(&in, len), len);
		now_ms += (head & 0x8000) != 0 ? FRAGMENTS_TIMEOUT_MS / 2 : 1;
		add(f, copy, len, now_ms);
		free(copy);
	}
	fragments_lost(f);
	fragments_free(f);
	return 0;
}
