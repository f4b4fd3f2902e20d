/*
 * The encoder of NetFlow v9 and IPFIX: what the decoder makes of it,
 * templates that are due, sequence numbers, sessions, small datagrams.
 */
#include <stdlib.h>
#include <string.h>

#include "encodekit.h"
#include "nomem.h"
#include "tap.h"

#define FLOWS 2000

static const uint16_t versions[] = { 9, 10 };

static struct wire_encoder_options
options_of(uint16_t version)
{
	struct wire_encoder_options o = WIRE_ENCODER_DEFAULT;

	o.version = version;
	o.id = 0x01020304;
	o.boot_ms = KIT_MS - 86400000;
	return o;
}

static struct flow
plain(void)
{
	return (struct flow){
		.extensions = FLOW_EXT(EXT_GENERIC) | FLOW_EXT(EXT_IPV4),
		.first_ms = KIT_MS - 10000, .last_ms = KIT_MS - 1,
		.src_addr = addr_v4(0x0a000001), .dst_addr = addr_v4(0x0a000002),
		.in_packets = 10, .in_bytes = 1000, .src_port = 1111,
		.dst_port = 80, .proto = 6, .tcp_flags = 0x1b, .flows = 1
	};
}

/* Fields without an element, in both protocols or in one. */
struct missing {
	uint16_t version; /* 0: both */
	enum field_id field;
};

static const struct missing missing[] = {
	{ 0, FLD_LABEL }, { 0, FLD_TUN_SRC_ADDR }, { 0, FLD_TUN_DST_ADDR },
	{ 0, FLD_TUN_PROTO }, { 0, FLD_PF_ACTION }, { 0, FLD_PF_REASON },
	{ 0, FLD_PF_DIRECTION }, { 0, FLD_PF_REWRITTEN }, { 0, FLD_PF_RULE },
	{ 0, FLD_PF_SUBRULE }, { 0, FLD_PF_UID }, { 0, FLD_PF_PID },
	{ 0, FLD_PF_INTERFACE }, { 0, FLD_DOT1Q_VLAN }, { 0, FLD_POST_VLAN },
	{ 9, FLD_FLOW_ID }, { 9, FLD_NOKIA_IN_SERVICE },
	{ 9, FLD_NOKIA_OUT_SERVICE }, { 9, FLD_NOKIA_STRING },
	{ 9, FLD_IN_PAYLOAD }, { 9, FLD_OUT_PAYLOAD }, { 10, FLD_CONN_ID },
	{ 10, FLD_FW_XEVENT }, { 10, FLD_ACL_IN_ID }, { 10, FLD_ACL_IN_ACE },
	{ 10, FLD_ACL_IN_XACE }, { 10, FLD_ACL_OUT_ID },
	{ 10, FLD_ACL_OUT_ACE }, { 10, FLD_ACL_OUT_XACE },
};

#define NEVER \
	(FLOW_EXT(EXT_LABEL) | FLOW_EXT(EXT_TUNNEL_V4) | \
	FLOW_EXT(EXT_TUNNEL_V6) | FLOW_EXT(EXT_PF_LOG) | \
	FLOW_EXT(EXT_EXPORTER_V6))
#define NOT_V9 \
	(FLOW_EXT(EXT_FLOW_ID) | FLOW_EXT(EXT_NOKIA_SERVICE) | \
	FLOW_EXT(EXT_NOKIA_STRING) | FLOW_EXT(EXT_IN_PAYLOAD) | \
	FLOW_EXT(EXT_OUT_PAYLOAD))
#define EVENTS (FLOW_EXT(EXT_FW_EVENT) | FLOW_EXT(EXT_NAT_EVENT))

/* What arrives of a flow. */
static void
expect(const struct wire_encoder_options *o, const struct flow *f,
    struct flow *want)
{
	const struct missing *m = missing;

	*want = *f;
	for (size_t i = 0; i < sizeof(missing) / sizeof(*m); i++, m++)
		if (m->version == 0 || m->version == o->version)
			memset((uint8_t *)want + field_table[m->field].offset,
			    0, field_table[m->field].size);
	want->extensions &= ~NEVER;
	want->extensions &= ~(o->version == 9 ? NOT_V9 : FLOW_EXT(EXT_ACL));
	want->extensions |= FLOW_EXT(EXT_EXPORTER_V4);
	want->record_flags = (f->extensions & EVENTS) != 0 ? FLOW_EVENT : 0;
	if (o->version == 9 && (f->engine_type | f->engine_id) == 0) {
		want->engine_type = (uint8_t)(o->id >> 8);
		want->engine_id = (uint8_t)o->id;
	}
}

