/*
 * Joining two complete files.
 *
 * The blocks of both are written to a third file, FROM.append in the folder
 * of FROM, whose header stays zero until all of it is there.  Then FROM is
 * removed, which is the moment when the append counts, and FROM.append takes
 * the name of TO.  A crash leaves one of
 *
 *	TO, FROM				nothing happened
 *	TO, FROM, FROM.append			the third file is void
 *	TO, FROM.append				it holds all, TO is to go
 *	TO (new)				done
 *
 * and the next append of FROM, or of FROM.append if that is what is left,
 * finishes the job: no flow is lost, none is there twice.  TO itself is
 * never written to, so readers see the old or the new file.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/slot.h"
#include "store/store_int.h"

#define SUFFIX_LEN (sizeof(SLOT_APPEND) - 1)
#define COMPARE_LEN 65536

/* What is appended to what. */
struct pair {
	int dir;
	const char *from;
	int to_dir;
	const char *to;
};

static char *
with_suffix(const char *path, struct err *err)
{
	size_t len = strlen(path);
	char *s = malloc(len + sizeof(SLOT_APPEND));

	if (s == NULL) {
		err_nomem(err);
		return NULL;
	}
	memcpy(s, path, len);
	memcpy(s + len, SLOT_APPEND, sizeof(SLOT_APPEND));
	return s;
}

bool
store_append_is(const char *name)
{
	size_t len = strlen(name);

	return len > SUFFIX_LEN &&
	    strcmp(name + len - SUFFIX_LEN, SLOT_APPEND) == 0;
}

static bool
exists(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 ||
	    (errno != ENOENT && errno != ENAMETOOLONG);
}

int
store_append_discard(int dir, const char *name, struct err *err)
{
	size_t len = strlen(name);
	struct stat st;
	char *from;
	int rc = 1;

	if (!store_append_is(name))
		return 0;
	if ((from = strndup(name, len - SUFFIX_LEN)) == NULL)
		return err_nomem(err);
	if (fstatat(dir, from, &st, AT_SYMLINK_NOFOLLOW) == -1)
		rc = errno == ENOENT ? 0 : err_system(err, "%s", from);
	free(from);
	if (rc == 1 && unlinkat(dir, name, 0) == -1)
		rc = err_system(err, "%s", name);
	return rc;
}

int
store_append_undo(int dir, const char *from, struct err *err)
{
	char *both = with_suffix(from, err);
	int rc = 0;

	if (both == NULL)
		return -1;
	if (exists(dir, both) && store_append_discard(dir, both, err) == -1)
		rc = -1;
	free(both);
	return rc;
}

/*
 * Records that were converted are more bytes than their file had in a block:
 * write them in blocks of the usual size.
 */
static int
write_records(
    struct store_writer *w, const struct store_block *b, struct err *err)
{
	struct record_cursor c = { .data = b->raw, .len = b->len };
	struct span record;
	uint32_t records = 0;
	uint16_t type;
	size_t start = 0, end = 0;
	int rc;

	while ((rc = record_next(&c, &type, &record, err)) == 1) {
		if (records > 0 && c.pos - start > STORE_BLOCK_SIZE) {
			if (store_writer_block(w, b->raw + start, end - start,
				records, err) == -1)
				return -1;
			start = end;
			records = 0;
		}
		end = c.pos;
		records++;
	}
	if (rc == 0 && records > 0)
		rc = store_writer_block(
		    w, b->raw + start, end - start, records, err);
	return rc;
}

/*
 * Copy a block.  It is expanded even when its stored bytes are taken, since
 * a damaged one must not be joined to a sound file.
 */
static int
copy_block(struct store_writer *w, struct store_file *f,
    const struct codec *codec, const struct store_ref *ref,
    struct store_block *b, struct err *err)
{
	if (store_block_load(f, ref, b, err) == -1)
		return -1;
	if (ref->convert != NULL)
		return write_records(w, b, err);
	if (ref->codec == codec)
		return store_writer_stored(w, ref, b, err);
	return store_writer_raw(w, ref->type, b->records, b->raw, b->len, err);
}

/* In layout 1 other blocks have no meaning to readers of layout 2. */
static bool
is_copied(const struct store_file *f, const struct store_ref *ref)
{
	return f->layout != &store_layout_1 || ref->has_records;
}

