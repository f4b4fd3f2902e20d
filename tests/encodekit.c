/*
 * The encoder under test, and random flows for it.
 */
#include "encodekit.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "flow/derive.h"
#include "tap.h"

#define SPAN_MAX 120
#define USER_NAME_MAX 65
#define HOUR_MS 3600000
#define LINK_TYPE_OTHER 200

struct encodekit *
encodekit_new(const struct wire_encoder_options *o)
{
	struct encodekit *x = calloc(1, sizeof(*x));
	struct err err;

	if (x == NULL)
		bail("out of memory");
	if ((x->e = wire_encoder_new(o, encodekit_send, x, &err)) == NULL)
		bail("%s", err.text);
	x->k = kit_new(NULL);
	return x;
}

void
encodekit_free(struct encodekit *x)
{
	wire_encoder_free(x->e);
	kit_free(x->k);
	free(x);
}

void
encodekit_send(void *ctx, const uint8_t *data, size_t len)
{
	struct encodekit *x = ctx;

	x->datagrams++;
	if (len > x->longest)
		x->longest = len;
	memcpy(x->last, data, len);
	x->last_len = len;
	if (x->k != NULL)
		kit_send(x->k, data, len);
}

void
encodekit_put(struct encodekit *x, const struct flow *f)
{
	ok(wire_encoder_put(x->e, f, KIT_MS), "the flow is taken");
	wire_encoder_flush(x->e, KIT_MS);
}

uint64_t
encodekit_number(const struct encodekit *x, size_t at, size_t len)
{
	if (at + len > x->last_len)
		bail("no %zu bytes at %zu", len, at);
	return load_be(x->last + at, len);
}

/* One family of each pair of extensions. */
static uint64_t
choose_extensions(struct dice *d)
{
	static const unsigned pairs[] = { EXT_IPV4, EXT_BGP_V4, EXT_NEXT_HOP_V4,
		EXT_EXPORTER_V4, EXT_XLATE_V4, EXT_TUNNEL_V4 };
	uint64_t ext = dice_below(d, 4) == 0 ? UINT64_MAX : dice_next(d);

	if (dice_below(d, 2) == 0)
		ext &= dice_next(d);
	ext &= FLOW_EXT(EXT_COUNT) - 2;
	ext |= FLOW_EXT(EXT_GENERIC);
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if ((ext >> pairs[i] & 3) == 3)
			ext &= ~FLOW_EXT(pairs[i] + dice_below(d, 2));
	/* A flow has addresses, and a NAT log of Nokia is an event. */
	if ((ext & (FLOW_EXT(EXT_IPV4) | FLOW_EXT(EXT_IPV6))) == 0)
		ext |= FLOW_EXT(EXT_IPV4);
	if ((ext & (FLOW_EXT(EXT_NOKIA_SERVICE) |
		FLOW_EXT(EXT_NOKIA_STRING))) != 0)
		ext |= FLOW_EXT(EXT_NAT_EVENT);
	if ((ext & FLOW_EXT(EXT_FRAME)) != 0)
		ext |= FLOW_EXT(EXT_FRAME_META);
	return ext;
}

static struct span
random_span(struct dice *d, size_t max)
{
	static uint8_t text[1024];
	size_t at;

	if (text[0] == 0)
		for (size_t i = 0; i < sizeof(text); i++)
			text[i] = (uint8_t)(1 + dice_below(d, 255));
	at = (size_t)dice_below(d, sizeof(text) - max);
	return (struct span){ text + at, (uint32_t)(1 + dice_below(d, max)) };
}

static void
fill_field(struct dice *d, struct flow *f, enum field_id id)
{
	const struct field *field = &field_table[id];
	uint8_t *p = (uint8_t *)f + field->offset;
	uint64_t ext = field_extensions(id);
	struct addr a;
	struct span s;

	switch (field->type) {
	case FIELD_ADDR:
		a = addr_v4((uint32_t)dice_next(d));
		/* The lower bit of a pair is IPv4. */
		if ((f->extensions & (ext & -ext)) == 0)
			a = (struct addr){ dice_next(d) | 1, dice_next(d) };
		memcpy(p, &a, sizeof(a));
		break;
	case FIELD_SPAN:
		s = random_span(d, id == FLD_USER_NAME ? USER_NAME_MAX :
			SPAN_MAX);
		memcpy(p, &s, sizeof(s));
		break;
	case FIELD_MAC:
		store_u64(p, dice_next(d) >> 16);
		break;
	default:
		store_host(p, dice_any(d), field->size);
		break;
	}
}