/* The header counts what is in the datagram. */
static void
check_decoder(const struct encodekit *x, const char *what)
{
	struct wire_counters c = kit_counters(x->k);

	is_uint(c.sequence_failures, 0, "%s: in sequence", what);
	is_uint(kit_malformed(x->k), 0, "%s: nothing malformed", what);
	is_uint(c.sets_held, 0, "%s: every template was there", what);
	is_uint(c.cut_records, 0, "%s: no record cut", what);
	is_uint(c.unknown_elements, 0, "%s: every element known", what);
}

static void
test_round_trip(struct dice *d, const struct wire_encoder_options *o,
    const char *what)
{
	struct encodekit *x = encodekit_new(o);
	struct wire_encoder_counters c;
	struct flow *want = calloc(FLOWS, sizeof(*want));
	struct flow f;
	unsigned equal = 0;

	if (want == NULL)
		bail("out of memory");
	for (unsigned i = 0; i < FLOWS; i++) {
		encodekit_flow(d, &f);
		wire_encoder_put(x->e, &f, KIT_MS);
		expect(o, &f, &want[i]);
	}
	wire_encoder_flush(x->e, KIT_MS);
	is_uint(x->k->flows, FLOWS, "%s: flows", what);
	for (unsigned i = 0; i < x->k->flows; i++)
		equal += encodekit_equal(&x->k->flow[i], &want[i]);
	is_uint(equal, FLOWS, "%s: all of them equal", what);
	wire_encoder_counters(x->e, &c);
	is_uint(c.flows, FLOWS, "%s: counted", what);
	is_uint(c.records, FLOWS, "%s: as many records", what);
	is_uint(c.too_large, 0, "%s: none was refused", what);
	is_uint(c.packets, x->datagrams, "%s: datagrams", what);
	ok(x->longest <= o->max_len, "%s: %zu bytes at most", what, x->longest);
	check_decoder(x, what);
	encodekit_free(x);
	free(want);
}

/* Whatever does not fit is left out, but no flow. */
static void
test_small(struct dice *d, uint16_t version, uint32_t max_len)
{
	struct wire_encoder_options o = options_of(version);
	struct wire_encoder_counters c;
	struct encodekit *x;
	struct flow f;
	uint64_t packets = 0;

	o.max_len = max_len;
	o.sampling = 2;
	o.template_packets = 1;
	x = encodekit_new(&o);
	for (unsigned i = 0; i < FLOWS; i++) {
		encodekit_flow(d, &f);
		f.in_packets &= UINT16_MAX;
		f.out_packets = 0;
		if ((f.extensions & FLOW_EXT(EXT_SAMPLER)) == 0)
			packets += f.in_packets * 2;
		if (!wire_encoder_put(x->e, &f, KIT_MS))
			note("refused: %jx", (uintmax_t)f.extensions);
	}
	wire_encoder_flush(x->e, KIT_MS);
	wire_encoder_counters(x->e, &c);
	is_uint(c.too_large, 0, "%u bytes: no flow is too large", max_len);
	is_uint(x->k->flows, FLOWS, "%u bytes: every flow arrives", max_len);
	ok(x->longest <= max_len, "%u bytes: %zu at most", max_len, x->longest);
	for (unsigned i = 0; i < x->k->flows; i++)
		if ((x->k->flow[i].extensions & FLOW_EXT(EXT_SAMPLER)) == 0)
			packets -= x->k->flow[i].in_packets;
	is_uint(packets, 0, "%u bytes: the rate is understood", max_len);
	check_decoder(x, "small");
	encodekit_free(x);
}

