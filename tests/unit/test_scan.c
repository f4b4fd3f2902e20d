/*
 * Scan: any number of workers, limits, damaged files, and what indexes save.
 * Files are made here: flow n has in_bytes n and goes to port n % 7.
 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "files.h"
#include "query/scan.h"
#include "record/stats.h"
#include "record/v3.h"
#include "store/store_int.h"
#include "tap.h"

#define FILES 3
#define BLOCKS 4
#define FLOWS 5000 /* in a block: more than one batch */
#define TOTAL (FILES * BLOCKS * FLOWS)

/* Its length. */
static size_t
put_exporter(uint8_t *block)
{
	const struct record_exporter e = { .version = 9, .sysid = 1 };
	struct writer w;

	writer_init(&w, block, RECORD_EXPORTER_LEN);
	record_put_exporter(&w, &e);
	return RECORD_EXPORTER_LEN;
}

/*
 * The second block of all has a record that is no flow.  Behind the third of
 * each file is a block of another type, which is passed over.
 */
static void
write_file(const char *path, uint64_t first)
{
	const struct codec *codec = codec_by_id(CODEC_LZ4, NULL);
	struct store_writer *w;
	struct record_encoder *e = record_encoder_new(0, NULL);
	struct flow f = { .extensions = FLOW_EXT(EXT_GENERIC) |
	    FLOW_EXT(EXT_IPV4) };
	uint8_t *block = malloc(FLOWS * 128);
	struct record_stats stats;
	uint32_t others;
	size_t len;

	record_stats_init(&stats);
	w = store_writer_open(AT_FDCWD, path, codec, "test", 0, NULL);
	if (w == NULL || e == NULL || block == NULL)
		bail("cannot write %s", path);
	for (unsigned b = 0; b < BLOCKS; b++) {
		len = first == FLOWS ? put_exporter(block) : 0;
		for (unsigned i = 0; i < FLOWS; i++, first++) {
			f.in_bytes = first;
			f.in_packets = 1;
			f.dst_port = (uint16_t)(first % 7);
			f.first_ms = 1000 + first;
			f.last_ms = 1000 + first;
			record_stats_add_flow(&stats, &f);
			len += record_encode(e, &f, block + len, 128);
		}
		others = first == 2 * FLOWS;
		if (store_writer_block(w, block, len, FLOWS + others, NULL) ==
		    -1)
			bail("cannot write %s", path);
		if (b == 2 && store_writer_raw(w, STORE_BLOCK_ARRAY, 1, block,
		    100, NULL) == -1)
			bail("cannot write %s", path);
	}
	if (store_writer_commit(w, &stats, NULL) == -1)
		bail("cannot write %s", path);
	store_writer_close(w);
	record_encoder_free(e);
	free(block);
}

/* A sink that notes in_bytes of every match, in order of delivery. */
struct seen {
	uint64_t values[TOTAL];
	unsigned count;
	unsigned blocks; /* delivered */
	unsigned stop_at; /* 0 never */
	unsigned warnings;
	unsigned records; /* that are no flows */
};

struct part {
	uint64_t values[FLOWS];
	unsigned count;
	unsigned records;
};

static void *
part_new(void *ctx, struct err *err)
{
	(void)ctx;
	(void)err;
	return calloc(1, sizeof(struct part));
}

static void
part_begin(void *arg, uint64_t file)
{
	struct part *p = arg;

	(void)file;
	p->count = 0;
	p->records = 0;
}

static int
part_rows(void *arg, const struct batch *b, struct err *err)
{
	struct part *p = arg;

	(void)err;
	for (uint32_t i = 0; i < b->nsel; i++)
		p->values[p->count++] =
		    BATCH_COL(b, IN_BYTES, uint64_t)[b->sel[i]];
	return 0;
}

static int
part_record(
    void *arg, uint16_t type, const struct span *record, struct err *err)
{
	struct part *p = arg;

	(void)type;
	(void)record;
	(void)err;
	p->records++;
	return 0;
}

