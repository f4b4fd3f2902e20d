/*
 * Reports of flowexpire.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/civil.h"
#include "base/text.h"
#include "flowexpire/report.h"
#include "output/json.h"

/* An amount in the largest unit of which there is one. */
struct unit {
	uint64_t bytes;
	const char *name;
};

#define KIB UINT64_C(1024)

static const struct unit sizes[] = {
	{ KIB * KIB * KIB * KIB, "TB" },
	{ KIB * KIB * KIB, "GB" },
	{ KIB * KIB, "MB" },
	{ KIB, "KB" },
};

static const struct unit spans[] = {
	{ 604800, "weeks" },
	{ 86400, "days" },
	{ 3600, "hours" },
	{ 60, "min" },
};

#define UNITS 4

static void
put_amount(const struct unit units[UNITS], const char *smallest, uint64_t v,
    char text[REPORT_AMOUNT_MAX])
{
	for (size_t i = 0; i < UNITS; i++) {
		if (v < units[i].bytes)
			continue;
		snprintf(text, REPORT_AMOUNT_MAX, "%" PRIu64 " = %.1f %s", v,
		    (double)v / (double)units[i].bytes, units[i].name);
		return;
	}
	snprintf(text, REPORT_AMOUNT_MAX, "%" PRIu64 " %s", v, smallest);
}

void
report_size(uint64_t bytes, char text[REPORT_AMOUNT_MAX])
{
	put_amount(sizes, "B", bytes, text);
}

void
report_span(uint64_t seconds, char text[REPORT_AMOUNT_MAX])
{
	put_amount(spans, "sec", seconds, text);
}

static void
print_size(const char *label, uint64_t bytes)
{
	char text[REPORT_AMOUNT_MAX];

	report_size(bytes, text);
	printf("%s%s\n", label, text);
}

static void
print_span(const char *label, int64_t seconds)
{
	char text[REPORT_AMOUNT_MAX];

	report_span(seconds < 0 ? 0 : (uint64_t)seconds, text);
	printf("%s%s\n", label, text);
}

static void
print_time(const char *label, int64_t time_s)
{
	struct civil_cache cache = { .start_s = 0 };
	char text[CIVIL_TEXT_MAX];

	civil_format_s(&cache, (uint64_t)time_s * 1000, text);
	printf("%s%s\n", label, text);
}

void
report_books(const struct books *b)
{
	print_time("First:     ", b->first_s);
	print_time("Last:      ", b->last_s);
	print_span("Lifetime:  ", b->last_s - b->first_s);
	printf("Numfiles:  %" PRIu64 "\n", b->files);
	print_size("Filesize:  ", b->size);
	if (b->max_size > 0)
		print_size("Max Size:  ", b->max_size);
	else
		puts("Max Size:  <none>");
	if (b->lifetime_s > 0)
		print_span("Max Life:  ", (int64_t)b->lifetime_s);
	else
		puts("Max Life:  <none>");
	printf("Watermark: %" PRIu32 "%%\n", b->watermark);
	if (b->status == BOOKS_VALID)
		puts("Status:    OK");
	else if (b->status == BOOKS_REBUILD)
		puts("Status:    Force rebuild");
	else
		printf("Status:    Unexpected: %" PRIu32 "\n", b->status);
}

void
report_line(const struct books *b)
{
	printf("Stat|%" PRIu64 "|%" PRId64 "|%" PRId64 "\n", b->size,
	    b->first_s, b->last_s);
}

void
report_expired(const struct expire_result *r)
{
	printf("Expired files:      %" PRIu64 "\n", r->files);
	print_size("Expired file size:  ", r->allocated);
	print_span("Expired time range: ", r->span_s);
	if (r->kept > 0)
		printf("Kept files:         %" PRIu64 "\n", r->kept);
	putchar('\n');
}

void
report_would(const struct expire_file *f, int64_t now_s)
{
	char size[REPORT_AMOUNT_MAX], age[REPORT_AMOUNT_MAX];
	char *path = strdup(f->path);
	int64_t age_s = now_s - f->time_s;

	if (path != NULL)
		text_clean(path, '?');
	report_size(f->allocated, size);
	report_span(age_s < 0 ? 0 : (uint64_t)age_s, age);
	printf("Would delete file: %s, %s, age %s\n",
	    path == NULL ? "?" : path, size, age);
	free(path);
}

static void
print_set_time(const char *label, int64_t time_s)
{
	if (time_s > 0)
		print_time(label, time_s);
	else
		printf("%s<not set>\n", label);
}

void
report_pending(const struct pending *p)
{
	printf("Collector process: %ld\n", (long)p->collector);
	if (p->launcher > 0)
		printf("Launcher process: %ld\n", (long)p->launcher);
	else
		puts("Launcher process: <none>");
	printf("Record sequence : %" PRIu64 "\n", p->sequence);
	print_set_time("First           : ", p->first_s);
	print_set_time("Last            : ", p->last_s);
	printf("Number of files : %" PRIu64 "\n", p->files);
	printf("Total file size : %" PRIu64 "\n", p->size);
	printf("Max file size   : %" PRIu64 "\n", p->max_size);
	printf("Max life time   : %" PRIu64 "\n", p->lifetime_s);
}

static void
put_books(struct json *j, const struct books *b)
{
	json_time(j, "first", (uint64_t)b->first_s * 1000);
	json_time(j, "last", (uint64_t)b->last_s * 1000);
	json_u64(j, "files", b->files);
	json_u64(j, "size", b->size);
	json_u64(j, "max_size", b->max_size);
	json_u64(j, "lifetime", b->lifetime_s);
	json_u64(j, "watermark", b->watermark);
	json_u64(j, "status", b->status);
}

static void
put_result(struct json *j, const struct expire_result *r, bool is_dry)
{
	json_u64(j, "dry_run", is_dry);
	json_u64(j, "expired_files", r->files);
	json_u64(j, "expired_size", r->allocated);
	json_u64(j, "expired_bytes", r->size);
	json_u64(j, "expired_seconds", r->span_s < 0 ? 0 :
	    (uint64_t)r->span_s);
	json_u64(j, "expired_directories", r->rmdirs);
	json_u64(j, "kept_files", r->kept);
	json_u64(j, "failed_files", r->failed);
	json_u64(j, "stopped", r->is_stopped);
}

int
report_json(const char *dir, const struct books *b,
    const struct expire_result *r, bool is_dry, struct err *err)
{
	struct buffer text = BUFFER_EMPTY;
	struct json j;
	int rc = 0;

	json_init(&j, JSON_LINES, &text);
	json_object_begin(&j);
	json_string(&j, "directory", dir);
	put_books(&j, b);
	if (r != NULL)
		put_result(&j, r, is_dry);
	json_object_end(&j);
	if (text.failed)
		rc = err_nomem(err);
	else
		fwrite(text.data, 1, text.len, stdout);
	buffer_fini(&text);
	return rc;
}
