/*
 * What the keeper's processes do, each for one file.
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/log.h"
#include "flowcapd/keeper_int.h"
#include "store/books.h"
#include "store/expire.h"

#define LOCK_WAIT_MS 10000

bool
keeper_wants_books(const struct keeper_options *o, int dir)
{
	return o->expire ||
	    (dir != -1 && faccessat(dir, BOOKS_NAME, F_OK, 0) == 0);
}

static void
warn(void *ctx, const struct err *why)
{
	log_warning("'%s': %s", (const char *)ctx, why->text);
}

/* Do the limits of the books ask for expiry? */
static int
is_expiry_due(int dir, const struct books_how *how, bool is_thorough,
    struct err *err)
{
	struct books_how reading = *how;
	struct books_file f;
	int rc;

	reading.mode = BOOKS_READ;
	if ((rc = books_open(&f, dir, &reading, err)) != 1)
		return rc;
	rc = (f.books.max_size != 0 || f.books.lifetime_s != 0) &&
	    (is_thorough || expire_is_due(&f.books, time(NULL)));
	books_close(&f);
	return rc;
}

static void
log_expired(const struct expire_result *r)
{
	if (r->files == 0)
		log_info("expire completed - nothing to expire.");
	else
		log_info("expire completed: expired files: %" PRIu64
		    ", expired file size: %" PRIu64 ", expired time range: %"
		    PRId64 " s", r->files, r->allocated, r->span_s);
	if (r->failed > 0)
		log_warning("expire: %" PRIu64 " files could not be removed",
		    r->failed);
}

/* The directory is the collector's own, whatever else is in it. */
static int
expire(const struct keeper_options *o, char *path, int dir, struct err *err)
{
	struct expire_dir d = { .fd = dir, .path = path };
	struct expire_request r = { .dirs = &d, .dir_count = 1,
		.now_s = time(NULL), .young_s = o->interval_s,
		.wait_ms = LOCK_WAIT_MS, .takes_any = true, .warn = warn,
		.ctx = path };
	struct expire_result result;

	log_info("Run expire on '%s'", path);
	if (expire_run(&r, &result, err) == -1)
		return err_context(err, "expire failed");
	log_expired(&result);
	return 0;
}

static int
keep(const struct keeper_options *o, const struct keeper_job *job, char *path,
    int dir, bool has_gap, bool is_thorough, struct err *err)
{
	struct books_how how = {
		.mode = o->expire ? BOOKS_CREATE : BOOKS_UPDATE,
		.wait_ms = LOCK_WAIT_MS, .warn = warn, .ctx = path };
	int rc;

	rc = has_gap ? books_rescan(dir, &how, time(NULL), err) :
		       books_add(dir, job->name, &how, time(NULL), err);
	if (rc == -1 || !o->expire)
		return rc;
	rc = is_expiry_due(dir, &how, is_thorough, err);
	return rc == 1 ? expire(o, path, dir, err) : rc;
}

bool
keeper_books(const struct keeper_options *o, const struct keeper_job *job,
    bool has_gap, bool is_thorough)
{
	char *path = strdup(job->dir);
	struct err err;
	int dir = job->dir_fd, rc;

	if (path == NULL) {
		log_error("'%s': out of memory", job->dir);
		return false;
	}
	rc = dir == -1 ? err_set(&err, ERR_SYSTEM, "cannot be opened") :
			 keep(o, job, path, dir, has_gap, is_thorough, &err);
	if (rc == -1)
		log_error("'%s': %s", path, err.text);
	free(path);
	return rc != -1;
}

/*
 * The name of the directory as others find it, wherever they are, and though
 * it may have been renamed.
 */
static const char *
directory_name(const struct keeper_job *job, char path[PATH_MAX])
{
	char link[64];
	struct stat st;
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", job->dir_fd);
	if (job->dir_fd == -1 || fstat(job->dir_fd, &st) == -1 ||
	    st.st_nlink == 0 ||
	    (len = readlink(link, path, PATH_MAX - 1)) == -1)
		return realpath(job->dir, path) != NULL ? path : job->dir;
	path[len] = '\0';
	return path;
}

void
keeper_launch(const struct command *c, const struct keeper_job *job)
{
	char path[PATH_MAX];
	struct command_values v = { job->name, directory_name(job, path),
		job->ident, job->start_s };
	char **words;

	if ((words = command_expand(c, &v)) == NULL) {
		log_error("launcher: out of memory");
		return;
	}
	command_clean_environment(environ);
	execvp(words[0], words);
	log_error("launcher: Can't execvp: %s: %s", words[0], strerror(errno));
	free(words);
}
