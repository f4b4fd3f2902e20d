/*
 * Growable buffer: contents against a flat twin, and what is left when
 * growing fails.
 */
#include "base/buffer.h"

#include <limits.h>
#include <stdlib.h>
#include <wchar.h>

#include "dice.h"
#include "nomem.h"
#include "tap.h"

/* Lengths that no allocator has are asked for; do not stop the program. */
const char *__asan_default_options(void);
const char *__tsan_default_options(void);

const char *
__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

const char *
__tsan_default_options(void)
{
	return __asan_default_options();
}

static void
test_empty(void)
{
	struct buffer b = BUFFER_EMPTY, zero = { 0 };

	buffer_add(&b, NULL, 0);
	buffer_add(&b, "x", 0);
	buffer_text(&b, "");
	ok(b.len == 0 && !b.failed, "adding nothing to nothing");
	buffer_fini(&b);
	buffer_init(&b);
	ok(b.data == NULL && b.len == 0 && b.cap == 0 && !b.failed,
	    "buffer_init() gives an empty one");
	buffer_text(&zero, "zeroed");
	ok(!zero.failed && zero.len == 6, "a zeroed struct serves as well");
	buffer_fini(&zero);
	ok(zero.data == NULL && zero.len == 0 && zero.cap == 0,
	    "buffer_fini() leaves an empty one");
	buffer_char(&zero, 'a');
	ok(zero.len == 1 && zero.data[0] == 'a', "that can be used again");
	buffer_fini(&zero);
}

static void
test_printf(void)
{
	char text[600];
	struct buffer b = BUFFER_EMPTY;

	buffer_printf(&b, "%d-%s", 12, "ab");
	ok(b.len == 5 && memcmp(b.data, "12-ab", 5) == 0, "buffer_printf()");
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	buffer_printf(&b, "%s", text);
	is_uint(b.len, 604, "longer than the room");
	is_mem(b.data + 5, text, 599, "all of it is there");
	buffer_printf(&b, "%s", "");
	ok(b.len == 604 && !b.failed, "nothing is no failure");
	b.len = b.cap - 3;
	buffer_printf(&b, "%s", "abc");
	ok(!b.failed && memcmp(b.data + b.len - 3, "abc", 3) == 0,
	    "the last bytes of the room");
	/* the C locale has no such character */
	buffer_printf(&b, "%lc", (wint_t)0x20ac);
	ok(b.failed, "a text that cannot be made is a failure");
	buffer_fini(&b);
}

static void
test_room(void)
{
	struct buffer b = BUFFER_EMPTY;
	size_t cap;
	char *p;

	p = buffer_room(&b, 1000);
	ok(p != NULL && b.cap >= 1000 && b.len == 0, "room for 1000 bytes");
	memset(p, 'r', 1000);
	b.len += 1000;
	ok(buffer_room(&b, b.cap - b.len) == b.data + 1000,
	    "room that is there is given in place");
	cap = b.cap;
	is_int(buffer_grow(&b, 1), 0, "growing when there is room");
	ok(b.cap >= cap && b.len == 1000, "keeps what is there");
	buffer_fini(&b);
}

/* After a failure the contents stay, and nothing is added any more. */
static void
check_failed(struct buffer *b, const char *want, const char *name)
{
	ok(b->failed, "%s: latched", name);
	buffer_char(b, '!');
	buffer_add(b, "!", 1);
	buffer_text(b, "!");
	buffer_printf(b, "!");
	ok(buffer_room(b, 1) == NULL, "%s: no room for one byte", name);
	is_int(buffer_grow(b, 1), -1, "%s: no growth", name);
	is_uint(b->len, strlen(want), "%s: the length stays", name);
	is_mem(b->data, want, strlen(want), "%s: the bytes stay", name);
	ok(b->cap >= b->len, "%s: the capacity holds the bytes", name);
	buffer_fini(b);
	buffer_text(b, "new");
	ok(!b->failed && b->len == 3, "%s: buffer_fini() heals", name);
	buffer_fini(b);
}

static void
test_huge(void)
{
	static const size_t lens[] = { SIZE_MAX, SIZE_MAX - 1, SIZE_MAX / 2,
		SIZE_MAX / 4, SIZE_MAX / 4 - 1, SIZE_MAX / 4 - 5,
		SIZE_MAX / 8 };
	struct buffer b = BUFFER_EMPTY;

	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		buffer_text(&b, "kept");
		ok(buffer_room(&b, lens[i]) == NULL, "no room for %zu",
		    lens[i]);
		check_failed(&b, "kept", "huge length");
	}
	is_int(buffer_grow(&b, SIZE_MAX), -1, "an empty one, huge length");
	buffer_fini(&b);
}

static void
test_numbers(void)
{
	struct buffer b = BUFFER_EMPTY;
	uint16_t host = 0x0102;

	buffer_uint(&b, 0x01020304, 4);
	buffer_uint(&b, 0xff05, 1);
	is_mem(b.data, "\1\2\3\4\5", 5, "numbers in network order");
	is_uint(b.len, 5, "of their lengths");
	buffer_host(&b, host, sizeof(host));
	is_mem(b.data + 5, &host, sizeof(host), "a number in host order");
	is_uint(b.len, 7, "of its length");
	buffer_fini(&b);
}

static void
test_no_memory(void)
{
	struct buffer b = BUFFER_EMPTY;

	nomem_at(1);
	buffer_text(&b, "kept");
	ok(nomem_hit() && b.failed && b.len == 0, "no memory at the start");
	buffer_fini(&b);
	nomem_at(2);
	buffer_text(&b, "kept");
	ok(!b.failed, "memory for the start");
	buffer_room(&b, b.cap);
	ok(nomem_hit(), "none for growing");
	check_failed(&b, "kept", "no memory");
}

static void
append(struct buffer *b, struct dice *d, char *twin, size_t *len)
{
	char bytes[128];
	size_t n = dice_below(d, sizeof(bytes));

	dice_fill(d, bytes, n);
	switch (dice_below(d, 4)) {
	case 0:
		buffer_add(b, bytes, n);
		break;
	case 1:
		n = 1;
		bytes[0] = 'c';
		buffer_char(b, 'c');
		break;
	case 2:
		memset(bytes, 't', n);
		bytes[n] = '\0';
		buffer_text(b, bytes);
		break;
	default:
		memset(bytes, ' ', n);
		buffer_printf(b, "%*s", (int)n, "");
		break;
	}
	memcpy(twin + *len, bytes, n);
	*len += n;
}

static void
test_random(void)
{
	static char twin[1 << 20];
	struct buffer b = BUFFER_EMPTY;
	size_t len = 0;
	struct dice d;
	int good = 1;

	dice_init(&d);
	while (good && len + 128 < sizeof(twin)) {
		append(&b, &d, twin, &len);
		good = b.len == len && b.cap >= len && !b.failed;
	}
	ok(good, "lengths of random appends");
	is_mem(b.data, twin, b.len, "bytes of random appends");
	buffer_fini(&b);
}

int
main(void)
{
	test_empty();
	test_printf();
	test_room();
	test_huge();
	test_numbers();
	test_no_memory();
	nomem_at(0);
	test_random();
	return done_testing();
}
