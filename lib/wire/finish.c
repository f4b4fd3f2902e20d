/*
 * From copied fields to a flow: address family, ports, ICMP, time, events,
 * sampling.  Runs once per record.
 */

#include "wire/decode_int.h"

/* Seconds from 1900 to 1970, and the length of an NTP era. */
#define NTP_TO_UNIX UINT64_C(2208988800)
#define NTP_ERA (UINT64_C(1) << 32)

#define DAY_MS UINT64_C(86400000)

/* NAT events (RFC 8158) */
#define NAT_SESSION_CREATE 4
#define NAT_SESSION_DELETE 5

/* Uptime at which two offsets of zero are no time but a missing one. */
#define NO_TIME_UPTIME_MS 3600000

uint64_t
wire_uptime_ms(uint64_t export_ms, uint32_t uptime, uint32_t offset)
{
	/* Signed, so that a wrap of either number does not matter. */
	int64_t age = (int32_t)(uptime - offset);

	if (age > 0 && (uint64_t)age > export_ms)
		return 0;
	return export_ms - (uint64_t)age;
}

/*
 * IPFIX has no uptime in its header.  Offsets of 32 bits start over after
 * 49.7 days: if the plain sum is long past and the time that the wrap gives
 * lies within the day before the export, it is the latter.
 */
static uint64_t
init_offset_ms(const struct wire_packet *p, uint64_t init_ms, uint64_t offset)
{
	uint64_t ms;
	uint32_t age;

	if (__builtin_add_overflow(init_ms, offset, &ms))
		return UINT64_MAX;
	if (ms >= p->export_ms || p->export_ms - ms <= INT32_MAX ||
	    offset > UINT32_MAX)
		return ms;
	age = (uint32_t)(p->export_ms - init_ms) - (uint32_t)offset;
	return age < DAY_MS ? p->export_ms - age : ms;
}

static uint64_t
seconds_ms(uint64_t s)
{
	return s > UINT64_MAX / 1000 ? UINT64_MAX : s * 1000;
}

static uint64_t
ntp_ms(uint64_t v, enum wire_form form)
{
	uint64_t s = v >> 32;
	uint64_t fraction = v & UINT32_MAX;

	s = s >= NTP_TO_UNIX ? s - NTP_TO_UNIX : s + NTP_ERA - NTP_TO_UNIX;
	/*
	 * The low 11 bits of a microsecond time are zero (RFC 7011 6.1.9);
	 * where they are not, an exporter means plain microseconds.
	 */
	if (form == FORM_NTP_US && (fraction & 0x7ff) != 0 &&
	    fraction < 1000000)
		return s * 1000 + fraction / 1000;
	return s * 1000 + (fraction * 1000 >> 32);
}

static uint64_t
ago_ms(const struct wire_packet *p, uint64_t us)
{
	return us / 1000 > p->export_ms ? 0 : p->export_ms - us / 1000;
}

/* An offset to uptime; false if the time of uptime 0 is not known yet. */
static inline bool
offset_time(const struct wire_packet *p, const struct wire_record *r,
    uint64_t v, uint64_t *ms)
{
	if (p->version == 9)
		*ms = wire_uptime_ms(p->export_ms, p->uptime, (uint32_t)v);
	else if (wire_shape_slot(&r->shape, SLOT_INIT_TIME) &&
	    r->slot[SLOT_INIT_TIME] != 0)
		*ms = init_offset_ms(p, r->slot[SLOT_INIT_TIME], v);
	else if (p->peer->has_init_time)
		*ms = init_offset_ms(p, p->peer->init_time_ms, v);
	else
		return false;
	return true;
}

/* Time in a slot to *ms; false if there is none or it is not known yet. */
static inline bool
slot_time(const struct wire_packet *p, const struct wire_record *r,
    enum wire_slot slot, enum wire_timed which, uint64_t *ms)
{
	uint64_t v = r->slot[slot];
	enum wire_form form = r->shape.unit[which];

	if (!wire_shape_slot(&r->shape, slot))
		return false;
	switch (form) {
	case FORM_MS:
		*ms = v;
		return v != 0;
	case FORM_SEC:
		*ms = seconds_ms(v);
		return v != 0;
	case FORM_NTP_US:
	case FORM_NTP_NS:
		*ms = ntp_ms(v, form);
		return v != 0;
	case FORM_AGO_US:
		*ms = ago_ms(p, v);
		return true;
	default:
		return offset_time(p, r, v, ms);
	}
}

/* Both ends as uptime offsets. */
static bool
has_offsets(const struct wire_shape *s)
{
	return wire_shape_slot(s, SLOT_START) && wire_shape_slot(s, SLOT_END) &&
	    s->unit[TIMED_START] == FORM_UPTIME &&
	    s->unit[TIMED_END] == FORM_UPTIME;
}