static int
deliver(void *ctx, void *arg, struct err *err)
{
	struct seen *s = ctx;
	struct part *p = arg;

	(void)err;
	memcpy(s->values + s->count, p->values,
	    p->count * sizeof(p->values[0]));
	s->count += p->count;
	s->blocks++;
	s->records += p->records;
	return s->stop_at > 0 && s->count >= s->stop_at;
}

static void
on_warning(void *ctx, const struct err *err)
{
	struct seen *s = ctx;

	note("%s", err->text);
	s->warnings++;
}

/* What a sink wants. */
#define WANT_ROWS 0x0
#define WANT_COUNTS 0x1 /* and no rows */
#define WANT_RECORDS 0x2

/* Run the plan with our sink. */
static int
run_as(unsigned want, struct scan_plan *plan, struct seen *s,
    struct scan_result *result)
{
	const struct scan_sink sink = { .ctx = s, .part_new = part_new,
	    .part_free = free, .begin = part_begin, .rows = part_rows,
	    .only_counts = (want & WANT_COUNTS) != 0,
	    .record = (want & WANT_RECORDS) != 0 ? part_record : NULL,
	    .deliver = deliver };
	struct err err;

	plan->warn = on_warning;
	plan->warn_ctx = s;
	fieldset_add(&plan->want, FLD_IN_BYTES);
	return scan_run(plan, &sink, result, &err);
}

static int
run(struct scan_plan *plan, struct seen *s, struct scan_result *result)
{
	return run_as(WANT_ROWS, plan, s, result);
}

static int
scan(const struct path_list *files, const char *text, unsigned threads,
    uint64_t limit, struct seen *s, struct scan_result *result)
{
	struct filter *filter = NULL;
	struct scan_plan plan = { .files = files, .to_ms = UINT64_MAX,
	    .limit = limit, .threads = threads };
	struct err err;
	int rc;

	if (text != NULL && (filter = filter_compile(text, "t", &err)) == NULL)
		bail("%s", err.text);
	plan.filter = filter;
	rc = run(&plan, s, result);
	filter_free(filter);
	return rc;
}

/* Matches are every "step"-th flow from 0 on. */
static void
check(const struct seen *s, const struct scan_result *r, unsigned step,
    unsigned count, const char *name)
{
	uint64_t bytes = 0;
	bool same = s->count == count;

	for (unsigned i = 0; i < count && same; i++) {
		same = s->values[i] == (uint64_t)i * step;
		bytes += (uint64_t)i * step;
	}
	ok(same, "%s: %u flows in order", name, s->count);
	ok(r->totals.records == count && r->totals.bytes == bytes &&
	    r->totals.packets == count && r->totals.flows == count,
	    "%s: totals", name);
}

static void
test_workers(const struct path_list *files, unsigned threads)
{
	static struct seen s;
	struct scan_result r;
	char name[64];

	snprintf(name, sizeof(name), "%u threads", threads);
	memset(&s, 0, sizeof(s));
	is_int(scan(files, NULL, threads, 0, &s, &r), 0, "%s", name);
	check(&s, &r, 1, TOTAL, name);
	is_uint(r.processed, TOTAL, "%s: processed", name);
	is_uint(r.window.last_ms, 1000 + TOTAL - 1, "%s: window", name);

	memset(&s, 0, sizeof(s));
	scan(files, "dst port 0", threads, 0, &s, &r);
	check(&s, &r, 7, (TOTAL + 6) / 7, "a seventh");

	memset(&s, 0, sizeof(s));
	scan(files, "dst port 0", threads, 4000, &s, &r);
	check(&s, &r, 7, 4000, "4000 of a seventh");
	is_uint(r.processed, 3999 * 7 + 1, "%s: read up to the last", name);

	memset(&s, 0, sizeof(s));
	scan(files, NULL, threads, FLOWS, &s, &r);
	check(&s, &r, 1, FLOWS, "exactly one block");
	is_uint(r.processed, FLOWS, "%s: one block read", name);

	memset(&s, 0, sizeof(s));
	s.stop_at = 2 * FLOWS;
	scan(files, NULL, threads, 0, &s, &r);
	check(&s, &r, 1, 2 * FLOWS, "stopped by the sink");

	memset(&s, 0, sizeof(s));
	scan(files, "dst port 9", threads, 0, &s, &r);
	check(&s, &r, 1, 0, "no match");
}

