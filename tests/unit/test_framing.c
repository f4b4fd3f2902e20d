/*
 * Messages in streams, and those that wait for one.
 */

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "common/outlet_queue.h"
#include "dice.h"
#include "tap.h"

static void
test_ipfix(void)
{
	uint8_t head[8] = { 0, 10, 0, 16 };
	struct err err;
	size_t len = 0;

	is_int(framing_len(FRAMING_IPFIX, head, 3, &len, &err), 0,
	    "3 bytes are not enough");
	is_int(framing_len(FRAMING_IPFIX, head, 4, &len, &err), 1, "4 are");
	is_uint(len, 16, "length");
	head[3] = 15;
	is_int(framing_len(FRAMING_IPFIX, head, 8, &len, &err), -1,
	    "shorter than a header");
	head[1] = 9;
	is_int(framing_len(FRAMING_IPFIX, head, 8, &len, &err), -1,
	    "version 9");
	is_str(err.text, "version 9 is not IPFIX", "text");
}

static void
test_tera(void)
{
	static const uint64_t bad[] = { 0, 4, 65537, 65544, 1 << 20,
		UINT64_MAX, UINT64_C(1) << 32 | 8 };
	uint8_t head[8];
	struct err err;
	size_t len;

	framing_prefix(FRAMING_TERA, 65536, head);
	is_mem(head, "\0\0\1\0\0\0\0\0", 8, "little endian");
	is_int(framing_len(FRAMING_TERA, head, 7, &len, &err), 0,
	    "7 bytes are not enough");
	is_int(framing_len(FRAMING_TERA, head, 8, &len, &err), 1,
	    "64 KiB are allowed");
	is_uint(len, 65544, "length");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		framing_prefix(FRAMING_TERA, bad[i], head);
		is_int(framing_len(FRAMING_TERA, head, 8, &len, &err), -1,
		    "%llu bytes", (unsigned long long)bad[i]);
	}
}

static size_t
make_message(enum framing f, struct dice *d, uint8_t *m)
{
	size_t len = 16 + dice_below(d, 50) * 8;

	for (size_t i = 0; i < len; i++)
		m[i] = (uint8_t)dice_next(d);
	if (f == FRAMING_IPFIX) {
		store_be16(m, 10);
		store_be16(m + 2, (uint16_t)len);
	}
	return len;
}

/* What is written is what was put, whatever the pieces are. */
static void
test_queue(enum framing f, struct dice *d)
{
	static uint8_t want[1 << 20], got[1 << 20];
	size_t wanted = 0, had = 0, len;
	uint64_t put = 0, left = 0, bytes = 0, payload = 0;
	struct outlet_queue q;
	uint8_t m[1024];
	const uint8_t *p;

	if (outlet_queue_init(&q, f, 1000, NULL) == -1)
		bail("no memory");
	while (wanted < sizeof(want) - 1024) {
		len = make_message(f, d, m);
		if (outlet_queue_has_room(&q, 1, len)) {
			outlet_queue_put(&q, m, len);
			framing_prefix(f, len, want + wanted);
			wanted += framing_prefix_len(f);
			memcpy(want + wanted, m, len);
			wanted += len;
			payload += len;
			put++;
			continue;
		}
		len = outlet_queue_next(&q, &p);
		len = dice_below(d, len) + 1;
		memcpy(got + had, p, len);
		had += len;
		left += outlet_queue_wrote(&q, len, &bytes);
		if (left + q.count != put || q.used > q.size)
			break;
	}
	while ((len = outlet_queue_next(&q, &p)) > 0) {
		memcpy(got + had, p, len);
		had += len;
		left += outlet_queue_wrote(&q, len, &bytes);
	}
	is_uint(had, wanted, "all of it");
	is_mem(got, want, wanted, "as it was");
	is_uint(left, put, "messages");
	is_uint(bytes, payload, "bytes");
	outlet_queue_fini(&q);
}

static void
test_rewind(void)
{
	uint8_t m[32] = { 0, 10, 0, 32 };
	struct outlet_queue q;
	uint64_t bytes = 0;
	const uint8_t *p;

	if (outlet_queue_init(&q, FRAMING_IPFIX, 100, NULL) == -1)
		bail("no memory");
	outlet_queue_put(&q, m, 32);
	outlet_queue_put(&q, m, 32);
	is_uint(outlet_queue_wrote(&q, 40, &bytes), 1, "one is written");
	outlet_queue_rewind(&q);
	is_uint(outlet_queue_next(&q, &p), 32, "the other one: all of it");
	is_mem(p, m, 4, "from its beginning");
	ok(!outlet_queue_has_room(&q, 1, 69), "no room for 69 bytes");
	ok(outlet_queue_has_room(&q, 1, 68), "room for 68 bytes");
	ok(!outlet_queue_has_room(&q, 2, 35), "no room for two of 35");
	ok(outlet_queue_has_room(&q, 2, 34), "room for two of 34");
	is_uint(outlet_queue_clear(&q), 1, "cleared");
	is_uint(outlet_queue_next(&q, &p), 0, "nothing");
	outlet_queue_fini(&q);
}

int
main(void)
{
	struct dice d;

	dice_init(&d);
	test_ipfix();
	test_tera();
	test_queue(FRAMING_IPFIX, &d);
	test_queue(FRAMING_TERA, &d);
	test_rewind();
	return done_testing();
}
