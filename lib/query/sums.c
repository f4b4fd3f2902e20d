/*
 * Sums over flows, and orders by them.
 */

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "flow/derive.h"
#include "query/sums.h"

void
sums_merge(struct sums *s, const struct sums *o)
{
	if (o->first_ms < s->first_ms)
		s->first_ms = o->first_ms;
	if (o->last_ms > s->last_ms)
		s->last_ms = o->last_ms;
	s->in_packets += o->in_packets;
	s->in_bytes += o->in_bytes;
	s->out_packets += o->out_packets;
	s->out_bytes += o->out_bytes;
	s->flows += o->flows;
	s->tcp_flags |= o->tcp_flags;
	s->turned_flags |= o->turned_flags;
}

void
sums_turn(struct sums *s)
{
	uint64_t packets = s->in_packets, bytes = s->in_bytes;

	s->in_packets = s->out_packets;
	s->in_bytes = s->out_bytes;
	s->out_packets = packets;
	s->out_bytes = bytes;
}

static const struct {
	const char *name;
	enum order_id id;
} names[] = {
#define ORDER(id, name, value, is_ascending) { name, ORDER_##id },
#define ORDER_ALIAS(id, name) { name, ORDER_##id },
#include "query/orders.def"
};

#define NAMES (sizeof(names) / sizeof(names[0]))

static const bool ascends[ORDER_COUNT] = {
#define ORDER(id, name, value, is_ascending) [ORDER_##id] = is_ascending,
#include "query/orders.def"
};

/* Length of the name before ":a" or ":d"; the direction when there is one. */
static size_t
parse_direction(const char *text, bool *has_direction, bool *is_ascending)
{
	size_t len = strlen(text);

	*has_direction = len > 2 && text[len - 2] == ':' &&
	    (text[len - 1] == 'a' || text[len - 1] == 'd');
	if (!*has_direction)
		return len;
	*is_ascending = text[len - 1] == 'a';
	return len - 2;
}

int
order_parse(const char *text, struct order *o)
{
	bool has_direction, is_ascending = false;
	size_t len = parse_direction(text, &has_direction, &is_ascending);

	for (size_t i = 0; i < NAMES; i++) {
		if (strlen(names[i].name) != len ||
		    strncasecmp(names[i].name, text, len) != 0)
			continue;
		o->id = names[i].id;
		o->is_ascending = has_direction ? is_ascending :
		    ascends[o->id];
		return 0;
	}
	return -1;
}

const char *
order_name(enum order_id id)
{
	for (size_t i = 0; i < NAMES; i++)
		if (names[i].id == id)
			return names[i].name;
	return "input";
}

static uint64_t
duration_ms(const struct sums *s)
{
	return flow_duration_ms(s->first_ms, s->last_ms);
}

static uint64_t
bps(const struct sums *s, uint64_t bytes)
{
	return flow_rate(bytes, 8000, duration_ms(s));
}

static uint64_t
pps(const struct sums *s, uint64_t packets)
{
	return flow_rate(packets, 1000, duration_ms(s));
}

static uint64_t
bpp(uint64_t bytes, uint64_t packets)
{
	return packets == 0 ? 0 : bytes / packets;
}

uint64_t
order_value(enum order_id id, const struct sums *s)
{
	switch (id) {
#define ORDER(id, name, value, is_ascending) \
	case ORDER_##id: \
		return value;
#include "query/orders.def"
	case ORDER_INPUT:
		break;
	}
	return 0;
}