/* As nfdump 1.6 reads: no files outside the window, and whole blocks. */
static void
test_reading_1_6(const struct path_list *files, unsigned threads)
{
	struct scan_plan plan = { .files = files, .from_ms = 1000,
	    .to_ms = 1000 + FLOWS, .skips_files = true, .threads = threads };
	static struct seen s;
	struct scan_result r;

	memset(&s, 0, sizeof(s));
	is_int(run(&plan, &s, &r), 0, "files outside, %u threads", threads);
	is_uint(s.count, FLOWS + 1, "flows of the window");
	is_uint(r.processed, TOTAL / FILES, "one file is read");
	is_uint(r.window.last_ms, 1000 + TOTAL / FILES - 1,
	    "and counts in the window");
	plan = (struct scan_plan){ .files = files, .to_ms = UINT64_MAX,
	    .limit = FLOWS + 5, .counts_blocks = true, .threads = threads };
	memset(&s, 0, sizeof(s));
	is_int(run(&plan, &s, &r), 0, "blocks, %u threads", threads);
	is_uint(s.count, FLOWS + 5, "flows up to the limit");
	is_uint(r.processed, 2 * FLOWS, "whole blocks are read");
}

/* Indexes: each block is a span of its own. */

/* The plan with and without indexes has the same result but for blocks. */
static void
same(unsigned want, struct scan_plan *plan, unsigned blocks, const char *name)
{
	static struct seen with, without;
	struct scan_result a, b;

	memset(&with, 0, sizeof(with));
	memset(&without, 0, sizeof(without));
	plan->ignores_index = false;
	run_as(want, plan, &with, &a);
	plan->ignores_index = true;
	run_as(want, plan, &without, &b);
	is_uint(with.blocks, blocks, "%s: %u blocks read", name, blocks);
	ok((want & WANT_COUNTS) != 0 || (with.count == without.count &&
	    memcmp(with.values, without.values, sizeof(with.values)) == 0),
	    "%s: the same %u matches", name, without.count);
	ok(with.records == without.records, "%s: the same %u records", name,
	    without.records);
	ok(memcmp(&a.totals, &b.totals, sizeof(a.totals)) == 0,
	    "%s: the same totals", name);
	is_uint(a.processed, b.processed, "%s: flows processed", name);
	is_uint(a.bytes_read, b.bytes_read, "%s: bytes read", name);
	is_uint(a.blocks_read, b.blocks_read, "%s: blocks read", name);
	ok(memcmp(&a.window, &b.window, sizeof(a.window)) == 0,
	    "%s: the same window", name);
}

static void
test_filters(const struct path_list *files, unsigned threads)
{
	static const struct {
		const char *filter;
		uint64_t limit;
		unsigned blocks;
	} cases[] = {
		{ "dst port 9", 0, 0 },
		{ "dst port 6", 0, FILES * BLOCKS },
		{ "ipv6", 0, 0 },
		{ "not any", 0, 0 },
		{ "first seen 1970-01-01T00:00:08.500", 0, 1 },
		{ "first seen >= 1970-01-01T00:00:08.500", 3, 1 },
		{ "first seen >= 1970-01-01T00:00:08.500", 2 * FLOWS, 3 },
		{ "count 20001", 0, FILES * BLOCKS },
		{ "count > 20001 and first seen >= 1970-01-01T00:00:30", 5, 1 },
	};
	struct scan_plan plan = { .files = files, .to_ms = UINT64_MAX,
	    .threads = threads };
	struct filter *filter;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if ((filter = filter_compile(cases[i].filter, "t", NULL)) ==
		    NULL)
			bail("%s", cases[i].filter);
		plan.filter = filter;
		plan.limit = cases[i].limit;
		same(WANT_ROWS, &plan, cases[i].blocks, cases[i].filter);
		filter_free(filter);
	}
}

