/*
 * Blocks of layout 3 to records of layout 2.  Every count and length of a
 * payload is compared with what is there before it is used, and each record
 * takes its own bytes: what comes out is bounded by what went in.
 */

#include <assert.h>

#include "base/addr.h"
#include "record/info.h"
#include "record/names.h"
#include "record/v4_int.h"

#define FLOWS_HEADER_LEN 32
#define LIST_HEADER_LEN 8 /* of exporters and arrays */
#define EXPORTER_V4_LEN 56
#define SAMPLER_V4_LEN 24
#define SAMPLER_V4_IN_USE 20
#define ALIGNMENT 8

static int
check_header(size_t len, size_t header, struct err *err)
{
	if (len < header)
		return err_set(err, ERR_MALFORMED,
		    "%zu bytes of a block header of %zu", len, header);
	return 0;
}

/*
 * The next record of a payload, with its header.  1, 0 at the end, -1.
 * "least" is the size of the smallest one.
 */
static int
next_record(struct reader *r, size_t least, struct span *record,
    struct err *err)
{
	uint16_t size;

	if (r->left == 0)
		return 0;
	if (r->left < RECORD_HEADER_LEN)
		return err_set(err, ERR_MALFORMED,
		    "%zu bytes behind the last record", r->left);
	size = load_u16(r->pos + 2);
	if (size < least || size % ALIGNMENT != 0 || size > r->left)
		return err_set(err, ERR_MALFORMED,
		    "record of type %u with %u bytes, %zu are left",
		    load_u16(r->pos), size, r->left);
	record->len = size;
	record->data = reader_take(r, size);
	return 1;
}

/* Filters of block metadata, and what we do not know, have no flows. */
static int
convert_flows(const uint8_t *data, size_t len, struct writer *w,
    uint32_t *records, struct err *err)
{
	struct writer before;
	struct span record;
	struct reader r;
	int rc;

	if (check_header(len, FLOWS_HEADER_LEN, err) == -1)
		return -1;
	reader_init(&r, data + FLOWS_HEADER_LEN, len - FLOWS_HEADER_LEN);
	while ((rc = next_record(&r, ALIGNMENT, &record, err)) == 1) {
		if (load_u16(record.data) != RECORD_FLOW_V4)
			continue;
		before = *w;
		if (record_v4_flow(record.data, record.len, w, err) == -1) {
			*w = before;
			return err_context(
			    err, "record %u", (unsigned)*records);
		}
		++*records;
	}
	return rc;
}

static void
put_sampler(struct reader *r, uint16_t sysid, struct writer *w,
    uint32_t *records)
{
	struct record_sampler s = { .sysid = sysid };
	bool is_used;

	s.id = (int64_t)reader_host(r, 8);
	s.interval = (uint32_t)reader_host(r, 4);
	s.space = (uint32_t)reader_host(r, 4);
	s.algorithm = (uint16_t)reader_host(r, 4);
	is_used = reader_host(r, 2) != 0;
	reader_take(r, 2);
	if (!is_used)
		return;
	record_put_sampler(w, &s);
	++*records;
}

/* One exporter: a record about it, its samplers, its counters. */
static int
put_exporter(const struct span *record, struct writer *w, uint32_t *records,
    struct err *err)
{
	struct record_exporter_stats stats = { 0 };
	struct record_exporter e = { 0 };
	uint16_t samplers;
	struct reader r;

	reader_init(&r, record->data, record->len);
	reader_take(&r, RECORD_HEADER_LEN);
	e.addr = addr_from_bytes(reader_take(&r, 16));
	e.version = (uint32_t)reader_host(&r, 4);
	e.id = (uint32_t)reader_host(&r, 4);
	stats.sysid = (uint32_t)reader_host(&r, 4);
	stats.packets = reader_host(&r, 8);
	stats.flows = reader_host(&r, 8);
	stats.sequence_failures = (uint32_t)reader_host(&r, 4);
	reader_take(&r, 2); /* samplers that there is room for */
	samplers = (uint16_t)reader_host(&r, 2);
	if (samplers > r.left / SAMPLER_V4_LEN)
		return err_set(err, ERR_MALFORMED,
		    "exporter of %u bytes with %u samplers", record->len,
		    samplers);
	if (stats.sysid > UINT16_MAX)
		return 0;
	e.sysid = (uint16_t)stats.sysid;
	record_put_exporter(w, &e);
	for (; samplers > 0; samplers--)
		put_sampler(&r, e.sysid, w, records);
	record_put_exporter_stats(w, &stats, 1);
	*records += 2;
	return 0;
}

/*
 * The collector of the beta counts exporters whose records it left zero, so
 * zeroes end the list.
 */
