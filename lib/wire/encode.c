/*
 * Encoder of NetFlow v1, v5, v7, v9 and IPFIX: options, and what goes out.
 */

#include <stdlib.h>

#include "wire/encode_int.h"
#include "wire/netflow5_int.h"

#define V5_ID_MAX 65535

static const struct {
	uint16_t version;
	const struct wire_encoder_protocol *protocol;
} versions[] = {
	{ 1, &wire_encoder_netflow5 },
	{ 5, &wire_encoder_netflow5 },
	{ 7, &wire_encoder_netflow5 },
	{ 9, &wire_encoder_netflow9 },
	{ 10, &wire_encoder_ipfix },
};

#define VERSIONS (sizeof(versions) / sizeof(versions[0]))

static const struct wire_encoder_protocol *
protocol_of(uint32_t version)
{
	for (size_t i = 0; i < VERSIONS; i++)
		if (versions[i].version == version)
			return versions[i].protocol;
	return NULL;
}

uint16_t
wire_encoder_version(unsigned i)
{
	return i < VERSIONS ? versions[i].version : 0;
}

bool
wire_encoder_has(uint32_t version)
{
	return protocol_of(version) != NULL;
}

/* Largest id and sampling rate that a version has room for. */
static uint32_t
id_max(uint16_t version)
{
	if (version >= 9)
		return UINT32_MAX;
	return version == 5 ? V5_ID_MAX : 0;
}

static uint32_t
sampling_max(uint16_t version)
{
	if (version >= 9)
		return UINT32_MAX;
	return version == 5 ? NF5_SAMPLING_INTERVAL : 1;
}

int
wire_encoder_check(const struct wire_encoder_options *o, struct err *err)
{
	if (protocol_of(o->version) == NULL)
		return err_set(err, ERR_VALUE,
		    "NetFlow version %u is none of 1, 5, 7, 9 and 10",
		    o->version);
	if (o->max_len < WIRE_ENCODER_LEN_MIN ||
	    o->max_len > WIRE_ENCODER_LEN_MAX)
		return err_set(err, ERR_VALUE,
		    "datagrams of %u bytes are not within %u and %u",
		    o->max_len, WIRE_ENCODER_LEN_MIN, WIRE_ENCODER_LEN_MAX);
	if (o->id > id_max(o->version))
		return err_set(err, ERR_VALUE,
		    "source id %u is above %u, the most of version %u", o->id,
		    id_max(o->version), o->version);
	if (o->time != WIRE_TIME_USUAL && o->version < 9)
		return err_set(err, ERR_VALUE,
		    "version %u has no choice of times", o->version);
	if (o->sampling > sampling_max(o->version))
		return err_set(err, ERR_VALUE,
		    "a sampling rate of %u is above %u, the most of version %u",
		    o->sampling, sampling_max(o->version), o->version);
	return 0;
}

/* What v9 and IPFIX have besides. */
static int
init_sets(struct wire_encoder *e)
{
	const struct wire_encoder_options *o = &e->options;

	e->spare = malloc(o->max_len);
	e->layouts = calloc(LAYOUTS, sizeof(e->layouts[0]));
	if (e->spare == NULL || e->layouts == NULL)
		return -1;
	e->carried = wire_layout_carried(o->version);
	if (!addr_is_zero(o->exporter))
		e->exporter_id = wire_layout_id(e);
	if (o->sampling > 1)
		e->sampling_id = wire_layout_id(e);
	if (o->sampling > 1 && o->version == 9)
		e->sampler_id = wire_layout_id(e);
	return 0;
}

struct wire_encoder *
wire_encoder_new(const struct wire_encoder_options *o, wire_encoder_fn send,
    void *ctx, struct err *err)
{
	struct wire_encoder *e;

	if (wire_encoder_check(o, err) == -1)
		return NULL;
	if ((e = calloc(1, sizeof(*e))) == NULL)
		goto nomem;
	e->options = *o;
	e->protocol = protocol_of(o->version);
	e->send = send;
	e->ctx = ctx;
	if ((e->message.data = malloc(o->max_len)) == NULL ||
	    (o->version >= 9 && init_sets(e) == -1))
		goto nomem;
	return e;
nomem:
	wire_encoder_free(e);
	err_nomem(err);
	return NULL;
}

void
wire_encoder_free(struct wire_encoder *e)
{
	if (e == NULL)
		return;
	free(e->message.data);
	free(e->spare);
	free(e->layouts);
	free(e);
}

bool
wire_encoder_put(struct wire_encoder *e, const struct flow *f, uint64_t now_ms)
{
	if (!e->protocol->put(e, f, now_ms))
		return false;
	e->counters.flows++;
	return true;
}

void
wire_encoder_emit(struct wire_encoder *e, uint64_t now_ms)
{
	struct wire_message *m = &e->message;
	uint32_t len;

	e->protocol->seal(e, now_ms);
	len = m->len;
	e->counters.packets++;
	e->counters.bytes += len;
	m->len = 0;
	m->waiting = 0;
	e->send(e->ctx, m->data, len);
}

void
wire_encoder_flush(struct wire_encoder *e, uint64_t now_ms)
{
	if (e->message.len > 0)
		wire_encoder_emit(e, now_ms);
}

void
wire_encoder_refresh(struct wire_encoder *e)
{
	e->exporter_sent.is_due = true;
	e->sampling_sent.is_due = true;
	for (unsigned i = 0; e->layouts != NULL && i < LAYOUTS; i++)
		e->layouts[i].sent.is_due = true;
}

void
wire_encoder_reset(struct wire_encoder *e, uint64_t now_ms)
{
	e->sequence = 0;
	if (e->protocol->announce != NULL)
		e->protocol->announce(e, now_ms);
}

void
wire_encoder_counters(const struct wire_encoder *e,
    struct wire_encoder_counters *c)
{
	*c = e->counters;
}

uint32_t
wire_encoder_uptime(const struct wire_encoder *e, uint64_t ms)
{
	return (uint32_t)(ms - e->options.boot_ms);
}
