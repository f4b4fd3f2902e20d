/*
 * Templates of NetFlow v9 and IPFIX, and data for them: the input is a list of
 * commands, from which datagrams are made whose lengths and counts are right,
 * so that what changes is what templates say.
 */
#include <string.h>

#include "fuzz/fuzz.h"
#include "fuzzkit.h"
#include "wirekit.h"

#define FIRST_ID 256
#define IDS 8
#define FIELDS_MAX 24

struct source {
	struct wire_decoder *d;
	struct dgram g;
	bool is_ipfix;
	uint64_t now_ms;
	uint64_t sum;
};

static void
on_flow(void *ctx, const struct wire_exporter *e, const struct flow *f)
{
	struct source *s = ctx;

	require(e->counters.flows > 0);
	s->sum += fuzzkit_read(f->user_name) + fuzzkit_read(f->app_id) +
	    fuzzkit_read(f->in_payload) + fuzzkit_read(f->out_payload) +
	    fuzzkit_read(f->frame) + fuzzkit_read(f->nokia_string);
}

static void
on_name(void *ctx, const struct wire_exporter *e, const struct wire_name *n)
{
	struct source *s = ctx;

	s->sum += e->sysid + fuzzkit_read(n->app_id) + fuzzkit_read(n->name) +
	    fuzzkit_read(n->description);
}

static uint8_t
byte(struct reader *in)
{
	return (uint8_t)reader_uint(in, 1);
}

static void
begin(struct source *s)
{
	if (s->is_ipfix)
		begin_ipfix(&s->g);
	else
		begin_v9(&s->g);
}

static void
send_it(struct source *s)
{
	uint8_t *copy;

	if (s->is_ipfix)
		store_be16(s->g.data + 2, (uint16_t)s->g.len);
	else
		store_be16(s->g.data + 2, 1);
	require((copy = malloc(s->g.len)) != NULL);
	memcpy(copy, s->g.data, s->g.len);
	wire_decode(s->d, copy, s->g.len, addr_v4(0x7f000001), s->now_ms);
	free(copy);
	s->now_ms += 1000;
}

/* Most lengths are those that elements have. */
static uint16_t
length(struct reader *in, bool is_ipfix)
{
	static const uint16_t usual[] = { 1, 2, 4, 8, 16, 6, 4, 4, 3, 5, 7,
		12, 20, 40, 0, UINT16_MAX };
	uint8_t n = byte(in) % 20;

	if (n >= 16)
		return byte(in);
	return usual[n] == UINT16_MAX && !is_ipfix ? 4 : usual[n];
}

static void
put_field(struct source *s, struct reader *in)
{
	uint8_t how = byte(in);
	uint16_t id = byte(in);

	if (how % 4 == 0)
		id |= (uint16_t)(byte(in) << 8 & 0x7f00);
	if (s->is_ipfix && how >= 0xe0) {
		static const uint32_t pens[] = { 29305, 6871, 637, 9, 35632 };

		put(&s->g, id | 0x8000, 2);
		put(&s->g, length(in, true), 2);
		put(&s->g, how == 0xff ? reader_uint(in, 4) : pens[how % 5],
		    4);
		return;
	}
	put(&s->g, s->is_ipfix ? id & 0x7fff : id, 2);
	put(&s->g, length(in, s->is_ipfix), 2);
}

static void
put_template_set(struct source *s, struct reader *in, bool is_options)
{
	uint16_t id = FIRST_ID + byte(in) % IDS;
	unsigned fields = byte(in) % FIELDS_MAX, scopes = 0;

	begin_set(&s->g,
	    (uint16_t)((s->is_ipfix ? 2 : 0) + (is_options ? 1 : 0)));
	put(&s->g, id, 2);
	if (is_options)
		scopes = byte(in) % 4;
	if (scopes > fields)
		scopes = fields;
	if (is_options && !s->is_ipfix) {
		put(&s->g, scopes * 4, 2);
		put(&s->g, (fields - scopes) * 4, 2);
	} else {
		put(&s->g, fields, 2);
		if (is_options)
			put(&s->g, scopes, 2);
	}
	while (fields-- > 0)
		put_field(s, in);
	end_set(&s->g);
}

static void
put_data_set(struct source *s, struct reader *in)
{
	uint16_t id = FIRST_ID + byte(in) % IDS;
	size_t len = byte(in);

	begin_set(&s->g, id);
	if (len > in->left)
		len = in->left;
	put_bytes(&s->g, in->pos, len);
	reader_take(in, len);
	end_set(&s->g);
}

static void
command(struct source *s, struct reader *in)
{
	uint8_t what = byte(in);

	switch (what % 8) {
	case 0:
	case 1:
		put_template_set(s, in, false);
		break;
	case 2:
		put_template_set(s, in, true);
		break;
	case 3:
		s->g.domain = what >> 3 & 3;
		break;
	case 4:
		s->now_ms += 20000;
		break;
	default:
		put_data_set(s, in);
		break;
	}
	if (what >= 0x80 || s->g.len > 4000) {
		send_it(s);
		begin(s);
	}
}

int
FUZZ_TARGET(templates)(const uint8_t *data, size_t size)
{
	struct source *s = calloc(1, sizeof(*s));
	struct wire_sink sink = { .ctx = s, .flow = on_flow,
		.name = on_name };
	struct reader in;

	require(s != NULL);
	s->d = wire_decoder_new(&fuzzkit_limits, &sink, NULL);
	require(s->d != NULL);
	s->now_ms = FUZZKIT_MS;
	reader_init(&in, data, size);
	s->is_ipfix = (byte(&in) & 1) != 0;
	begin(s);
	while (in.left > 0 && !in.bad)
		command(s, &in);
	send_it(s);
	wire_decoder_free(s->d);
	free(s);
	return 0;
}