/* Copy all blocks, and count their records unless c is NULL. */
static int
copy_blocks(struct store_writer *w, struct store_file *f,
    const struct codec *codec, struct store_counter *c, struct err *err)
{
	struct store_block b = { 0 };
	struct store_ref ref;
	int rc;

	while ((rc = store_file_block(f, &ref, err)) == 1) {
		if (!is_copied(f, &ref))
			continue;
		if ((rc = copy_block(w, f, codec, &ref, &b, err)) == -1)
			break;
		if (c == NULL || !ref.has_records)
			continue;
		rc = store_counter_add(c, b.raw, b.len, b.records, err);
		if (rc == -1) {
			err_context(err, "%s: block %u", f->path, ref.number);
			break;
		}
	}
	store_block_fini(&b);
	return rc;
}

/*
 * Copy blocks, and add what the file or else its records say to *sum;
 * likewise the ledger.
 */
static int
add_file(struct store_writer *w, struct store_file *f,
    const struct codec *codec, struct record_stats *sum, struct err *err)
{
	struct store_counter c;
	int rc;

	if (store_writer_take_ledger(w, f, err) == -1)
		return -1;
	if (f->info.has_stats) {
		record_stats_merge(sum, &f->info.stats);
		return copy_blocks(w, f, codec, NULL, err);
	}
	if (store_counter_init(&c, err) == -1)
		return -1;
	rc = copy_blocks(w, f, codec, &c, err);
	record_stats_merge(sum, &c.stats);
	store_counter_fini(&c);
	return rc;
}

/*
 * Write both to a new file.  It is told to be as old as what is appended: if a
 * crash leaves it, its slot is found by that, and a target may have been made
 * by others, at another time.
 */
static int
write_both(int dir, const char *path, struct store_file *a,
    struct store_file *b, mode_t mode, struct err *err)
{
	/* files of layout 1 do not tell theirs */
	const struct store_file *of = b->layout == &store_layout_1 ? a : b;
	struct record_stats sum;
	struct store_writer *w;
	int rc = -1;

	w = store_writer_create(dir, path, a->info.codec, a->info.ident,
	    of->info.created_s, true, err);
	if (w == NULL)
		return -1;
	record_stats_init(&sum);
	if (add_file(w, a, a->info.codec, &sum, err) == 0 &&
	    add_file(w, b, a->info.codec, &sum, err) == 0 &&
	    store_writer_commit(w, &sum, err) == 0)
		rc = store_writer_settle(w, mode, err);
	store_writer_close(w);
	return rc;
}

/* Two files that can be joined: not the same one, and a rename will do. */
static int
check_pair(const struct store_file *a, const struct store_file *b, mode_t *mode,
    struct err *err)
{
	struct stat sa, sb;

	if (fstat(a->fd, &sa) == -1)
		return err_system(err, "%s", a->path);
	if (fstat(b->fd, &sb) == -1)
		return err_system(err, "%s", b->path);
	if (sa.st_dev != sb.st_dev) {
		errno = EXDEV;
		return err_system(err, "%s and %s", a->path, b->path);
	}
	if (sa.st_ino == sb.st_ino)
		return err_set(
		    err, ERR_VALUE, "%s and %s are one file", a->path, b->path);
	*mode = sa.st_mode & 0777;
	return 0;
}

/* From the check to the file that holds both. */
static int
prepare(const struct pair *p, const char *both, struct err *err)
{
	struct store_file *a, *b = NULL;
	mode_t mode = 0644;
	int rc = -1;

	if ((a = store_file_open_complete(p->to_dir, p->to, err)) == NULL ||
	    (b = store_file_open_complete(p->dir, p->from, err)) == NULL ||
	    check_pair(a, b, &mode, err) == -1)
		goto done;
	if (unlinkat(p->dir, both, 0) == -1 && errno != ENOENT)
		err_system(err, "%s", both);
	else
		rc = write_both(p->dir, both, a, b, mode, err);
done:
	store_file_close(b);
	store_file_close(a);
	return rc;
}

static int
take_place(const struct pair *p, const char *both, struct err *err)
{
	if (renameat(p->dir, both, p->to_dir, p->to) == -1)
		return err_system(err, "renaming %s to %s", both, p->to);
	return 0;
}

static int
join(const struct pair *p, struct err *err)
{
	char *both = with_suffix(p->from, err);
	int rc = -1;

	if (both == NULL)
		return -1;
	if (prepare(p, both, err) == -1) {
		unlinkat(p->dir, both, 0);
	} else if (unlinkat(p->dir, p->from, 0) == -1) {
		err_system(err, "%s", p->from);
		unlinkat(p->dir, both, 0);
	} else {
		rc = take_place(p, both, err);
	}
	free(both);
	return rc;
}

