/*
 * Expiry.  The plan is made from the inventory alone: files are taken in
 * order of time, and each is counted as gone in the plan whether or not it
 * can be removed.  So what cannot be removed never makes newer files go.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/buffer.h"
#include "store/expire.h"
#include "store/expire_int.h"
#include "store/slot.h"

#define NO_DIR UINT32_MAX

struct plan {
	uint64_t left; /* bytes, if all that was taken is gone */
	uint64_t taken;
	uint64_t target; /* files go while more bytes than this are left */
	uint64_t wanted; /* and while less than this is taken */
	int64_t limit_s; /* files of this time or before are too old */
	int64_t cut_s; /* and make those before this one go, too */
	bool is_cutting; /* one of them has gone */
	size_t end; /* no file from this index on goes by a quota */
};

/* A directory in the plan. */
struct part {
	size_t newest; /* index of its newest file */
	size_t end; /* its files before this index go by its quota */
	uint64_t left; /* bytes, if these are gone */
	uint64_t target; /* they go while there are more than this */
};

struct run {
	const struct expire_request *r;
	struct expire_result *result;
	struct inventory_request scan;
	struct inventory_top *tops;
	struct books_file *books;
	struct part *parts; /* one for each directory */
	struct inventory v;
	struct plan plan;
	struct buffer path;
	uint32_t dir; /* open as fd; NO_DIR: none is */
	int fd;
};

static void
tell(struct run *x, const struct err *why)
{
	if (x->r->warn != NULL)
		x->r->warn(x->r->ctx, why);
}

/* For the parts that count, with the context of the request. */
static void
tell_partial(void *ctx, const struct err *why)
{
	tell(ctx, why);
}

/* floor(v * percent / 100), for at most 100 percent. */
static uint64_t
share(uint64_t v, uint32_t percent)
{
	return v / 100 * percent + v % 100 * percent / 100;
}

static uint32_t
watermark(uint32_t percent)
{
	return percent == 0 ? BOOKS_WATERMARK : percent > 100 ? 100 : percent;
}

/* The time that is age_s before now; -1 when that is before all files. */
static int64_t
before(int64_t now_s, uint64_t age_s)
{
	return now_s < 0 || age_s > (uint64_t)now_s ? -1 :
	    now_s - (int64_t)age_s;
}

/* Bytes that have to go for the file systems to have room. */
static uint64_t
missing_room(const struct run *x)
{
	uint64_t min = x->result->limits.min_free, room;
	struct statvfs st;

	if (min == 0 || fstatvfs(x->r->dirs[0].fd, &st) == -1)
		return 0;
	room = (uint64_t)st.f_bavail * st.f_frsize;
	return room < min ? min - room : 0;
}

static struct part *
part_of(const struct run *x, const struct inventory_file *f)
{
	return &x->parts[x->v.dirs[f->dir].top];
}

static bool
is_young(const struct expire_request *r, const struct inventory_file *f)
{
	return r->young_s > 0 && f->time_s >= r->now_s - (int64_t)r->young_s;
}

/* Does the file at this index stay for being the newest one? */
static bool
is_newest(const struct run *x, size_t i)
{
	return !x->r->takes_newest && part_of(x, &x->v.files[i])->newest == i;
}

/* Bytes down to which files go. */
static uint64_t
target(uint64_t size, uint64_t limit, uint32_t percent)
{
	return limit > 0 && size >= limit ? share(limit, percent) : UINT64_MAX;
}

/* What goes by quotas is counted as gone. */
static void
plan_quotas(struct run *x)
{
	struct plan *p = &x->plan;
	const struct inventory_file *f = x->v.files;
	struct part *part;

	for (uint32_t i = 0; i < x->r->dir_count; i++)
		x->parts[i].target = target(x->parts[i].left,
		    x->r->dirs[i].quota, x->result->limits.watermark);
	for (size_t i = 0; i < x->v.count && !is_young(x->r, f); i++, f++) {
		part = part_of(x, f);
		if (part->left <= part->target || is_newest(x, i))
			continue;
		part->left -= f->allocated;
		p->left -= f->allocated;
		p->taken += f->allocated;
		part->end = p->end = i + 1;
	}
}