static void
test_windows(const struct path_list *files, unsigned threads)
{
	struct scan_plan plan = { .files = files, .from_ms = 1000 + 2 * FLOWS,
	    .to_ms = 1000 + 4 * FLOWS, .threads = threads };

	same(WANT_ROWS, &plan, 3, "a window");
	same(WANT_COUNTS, &plan, 1, "counts in a window");
	plan.limit = FLOWS;
	same(WANT_COUNTS, &plan, 1, "counts in a window, limited");
	plan = (struct scan_plan){ .files = files, .to_ms = UINT64_MAX,
	    .threads = threads };
	same(WANT_ROWS, &plan, FILES * BLOCKS, "rows");
	same(WANT_COUNTS, &plan, 0, "counts");
	same(WANT_COUNTS | WANT_RECORDS, &plan, 1, "records and counts");
	plan.to_ms = 1;
	same(WANT_RECORDS, &plan, 1, "records outside a window");
	plan.from_ms = 1000 + 2 * FLOWS;
	plan.to_ms = 2000 + 2 * FLOWS;
	plan.skips_files = true;
	/* behind the other block reading is under way, so one more is read */
	same(WANT_ROWS, &plan, 2, "a window of 1.6");
}

/* The index of a file is damaged, and that of another one. */
static void
test_damaged_index(const struct path_list *files, unsigned threads)
{
	struct scan_plan plan = { .files = files, .to_ms = 1000,
	    .threads = threads };
	static struct seen s;
	struct scan_result r;

	memset(&s, 0, sizeof(s));
	run(&plan, &s, &r);
	is_uint(s.warnings, 1, "damaged indexes: one warning");
	is_uint(s.blocks, 2 * BLOCKS + 1, "their files are read");
	is_uint(r.files_failed, 0, "no file failed");
	is_uint(r.processed, TOTAL, "all flows count");
	plan.ignores_index = true;
	memset(&s, 0, sizeof(s));
	run(&plan, &s, &r);
	is_uint(s.warnings, 0, "damaged indexes that are not wanted");
}

static void
damage_index(const char *path)
{
	size_t len;
	uint8_t *data = files_read(path, &len);

	data[len - 20] ^= 1;
	files_write(path, data, len);
	free(data);
}

/* The middle file is gone; then the first one ends in a block. */
static void
test_damaged(const struct path_list *files)
{
	static struct seen s;
	struct scan_result r;

	if (unlink(files->paths[1]) == -1)
		bail("unlink");
	memset(&s, 0, sizeof(s));
	is_int(scan(files, NULL, 4, 0, &s, &r), 0, "a missing file");
	is_uint(s.count, TOTAL / FILES * 2, "the others are read");
	is_uint(s.warnings, 1, "one warning");
	is_uint(r.files_failed, 1, "counted");
	if (truncate(files->paths[0], 3000) == -1)
		bail("truncate");
	memset(&s, 0, sizeof(s));
	is_int(scan(files, NULL, 4, 0, &s, &r), 0, "a cut file");
	is_uint(s.count, TOTAL / FILES, "the last file is read");
	is_uint(r.files_failed, 2, "two files failed");
}

/* Have blocks of a file handled one by one; all of one file, if it is read. */
static enum scan_fed
feed(struct scan_feed *f, const char *path, uint64_t number, bool may_change)
{
	struct scan_block block = { .number = number,
	    .may_change = may_change };
	enum scan_fed fed = SCAN_FED_MORE;
	struct err err;

	if ((block.file = store_file_open(path, &err)) == NULL)
		bail("%s", err.text);
	while (fed == SCAN_FED_MORE &&
	    store_file_next(block.file, &block.ref, &err) == 1)
		fed = scan_feed_block(f, &block, &err);
	store_file_close(block.file);
	return fed;
}