/* Where a comparison stands in the records of a file. */
struct stream {
	struct store_file *f;
	struct store_block b;
	size_t pos;
};

/* 1 with bytes to compare, 0 at the end, -1. */
static int
stream_fill(struct stream *s, struct err *err)
{
	struct store_ref ref;
	int rc = 1;

	while (rc == 1 && s->pos == s->b.len) {
		if ((rc = store_file_next(s->f, &ref, err)) == 1 &&
		    store_block_load(s->f, &ref, &s->b, err) == -1)
			rc = -1;
		s->pos = 0;
	}
	return rc;
}

/* Do the records of b begin with all those of a? */
static int
begins_with_records(struct store_file *b, struct store_file *a, struct err *err)
{
	struct stream sa = { .f = a }, sb = { .f = b };
	size_t len;
	int rc, is = 1;

	while (is == 1 && (rc = stream_fill(&sa, err)) == 1) {
		if ((rc = stream_fill(&sb, err)) != 1) {
			is = rc;
			break;
		}
		len = sa.b.len - sa.pos;
		if (len > sb.b.len - sb.pos)
			len = sb.b.len - sb.pos;
		is = memcmp(sa.b.raw + sa.pos, sb.b.raw + sb.pos, len) == 0;
		sa.pos += len;
		sb.pos += len;
	}
	store_block_fini(&sb.b);
	store_block_fini(&sa.b);
	return rc == -1 ? -1 : is;
}

/* Do the data blocks of b begin with all those of a? */
static int
begins_with(
    const struct store_file *b, const struct store_file *a, struct err *err)
{
	uint64_t pos = STORE_HEADER_LEN;
	uint8_t *buf = malloc(2 * COMPARE_LEN);
	ssize_t got_a, got_b;
	size_t len;
	int rc = a->info.codec == b->info.codec && a->appendix <= b->appendix;

	if (buf == NULL)
		return err_nomem(err);
	for (; rc == 1 && pos < a->appendix; pos += len) {
		len = a->appendix - pos < COMPARE_LEN ?
		    (size_t)(a->appendix - pos) :
		    COMPARE_LEN;
		if ((got_a = store_pread(a->fd, buf, len, pos)) == -1 ||
		    (got_b = store_pread(b->fd, buf + COMPARE_LEN, len, pos)) ==
			-1)
			rc = err_system(err, "%s or %s", a->path, b->path);
		else
			rc = got_a == got_b &&
			    memcmp(buf, buf + COMPARE_LEN, (size_t)got_a) == 0;
	}
	free(buf);
	return rc;
}

/* Is both what an append to this file left?  1, 0, -1. */
static int
holds(const struct pair *p, const char *both, struct err *err)
{
	struct store_file *a, *b = NULL;
	int rc = -1;

	if ((a = store_file_open_complete(p->to_dir, p->to, err)) != NULL &&
	    (b = store_file_open_complete(p->dir, both, err)) != NULL) {
		rc = a->layout == &store_layout_1 ? 0 :
						    begins_with(b, a, err);
		if (rc == 0) /* blocks of layout 1 were converted */
			rc = begins_with_records(b, a, err);
	}
	store_file_close(b);
	store_file_close(a);
	return rc;
}

/* Finish an append that counts already. */
static int
resume(const struct pair *p, const char *both, struct err *err)
{
	const struct pair other = { p->dir, both, p->to_dir, p->to };

	switch (holds(p, both, err)) {
	case 1:
		return take_place(p, both, err);
	case 0: /* it was to another file */
		return join(&other, err);
	default:
		return -1;
	}
}

/* FROM is gone: is that because an append of it was under way? */
static int
append_missing(const struct pair *p, struct err *err)
{
	char *both = with_suffix(p->from, err);
	int rc = -1;

	if (both == NULL)
		return -1;
	if (exists(p->dir, both)) {
		rc = resume(p, both, err);
	} else {
		errno = ENOENT;
		err_system(err, "%s", p->from);
	}
	free(both);
	return rc;
}

int
store_append(int to_dir, const char *to, int from_dir, const char *from,
    struct err *err)
{
	const struct pair p = { from_dir, from, to_dir, to };
	int rc = store_append_discard(from_dir, from, err);

	if (rc != 0)
		return rc == 1 ? 0 : -1;
	if (store_append_is(from))
		return resume(&p, from, err);
	if (!exists(from_dir, from))
		return append_missing(&p, err);
	return join(&p, err);
}
