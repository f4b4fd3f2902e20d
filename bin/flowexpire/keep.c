/*
 * The actions that remove nothing: books are listed, filled anew, and given
 * limits.
 */

#include <errno.h>
#include <stdio.h>

#include "flowexpire/job.h"
#include "flowexpire/report.h"

/* Is there something that the books do not know of? */
static bool
has_pending(const struct expire_dir *d)
{
	struct pending p;

	return pending_read(d->path, &p, NULL) == 1 && p.files > 0;
}

static bool
must_count(const struct job *j, const struct expire_dir *d,
    const struct books *b)
{
	return j->config->action == ACTION_RESCAN ||
	    b->status != BOOKS_VALID || has_pending(d);
}

static int
count(struct job *j, uint32_t n, const struct books_how *how,
    struct books *b, struct err *err)
{
	struct expire_dir *d = &j->places.dirs[n];

	if (how->mode != BOOKS_READ)
		job_clear_pending(j, n);
	if (books_count(b, d->fd, how, j->now_s, err) == -1)
		return -1;
	job_note(j, "Scanning files in %s .. done.", d->path);
	return 0;
}

/* The books are open: what is asked for is done to them. */
static int
work(struct job *j, uint32_t n, struct books_file *f,
    const struct books_how *how, struct err *err)
{
	const struct config *c = j->config;
	struct expire_dir *d = &j->places.dirs[n];
	struct books *b = &d->books;
	bool is_counted = must_count(j, d, &f->books);

	*b = f->books;
	if (is_counted && c->action != ACTION_RESCAN &&
	    b->status != BOOKS_VALID)
		job_note(j, "Force rebuild %s stat record in %s",
		    f->len == 0 ? "to create" : "requested by", d->path);
	if (is_counted && count(j, n, how, b, err) == -1)
		return -1;
	if (c->action == ACTION_UPDATE ||
	    (c->action == ACTION_RESCAN && c->store))
		job_set_limits(j, b);
	/* As 1.x: only limits make something of a directory without files. */
	if (how->mode == BOOKS_READ ||
	    (b->files == 0 && f->len == 0 && c->action != ACTION_UPDATE))
		return 0;
	return books_write(f, b, err);
}

/* Books are made of files, or for limits.  1: these are; 0, -1. */
static int
may_create(struct job *j, struct expire_dir *d, const struct books_how *how,
    struct err *err)
{
	d->books = (struct books){ .watermark = BOOKS_WATERMARK };
	if (books_count(&d->books, d->fd, how, j->now_s, err) == -1)
		return -1;
	return d->books.files > 0 || j->config->action == ACTION_UPDATE;
}

static bool
is_read_only(const struct err *err)
{
	return err->code == ERR_SYSTEM && (errno == EACCES || errno == EROFS);
}

/* What may not be written can be listed all the same. */
static int
open_books(struct job *j, struct expire_dir *d, struct books_file *f,
    struct books_how *how, struct err *err)
{
	bool is_listing = j->config->action == ACTION_LIST;
	int rc = books_open(f, d->fd, how, err);

	if (rc == -1 && is_listing && is_read_only(err)) {
		how->mode = BOOKS_READ;
		rc = books_open(f, d->fd, how, err);
	}
	if (rc == 0 && (rc = may_create(j, d, how, err)) == 1) {
		how->mode = BOOKS_CREATE;
		rc = books_open(f, d->fd, how, err);
		if (rc == -1 && is_listing && is_read_only(err))
			rc = 0;
	}
	return rc;
}

static int
keep(struct job *j, uint32_t n, struct err *err)
{
	struct expire_dir *d = &j->places.dirs[n];
	struct books_how how = { BOOKS_UPDATE, j->config->wait_s * 1000,
		job_warn, j, d->path };
	struct books_file f;
	int rc = open_books(j, d, &f, &how, err);

	if (rc == 1) {
		rc = work(j, n, &f, &how, err);
		books_close(&f);
	}
	return rc == -1 ? err_context(err, "%s", d->path) : 0;
}

static int
show_pending(struct job *j, struct err *err)
{
	struct pending p;
	int rc = pending_read(j->places.path, &p, err);

	if (rc == 1)
		report_pending(&p);
	if (rc == 1 && pending_is_stale(&p))
		fprintf(stderr, "%s: the collector %ld does not run any more\n",
		    j->name, (long)p.collector);
	else if (rc == 0)
		job_note(j, "No collector process running for directory: "
		    "'%s'", j->places.path);
	return rc == -1 ? -1 : 0;
}

int
job_keep_books(struct job *j, struct err *err)
{
	if (j->config->action == ACTION_RECORD && !j->config->json &&
	    show_pending(j, err) == -1)
		return -1;
	for (uint32_t i = 0; i < j->places.count; i++)
		if (keep(j, i, err) == -1)
			return -1;
	return job_report(j, NULL, err);
}