static void
test_large_spans(uint16_t version)
{
	static uint8_t data[100000];
	struct wire_encoder_options o = options_of(version);
	struct wire_encoder_counters c;
	struct encodekit *x;
	struct flow f = plain();

	memset(data, 'a', sizeof(data));
	f.extensions |= FLOW_EXT(EXT_APP_ID) | FLOW_EXT(EXT_USER);
	f.app_id = (struct span){ data, 300 };
	f.user_name = (struct span){ data, 20 };
	x = encodekit_new(&o);
	encodekit_put(x, &f);
	is_uint(kit_last(x->k)->app_id.len, 300, "three bytes of length");
	is_uint(kit_last(x->k)->user_name.len, 20, "a name");
	f.app_id.len = 0;
	encodekit_put(x, &f);
	is_uint(kit_last(x->k)->app_id.len, 0, "an empty one");
	wire_encoder_counters(x->e, &c);
	is_uint(c.partial, 0, "nothing left out");
	f.app_id.len = sizeof(data);
	encodekit_put(x, &f);
	is_uint(kit_last(x->k)->app_id.len, 0, "longer than a datagram");
	is_uint(kit_last(x->k)->in_bytes, 1000, "the flow arrives");
	f.extensions |= FLOW_EXT(EXT_FRAME);
	f.app_id.len = f.frame.len = 65500;
	f.frame.data = data;
	encodekit_put(x, &f);
	is_uint(kit_last(x->k)->in_bytes, 1000, "with two of them, too");
	wire_encoder_counters(x->e, &c);
	is_uint(c.partial, 2, "it is told");
	check_decoder(x, "large spans");
	encodekit_free(x);
}

/* Does the last datagram have a set with this id? */
static bool
has_set(const struct encodekit *x, uint16_t id)
{
	size_t at = encodekit_number(x, 0, 2) == 9 ? 20 : 16;

	for (; at < x->last_len; at += encodekit_number(x, at + 2, 2)) {
		if (encodekit_number(x, at + 2, 2) % 4 != 0)
			bail("a set that is not aligned");
		if (encodekit_number(x, at, 2) == id)
			return true;
	}
	return false;
}

static void
test_refresh(uint16_t version)
{
	struct wire_encoder_options o = options_of(version);
	uint16_t set = version == 9 ? 0 : 2;
	struct flow f = plain();
	struct encodekit *x;
	unsigned told = 0;

	o.template_s = 0;
	x = encodekit_new(&o);
	for (unsigned i = 0; i < 33; i++) {
		encodekit_put(x, &f);
		told += has_set(x, set) == (i % 16 == 0);
	}
	is_uint(told, 33, "v%u: every 16 packets", version);
	encodekit_put(x, &f);
	ok(!has_set(x, set), "v%u: it is not due", version);
	wire_encoder_refresh(x->e);
	encodekit_put(x, &f);
	ok(has_set(x, set), "v%u: now it is", version);
	encodekit_put(x, &f);
	ok(!has_set(x, set), "v%u: but once", version);
	encodekit_free(x);

	o.template_packets = 0;
	o.template_s = 60;
	x = encodekit_new(&o);
	encodekit_put(x, &f);
	for (unsigned i = 0; i < 100; i++)
		encodekit_put(x, &f);
	ok(!has_set(x, set), "v%u: never by number", version);
	wire_encoder_put(x->e, &f, KIT_MS + 59999);
	wire_encoder_flush(x->e, KIT_MS + 59999);
	ok(!has_set(x, set), "v%u: not yet", version);
	wire_encoder_put(x->e, &f, KIT_MS + 60000);
	wire_encoder_flush(x->e, KIT_MS + 60000);
	ok(has_set(x, set), "v%u: after a minute", version);
	encodekit_free(x);
}

