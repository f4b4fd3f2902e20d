/*
 * What flowfwd knows of exporters and samplers of a file.
 */
#include "flowfwd/origins.h"

#include <string.h>

#include "base/bytes.h"
#include "record/info.h"
#include "record/v3.h"
#include "tap.h"

static struct origins *origins;

static void
add_exporter(uint16_t number, struct addr a)
{
	const struct record_exporter e = { .version = 9, .addr = a,
		.sysid = number };
	uint8_t data[RECORD_EXPORTER_LEN];
	struct span record = { data, sizeof(data) };
	struct writer w;

	writer_init(&w, data, sizeof(data));
	record_put_exporter(&w, &e);
	origins_record(origins, RECORD_EXPORTER, &record);
}

static void
add_sampler(uint16_t number, int64_t id, uint32_t interval, uint32_t space)
{
	const struct record_sampler s = { .sysid = number, .id = id,
		.interval = interval, .space = space };
	uint8_t data[RECORD_SAMPLER_LEN];
	struct span record = { data, sizeof(data) };
	struct writer w;

	writer_init(&w, data, sizeof(data));
	record_put_sampler(&w, &s);
	origins_record(origins, RECORD_SAMPLER, &record);
}

static uint32_t
rate(uint16_t exporter, uint64_t sampler)
{
	const struct flow f = { .exporter_id = exporter,
		.sampler_id = sampler };

	return origins_rate(origins, &f);
}

static void
test_exporters(void)
{
	struct flow f = { .exporter_id = 2 };
	struct addr a;

	a = origins_exporter(origins, &f);
	ok(a.hi == 0 && a.lo == 0, "an exporter nobody told");
	add_exporter(2, addr_v4(0x0a000001));
	a = origins_exporter(origins, &f);
	ok(addr_is_v4(a) && (uint32_t)a.lo == 0x0a000001, "one that was");
	f.extensions = FLOW_EXT(EXT_EXPORTER_V4);
	f.exporter_addr = addr_v4(0x0a000002);
	a = origins_exporter(origins, &f);
	ok((uint32_t)a.lo == 0x0a000002, "the flow itself knows better");
}

static void
test_samplers(void)
{
	is_uint(rate(2, 7), 0, "no sampler");
	add_sampler(2, RECORD_SAMPLER_DEFAULT, 1, 9);
	is_uint(rate(2, 7), 10, "one by default");
	add_sampler(2, RECORD_SAMPLER_GENERIC, 1, 99);
	is_uint(rate(2, 7), 100, "one for all");
	add_sampler(2, 7, 1, 999);
	is_uint(rate(2, 7), 1000, "its own");
	is_uint(rate(2, 8), 100, "of another number");
	is_uint(rate(3, 7), 0, "of another exporter");
	add_sampler(2, 7, 1, 499);
	is_uint(rate(2, 7), 500, "told again");
	add_sampler(2, 8, 0, 5);
	is_uint(rate(2, 8), 0, "no packet at all");
	add_sampler(2, 8, 1, UINT32_MAX);
	is_uint(rate(2, 8), UINT32_MAX, "hardly one");
	add_sampler(2, RECORD_SAMPLER_OVERWRITE, 1, 1);
	is_uint(rate(2, 7), 2, "one that was set");
	for (uint32_t i = 0; i < 10000; i++)
		add_sampler(4, i, 1, 1);
	is_uint(rate(4, 5), 2, "very many");
	is_uint(rate(2, 7), 2, "do no harm");
}

static void
test_cut(void)
{
	const uint8_t data[RECORD_SAMPLER_LEN] = { 0 };
	struct span record = { data, 0 };
	static const uint16_t types[] = { RECORD_EXPORTER, RECORD_SAMPLER };

	origins_clear(origins);
	for (; record.len < 8; record.len++)
		for (size_t i = 0; i < 2; i++)
			origins_record(origins, types[i], &record);
	is_uint(rate(2, 7), 0, "cleared, and records that are cut");
}

int
main(void)
{
	struct err err;

	if ((origins = origins_new(&err)) == NULL)
		bail("%s", err.text);
	test_exporters();
	test_samplers();
	test_cut();
	origins_free(origins);
	return done_testing();
}
