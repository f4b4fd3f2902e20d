/*
 * Changing the ident of a complete file; one of layout 1 in its header.
 *
 * In layout 2 the ident is in the appendix, whose place and size the header
 * tells, and no write changes both at once.  So the file is copied beside
 * itself, given a new appendix, and replaced.  The index, which is bound to
 * the place of the appendix, is made anew from the old one.
 */

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/indexer.h"
#include "store/layout1.h"
#include "store/replace.h"
#include "store/store_int.h"

#define COPY_LEN (256U * 1024)

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
copy_blocks(const struct store_file *f, const char *to, struct err *err)
{
	int fd = open(to, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	int rc;

	if (fd == -1)
		return err_system(err, "%s", to);
	rc = copy_start(f, fd, f->appendix, err);
	if (close(fd) == -1 && rc == 0)
		rc = err_system(err, "%s: writing a copy", f->path);
	return rc;
}

static int
make_copy(const struct store_file *f, const char *to, const char *ident,
    struct err *err)
{
	struct store_header h = store_file_header(f);
	struct store_writer *w;
	int rc;

	if (copy_blocks(f, to, err) == -1)
		return -1;
	w = store_writer_resume(AT_FDCWD, to, &h, ident, f->appendix,
	    f->index == NULL ? NULL : store_indexer_of(f->index), err);
	if (w == NULL)
		return -1;
	if ((rc = store_writer_take_ledger(w, f, err)) == 0)
		rc = store_writer_commit(w, &f->info.stats, err);
	store_writer_close(w);
	return rc;
}

static int
replace(const struct store_file *f, const char *ident, struct err *err)
{
	struct store_replace r;
	int rc = store_replace_begin(&r, f->path, f->fd, err);

	if (rc == 0 && (rc = make_copy(f, r.beside, ident, err)) == 0)
		rc = store_replace_commit(&r, err);
	store_replace_fini(&r);
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
	if ((f = store_file_open_complete(AT_FDCWD, real, err)) != NULL) {
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