static int
convert_exporters(const uint8_t *data, size_t len, struct writer *w,
    uint32_t *records, struct err *err)
{
	struct span record;
	uint32_t left;
	struct reader r;
	int rc;

	if (check_header(len, LIST_HEADER_LEN, err) == -1)
		return -1;
	left = load_u32(data);
	reader_init(&r, data + LIST_HEADER_LEN, len - LIST_HEADER_LEN);
	for (; left > 0 && r.left >= RECORD_HEADER_LEN; left--) {
		if (load_u32(r.pos) == 0)
			break;
		rc = next_record(&r, EXPORTER_V4_LEN, &record, err);
		if (rc == 1 && load_u16(record.data) == RECORD_EXPORTER_V4)
			rc = put_exporter(&record, w, records, err);
		if (rc == -1)
			return -1;
	}
	return 0;
}

/* What the elements of an array are like. */
struct array {
	const uint8_t *data;
	uint32_t count;
	uint16_t size; /* of an element */
	uint16_t type; /* of its records in layout 2 */
};

/*
 * Names of interfaces and VRFs: the elements of both layouts are the same,
 * but a record of layout 2 holds only so many.
 */
static int
put_names(const struct array *a, struct writer *w, uint32_t *records,
    struct err *err)
{
	uint32_t most = (UINT16_MAX - RECORD_NAMES_HEADER_LEN) / a->size, n;
	const uint8_t *from = a->data;

	if (most == 0)
		return err_set(
		    err, ERR_MALFORMED, "names of %u bytes", a->size);
	for (uint32_t left = a->count; left > 0; left -= n) {
		n = left < most ? left : most;
		writer_host(w, a->type, 2);
		writer_host(w, RECORD_NAMES_HEADER_LEN + n * a->size, 2);
		writer_host(w, n, 2);
		writer_host(w, a->size, 2);
		writer_host(w, a->size - 4U, 4);
		for (uint32_t i = 0; i < n; i++, from += a->size) {
			writer_bytes(w, from, a->size - 1U);
			writer_zero(w, 1); /* so that the name ends */
		}
		++*records;
	}
	return 0;
}

/*
 * Names of applications, a record for each: in layout 3 every element has
 * lengths of its own.
 */
static int
put_apps(const struct array *a, struct writer *w, uint32_t *records,
    struct err *err)
{
	const uint8_t *from = a->data;
	size_t len, size;

	for (uint32_t i = 0; i < a->count; i++, from += a->size) {
		len = (size_t)from[0] + from[1] + from[2];
		size = (len + 3) & ~(size_t)3;
		if (len > a->size - 3U)
			return err_set(err, ERR_MALFORMED,
			    "application name of %zu bytes in %u", len + 3,
			    a->size);
		writer_host(w, a->type, 2);
		writer_host(w, RECORD_APP_NAMES_HEADER_LEN + size, 2);
		writer_host(w, 1, 2);
		writer_host(w, size, 2);
		for (unsigned part = 0; part < 3; part++)
			writer_host(w, from[part], 2);
		writer_bytes(w, from + 3, len);
		writer_zero(w, size - len);
		++*records;
	}
	return 0;
}

static int
convert_array(const uint8_t *data, size_t len, struct writer *w,
    uint32_t *records, struct err *err)
{
	struct array a;

	if (check_header(len, LIST_HEADER_LEN, err) == -1)
		return -1;
	a = (struct array){ data + LIST_HEADER_LEN, load_u32(data),
		load_u16(data + 4), load_u16(data + 6) };
	if (a.size == 0 || a.size % ALIGNMENT != 0 ||
	    a.count > (len - LIST_HEADER_LEN) / a.size)
		return err_set(err, ERR_MALFORMED,
		    "array of %u elements of %u bytes in %zu", a.count, a.size,
		    len);
	if (a.type == RECORD_APP_NAMES)
		return put_apps(&a, w, records, err);
	if (a.type == RECORD_IF_NAMES || a.type == RECORD_VRF_NAMES)
		return put_names(&a, w, records, err);
	return 0;
}

static int
convert(enum record_v4_block type, const uint8_t *data, size_t len,
    struct writer *w, uint32_t *records, struct err *err)
{
	switch (type) {
	case RECORD_V4_FLOWS:
		return convert_flows(data, len, w, records, err);
	case RECORD_V4_EXPORTERS:
		return convert_exporters(data, len, w, records, err);
	case RECORD_V4_ARRAY:
		return convert_array(data, len, w, records, err);
	default:
		return 0;
	}
}

int
record_v4_convert(enum record_v4_block type, const uint8_t *data, size_t len,
    struct writer *w, uint32_t *records, struct err *err)
{
	int rc = convert(type, data, len, w, records, err);

	assert(!w->bad);
	return rc;
}
