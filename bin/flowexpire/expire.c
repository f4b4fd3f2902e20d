/*
 * The action that removes files.
 */

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "flowexpire/hold.h"
#include "flowexpire/job.h"
#include "flowexpire/progress.h"
#include "flowexpire/report.h"

#define PROFILE_WATERMARK 98

static volatile sig_atomic_t is_signalled;

static void
on_signal(int number)
{
	(void)number;
	is_signalled = 1;
}

/* Signals that end the program, unless whoever started it ignores them. */
static void
set_signals(void (*handler)(int))
{
	static const int numbers[] = { SIGHUP, SIGINT, SIGTERM };
	struct sigaction action = { .sa_handler = handler,
		.sa_flags = SA_RESTART }, old;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (sigaction(numbers[i], NULL, &old) == 0 &&
		    old.sa_handler != SIG_IGN)
			sigaction(numbers[i], &action, NULL);
}

/* An expiry under way. */
struct expiry {
	struct job *job;
	struct hold hold; /* no filter: none */
	struct timespec end; /* monotonic; 0: none */
	struct progress progress;
};

static void
on_planned(void *ctx, uint64_t files)
{
	struct expiry *e = ctx;

	e->progress.planned = files;
	progress_line_start(&e->progress.line);
}

static bool
on_stop(void *ctx)
{
	struct expiry *e = ctx;
	struct timespec now;

	progress_step(&e->progress);
	if (is_signalled)
		return true;
	if (e->end.tv_sec == 0 || clock_gettime(CLOCK_MONOTONIC, &now) == -1)
		return false;
	return now.tv_sec > e->end.tv_sec || (now.tv_sec == e->end.tv_sec &&
	    now.tv_nsec >= e->end.tv_nsec);
}

static void
on_warn(void *ctx, const struct err *why)
{
	struct expiry *e = ctx;

	progress_line_wipe(&e->progress.line);
	fprintf(stderr, "%s: %s\n", e->job->name, why->text);
}

/* What cannot be read may have what is to be kept. */
static bool
may_go(void *ctx, const struct expire_file *f)
{
	struct expiry *e = ctx;
	const char *name = f->path + strlen(e->job->places.path) + 1;
	struct err why;

	if (e->hold.filter == NULL || f->size == 0)
		return true;
	switch (hold_ask(&e->hold, f, name, &why)) {
	case HOLD_NO:
	case HOLD_COPIED:
		return true;
	case HOLD_YES:
		return e->job->config->hold_dir != NULL; /* -n copies none */
	default:
		err_set(&why, why.code, "%s, it stays", why.text);
		on_warn(ctx, &why);
		/* That flows are copied is asked for, and has not been done. */
		e->job->has_trouble |= e->job->config->hold_dir != NULL;
		return false;
	}
}

static void
on_gone(void *ctx, const struct expire_file *f)
{
	struct expiry *e = ctx;
	const struct config *c = e->job->config;

	e->progress.bytes += f->allocated;
	if (!c->dry || c->json)
		return;
	progress_line_wipe(&e->progress.line);
	report_would(f, e->job->now_s);
}

static void
on_locked(void *ctx, uint32_t dir)
{
	const struct expiry *e = ctx;

	job_clear_pending(e->job, dir);
	/* Until all books are locked a signal finds nothing to be finished. */
	if (dir + 1 == e->job->places.count)
		set_signals(on_signal);
}

/* The limits of the books, of one directory, under those of the options. */
static int
find_limits(struct job *j, struct expire_limits *l, struct books *b,
    struct err *err)
{
	const struct config *c = j->config;
	const struct books_how how = { .mode = BOOKS_READ,
		.wait_ms = c->wait_s * 1000 };
	struct expire_dir *d = &j->places.dirs[0];
	struct books_file f = { .is_garbled = false };

	*b = (struct books){ .status = BOOKS_REBUILD };
	if (c->profile) {
		b->watermark = PROFILE_WATERMARK;
	} else if (books_open(&f, d->fd, &how, err) == -1) {
		return err_context(err, "%s", d->path);
	} else {
		*b = f.books;
		books_close(&f);
	}
	if (f.is_garbled)
		return err_set(err, ERR_VALUE, "%s/%s: a limit is no number; "
		    "set it with -u", d->path, BOOKS_NAME);
	job_set_limits(j, b);
	*l = (struct expire_limits){ b->max_size, b->lifetime_s,
		b->watermark, c->limits.min_free };
	return 0;
}