static void
make_plan(struct run *x)
{
	const struct expire_limits *l = &x->result->limits;
	struct plan *p = &x->plan;
	struct part *part;

	*p = (struct plan){ .limit_s = -1, .cut_s = -1 };
	for (size_t i = 0; i < x->v.count; i++) {
		part = part_of(x, &x->v.files[i]);
		part->newest = i;
		part->left += x->v.files[i].allocated;
		p->left += x->v.files[i].allocated;
	}
	plan_quotas(x);
	p->target = target(p->left, l->max_size, l->watermark);
	p->wanted = missing_room(x);
	if (l->lifetime_s > 0) {
		p->limit_s = before(x->r->now_s, l->lifetime_s);
		p->cut_s = before(x->r->now_s,
		    share(l->lifetime_s, l->watermark));
	}
}

/* Do the limits of all ask for this file, the oldest one that is left? */
static bool
is_over(const struct plan *p, const struct inventory_file *f)
{
	if (p->left > p->target || p->taken < p->wanted)
		return true;
	return f->time_s < p->cut_s &&
	    (f->time_s <= p->limit_s || p->is_cutting);
}

/*
 * Is the file at this index to go?  Then it is counted as gone.  1, 0, -1
 * when neither it nor a later one is.
 */
static int
take(const struct run *x, struct plan *p, size_t i)
{
	const struct inventory_file *f = &x->v.files[i];

	if (i == x->v.count || is_young(x->r, f))
		return -1;
	if (i < part_of(x, f)->end)
		return 1;
	if (!is_over(p, f))
		return i < p->end ? 0 : -1;
	p->left -= f->allocated;
	p->taken += f->allocated;
	return 1;
}

/* How many files are to go, if all can be removed. */
static uint64_t
count_plan(const struct run *x)
{
	struct plan p = x->plan;
	uint64_t count = 0;
	int rc;

	for (size_t i = 0; (rc = take(x, &p, i)) != -1; i++) {
		if (rc == 0 || is_newest(x, i))
			continue;
		p.is_cutting |= x->v.files[i].time_s <= p.limit_s;
		count++;
	}
	return count;
}

/* The path of a file, until the next call; NULL without memory. */
static const char *
make_path(struct run *x, const struct inventory_file *f)
{
	char name[INVENTORY_NAME_MAX];

	inventory_name(f, name);
	x->path.len = 0;
	inventory_dir_path(&x->v, &x->scan, f->dir, &x->path);
	buffer_char(&x->path, '/');
	buffer_add(&x->path, name, strlen(name) + 1);
	return x->path.failed ? NULL : x->path.data;
}

/* Have the directory of a file open.  Files in a row mostly share it. */
static int
open_dir(struct run *x, const struct inventory_file *f, struct err *err)
{
	if (x->dir == f->dir)
		return 0;
	if (x->dir != NO_DIR)
		close(x->fd);
	x->dir = NO_DIR;
	x->fd = inventory_open_dir(&x->v, &x->scan, f->dir, err);
	if (x->fd == -1)
		return -1;
	x->dir = f->dir;
	return 0;
}

static enum expire_fate
remove_file(struct run *x, const struct inventory_file *f, struct err *err)
{
	if (x->r->is_dry)
		return FATE_REMOVED;
	if (open_dir(x, f, err) == -1)
		return errno == ENOENT ? FATE_VANISHED : FATE_FAILED;
	return expire_remove_file(x->fd, f, err);
}

/* A file has gone: it is no longer in the inventory. */
static void
leave(struct run *x, struct inventory_file *f)
{
	struct inventory_dir *d = &x->v.dirs[f->dir];
	struct err why;

	f->tail[0] = '\0';
	x->plan.is_cutting |= f->time_s <= x->plan.limit_s;
	d->files--;
	if (d->files > 0 || x->r->is_dry)
		return;
	if (expire_remove_dirs(&x->v, &x->scan, f->dir, x->r->now_s,
		x->r->young_s, &x->result->rmdirs, &why) == -1) {
		err_context(&why, "%s", d->path);
		tell(x, &why);
	}
}