static struct scan_feed *
start_feed(struct scan_plan *plan, struct seen *s, struct scan_result *result)
{
	const struct scan_sink sink = { .ctx = s, .part_new = part_new,
	    .part_free = free, .begin = part_begin, .rows = part_rows,
	    .deliver = deliver };
	struct scan_feed *f;
	struct err err;

	memset(s, 0, sizeof(*s));
	plan->to_ms = UINT64_MAX;
	plan->warn = on_warning;
	plan->warn_ctx = s;
	fieldset_add(&plan->want, FLD_IN_BYTES);
	if ((f = scan_feed_new(plan, &sink, result, &err)) == NULL)
		bail("%s", err.text);
	return f;
}

/* A file whose second block does not expand. */
static void
write_damaged(const char *path)
{
	static const uint8_t garbage[64];
	struct store_file *file;
	struct store_ref ref;
	int fd;

	write_file(path, 0);
	if ((file = store_file_open(path, NULL)) == NULL ||
	    store_file_next(file, &ref, NULL) != 1 ||
	    store_file_next(file, &ref, NULL) != 1 ||
	    (fd = open(path, O_WRONLY)) == -1 ||
	    pwrite(fd, garbage, sizeof(garbage), (off_t)ref.offset) == -1)
		bail("cannot damage %s", path);
	close(fd);
	store_file_close(file);
}

static void
test_feed(const struct path_list *files)
{
	struct filter *filter = filter_compile("dst port 0", "t", NULL);
	struct scan_plan plan = { .filter = filter };
	static struct seen s;
	struct scan_result r;
	struct scan_feed *f = start_feed(&plan, &s, &r);

	write_damaged("damaged");
	for (size_t i = 1; i < FILES; i++)
		is_int(feed(f, files->paths[i], i, false), SCAN_FED_MORE,
		    "fed: file %zu", i);
	is_uint(r.processed, (FILES - 1) * BLOCKS * FLOWS, "fed: processed");
	is_uint(s.count, (TOTAL + 6) / 7 - (TOTAL / FILES + 6) / 7,
	    "fed: matches");
	is_uint(r.totals.records, s.count, "fed: counted");
	is_int(feed(f, "damaged", FILES, true), SCAN_FED_UNREAD,
	    "a damaged block may change");
	is_uint(s.warnings + r.files_failed, 0, "then nothing is told");
	is_uint(r.processed, ((FILES - 1) * BLOCKS + 1) * FLOWS,
	    "and nothing counted");
	is_int(feed(f, "damaged", FILES, false), SCAN_FED_MORE,
	    "one that may not is passed");
	is_uint(s.warnings, 1, "and told");
	is_uint(r.files_failed, 1, "and counted");
	scan_feed_free(f);

	plan.limit = FLOWS;
	f = start_feed(&plan, &s, &r);
	is_int(feed(f, files->paths[1], 1, false), SCAN_FED_MORE, "no limit");
	is_int(feed(f, files->paths[2], 2, false), SCAN_FED_DONE, "limit");
	is_uint(s.count, FLOWS, "fed: no more matches");
	scan_feed_free(f);
	filter_free(filter);
}

int
main(void)
{
	char names[FILES][8], *list[FILES];
	struct path_list files = { list, FILES, FILES };

	files_begin();
	for (unsigned i = 0; i < FILES; i++) {
		snprintf(names[i], sizeof(names[i]), "f%u", i);
		list[i] = names[i];
		write_file(names[i], (uint64_t)i * BLOCKS * FLOWS);
	}
	for (unsigned threads = 1; threads <= 8; threads += 3) {
		test_workers(&files, threads);
		test_reading_1_6(&files, threads);
		test_filters(&files, threads);
		test_windows(&files, threads);
	}
	test_feed(&files);
	damage_index(names[1]);
	damage_index(names[2]);
	test_damaged_index(&files, 1);
	test_damaged_index(&files, 4);
	test_damaged(&files);
	return done_testing();
}