static void
test_header_v9(void)
{
	struct wire_encoder_options o = options_of(9);
	struct encodekit *x;
	struct flow f = plain();

	o.sampling = 1000;
	x = encodekit_new(&o);
	wire_encoder_put(x->e, &f, KIT_MS);
	wire_encoder_put(x->e, &f, KIT_MS);
	is_uint(x->datagrams, 0, "two wait");
	wire_encoder_flush(x->e, KIT_MS + 1999);
	is_uint(x->k->flows, 2, "none waits");
	is_uint(encodekit_number(x, 2, 2), 7, "records of all kinds");
	is_uint(encodekit_number(x, 4, 4), 86401999, "uptime");
	is_uint(encodekit_number(x, 8, 4), KIT_SECONDS + 1, "seconds");
	is_uint(encodekit_number(x, 12, 4), 0, "the first number");
	is_uint(encodekit_number(x, 16, 4), 0x01020304, "source id");
	is_uint(kit_last(x->k)->in_packets, 10000, "the rate is understood");
	is_uint(x->k->sampler[0].algorithm, 1, "the algorithm, too");
	is_uint((uint64_t)x->k->sampler[0].id, UINT64_MAX,
	    "of all flows, by 34 and 35");
	is_uint((uint64_t)x->k->sampler[1].id, 0, "of a sampler, by 48 to 50");
	is_uint(x->k->sampler[1].space, 999, "whose rate is the same");
	is_uint(kit_last(x->k)->first_ms, f.first_ms, "start of the flow");
	encodekit_put(x, &f);
	is_uint(encodekit_number(x, 2, 2), 1, "one record");
	is_uint(encodekit_number(x, 12, 4), 1, "packets before");
	wire_encoder_flush(x->e, KIT_MS);
	is_uint(x->datagrams, 2, "nothing waits");
	encodekit_free(x);
}

static void
test_header_ipfix(void)
{
	struct wire_encoder_options o = options_of(10);
	struct encodekit *x;
	struct flow f = plain();

	o.sampling = 1000;
	x = encodekit_new(&o);
	wire_encoder_put(x->e, &f, KIT_MS);
	encodekit_put(x, &f);
	is_uint(encodekit_number(x, 2, 2), x->last_len, "length");
	is_uint(encodekit_number(x, 4, 4), KIT_SECONDS, "seconds");
	is_uint(encodekit_number(x, 8, 4), 0, "the first number");
	is_uint(encodekit_number(x, 12, 4), 0x01020304, "domain");
	is_uint(kit_last(x->k)->in_packets, 10000, "the rate is understood");
	encodekit_put(x, &f);
	is_uint(encodekit_number(x, 8, 4), 3, "data records before");
	encodekit_free(x);
}

/* The out counters of a biflow are of the other direction. */
static void
test_biflow(uint16_t version)
{
	struct wire_encoder_options o = options_of(version);
	struct encodekit *x;
	struct flow f = plain();

	o.is_biflow = true;
	x = encodekit_new(&o);
	f.extensions |= FLOW_EXT(EXT_COUNTERS);
	f.out_packets = 7;
	f.out_bytes = UINT64_C(1) << 40;
	encodekit_put(x, &f);
	is_uint(kit_last(x->k)->out_packets, 7, "v%u: packets", version);
	is_uint(kit_last(x->k)->out_bytes, f.out_bytes, "v%u: bytes", version);
	ok((memmem(x->last, x->last_len, "\0\0\x72\x79", 4) != NULL) ==
		(version == 10),
	    "v%u: reverse elements of IPFIX only", version);
	check_decoder(x, "biflow");
	encodekit_free(x);
}

/* In the first message, and again when templates are. */
static void
test_exporter(uint16_t version, struct addr exporter, const char *bytes,
    size_t len)
{
	struct wire_encoder_options o = options_of(version);
	struct encodekit *x;
	struct flow f = plain();

	o.exporter = exporter;
	o.sampling = 10;
	x = encodekit_new(&o);
	encodekit_put(x, &f);
	ok(memmem(x->last, x->last_len, bytes, len) != NULL,
	    "v%u: the exporter is told", version);
	is_uint(kit_last(x->k)->in_packets, 100, "v%u: and the rate", version);
	encodekit_put(x, &f);
	ok(memmem(x->last, x->last_len, bytes, len) == NULL,
	    "v%u: once", version);
	wire_encoder_refresh(x->e);
	encodekit_put(x, &f);
	ok(memmem(x->last, x->last_len, bytes, len) != NULL,
	    "v%u: and with templates", version);
	wire_encoder_put(x->e, &f, KIT_MS);
	kit_free(x->k);
	x->k = kit_new(NULL);
	wire_encoder_reset(x->e, KIT_MS);
	ok(memmem(x->last, x->last_len, bytes, len) != NULL,
	    "v%u: and to a new session", version);
	wire_encoder_flush(x->e, KIT_MS);
	is_uint(x->k->flows, 1, "v%u: the flow is there", version);
	is_uint(kit_counters(x->k).sequence_failures + kit_malformed(x->k), 0,
	    "v%u: all is well", version);
	encodekit_free(x);
}

