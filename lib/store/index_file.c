/*
 * Indexes for files that have none.
 *
 * The index is written in place, behind the appendix, where no reader looks
 * for anything else.  It counts only when its hash is there, which comes
 * last, so a crash at any moment leaves the file as good as it was.
 */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/index_file.h"
#include "store/indexer.h"
#include "store/ledger_int.h"
#include "store/store_int.h"

/* The state that the index is made of. */
struct state {
	struct stat st;
	uint8_t header[STORE_HEADER_LEN];
};

static int
read_state(int fd, const char *path, struct state *s, struct err *err)
{
	ssize_t len;

	if (fstat(fd, &s->st) == -1 ||
	    (len = store_pread(fd, s->header, sizeof(s->header), 0)) == -1)
		return err_system(err, "%s", path);
	if ((size_t)len < sizeof(s->header))
		return err_set(err, ERR_MALFORMED, "%s: truncated", path);
	return 0;
}

static bool
is_same(const struct state *a, const struct state *b)
{
	return a->st.st_dev == b->st.st_dev && a->st.st_ino == b->st.st_ino &&
	    a->st.st_size == b->st.st_size &&
	    a->st.st_mtim.tv_sec == b->st.st_mtim.tv_sec &&
	    a->st.st_mtim.tv_nsec == b->st.st_mtim.tv_nsec &&
	    memcmp(a->header, b->header, sizeof(a->header)) == 0;
}

static int
add_block(const struct store_file *f, const struct store_ref *ref,
    struct store_block *b, struct store_indexer *x, struct err *err)
{
	struct index_block block = { .stored_len = ref->stored };

	if (store_block_load(f, ref, b, err) == -1)
		return -1;
	if (ref->has_records) {
		if (store_records_check(b->raw, b->len, b->records, err) == -1)
			return err_context(
			    err, "%s: block %u", f->path, ref->number);
		block.raw = b->raw;
	}
	block.stored = store_block_stored(ref, b);
	block.records = b->records;
	block.raw_len = b->len;
	block.bytes = b->bytes;
	store_indexer_add(x, &block);
	return 0;
}

static int
add_blocks(struct store_file *f, struct store_indexer *x, struct err *err)
{
	struct store_block b = { 0 };
	struct store_ref ref;
	int rc;

	while ((rc = store_file_block(f, &ref, err)) == 1)
		if ((rc = add_block(f, &ref, &b, x, err)) == -1)
			break;
	store_block_fini(&b);
	return rc;
}

/* The index and, behind it, the ledger that the file had. */
static int
collect(const struct store_file *f, const struct buffer *index,
    struct buffer *both, struct err *err)
{
	struct index_place place = store_file_index_place(f);
	struct store_ledger *l = store_file_ledger_or_none(f);

	place.start += index->len;
	buffer_add(both, index->data, index->len);
	if (l != NULL)
		store_ledger_encode(l, &place, both);
	store_ledger_free(l);
	return both->failed ? err_nomem(err) : 0;
}

/* Behind the appendix, and nothing behind it. */
static int
write_index(int fd, const struct buffer *index, uint64_t start)
{
	if (store_pwrite(fd, index->data, index->len, start) == 0 &&
	    ftruncate(fd, (off_t)(start + index->len)) == 0 &&
	    fdatasync(fd) == 0)
		return 0;
	return -1;
}

/* Unless the file is no longer what was read. */
static int
write_checked(int fd, const struct store_file *f, const struct state *was,
    const struct buffer *index, struct err *err)
{
	const struct timespec times[2] = { was->st.st_atim,
		was->st.st_mtim };
	struct state is;
	int rc = 0;

	if (read_state(fd, f->path, &is, err) == -1)
		return -1;
	if (!is_same(&is, was))
		return err_set(err, ERR_MALFORMED,
		    "%s: changed meanwhile, no index is made", f->path);
	if (write_index(fd, index, f->tail) == -1) {
		rc = err_system(err, "%s: writing the index", f->path);
		/* a piece that stays does not count */
		if (ftruncate(fd, (off_t)f->tail) == -1)
			err_context(err, "no index");
	}
	if (futimens(fd, times) == -1 && rc == 0)
		rc = err_system(err, "%s: its times", f->path);
	return rc;
}

/* A file that nobody may write to is left alone by root, too. */
static int
put(const struct store_file *f, const struct state *was,
    const struct buffer *index, struct err *err)
{
	int fd = -1, rc;

	if ((was->st.st_mode & 0222) == 0)
		errno = EACCES;
	else
		fd = open(f->path,
		    O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd == -1)
		return err_system(err, "%s", f->path);
	rc = write_checked(fd, f, was, index, err);
	close(fd);
	return rc;
}

static int
make(struct store_file *f, const struct state *was, uint64_t *len,
    struct err *err)
{
	const struct index_place place = store_file_index_place(f);
	struct store_indexer *x = store_indexer_new();
	struct buffer both = BUFFER_EMPTY;
	const struct buffer *index;
	int rc = -1;

	if (x == NULL)
		return err_nomem(err);
	if (add_blocks(f, x, err) == 0) {
		if ((index = store_indexer_finish(x, &place)) == NULL) {
			err_set(err, ERR_MALFORMED, "%s: no index can be made "
			    "of its records", f->path);
		} else if (collect(f, index, &both, err) == 0) {
			*len = index->len;
			rc = put(f, was, &both, err);
		}
	}
	buffer_fini(&both);
	store_indexer_free(x);
	return rc;
}

static int
check_file(const struct store_file *f, struct err *err)
{
	if (!f->info.is_complete)
		return err_set(err, ERR_MALFORMED,
		    "%s: not complete, it is being written or was left by a "
		    "crash", f->path);
	if (f->tail == 0)
		return err_set(err, ERR_MALFORMED,
		    "%s: it has no appendix block, or several", f->path);
	return 0;
}

/* *st is of before the first byte was read, which may count as an access. */
static int
index_open(struct store_file *f, const struct stat *st,
    enum index_result *result, uint64_t *len, struct err *err)
{
	struct state was;

	if (f->layout != &store_layout_2) {
		*result = INDEX_FOREIGN;
		return 0;
	}
	if (check_file(f, err) == -1)
		return -1;
	if (store_file_load_index(f, NULL) == 1) {
		*result = INDEX_THERE;
		return 0;
	}
	*result = INDEX_MADE;
	if (read_state(f->fd, f->path, &was, err) == -1)
		return -1;
	was.st.st_atim = st->st_atim;
	if ((uint64_t)was.st.st_size != f->info.size)
		return err_set(err, ERR_MALFORMED,
		    "%s: changed meanwhile, no index is made", f->path);
	return make(f, &was, len, err);
}

int
store_index_file(const char *path, enum index_result *result, uint64_t *len,
    struct err *err)
{
	struct store_file *f;
	struct stat st;
	int rc;

	*len = 0;
	if (lstat(path, &st) == -1)
		return err_system(err, "%s", path);
	if (S_ISLNK(st.st_mode))
		return err_set(err, ERR_MALFORMED,
		    "%s: a symbolic link, give the file itself", path);
	if ((f = store_file_open(path, err)) == NULL)
		return -1;
	rc = index_open(f, &st, result, len, err);
	store_file_close(f);
	return rc;
}