/* One file less, if it can be had. */
static void
take_file(struct run *x, struct inventory_file *f, const char *path)
{
	const struct expire_file file = { path, f->time_s, f->allocated,
		f->size };
	struct expire_result *result = x->result;
	struct err why;

	if (x->r->may_go != NULL && !x->r->may_go(x->r->ctx, &file)) {
		result->kept++;
		return;
	}
	switch (remove_file(x, f, &why)) {
	case FATE_REMOVED:
		result->files++;
		result->allocated += f->allocated;
		result->size += f->size;
		if (x->r->gone != NULL)
			x->r->gone(x->r->ctx, &file);
		leave(x, f);
		return;
	case FATE_VANISHED:
		leave(x, f);
		return;
	case FATE_IN_USE:
		result->kept++;
		break;
	case FATE_FAILED:
		result->failed++;
		break;
	}
	err_context(&why, "%s", path);
	tell(x, &why);
}

static int
walk(struct run *x, struct err *err)
{
	const struct expire_request *r = x->r;
	struct inventory_file *f = x->v.files;
	const char *path;
	int rc;

	if (r->planned != NULL)
		r->planned(r->ctx, count_plan(x));
	for (size_t i = 0; (rc = take(x, &x->plan, i)) != -1; i++, f++) {
		if (rc == 0 || is_newest(x, i))
			continue;
		if (r->is_stopped != NULL && r->is_stopped(r->ctx)) {
			x->result->is_stopped = true;
			break;
		}
		if ((path = make_path(x, f)) == NULL)
			return err_nomem(err);
		x->result->repeated += slot_is_repeated(f->tail, f->time_s);
		take_file(x, f, path);
	}
	return 0;
}

/* Take what has gone out of the inventory. */
static void
compact(struct inventory *v)
{
	size_t kept = 0;

	for (size_t i = 0; i < v->count; i++)
		if (v->files[i].tail[0] != '\0')
			v->files[kept++] = v->files[i];
	v->count = kept;
}

static int64_t
first_time(const struct run *x)
{
	return x->v.count > 0 ? x->v.files[0].time_s : x->r->now_s;
}

/* Books that were empty, of a directory that is, too, stay so. */
static bool
is_blank(const struct books_file *f, const struct books *b)
{
	return f->len == 0 && b->files == 0;
}

static int
write_books(struct run *x, struct err *err)
{
	struct expire_dir *d = x->r->dirs;
	struct books_file *f = x->books;
	int rc = 0;

	for (uint32_t i = 0; i < x->r->dir_count; i++, d++, f++) {
		d->books = f->books;
		books_total(&d->books, &x->v, i, x->r->now_s);
		if (f->fd == -1 || x->r->is_dry || is_blank(f, &d->books))
			continue;
		if (books_write(f, &d->books, err) == -1)
			rc = err_context(err, "%s", d->path);
	}
	return rc;
}

/* Is there something to keep books of?  -1 when that cannot be found out. */
static int
wants_books(struct run *x, uint32_t dir, struct err *err)
{
	struct inventory_request scan = x->scan;
	struct inventory v = INVENTORY_EMPTY;
	int rc;

	if (x->r->takes_any)
		return 1;
	scan.tops = &x->tops[dir];
	scan.top_count = 1;
	scan.warn = NULL; /* the count that follows will tell */
	rc = inventory_take(&v, &scan, err) == -1 ? -1 : v.count > 0;
	inventory_fini(&v);
	return rc;
}

/* Have the books of a directory, if they are there or should be. */
static int
open_one(struct run *x, uint32_t dir, struct err *err)
{
	const struct expire_request *r = x->r;
	struct books_how how = { .mode = r->is_dry ? BOOKS_READ : BOOKS_UPDATE,
		.wait_ms = r->wait_ms, .warn = r->warn, .ctx = r->ctx };
	int rc = books_open(&x->books[dir], r->dirs[dir].fd, &how, err);

	if (rc != 0 || r->is_dry || (rc = wants_books(x, dir, err)) != 1)
		return rc;
	how.mode = BOOKS_CREATE;
	return books_open(&x->books[dir], r->dirs[dir].fd, &how, err);
}