/* Values that can occur: times, widths, ICMP. */
static void
mend_flow(struct dice *d, struct flow *f)
{
	f->last_ms = KIT_MS - dice_below(d, HOUR_MS / 2);
	f->first_ms = f->last_ms - dice_below(d, HOUR_MS / 2);
	f->record_flags = 0;
	f->src_vlan &= 0xfff;
	f->dst_vlan &= 0xfff;
	for (int i = 0; i < 10; i++)
		f->mpls[i] &= 0xffffff;
	f->client_latency_us &= UINT32_MAX;
	f->server_latency_us &= UINT32_MAX;
	f->app_latency_us &= UINT32_MAX;
	if (dice_below(d, 3) == 0)
		f->proto = dice_below(d, 2) == 0 ? PROTO_ICMP : PROTO_ICMP6;
	if (flow_is_icmp(f->proto))
		f->src_port = 0;
	if (f->flows == 0)
		f->flows = 1;
	/* What is in the frame is none of our business here. */
	if ((f->extensions & FLOW_EXT(EXT_FRAME)) != 0)
		f->link_type = LINK_TYPE_OTHER;
}

void
encodekit_flow(struct dice *d, struct flow *f)
{
	memset(f, 0, sizeof(*f));
	f->extensions = choose_extensions(d);
	for (unsigned i = 0; i < FLD_COUNT; i++)
		if (i != FLD_EXTENSIONS &&
		    (field_extensions((enum field_id)i) & f->extensions) != 0)
			fill_field(d, f, (enum field_id)i);
	if (dice_below(d, 2) == 0) {
		f->engine_type = (uint8_t)dice_next(d);
		f->engine_id = (uint8_t)dice_next(d);
	}
	mend_flow(d, f);
}

static bool
is_added(enum field_id id)
{
	return id == FLD_RECEIVED || id == FLD_EXPORTER_ADDR ||
	    id == FLD_EXPORTER_ID || id == FLD_EXPORT_VERSION;
}

static void
print_value(const char *what, enum field_id id, const uint8_t *p)
{
	const struct field *field = &field_table[id];
	struct addr a;
	struct span s;

	switch (field->type) {
	case FIELD_ADDR:
		memcpy(&a, p, sizeof(a));
		note("%s %s: %" PRIx64 ":%" PRIx64, field->id, what, a.hi,
		    a.lo);
		break;
	case FIELD_SPAN:
		memcpy(&s, p, sizeof(s));
		note("%s %s: %u bytes", field->id, what, s.len);
		break;
	default:
		note("%s %s: %" PRIu64, field->id, what,
		    load_host(p, field->size));
		break;
	}
}

static bool
is_same(enum field_id id, const uint8_t *a, const uint8_t *b)
{
	struct span x;
	struct span y;

	if (field_table[id].type != FIELD_SPAN)
		return memcmp(a, b, field_table[id].size) == 0;
	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return x.len == y.len &&
	    (x.len == 0 || memcmp(x.data, y.data, x.len) == 0);
}

bool
encodekit_equal(const struct flow *got, const struct flow *want)
{
	bool is_equal = true;

	for (unsigned i = 0; i < FLD_COUNT; i++) {
		enum field_id id = (enum field_id)i;
		const uint8_t *a = (const uint8_t *)got + field_table[i].offset;
		const uint8_t *b = (const uint8_t *)want +
		    field_table[i].offset;

		if (is_added(id) || is_same(id, a, b))
			continue;
		is_equal = false;
		print_value("is", id, a);
		print_value("should be", id, b);
	}
	return is_equal;
}