static bool
is_without_time(const struct wire_packet *p, const struct wire_record *r)
{
	return p->version == 9 && has_offsets(&r->shape) &&
	    r->slot[SLOT_START] == 0 && r->slot[SLOT_END] == 0 &&
	    p->uptime > NO_TIME_UPTIME_MS;
}

static uint64_t
duration_ms(const struct wire_record *r)
{
	uint64_t v;

	if (!wire_shape_slot(&r->shape, SLOT_DURATION))
		return 0;
	v = r->slot[SLOT_DURATION];
	return r->shape.unit[TIMED_DURATION] == FORM_SPAN_US ? v / 1000 : v;
}

static uint64_t
add_ms(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

/* No time is known: that of the export, with the duration if there is one. */
static void
set_export_time(const struct wire_packet *p, const struct wire_record *r,
    struct flow *f)
{
	uint64_t length = duration_ms(r);

	if (has_offsets(&r->shape) && !is_without_time(p, r)) {
		length = (uint32_t)(r->slot[SLOT_END] - r->slot[SLOT_START]);
		if (length > INT32_MAX)
			length = 0;
	}
	f->last_ms = p->export_ms;
	f->first_ms = length < p->export_ms ? p->export_ms - length : 0;
}

static void
set_time(const struct wire_packet *p, const struct wire_record *r,
    struct flow *f)
{
	uint64_t length = duration_ms(r);
	bool is_none = is_without_time(p, r);
	bool has_first = !is_none &&
	    slot_time(p, r, SLOT_START, TIMED_START, &f->first_ms);
	bool has_last = !is_none &&
	    slot_time(p, r, SLOT_END, TIMED_END, &f->last_ms);

	if (!has_first && !has_last) {
		f->first_ms = f->last_ms = f->event_time_ms;
		if (f->event_time_ms == 0)
			set_export_time(p, r, f);
	} else if (!has_last) {
		f->last_ms = add_ms(f->first_ms, length);
	} else if (!has_first) {
		f->first_ms = length < f->last_ms ? f->last_ms - length : 0;
	} else if (f->first_ms > f->last_ms && has_offsets(&r->shape)) {
		f->first_ms = f->last_ms;
	}
}

static void
set_event_time(const struct wire_packet *p, const struct wire_record *r,
    struct flow *f)
{
	uint64_t ms;

	f->event_time_ms = 0;
	if (slot_time(p, r, SLOT_OBSERVED, TIMED_OBSERVED, &ms))
		f->event_time_ms = ms;
}

/* Which family of a pair counts, when the record has both. */
static bool
settle(struct flow *f, unsigned ext_v4, bool has_four, bool has_six)
{
	bool is_six = has_six && !has_four;

	f->extensions &= ~FLOW_EXT(is_six ? ext_v4 : ext_v4 + 1);
	return is_six;
}

static bool
is_four(struct addr a)
{
	return (a.lo & UINT32_MAX) != 0;
}

static void
settle_families(struct wire_record *r, struct flow *f)
{
	const struct wire_six *six = &r->six;
	uint8_t dual = r->shape.dual;

	if ((dual & DUAL_ADDR) != 0 && settle(f, EXT_IPV4,
	    is_four(f->src_addr) || is_four(f->dst_addr),
	    !addr_is_zero(six->src_addr) || !addr_is_zero(six->dst_addr))) {
		f->src_addr = six->src_addr;
		f->dst_addr = six->dst_addr;
		f->src_mask = six->src_mask;
		f->dst_mask = six->dst_mask;
	}
	if ((dual & DUAL_NEXT_HOP) != 0 && settle(f, EXT_NEXT_HOP_V4,
	    is_four(f->next_hop), !addr_is_zero(six->next_hop)))
		f->next_hop = six->next_hop;
	if ((dual & DUAL_BGP) != 0 && settle(f, EXT_BGP_V4,
	    is_four(f->bgp_next_hop), !addr_is_zero(six->bgp_next_hop)))
		f->bgp_next_hop = six->bgp_next_hop;
	if ((dual & DUAL_XLATE) != 0 && settle(f, EXT_XLATE_V4,
	    is_four(f->xlate_src_addr) || is_four(f->xlate_dst_addr),
	    !addr_is_zero(six->xlate_src_addr) ||
		!addr_is_zero(six->xlate_dst_addr))) {
		f->xlate_src_addr = six->xlate_src_addr;
		f->xlate_dst_addr = six->xlate_dst_addr;
	}
}

/* A number from a slot; 0 when it is absent. */
static uint64_t
slot_value(const struct wire_record *r, enum wire_slot slot)
{
	return wire_shape_slot(&r->shape, slot) ? r->slot[slot] : 0;
}

static uint16_t
either_port(const struct wire_record *r, enum wire_slot a, enum wire_slot b)
{
	uint64_t v = slot_value(r, a);

	if (v == 0)
		v = slot_value(r, b);
	return v < UINT16_MAX ? (uint16_t)v : UINT16_MAX;
}

static void
set_ports(const struct wire_record *r, struct flow *f)
{
	if (!wire_shape_has(&r->shape, FLD_SRC_PORT))
		f->src_port = either_port(r, SLOT_TCP_SRC_PORT,
		    SLOT_UDP_SRC_PORT);
	if (!wire_shape_has(&r->shape, FLD_DST_PORT))
		f->dst_port = either_port(r, SLOT_TCP_DST_PORT,
		    SLOT_UDP_DST_PORT);
}

/* Type and code from one element, or from one each. */
static bool
icmp_of(const struct wire_record *r, enum wire_slot both, enum wire_slot type,
    enum wire_slot code, uint16_t *value)
{
	bool has_type = wire_shape_slot(&r->shape, type);
	uint64_t v = slot_value(r, both);

	if (!wire_shape_slot(&r->shape, both) && !has_type)
		return false;
	if (v == 0 && has_type)
		v = (slot_value(r, type) & 0xff) << 8 |
		    (slot_value(r, code) & 0xff);
	*value = (uint16_t)v;
	return true;
}

void
wire_icmp_ports(struct flow *f)
{
	/* Type and code in the source port, the other way round. */
	if (f->src_port != 0 && f->dst_port == 0)
		f->dst_port = __builtin_bswap16(f->src_port);
	f->src_port = 0;
}

static void
set_icmp(const struct wire_record *r, struct flow *f)
{
	uint16_t v4 = 0;
	uint16_t v6 = 0;
	bool has_v4 = false;
	bool has_v6 = false;

	if (!flow_is_icmp(f->proto))
		return;
	if ((r->shape.steps & STEP_ICMP) != 0) {
		has_v4 = icmp_of(r, SLOT_ICMP4, SLOT_TYPE4, SLOT_CODE4, &v4);
		has_v6 = icmp_of(r, SLOT_ICMP6, SLOT_TYPE6, SLOT_CODE6, &v6);
	}
	if (!has_v4 && !has_v6) {
		wire_icmp_ports(f);
		return;
	}
	/* Some exporters have the element of the other family only. */
	if (f->proto == PROTO_ICMP)
		f->dst_port = has_v4 ? v4 : v6;
	else
		f->dst_port = has_v6 ? v6 : v4;
	f->src_port = 0;
}

static uint64_t
latency_us(const struct wire_record *r, enum wire_slot sec,
    enum wire_slot usec)
{
	uint64_t us;

	if (__builtin_mul_overflow(slot_value(r, sec), UINT64_C(1000000), &us))
		return UINT64_MAX;
	return add_ms(us, slot_value(r, usec));
}

static void
set_latency(const struct wire_record *r, struct flow *f)
{
	f->client_latency_us = latency_us(r, SLOT_CLIENT_SEC, SLOT_CLIENT_USEC);
	f->server_latency_us = latency_us(r, SLOT_SERVER_SEC, SLOT_SERVER_USEC);
	f->app_latency_us = latency_us(r, SLOT_APP_SEC, SLOT_APP_USEC);
}

/* A NAT log that has an end is a deletion, with a start alone a creation. */
static void
set_nokia_event(const struct wire_record *r, struct flow *f)
{
	bool is_end = wire_shape_slot(&r->shape, SLOT_END);

	f->nat_event = is_end ? NAT_SESSION_DELETE : NAT_SESSION_CREATE;
}

void
wire_finish(struct wire_packet *p, struct wire_record *r)
{
	struct flow *f = &r->flow;
	uint32_t steps = r->shape.steps;

	f->extensions = r->shape.extensions;
	f->record_flags = (steps & STEP_EVENT) != 0 ? FLOW_EVENT : 0;
	if ((steps & STEP_FRAME) != 0)
		wire_frame(&r->shape, f);
	if (r->shape.dual != 0)
		settle_families(r, f);
	if ((steps & STEP_PORTS) != 0)
		set_ports(r, f);
	set_icmp(r, f);
	if ((steps & STEP_LATENCY) != 0)
		set_latency(r, f);
	if ((steps & STEP_NOKIA) != 0)
		set_nokia_event(r, f);
	set_event_time(p, r, f);
	set_time(p, r, f);
	wire_rate_apply(p, r);
}
