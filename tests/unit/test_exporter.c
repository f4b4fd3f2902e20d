/*
 * The lines of -E, as nfdump 1.7.1 prints them, and how 1.6 set them apart.
 */
#include "output/exporter.h"

#include "formatkit.h"
#include "tap.h"

static void
line_is(const struct exporter_row *row, enum dialect dialect, const char *want,
    const char *name)
{
	struct buffer out = BUFFER_EMPTY;

	exporter_text(row, dialect, &out);
	text_is(&out, want, name);
}

static void
test_heading(void)
{
	struct buffer out = BUFFER_EMPTY;

	exporter_heading(DIALECT_1_7, 2, &out);
	text_is(&out, "Exporters:\n\n", "heading");
	exporter_heading(DIALECT_1_7, 0, &out);
	text_is(&out, "Exporters:\nNo Exporter records found\n\n", "no rows");
	exporter_heading(DIALECT_1_6, 2, &out);
	text_is(&out, "Exporters:\n", "heading of 1.6");
}

static void
test_rows(void)
{
	static const struct record_sampler samplers[] = {
		{ 1, 1, RECORD_SAMPLER_GENERIC, 1, 99 },
		{ 1, 1, RECORD_SAMPLER_DEFAULT, 1, 9 },
		{ 1, 0, RECORD_SAMPLER_OVERWRITE, 3, 0 },
		{ 1, 2, 5, 1, 49 },
		{ 1, 1, INT64_C(8000000000), UINT32_C(4000000000), 0 },
		{ 1, 1, -4, 10, 0 },
	};
	struct exporter_row row = {
		.exporter = { .version = 9, .addr = addr_v4(0x0a000001),
		    .sysid = 1, .id = 7 },
		.sequence_failures = 5, .packets = 100, .flows = 200,
	};

	line_is(&row, DIALECT_1_7, "SysID: 1, IP:         10.0.0.1, version: 9, "
	    "ID:  7, Sequence failures: 5, packets: 100, flows: 200\n", "IPv4");
	line_is(&row, DIALECT_1_6, "\nSysID: 1, IP:         10.0.0.1, "
	    "version: 9, ID:  7, Sequence failures: 5, packets: 100, "
	    "flows: 200\n", "1.6");
	row.flows = 0;
	row.exporter.id = 300000;
	row.exporter.addr = (struct addr){ UINT64_C(0x20010db800000000), 1 };
	row.samplers = samplers;
	row.sampler_count = sizeof(samplers) / sizeof(samplers[0]);
	line_is(&row, DIALECT_1_7,
	    "SysID: 1, IP:                              2001:db8::1, "
	    "version: 9, ID: 300000 - no flows sent\n"
	    "    Sampler: Generic Sampler: algorithm: 1, "
	    "packet interval: 1, packet space: 99\n"
	    "    Sampler: Static default Sampler: algorithm: 1, "
	    "packet interval: 1, packet space: 9\n"
	    "    Sampler: Static overwrite Sampler: algorithm: 0, "
	    "packet interval: 3, packet space: 0\n"
	    "    Sampler: Assigned Sampler: id: 5, algorithm: 2, "
	    "packet interval: 1, packet space: 49\n"
	    "    Sampler: Assigned Sampler: id: 8000000000, algorithm: 1, "
	    "packet interval: 4000000000, packet space: 0\n"
	    "    Sampler: Assigned Sampler: id: -4, algorithm: 1, "
	    "packet interval: 10, packet space: 0\n", "IPv6, samplers");
}

static void
json_is(const struct exporter_row *row, enum json_layout layout,
    const char *want, const char *name)
{
	struct buffer out = BUFFER_EMPTY;
	struct json j;

	json_init(&j, layout, &out);
	exporter_json(row, &j);
	text_is(&out, want, name);
}

static void
test_json(void)
{
	static const struct record_sampler samplers[] = {
		{ 1, 1, RECORD_SAMPLER_GENERIC, 1, 99 },
		{ 1, 1, RECORD_SAMPLER_DEFAULT, 1, 9 },
		{ 1, 2, 5, 1, 49 },
		{ 1, 2, -4, 1, 49 },
	};
	struct exporter_row row = {
		.exporter = { .version = 9, .addr = addr_v4(0x0a000001),
		    .sysid = 1, .id = 7 },
		.sequence_failures = 5, .packets = 100, .flows = 200,
		.samplers = samplers, .sampler_count = 4,
	};

	json_is(&row, JSON_LINES, "{\"sysid\":1,\"ip\":\"10.0.0.1\","
	    "\"version\":\"9\",\"id\":7,\"sequence_failures\":5,"
	    "\"packets\":100,\"flows\":200,\"samplers\":["
	    "{\"type\":\"generic\",\"algorithm\":1,\"packet_interval\":1,"
	    "\"packet_space\":99},"
	    "{\"type\":\"default\",\"algorithm\":1,\"packet_interval\":1,"
	    "\"packet_space\":9},"
	    "{\"type\":\"assigned\",\"id\":5,\"algorithm\":2,"
	    "\"packet_interval\":1,\"packet_space\":49},"
	    "{\"type\":\"assigned\",\"id\":-4,\"algorithm\":2,"
	    "\"packet_interval\":1,\"packet_space\":49}],"
	    "\"counters\":[]}\n", "a line");
	row.sampler_count = 0;
	json_is(&row, JSON_ARRAY, "{\n\t\"sysid\" : 1,\n"
	    "\t\"ip\" : \"10.0.0.1\",\n\t\"version\" : \"9\",\n"
	    "\t\"id\" : 7,\n\t\"sequence_failures\" : 5,\n"
	    "\t\"packets\" : 100,\n\t\"flows\" : 200,\n"
	    "\t\"samplers\" : [],\n\t\"counters\" : []\n}", "of an array");
}

int
main(void)
{
	test_heading();
	test_rows();
	test_json();
	return done_testing();
}