static void
test_exporters(uint16_t version)
{
	const char *scope = version == 9 ? "\0\1\0\4\0" : "\0\x95\0\4\0";
	struct addr six = { UINT64_C(0x20010db800000000), 0xabcdef };

	test_exporter(version, addr_v4(0xc0a80102), "\xc0\xa8\1\2", 4);
	test_exporter(version, six,
	    "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\xab\xcd\xef", 16);
	test_exporter(version, addr_v4(0xc0a80102), scope, 5);
}

static void
check_times(struct encodekit *x, uint64_t unit_ms, uint64_t ms)
{
	struct flow f = plain();
	const struct flow *got;

	f.first_ms = ms;
	f.last_ms = ms + 1;
	if (!wire_encoder_put(x->e, &f, KIT_MS))
		bail("a flow is not taken");
	wire_encoder_flush(x->e, KIT_MS);
	got = &x->k->flow[x->k->flows - 1];
	if (got->first_ms != ms / unit_ms * unit_ms ||
	    got->last_ms != (ms + 1) / unit_ms * unit_ms)
		ok(false, "%llu ms", (unsigned long long)ms);
}

/* Each millisecond is the same one again, also in the next era of NTP. */
static void
test_times(uint16_t version)
{
	static const uint8_t elements[WIRE_TIMES] = { 152, 150, 152, 154,
		156 };
	struct wire_encoder_options o = options_of(version);
	struct encodekit *x;
	uint8_t spec[3];

	for (unsigned t = 0; t < WIRE_TIMES; t++) {
		o.time = (enum wire_time)t;
		x = encodekit_new(&o);
		for (unsigned ms = 0; ms < 2000; ms++)
			check_times(x, t == WIRE_TIME_SEC ? 1000 : 1,
			    KIT_MS - 2500 + ms);
		check_times(x, t == WIRE_TIME_SEC ? 1000 : 1,
		    UINT64_C(2085978497123));
		check_decoder(x, "times");
		wire_encoder_refresh(x->e);
		check_times(x, t == WIRE_TIME_SEC ? 1000 : 1, KIT_MS);
		spec[0] = 0;
		spec[1] = elements[t];
		spec[2] = 0;
		ok(memmem(x->last, x->last_len, spec, sizeof(spec)) != NULL,
		    "v%u: element %u", version, elements[t]);
		encodekit_free(x);
	}
}

/* A time in microseconds has no lower bits, and is no earlier. */
static void
test_ntp(void)
{
	struct wire_encoder_options o = options_of(10);
	struct encodekit *x;
	struct flow f = plain();

	f.first_ms = UINT64_C(1500);
	f.last_ms = UINT64_C(1001);
	o.time = WIRE_TIME_MICRO;
	x = encodekit_new(&o);
	encodekit_put(x, &f);
	ok(memmem(x->last, x->last_len,
		"\x83\xaa\x7e\x81\x80\0\0\0\x83\xaa\x7e\x81\0\x41\x90\0",
		16) != NULL, "microseconds in the format of NTP");
	encodekit_free(x);
	o.time = WIRE_TIME_NANO;
	x = encodekit_new(&o);
	encodekit_put(x, &f);
	ok(memmem(x->last, x->last_len,
		"\x83\xaa\x7e\x81\x80\0\0\0\x83\xaa\x7e\x81\0\x41\x89\x38",
		16) != NULL, "nanoseconds");
	encodekit_free(x);
}

