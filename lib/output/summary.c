/*
 * Trailer, CSV summary and stored statistics.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/civil.h"
#include "flow/derive.h"
#include "output/format_int.h"
#include "output/number.h"
#include "output/summary.h"

/* Of a block in a file; 1.6 counts it as read. */
#define BLOCK_HEADER_LEN 12

/* Averages over the matched records; 0 without a duration. */
struct averages {
	uint64_t bps;
	uint64_t pps;
	uint64_t bpp;
};

static struct averages
averages_of(const struct totals *t)
{
	struct averages a = { 0, 0, 0 };
	uint64_t ms;

	if (t->records == 0 || t->last_ms <= t->first_ms)
		return a;
	ms = t->last_ms - t->first_ms;
	a.bps = flow_rate(t->bytes, 8000, ms);
	a.pps = flow_rate(t->packets, 1000, ms);
	if (t->packets > 0)
		a.bpp = t->bytes / t->packets;
	return a;
}

static void
add_counter(struct buffer *out, const char *name, uint64_t v, bool plain)
{
	char text[NUMBER_ROOM], *end;

	end = plain ? number_put(text, v) : number_scaled(text, v, 0);
	buffer_text(out, name);
	buffer_add(out, text, (size_t)(end - text));
}

static void
add_window(struct buffer *out, uint64_t first_ms, uint64_t last_ms)
{
	struct civil_cache cache = { 0 };
	char text[CIVIL_TEXT_MAX];

	buffer_text(out, "Time window: ");
	if (first_ms == 0 && last_ms == 0) {
		buffer_text(out, "<unknown>\n");
		return;
	}
	buffer_add(out, text, civil_format_s(&cache, first_ms, text));
	buffer_text(out, " - ");
	buffer_add(out, text, civil_format_s(&cache, last_ms, text));
	buffer_char(out, '\n');
}

static double
rate(const struct summary *s, double seconds)
{
	return seconds > 0 ? (double)s->processed / seconds : 0.0;
}

static void
add_run(const struct summary *s, struct buffer *out)
{
	buffer_printf(out, "Total flows processed: %" PRIu64
	    ", passed: %" PRIu64 ", Blocks skipped: %" PRIu64
	    ", Bytes read: %" PRIu64 "\n", s->processed, s->totals.records,
	    s->skipped_blocks, s->bytes_read);
	buffer_printf(out, "Sys: %.4fs User: %.4fs Wall: %.4fs "
	    "flows/second: %.1f Runtime: %.4fs\n", s->sys_s, s->user_s,
	    s->wall_s, rate(s, s->wall_s), s->wall_s);
}

static void
add_run_1_6(const struct summary *s, struct buffer *out)
{
	buffer_printf(out, "Total flows processed: %" PRIu64
	    ", Blocks skipped: %" PRIu64 ", Bytes read: %" PRIu64 "\n",
	    s->processed, s->skipped_blocks,
	    s->bytes_read + s->blocks_read * BLOCK_HEADER_LEN);
	buffer_printf(out, "Sys: %.3fs flows/second: %-10.1f "
	    "Wall: %.3fs flows/second: %-10.1f\n", s->sys_s,
	    rate(s, s->sys_s), s->wall_s, rate(s, s->wall_s));
}

static const struct {
	bool plain_numbers; /* also without -N */
	void (*add_run)(const struct summary *s, struct buffer *out);
} trailers[DIALECT_COUNT] = {
	[DIALECT_1_7] = { false, add_run },
	[DIALECT_1_6] = { true, add_run_1_6 },
};

void
summary_text(const struct summary *s, bool plain_numbers, struct buffer *out)
{
	struct averages a = averages_of(&s->totals);

	plain_numbers |= trailers[s->dialect].plain_numbers;

	add_counter(out, "Summary: total flows: ", s->totals.flows, true);
	add_counter(out, ", total bytes: ", s->totals.bytes, plain_numbers);
	add_counter(out, ", total packets: ", s->totals.packets,
	    plain_numbers);
	add_counter(out, ", avg bps: ", a.bps, plain_numbers);
	add_counter(out, ", avg pps: ", a.pps, plain_numbers);
	add_counter(out, ", avg bpp: ", a.bpp, true);
	buffer_char(out, '\n');
	add_window(out, s->window_first_ms, s->window_last_ms);
	trailers[s->dialect].add_run(s, out);
}

