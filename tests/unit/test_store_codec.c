/*
 * Codecs: names and numbers, round trips, and input that is not theirs.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dice.h"
#include "store/codec.h"
#include "tap.h"

#define LEN 70000

static uint8_t in[LEN];
static uint8_t packed[LEN * 2];
static uint8_t out[LEN];

static void
round_trip(const struct codec *c, size_t len)
{
	size_t n = c->compress(in, len, packed, sizeof(packed));

	ok(n > 0 && n <= c->bound(len), "%s: %zu bytes become %zu", c->name,
	    len, n);
	is_int(c->expand(packed, n, out, sizeof(out)), (intmax_t)len,
	    "%s: %zu bytes come back", c->name, len);
	is_mem(out, in, len, "%s: %zu bytes are the same", c->name, len);
	is_int(c->expand(packed, n, out, len), (intmax_t)len,
	    "%s: room for just %zu bytes", c->name, len);
	is_int(c->expand(packed, n, out, len - 1), -1,
	    "%s: no room for %zu bytes", c->name, len);
	is_uint(c->compress(in, len, packed, 0), 0,
	    "%s: no room for the result", c->name);
}

static void
refused(const char *name, unsigned id)
{
	struct err err = { .code = ERR_NONE };
	char text[80];

	snprintf(text, sizeof(text), "compression %s is not compiled in", name);
	ok(codec_by_id(id, &err) == NULL, "%s: refused by number", name);
	is_int(err.code, ERR_MALFORMED, "%s: in a file it is malformed", name);
	is_str(err.text, text, "%s: the message", name);
	ok(codec_by_name(name, &err) == NULL, "%s: refused by name", name);
	is_int(err.code, ERR_VALUE, "%s: as an option it is a value", name);
	is_str(err.text, text, "%s: the message", name);
}

/* Every codec is either whole or refused with its name. */
static void
check_row(const char *name, unsigned id)
{
	struct err err = { .code = ERR_NONE };
	const struct codec *c = codec_by_id(id, &err);

	if (c == NULL) {
		refused(name, id);
		return;
	}
	is_str(c->name, name, "%s: name", name);
	is_uint(c->id, id, "%s: number", name);
	ok(codec_by_name(name, &err) == c, "%s: found by name", name);
	round_trip(c, 1);
	round_trip(c, 1000);
	round_trip(c, LEN);
}

/* Nothing to check but that it comes back and stays in bounds. */
static void
garbage(struct dice *d, const struct codec *c)
{
	int64_t n, worst = 0;

	for (int round = 0; round < 20000; round++) {
		size_t len = (size_t)dice_below(d, 64) + 1;
		uint8_t *copy = malloc(len);
		uint8_t *room = malloc(len);

		if (copy == NULL || room == NULL)
			bail("out of memory");
		dice_fill(d, copy, len);
		n = c->expand(copy, len, room, len);
		if (n > (int64_t)len)
			worst = n;
		free(room);
		free(copy);
	}
	is_int(worst, 0, "%s: garbage stays in its room", c->name);
}

int
main(void)
{
	struct err err = { .code = ERR_NONE };
	const struct codec *c;
	struct dice dice;

	dice_init(&dice);
	for (size_t i = 0; i < LEN; i++)
		in[i] = (uint8_t)(i % 251 * (i / 7000 % 2));
	check_row("none", CODEC_NONE);
	check_row("lzo", CODEC_LZO);
	check_row("bz2", CODEC_BZ2);
	check_row("lz4", CODEC_LZ4);
	check_row("zstd", CODEC_ZSTD);
	ok(codec_by_name("none", &err) != NULL, "none is always there");
	ok(codec_by_name("LZ4", &err) != NULL, "names in either case");
	for (unsigned id = CODEC_LZO; id <= CODEC_ZSTD; id++)
		if ((c = codec_by_id(id, &err)) != NULL)
			garbage(&dice, c);
	ok(codec_by_id(5, &err) == NULL, "no codec 5");
	is_str(err.text, "unknown compression 5", "the message says which");
	ok(codec_by_name("rar", &err) == NULL, "no codec rar");
	is_str(err.text, "unknown compression rar", "the message says which");
	return done_testing();
}
