/*
 * The decoder under test with its output, and the datagram builder.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "files.h"
#include "tap.h"
#include "wirekit.h"

static struct span
keep(struct kit *k, struct span s)
{
	struct span copy = { k->copies + k->copied, s.len };

	if (s.len == 0)
		return s;
	if (s.len > KIT_BYTES - k->copied)
		bail("kit: no room for %u bytes", s.len);
	memcpy(k->copies + k->copied, s.data, s.len);
	k->copied += s.len;
	return copy;
}

static void
on_flow(void *ctx, const struct wire_exporter *e, const struct flow *f)
{
	struct kit *k = ctx;
	struct flow *to;

	if (k->flows == KIT_FLOWS)
		bail("kit: too many flows");
	if (k->exporters == 0 || e->sysid != f->exporter_id)
		bail("kit: flow before its exporter");
	to = &k->flow[k->flows++];
	*to = *f;
	to->user_name = keep(k, f->user_name);
	to->app_id = keep(k, f->app_id);
	to->in_payload = keep(k, f->in_payload);
	to->out_payload = keep(k, f->out_payload);
	to->frame = keep(k, f->frame);
	to->nokia_string = keep(k, f->nokia_string);
	k->packets += f->in_packets + f->out_packets;
	k->bytes += f->in_bytes + f->out_bytes;
}

static void
on_exporter(void *ctx, const struct wire_exporter *e)
{
	struct kit *k = ctx;

	k->exporters++;
	k->exporter = *e;
}

static void
on_sampler(void *ctx, const struct wire_exporter *e,
    const struct wire_sampler *s)
{
	struct kit *k = ctx;

	if (e->sysid == 0 || k->samplers == KIT_SAMPLERS)
		bail("kit: sampler %u", k->samplers);
	k->sampler[k->samplers++] = *s;
}

static void
on_event(void *ctx, const struct wire_exporter *e, struct addr sender,
    enum wire_event what, const char *text)
{
	struct kit *k = ctx;

	if (e != NULL && !addr_equal(e->addr, sender))
		bail("kit: event of another sender");
	k->events[what]++;
	snprintf(k->event, sizeof(k->event), "%s", text);
}

static void
on_name(void *ctx, const struct wire_exporter *e, const struct wire_name *n)
{
	struct kit *k = ctx;
	struct kit_name *to;

	if (e->sysid == 0 || k->names == KIT_NAMES)
		bail("kit: name %u", k->names);
	to = &k->name[k->names++];
	to->kind = n->kind;
	to->id = n->kind == WIRE_NAME_APP ?
	    (uint32_t)load_be(n->app_id.data, n->app_id.len) : n->id;
	snprintf(to->name, KIT_TEXT, "%.*s", (int)n->name.len,
	    (const char *)n->name.data);
	snprintf(to->description, KIT_TEXT, "%.*s", (int)n->description.len,
	    n->description.len == 0 ? "" :
				      (const char *)n->description.data);
}

static void
on_counters(void *ctx, const struct wire_exporter *e,
    const struct wire_interface *i)
{
	struct kit *k = ctx;

	if (e->sysid == 0)
		bail("kit: counters of no exporter");
	k->interface = *i;
	k->interfaces++;
}

struct kit *
kit_new(const struct wire_limits *limits)
{
	struct wire_limits standard = WIRE_LIMITS_DEFAULT;
	struct kit *k = calloc(1, sizeof(*k));
	struct wire_sink sink = { .ctx = k, .flow = on_flow,
		.exporter = on_exporter, .sampler = on_sampler,
		.event = on_event, .name = on_name,
		.counters = on_counters };
	struct err err;

	if (k == NULL)
		bail("out of memory");
	k->sender = addr_v4(0x7f000001);
	k->now_ms = KIT_MS + 250;
	k->d = wire_decoder_new(limits == NULL ? &standard : limits, &sink,
	    &err);
	if (k->d == NULL)
		bail("%s", err.text);
	return k;
}

void
kit_free(struct kit *k)
{
	wire_decoder_free(k->d);
	free(k);
}

void
kit_send(struct kit *k, const void *data, size_t len)
{
	/* An exact copy, so that a sanitizer sees reads behind it. */
	uint8_t *copy = malloc(len == 0 ? 1 : len);

	if (copy == NULL)
		bail("out of memory");
	if (len > 0)
		memcpy(copy, data, len);
	wire_decode(k->d, copy, len, k->sender, k->now_ms);
	free(copy);
}

void
kit_send_file(struct kit *k, const char *path)
{
	size_t len;
	uint8_t *data = files_read(path, &len);

	kit_send(k, data, len);
	free(data);
}

void
kit_forget(struct kit *k)
{
	k->flows = 0;
	k->packets = k->bytes = 0;
	k->copied = 0;
	k->samplers = k->names = 0;
	memset(k->events, 0, sizeof(k->events));
	k->event[0] = '\0';
}

const struct flow *
kit_last(const struct kit *k)
{
	static const struct flow none;

	ok(k->flows > 0, "there is a flow");
	return k->flows == 0 ? &none : &k->flow[k->flows - 1];
}

struct wire_counters
kit_counters(const struct kit *k)
{
	struct wire_counters c;

	wire_totals(k->d, &c);
	return c;
}

uint64_t
kit_malformed(const struct kit *k)
{
	struct wire_counters c = kit_counters(k);
	uint64_t sum = 0;

	for (unsigned i = 0; i < WIRE_COUNTERS; i++)
		if (strcmp(wire_counter_table[i].metric, "malformed") == 0)
			sum += wire_counter_get(&c, i);
	return sum;
}