static int
open_books(struct run *x, struct err *err)
{
	const struct expire_request *r = x->r;
	bool has_books = r->is_dry;
	int rc;

	for (uint32_t i = 0; i < r->dir_count; i++) {
		if ((rc = open_one(x, i, err)) == -1)
			return err_context(err, "%s", r->dirs[i].path);
		has_books |= rc == 1;
		if (r->locked != NULL && !r->is_dry)
			r->locked(r->ctx, i);
	}
	if (!has_books)
		return err_set(err, ERR_VALUE, "%s: no flow files and no %s",
		    r->dirs[0].path, BOOKS_NAME);
	return 0;
}

static int
find_limits(struct run *x, struct err *err)
{
	const struct books *b = &x->books[0].books;
	struct expire_limits *l = &x->result->limits;

	if (x->r->limits != NULL)
		*l = *x->r->limits;
	else if (x->books[0].is_garbled)
		return err_set(err, ERR_VALUE, "%s/%s: a limit is no number",
		    x->r->dirs[0].path, BOOKS_NAME);
	else
		*l = (struct expire_limits){ b->max_size, b->lifetime_s,
			b->watermark, 0 };
	l->watermark = watermark(l->watermark);
	return 0;
}

static int
expire(struct run *x, struct err *err)
{
	struct expire_result *result = x->result;
	int64_t first_s;
	int rc;

	if (open_books(x, err) == -1 || find_limits(x, err) == -1 ||
	    inventory_take(&x->v, &x->scan, err) == -1)
		return -1;
	if (x->v.foreign > x->v.count && !x->r->takes_any)
		return err_set(err, ERR_VALUE, "%s: %llu files are foreign, "
		    "%zu are flow files", x->r->dirs[0].path,
		    (unsigned long long)x->v.foreign, x->v.count);
	result->found = x->v.count;
	result->is_partial = x->v.is_partial;
	first_s = first_time(x);
	make_plan(x);
	rc = walk(x, err);
	compact(&x->v);
	result->span_s = first_time(x) - first_s;
	return write_books(x, rc == 0 ? err : NULL) == 0 ? rc : -1;
}

static void
end(struct run *x)
{
	buffer_fini(&x->path);
	inventory_fini(&x->v);
	free(x->parts);
	free(x->books);
	free(x->tops);
}

static int
begin(struct run *x, struct err *err)
{
	const struct expire_request *r = x->r;
	size_t n = r->dir_count;

	buffer_init(&x->path);
	x->tops = calloc(n, sizeof(*x->tops));
	x->books = calloc(n, sizeof(*x->books));
	x->parts = calloc(n, sizeof(*x->parts));
	if (x->books == NULL || x->tops == NULL || x->parts == NULL)
		return err_nomem(err);
	for (size_t i = 0; i < n; i++) {
		x->tops[i] = (struct inventory_top){ r->dirs[i].fd,
			r->dirs[i].path };
		x->books[i].fd = -1;
	}
	x->scan = (struct inventory_request){ .tops = x->tops,
		.top_count = r->dir_count,
		.crosses_mounts = r->crosses_mounts,
		.warn = tell_partial, .ctx = x };
	return 0;
}

int
expire_run(const struct expire_request *r, struct expire_result *result,
    struct err *err)
{
	struct run x = { .r = r, .result = result, .dir = NO_DIR, .fd = -1 };
	int rc = -1;

	*result = (struct expire_result){ .found = 0 };
	if (begin(&x, err) == 0) {
		rc = expire(&x, err);
		if (x.dir != NO_DIR)
			close(x.fd);
		for (uint32_t i = 0; i < r->dir_count; i++)
			books_close(&x.books[i]);
	}
	end(&x);
	return rc;
}

bool
expire_is_due(const struct books *b, int64_t now_s)
{
	int64_t limit_s;

	if (b->status != BOOKS_VALID)
		return true;
	limit_s = b->lifetime_s == 0 ? -1 : before(now_s, b->lifetime_s);
	return (b->max_size > 0 && b->size >= b->max_size) ||
	    b->first_s <= limit_s;
}