static void
find_free(struct job *j, struct expire_limits *l)
{
	uint64_t percent = j->config->free_percent;
	struct statvfs st;

	if (percent > 0 && fstatvfs(j->places.dirs[0].fd, &st) == 0)
		l->min_free = (uint64_t)st.f_blocks / 100 * percent *
		    st.f_frsize;
}

/*
 * When all files are too old, somebody may have given the wrong directory or
 * limit.  False when the answer is no.
 */
static bool
is_meant(struct job *j, const struct expire_limits *l, const struct books *b)
{
	const struct config *c = j->config;
	char reply[16];

	if (c->yes || c->dry || l->lifetime_s == 0 || b->files == 0 ||
	    l->lifetime_s > (uint64_t)j->now_s ||
	    b->last_s >= j->now_s - (int64_t)l->lifetime_s || !isatty(0))
		return true;
	printf("All %llu files in %s are older than the limit.\n"
	    "The newest one stays unless --all is given.\n"
	    "Are you sure? yes/[no] ", (unsigned long long)b->files,
	    j->places.path);
	fflush(stdout);
	if (fgets(reply, sizeof(reply), stdin) != NULL &&
	    strcasecmp(reply, "yes\n") == 0)
		return true;
	puts("Expire canceled!");
	return false;
}

/* --store */
static int
store_limits(struct job *j, struct err *err)
{
	const struct books_how how = { .mode = BOOKS_UPDATE,
		.wait_ms = j->config->wait_s * 1000 };
	struct books_file f;
	struct books b;
	int rc = books_open(&f, j->places.dirs[0].fd, &how, err);

	if (rc != 1)
		return rc;
	b = f.books;
	job_set_limits(j, &b);
	rc = books_write(&f, &b, err);
	books_close(&f);
	return rc;
}

static int
apply(struct job *j, const struct expire_limits *l,
    struct expire_result *result, struct err *err)
{
	const struct config *c = j->config;
	struct expiry e = { .job = j };
	int rc;
	const struct expire_request r = {
		.dirs = j->places.dirs,
		.dir_count = j->places.count,
		.limits = l,
		.now_s = j->now_s,
		.young_s = c->interval_s,
		.wait_ms = c->wait_s * 1000,
		.is_dry = c->dry,
		.takes_newest = c->all,
		.takes_any = c->force,
		.crosses_mounts = c->mounts,
		.locked = on_locked,
		.planned = on_planned,
		.is_stopped = on_stop,
		.may_go = may_go,
		.gone = on_gone,
		.warn = on_warn,
		.ctx = &e,
	};

	if (c->hold != NULL && hold_init(&e.hold, c->hold,
	    c->dry ? NULL : c->hold_dir, j->places.path, err) == -1) {
		hold_fini(&e.hold);
		return -1;
	}
	if (c->runtime_s > 0 &&
	    clock_gettime(CLOCK_MONOTONIC, &e.end) == 0)
		e.end.tv_sec += c->runtime_s;
	rc = expire_run(&r, result, err);
	set_signals(SIG_DFL);
	progress_line_wipe(&e.progress.line);
	hold_fini(&e.hold);
	return rc;
}

int
job_expire(struct job *j, struct err *err)
{
	struct expire_result result;
	struct expire_limits l;
	struct books b;

	if (places_set_quotas(&j->places, &j->config->quotas, err) == -1 ||
	    find_limits(j, &l, &b, err) == -1)
		return -1;
	find_free(j, &l);
	if (!is_meant(j, &l, &b))
		return 0;
	if (apply(j, &l, &result, err) == -1)
		return -1;
	if (j->config->store && !j->config->dry && !j->config->profile &&
	    store_limits(j, err) == -1)
		return -1;
	if (result.is_stopped)
		fprintf(stderr, "%s: stopped %s\n", j->name,
		    is_signalled ? "by a signal" : "after the time of -T");
	if (result.repeated > 0)
		fprintf(stderr, "%s: the clock showed the time in the names of "
		    "%llu files twice; the later one is taken\n", j->name,
		    (unsigned long long)result.repeated);
	j->has_trouble |= result.failed > 0 || result.is_partial;
	return job_report(j, &result, err);
}