void
put(struct dgram *g, uint64_t value, size_t len)
{
	if (len > sizeof(g->data) - g->len)
		bail("datagram too long");
	for (size_t i = 0; i < len; i++)
		g->data[g->len + len - 1 - i] =
		    i < 8 ? (uint8_t)(value >> 8 * i) : 0;
	g->len += len;
}

void
put_bytes(struct dgram *g, const void *data, size_t len)
{
	if (len > sizeof(g->data) - g->len)
		bail("datagram too long");
	memcpy(g->data + g->len, data, len);
	g->len += len;
}

void
put_hex(struct dgram *g, const char *hex)
{
	unsigned byte;

	for (; *hex != '\0'; hex += 2) {
		while (*hex == ' ')
			hex++;
		if (*hex == '\0')
			break;
		if (sscanf(hex, "%2x", &byte) != 1 || hex[1] == ' ')
			bail("bad hex: %s", hex);
		put(g, byte, 1);
	}
}

static void
begin(struct dgram *g)
{
	g->len = g->set = g->message = 0;
	if (g->seconds == 0) {
		g->seconds = KIT_SECONDS;
		g->uptime = KIT_UPTIME;
	}
}

void
begin_v9(struct dgram *g)
{
	begin(g);
	put(g, 9, 2);
	put(g, 1, 2);
	put(g, g->uptime, 4);
	put(g, g->seconds, 4);
	put(g, g->sequence++, 4);
	put(g, g->domain, 4);
}

void
begin_ipfix(struct dgram *g)
{
	begin(g);
	add_ipfix(g);
}

static void
end_message(struct dgram *g)
{
	end_set(g);
	if (g->len > 0 && g->data[g->message + 1] == 10)
		store_be16(g->data + g->message + 2,
		    (uint16_t)(g->len - g->message));
}

void
add_ipfix(struct dgram *g)
{
	end_message(g);
	g->message = g->len;
	put(g, 10, 2);
	put(g, 0, 2);
	put(g, g->seconds, 4);
	put(g, g->sequence, 4);
	put(g, g->domain, 4);
}

void
begin_version(struct dgram *g, unsigned version)
{
	if (version == 9)
		begin_v9(g);
	else
		begin_ipfix(g);
}

void
begin_set(struct dgram *g, uint16_t id)
{
	end_set(g);
	g->set = g->len;
	put(g, id, 2);
	put(g, 0, 2);
}

void
end_set(struct dgram *g)
{
	if (g->set != 0)
		store_be16(g->data + g->set + 2,
		    (uint16_t)(g->len - g->set));
	g->set = 0;
}

void
send_dgram(struct kit *k, struct dgram *g)
{
	end_message(g);
	kit_send(k, g->data, g->len);
}

/* Put the fields of the text; how many there were. */
static unsigned
put_fields(struct dgram *g, const char *fields)
{
	unsigned n = 0;
	unsigned long number;
	unsigned long pen;
	char *end;

	while (*fields != '\0') {
		pen = 0;
		number = strtoul(fields, &end, 10);
		if (*end == '.') {
			pen = number;
			number = strtoul(end + 1, &end, 10);
		}
		if (*end != '/')
			bail("bad fields: %s", fields);
		put(g, pen != 0 ? number | 0x8000 : number, 2);
		if (end[1] == 'v') {
			put(g, 65535, 2);
			end += 2;
		} else {
			put(g, strtoul(end + 1, &end, 10), 2);
		}
		if (pen != 0)
			put(g, pen, 4);
		n++;
		while (*end == ' ')
			end++;
		fields = end;
	}
	return n;
}

void
put_template(struct dgram *g, uint16_t id, const char *fields)
{
	size_t at = g->len;

	put(g, id, 2);
	put(g, 0, 2);
	store_be16(g->data + at + 2, (uint16_t)put_fields(g, fields));
}

void
put_options(struct dgram *g, uint16_t id, unsigned scopes, const char *fields)
{
	bool is_v9 = g->data[1] == 9;
	size_t at = g->len;
	unsigned n;

	put(g, id, 2);
	put(g, 0, 4);
	n = put_fields(g, fields);
	if (is_v9) {
		store_be16(g->data + at + 2, (uint16_t)(scopes * 4));
		store_be16(g->data + at + 4, (uint16_t)((n - scopes) * 4));
	} else {
		store_be16(g->data + at + 2, (uint16_t)n);
		store_be16(g->data + at + 4, (uint16_t)scopes);
	}
}

void
send_template_v9(struct kit *k, struct dgram *g, uint16_t id,
    const char *fields)
{
	begin_v9(g);
	begin_set(g, 0);
	put_template(g, id, fields);
	send_dgram(k, g);
}

void
send_template_ipfix(struct kit *k, struct dgram *g, uint16_t id,
    const char *fields)
{
	begin_ipfix(g);
	begin_set(g, 2);
	put_template(g, id, fields);
	send_dgram(k, g);
}

void
send_data_v9(struct kit *k, struct dgram *g, uint16_t id, const char *hex)
{
	begin_v9(g);
	begin_set(g, id);
	put_hex(g, hex);
	send_dgram(k, g);
}

void
send_data_ipfix(struct kit *k, struct dgram *g, uint16_t id, const char *hex)
{
	begin_ipfix(g);
	begin_set(g, id);
	put_hex(g, hex);
	send_dgram(k, g);
}