void
summary_csv(const struct summary *s, struct buffer *out)
{
	struct averages a = averages_of(&s->totals);

	buffer_text(out, "Summary\n"
	    "flows,bytes,packets,avg_bps,avg_pps,avg_bpp\n");
	buffer_printf(out, "%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64
	    ",%" PRIu64 ",%" PRIu64 "\n", s->totals.flows, s->totals.bytes,
	    s->totals.packets, a.bps, a.pps, a.bpp);
}

/* A stored number and its name. */
typedef void (*stored_fn)(void *ctx, const char *name, uint64_t v);

static void
each_group(const char *name, uint64_t total, const uint64_t proto[STAT_PROTOS],
    stored_fn put, void *ctx)
{
	static const char *const suffixes[STAT_PROTOS] = {
		[STAT_TCP] = "tcp",
		[STAT_UDP] = "udp",
		[STAT_ICMP] = "icmp",
		[STAT_OTHER] = "other",
	};
	char text[32];

	put(ctx, name, total);
	for (unsigned i = 0; i < STAT_PROTOS; i++) {
		snprintf(text, sizeof(text), "%s_%s", name, suffixes[i]);
		put(ctx, text, proto[i]);
	}
}

/* All of them, in the order of -I. */
static void
each_stored(const struct record_stats *s, stored_fn put, void *ctx)
{
	/* without a flow the first time is still at its largest */
	uint64_t first_ms = s->first_ms > s->last_ms ? 0 : s->first_ms;

	each_group("Flows", s->flows, s->proto_flows, put, ctx);
	each_group("Packets", s->packets, s->proto_packets, put, ctx);
	each_group("Bytes", s->bytes, s->proto_bytes, put, ctx);
	put(ctx, "First", first_ms / 1000);
	put(ctx, "Last", s->last_ms / 1000);
	put(ctx, "msec_first", first_ms % 1000);
	put(ctx, "msec_last", s->last_ms % 1000);
	put(ctx, "Sequence failures", s->sequence_failures);
}

static void
put_line(void *ctx, const char *name, uint64_t v)
{
	buffer_printf(ctx, "%s: %" PRIu64 "\n", name, v);
}

void
summary_stats(const char *ident, const struct record_stats *s,
    struct buffer *out)
{
	const struct span text = { (const uint8_t *)ident,
		(uint32_t)strlen(ident) };
	char *p;

	buffer_text(out, "Ident: ");
	if ((p = buffer_room(out, text.len + 1)) != NULL)
		out->len = (size_t)(print_clean(p, &text) - out->data);
	buffer_char(out, '\n');
	each_stored(s, put_line, out);
}

#define IDENT_KEY "Ident"

/* The name without a blank. */
static const char *
key_of(const char *name, char *key, size_t size)
{
	snprintf(key, size, "%s", name);
	for (char *c = key; *c != '\0'; c++)
		if (*c == ' ')
			*c = '_';
	return key;
}

static void
put_member(void *ctx, const char *name, uint64_t v)
{
	char key[32];

	json_u64(ctx, key_of(name, key, sizeof(key)), v);
}

void
summary_stats_json(const char *ident, const struct record_stats *s,
    enum json_layout layout, struct buffer *out)
{
	struct json j;

	json_init(&j, layout, out);
	json_object_begin(&j);
	json_string(&j, IDENT_KEY, ident);
	each_stored(s, put_member, &j);
	json_object_end(&j);
	if (layout == JSON_ARRAY)
		buffer_char(out, '\n');
}

/* Where the lines of a schema go. */
struct schema {
	const char *report;
	struct buffer *out;
};

static void
put_schema(void *ctx, const char *name, uint64_t v)
{
	struct schema *s = ctx;
	char key[32];

	(void)v;
	schema_add(s->out, s->report, key_of(name, key, sizeof(key)),
	    JSON_NUMBER);
}

void
summary_schema(const char *report, struct buffer *out)
{
	const struct record_stats none = { .flows = 0 };
	struct schema s = { report, out };

	schema_add(out, report, IDENT_KEY, JSON_STRING);
	each_stored(&none, put_schema, &s);
}
