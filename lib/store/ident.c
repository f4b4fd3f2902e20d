/*
 * Changing the ident of a complete file; one of layout 1 in its header.
 *
 * In layout 2 the ident is in the appendix, whose place and size the header tells, and
 * no write changes both at once.  So the file is copied beside itself, given
 * a new appendix, put on stable storage and then renamed: a crash or a full
 * disk leaves the old file as it was.  The index, which is bound to the place
 * of the appendix, is made anew from the old one.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/indexer.h"
#include "store/layout1.h"
#include "store/paths_int.h"
#include "store/store_int.h"

#define COPY_LEN (256U * 1024)

/* A name that all readers of directories pass over: ".NAME.PID.stat". */
static char *
name_beside(const char *path, struct err *err)
{
	size_t size = strlen(path) + 32;
	const char *name = path_tail(path, 1);
	char *beside = malloc(size);

	if (beside == NULL)
		err_nomem(err);
	else
		snprintf(beside, size, "%.*s.%s.%ld.stat", (int)(name - path),
		    path, name, (long)getpid());
	return beside;
}

/* The first len bytes of the file. */
static int
copy_start(const struct store_file *f, int fd, uint64_t len, struct err *err)
{
	uint8_t *buf = malloc(COPY_LEN);
	uint64_t pos = 0;
	size_t want;
	ssize_t got;
	int rc = 0;

	if (buf == NULL)
		return err_nomem(err);
	for (; rc == 0 && pos < len; pos += want) {
		want = len - pos < COPY_LEN ? (size_t)(len - pos) : COPY_LEN;
		if ((got = store_pread(f->fd, buf, want, pos)) == -1)
			rc = err_system(err, "%s: reading", f->path);
		else if ((size_t)got < want)
			rc = err_set(err, ERR_MALFORMED, "%s: truncated",
			    f->path);
		else if (store_pwrite(fd, buf, want, pos) == -1)
			rc = err_system(err, "%s: writing a copy", f->path);
	}
	free(buf);
	return rc;
}

static int
create_copy(const struct store_file *f, const char *to, struct err *err)
{
	int fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
	    0600);
	int rc;

	if (fd == -1)
		return err_system(err, "%s", to);
	rc = copy_start(f, fd, f->appendix, err);
	if (close(fd) == -1 && rc == 0)
		rc = err_system(err, "%s: writing a copy", f->path);
	return rc;
}

/* Whose a copy is.  Those that share its group only by chance get nothing. */
static mode_t
keep_owner(const char *path, const struct stat *st)
{
	mode_t mode = st->st_mode & 07777;

	if (lchown(path, st->st_uid, st->st_gid) == -1 &&
	    lchown(path, (uid_t)-1, st->st_gid) == -1)
		mode &= ~(mode_t)070;
	return mode;
}

static int
finish_copy(const struct store_file *f, const char *to, const char *ident,
    const struct stat *st, struct err *err)
{
	const struct timespec times[2] = { st->st_atim, st->st_mtim };
	struct store_header h = store_file_header(f);
	struct store_writer *w;
	int rc = -1;

	w = store_writer_resume(to, &h, ident, f->appendix,
	    f->index == NULL ? NULL : store_indexer_of(f->index), err);
	if (w == NULL)
		return -1;
	if (store_writer_commit(w, &f->info.stats, err) == -1)
		goto done;
	if (utimensat(AT_FDCWD, to, times, 0) == -1)
		err_system(err, "%s", to);
	else
		rc = store_writer_settle(w, keep_owner(to, st), err);
done:
	store_writer_close(w);
	return rc;
}

/* Nobody has appended to it or put another file in its place. */
static int
check_unchanged(const char *path, const struct stat *was, struct err *err)
{
	struct stat st;

	if (lstat(path, &st) == -1)
		return err_system(err, "%s", path);
	if (st.st_dev != was->st_dev || st.st_ino != was->st_ino ||
	    st.st_size != was->st_size ||
	    st.st_mtim.tv_sec != was->st_mtim.tv_sec ||
	    st.st_mtim.tv_nsec != was->st_mtim.tv_nsec)
		return err_set(err, ERR_MALFORMED,
		    "%s: changed meanwhile, its ident is as it was", path);
	return 0;
}

/* To put the new name on stable storage; a descriptor, or -1. */
static int
open_directory(const char *path, struct err *err)
{
	size_t len = (size_t)(path_tail(path, 1) - path);
	char *dir = strndup(path, len);
	int fd;

	if (dir == NULL)
		return err_nomem(err);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		err_system(err, "%s", dir);
	free(dir);
	return fd;
}

static int
replace_by(const struct store_file *f, const char *beside, const char *ident,
    struct err *err)
{
	struct stat st;

	if (fstat(f->fd, &st) == -1 || access(f->path, W_OK) == -1)
		return err_system(err, "%s", f->path);
	if (create_copy(f, beside, err) == 0 &&
	    finish_copy(f, beside, ident, &st, err) == 0 &&
	    check_unchanged(f->path, &st, err) == 0) {
		if (rename(beside, f->path) == 0)
			return 0;
		err_system(err, "%s", f->path);
	}
	unlink(beside);
	return -1;
}

/* The directory is opened first: what fails later has changed the file. */
static int
replace(const struct store_file *f, const char *ident, struct err *err)
{
	int dir = open_directory(f->path, err), rc = -1;
	char *beside;

	if (dir == -1)
		return -1;
	if ((beside = name_beside(f->path, err)) != NULL)
		rc = replace_by(f, beside, ident, err);
	if (rc == 0 && fsync(dir) == -1 && errno != EINVAL)
		rc = err_system(err, "%s: its directory", f->path);
	free(beside);
	close(dir);
	return rc;
}

int
store_set_ident(const char *path, const char *ident, struct err *err)
{
	char *real = realpath(path, NULL); /* the file, not a link to it */
	struct store_file *f = NULL;
	int rc = -1;

	if (real == NULL)
		return err_system(err, "%s", path);
	if ((f = store_file_open_complete(real, err)) != NULL) {
		if (!f->info.has_stats)
			err_set(err, ERR_MALFORMED,
			    "%s: no statistics in its appendix", path);
		else if (strcmp(f->info.ident, ident) == 0)
			rc = 0;
		else if (f->layout == &store_layout_1)
			rc = store_v1_set_ident(real, ident, err);
		else {
			/* one that is damaged is left out */
			store_file_load_index(f, NULL);
			rc = replace(f, ident, err);
		}
	}
	store_file_close(f);
	free(real);
	return rc;
}