/* A session ends while records wait; nothing is known to the next one. */
static void
test_reset(uint16_t version)
{
	struct wire_encoder_options o = options_of(version);
	struct encodekit *x;
	struct flow f = plain();

	o.sampling = 10;
	o.template_s = o.template_packets = 0;
	x = encodekit_new(&o);
	encodekit_put(x, &f);
	wire_encoder_put(x->e, &f, KIT_MS);
	f.extensions |= FLOW_EXT(EXT_AS);
	wire_encoder_put(x->e, &f, KIT_MS);
	kit_free(x->k);
	x->k = kit_new(NULL);
	x->datagrams = 0;
	wire_encoder_reset(x->e, KIT_MS);
	is_uint(x->datagrams, 1, "v%u: templates go out", version);
	is_uint(x->k->flows, 0, "v%u: flows still wait", version);
	is_uint(encodekit_number(x, version == 9 ? 12 : 8, 4), 0,
	    "v%u: sequence", version);
	wire_encoder_flush(x->e, KIT_MS);
	is_uint(x->k->flows, 2, "v%u: flows go out", version);
	is_uint(x->k->flow[0].in_packets, 100, "v%u: with their rate", version);
	f.extensions |= FLOW_EXT(EXT_VLAN);
	encodekit_put(x, &f);
	is_uint(x->k->flows, 3, "v%u: and others", version);
	wire_encoder_reset(x->e, KIT_MS);
	is_uint(x->datagrams, 3, "v%u: nothing waits, nothing goes out",
	    version);
	kit_free(x->k);
	x->k = kit_new(NULL);
	encodekit_put(x, &f);
	is_uint(x->k->flows, 1, "v%u: a template for each session", version);
	check_decoder(x, "reset");
	encodekit_free(x);
}

static void
count_templates(void *ctx, const struct wire_exporter *e)
{
	struct wire_holding holding;
	uint32_t *templates = ctx;

	wire_holding(e, &holding);
	*templates += holding.templates;
}

/* More kinds of flows than an encoder keeps templates for. */
static void
test_many_templates(struct dice *d, bool is_stream)
{
	struct wire_encoder_options o = options_of(10);
	struct encodekit *x;
	struct flow f = plain();
	uint32_t templates = 0;

	o.template_s = o.template_packets = 0;
	o.is_stream = is_stream;
	x = encodekit_new(&o);
	for (unsigned i = 0; i < FLOWS; i++) {
		f.extensions = FLOW_EXT(EXT_GENERIC) | FLOW_EXT(EXT_IPV4) |
		    (dice_next(d) & (FLOW_EXT(EXT_LATENCY) - FLOW_EXT(EXT_MISC)));
		wire_encoder_put(x->e, &f, KIT_MS);
	}
	wire_encoder_flush(x->e, KIT_MS);
	is_uint(x->k->flows, FLOWS, "every flow arrives");
	wire_exporters(x->k->d, count_templates, &templates);
	ok((templates <= 64) == is_stream, "%u templates", templates);
	check_decoder(x, is_stream ? "stream" : "datagrams");
	encodekit_free(x);
}

static void
test_nomem(uint16_t version)
{
	struct wire_encoder_options o = options_of(version);
	struct encodekit x = { .k = NULL };
	struct flow f = plain();
	struct err err;
	bool was_hit = true;
	unsigned n;

	for (n = 1; was_hit; n++) {
		nomem_at(n);
		x.e = wire_encoder_new(&o, encodekit_send, &x, &err);
		if (x.e != NULL)
			ok(wire_encoder_put(x.e, &f, KIT_MS), "a flow");
		was_hit = nomem_hit();
		nomem_at(0);
		ok((x.e == NULL) == was_hit, "allocation %u", n);
		if (x.e == NULL)
			is_int(err.code, ERR_NOMEM, "no memory");
		wire_encoder_free(x.e);
	}
	ok(n > 4, "%u allocations", n);
}

int
main(void)
{
	struct wire_encoder_options o;
	struct dice d;

	dice_init(&d);
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		o = options_of(versions[i]);
		test_round_trip(&d, &o, versions[i] == 9 ? "v9" : "IPFIX");
		test_small(&d, versions[i], 1400);
		test_small(&d, versions[i], 601);
		test_small(&d, versions[i], WIRE_ENCODER_LEN_MIN);
		test_large_spans(versions[i]);
		test_refresh(versions[i]);
		test_biflow(versions[i]);
		test_times(versions[i]);
		test_exporters(versions[i]);
		test_reset(versions[i]);
		test_nomem(versions[i]);
	}
	o.is_biflow = true;
	test_round_trip(&d, &o, "biflow");
	o.max_len = 65535;
	test_round_trip(&d, &o, "large messages");
	test_ntp();
	test_header_v9();
	test_header_ipfix();
	test_many_templates(&d, false);
	test_many_templates(&d, true);
	return done_testing();
}
