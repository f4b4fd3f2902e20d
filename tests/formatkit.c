/*
 * What tests of output formats share.
 */
#include "formatkit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "tap.h"

#define T_MS FORMATKIT_T_MS

const struct format_options no_options;

void
formatkit_begin(void)
{
	setenv("TZ", "UTC", 1);
	tzset();
}

struct addr
address(const char *text)
{
	struct addr a;

	if (addr_parse(text, &a) == -1)
		bail("%s is no address", text);
	return a;
}

struct span
bytes(const char *text, uint32_t len)
{
	return (struct span){ (const uint8_t *)text, len };
}

/* A flow in a row of the columns that the batch has. */
static void
put_flow(struct batch *b, uint32_t row, const struct flow *f)
{
	for (int id = 0; id < FLD_COUNT; id++) {
		const struct field *field = &field_table[id];

		if (b->col[id] != NULL)
			memcpy((char *)b->col[id] + row * field->size,
			    (const char *)f + field->offset, field->size);
	}
}

struct format *
compile(const char *mode, const struct format_options *options)
{
	struct err err;
	struct format *f = format_compile(mode, options, &err);

	if (f == NULL)
		bail("%s: %s", mode, err.text);
	return f;
}

void
make_batch(struct batch *b, const struct format *f, const struct flow *flows,
    uint32_t n)
{
	struct fieldset want = { { 0 } };

	format_fields(f, &want);
	if (batch_init(b, &want, false, NULL) == -1)
		bail("out of memory");
	for (b->rows = 0; b->rows < n; b->rows++)
		put_flow(b, b->rows, &flows[b->rows]);
	batch_select_all(b);
}

char *
print(const char *mode, const struct format_options *options,
    const struct flow *flows, uint32_t n)
{
	struct format *f = compile(mode, options);
	struct format_run *r = format_run_new(f, NULL);
	struct buffer out = BUFFER_EMPTY;
	struct batch b;

	if (r == NULL)
		bail("out of memory");
	make_batch(&b, f, flows, n);
	format_heading(f, &out);
	format_rows(r, &b, UINT32_MAX, &out);
	buffer_char(&out, '\0');
	if (out.failed)
		bail("out of memory");
	batch_fini(&b);
	format_run_free(r);
	format_free(f);
	return out.data;
}

void
row_is(const char *text, const struct format_options *options,
    const struct flow *flow, const char *want, const char *name)
{
	char mode[256], *all, *row;
	size_t len;

	snprintf(mode, sizeof(mode), "fmt:%s", text);
	all = print(mode, options, flow, 1);
	row = strchr(all, '\n') + 1;
	len = strlen(row);
	if (len > 0)
		row[len - 1] = '\0';
	is_str(row, want, "%s: %s", text, name);
	free(all);
}

/* Every field has a value of its own, so that mixed up fields are seen. */
static struct flow
full_flow(void)
{
	struct flow f = {
		.extensions = FLOW_EXT(EXT_GENERIC) | FLOW_EXT(EXT_FW_EVENT),
		.exporter_id = 65535, .engine_type = 255, .engine_id = 254,
		.export_version = 9, .proto = 6, .tcp_flags = 0x1b,
		.first_ms = T_MS, .last_ms = T_MS + 1500,
		.received_ms = T_MS + 60000, .in_packets = 10,
		.in_bytes = 1000, .src_port = 1234, .dst_port = 443,
		.fwd_status = 66, .src_tos = 184, .src_mask = 24,
		.dst_mask = 16, .input = 100000, .output = 200000,
		.direction = 1, .dst_tos = 32, .biflow_dir = 1,
		.end_reason = 3, .flows = 12, .out_packets = 99,
		.out_bytes = 654321, .src_vlan = 101, .dst_vlan = 4095,
		.src_as = 4200000001, .dst_as = 64500,
		.in_src_mac = 0x0200000000ab, .out_dst_mac = 0xffffffffffff,
		.in_dst_mac = 0x123456789abc, .out_src_mac = 1,
		.next_as = 64600, .prev_as = 4200000001,
		.client_latency_us = 1002000, .server_latency_us = 300,
		.app_latency_us = 123456789, .event_time_ms = T_MS + 5,
		.conn_id = 777777, .fw_xevent = 2015, .fw_event = 2,
		.xlate_src_port = 1024, .xlate_dst_port = 65535,
		.acl_in = { 0x11111111, 2, 0x33333333 },
		.acl_out = { 0x44444444, 0, 0x66666666 },
		.user_name = bytes("alice", 5), .block_start = 2048,
		.block_end = 2559, .block_step = 1, .block_size = 512,
		.app_id = bytes("\15\0\0\115", 4),
		.label = bytes("mylabel", 7),
		.in_payload = bytes("GET /", 5),
		.out_payload = bytes("\0\1\2H", 4), .obs_domain = 88,
		.obs_point = 77, .egress_vrf = 42, .ingress_vrf = 41,
		.min_ttl = 31, .max_ttl = 255, .ethertype = 0x86dd,
		.distinct = 9, .p95_bps = 2500000,
	};

	for (uint32_t i = 0; i < 10; i++)
		f.mpls[i] = (1000 + i) << 4 | i % 8 << 1 | (i == 9);
	return f;
}

struct flow
full_v4(void)
{
	struct flow f = full_flow();

	f.extensions |= FLOW_EXT(EXT_IPV4);
	f.src_addr = address("192.0.2.10");
	f.dst_addr = address("198.51.100.20");
	f.bgp_next_hop = address("10.0.0.2");
	f.next_hop = address("10.0.0.1");
	f.exporter_addr = address("127.0.0.1");
	f.xlate_src_addr = address("203.0.113.5");
	f.xlate_dst_addr = address("203.0.113.255");
	return f;
}

struct flow
full_v6(void)
{
	struct flow f = full_flow();

	f.extensions |= FLOW_EXT(EXT_IPV6);
	f.src_addr = address("2001:db8:f00:200:dead:beef:cafe:53");
	f.dst_addr = address("fe80::1");
	f.bgp_next_hop = address("2001:db8::b");
	f.next_hop = address("2001:db8::c");
	f.exporter_addr = address("2001:db8::d");
	f.xlate_src_addr = address("2001:db8::e");
	f.xlate_dst_addr = address("2001:db8:f00:200:dead:beef:cafe:54");
	return f;
}

void
text_is(struct buffer *out, const char *want, const char *name)
{
	buffer_char(out, '\0');
	if (out->failed)
		bail("out of memory");
	is_str(out->data, want, "%s", name);
	buffer_fini(out);
}
