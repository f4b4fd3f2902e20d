/*
 * What all actions share.
 */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "flowexpire/job.h"
#include "flowexpire/report.h"
#include "store/pending.h"

#define SEMAPHORE_WAIT_MS 1000

void
job_warn(void *job, const struct err *why)
{
	struct job *j = job;

	j->has_trouble = true;
	fprintf(stderr, "%s: %s\n", j->name, why->text);
}

void
job_note(const struct job *j, const char *fmt, ...)
{
	va_list ap;

	if (j->config->json)
		return;
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

void
job_clear_pending(struct job *j, uint32_t dir)
{
	const char *path = j->places.dirs[dir].path;
	struct err err;

	/* Without access the books are right all the same, until nfexpire. */
	if (pending_clear(path, SEMAPHORE_WAIT_MS, &err) == -1)
		fprintf(stderr, "%s: %s: %s\n", j->name, path, err.text);
}

void
job_set_limits(const struct job *j, struct books *b)
{
	const struct config *c = j->config;

	if (c->has_size)
		b->max_size = c->limits.max_size;
	if (c->has_lifetime)
		b->lifetime_s = c->limits.lifetime_s;
	if (c->has_watermark)
		b->watermark = c->limits.watermark;
}

/* The books of one directory into those of all. */
static void
add_up(struct books *sum, const struct books *b)
{
	if (b->files > 0) {
		if (sum->files == 0 || b->first_s < sum->first_s)
			sum->first_s = b->first_s;
		if (sum->files == 0 || b->last_s > sum->last_s)
			sum->last_s = b->last_s;
	}
	sum->files += b->files;
	sum->size += b->size;
	if (b->status > sum->status)
		sum->status = b->status;
}

static struct books
total(const struct job *j)
{
	const struct places *p = &j->places;
	struct books sum = { .first_s = j->now_s, .last_s = j->now_s,
		.watermark = j->config->limits.watermark };

	if (!j->config->profile)
		return p->dirs[0].books;
	for (uint32_t i = 0; i < p->count; i++)
		add_up(&sum, &p->dirs[i].books);
	job_set_limits(j, &sum);
	return sum;
}

int
job_report(const struct job *j, const struct expire_result *r,
    struct err *err)
{
	const struct config *c = j->config;
	struct books b = total(j);

	if (r != NULL) {
		b.max_size = r->limits.max_size;
		b.lifetime_s = r->limits.lifetime_s;
		b.watermark = r->limits.watermark;
	}
	if (c->json)
		return report_json(j->places.path, &b, r, c->dry, err);
	if (r != NULL)
		report_expired(r);
	if (c->line)
		report_line(&b);
	else
		report_books(&b);
	return 0;
}
