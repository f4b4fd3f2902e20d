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

/* What is to be behind the appendix, and what is there. */
struct ends {
	struct buffer both; /* the index and, behind it, the ledger */
	size_t index_len;
	struct buffer old; /* the old ledger and what is before it, if any */
};

static int
read_old(const struct store_file *f, struct buffer *old, struct err *err)
{
	size_t len = (size_t)(f->info.size - f->tail);
	char *p = buffer_room(old, len);
	ssize_t got;

	if (p == NULL)
		return err_nomem(err);
	if ((got = store_pread(f->fd, p, len, f->tail)) == -1)
		return err_system(err, "%s: reading", f->path);
	old->len += (size_t)got;
	return 0;
}

static int
collect(const struct store_file *f, const struct buffer *index,
    struct ends *e, struct err *err)
{
	struct index_place place = store_file_index_place(f);
	struct store_ledger *l;
	int rc = store_file_ledger_sound(f, &l, err);

	if (rc == -1)
		return -1;
	place.start += e->index_len = index->len;
	buffer_add(&e->both, index->data, index->len);
	if (rc == 1)
		store_ledger_encode(l, &place, &e->both);
	store_ledger_free(l);
	if (e->both.failed)
		return err_nomem(err);
	return rc == 1 ? read_old(f, &e->old, err) : 0;
}

/*
 * Behind the appendix, and nothing behind it.  The new ledger comes first:
 * where it is, it counts already, and so it is there when the program dies.
 */
static int
write_ends(int fd, const struct ends *e, uint64_t start, bool *has_moved)
{
	const char *ledger = e->both.data + e->index_len;

	if (store_pwrite(fd, ledger, e->both.len - e->index_len,
	    start + e->index_len) == -1)
		return -1;
	*has_moved = e->old.len > 0;
	if (store_pwrite(fd, e->both.data, e->index_len, start) == 0 &&
	    ftruncate(fd, (off_t)(start + e->both.len)) == 0 &&
	    fdatasync(fd) == 0)
		return 0;
	return -1;
}

/*
 * After a failure a ledger is to stay, the old one or that which has moved; a
 * piece of an index that stays does not count.
 */
static int
restore(int fd, const struct ends *e, uint64_t start, bool has_moved)
{
	int rc = store_pwrite(fd, e->old.data, e->old.len, start);

	if (rc == -1 && has_moved)
		return -1;
	return ftruncate(fd, (off_t)(start + e->old.len)) == -1 ? -1 : rc;
}

/* Unless the file is no longer what was read. */
static int
write_checked(int fd, const struct store_file *f, const struct state *was,
    const struct ends *e, struct err *err)
{
	const struct timespec times[2] = { was->st.st_atim,
		was->st.st_mtim };
	struct state is;
	bool has_moved = false;
	int rc = 0;

	if (read_state(fd, f->path, &is, err) == -1)
		return -1;
	if (!is_same(&is, was))
		return err_set(err, ERR_MALFORMED,
		    "%s: changed meanwhile, no index is made", f->path);
	if (write_ends(fd, e, f->tail, &has_moved) == -1) {
		rc = err_system(err, "%s: writing the index", f->path);
		if (restore(fd, e, f->tail, has_moved) == -1)
			err_context(err, "no index");
	}
	if (futimens(fd, times) == -1 && rc == 0)
		rc = err_system(err, "%s: its times", f->path);
	return rc;
}

/* A file that nobody may write to is left alone by root, too. */
static int
put(const struct store_file *f, const struct state *was,
    const struct ends *e, struct err *err)
{
	int fd = -1, rc;

	if ((was->st.st_mode & 0222) == 0)
		errno = EACCES;
	else
		fd = open(f->path,
		    O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd == -1)
		return err_system(err, "%s", f->path);
	rc = write_checked(fd, f, was, e, err);
	close(fd);
	return rc;
}

static void
refuse(const struct store_file *f, const struct store_indexer *x,
    struct err *err)
{
	if (store_indexer_lacks_memory(x))
		err_nomem(err);
	else
		err_set(err, ERR_MALFORMED, "%s: no index can be made of its "
		    "records", f->path);
}

static int
make(struct store_file *f, const struct state *was, uint64_t *len,
    struct err *err)
{
	const struct index_place place = store_file_index_place(f);
	struct store_indexer *x = store_indexer_new();
	struct ends e = { BUFFER_EMPTY, 0, BUFFER_EMPTY };
	const struct buffer *index;
	int rc = -1;

	if (x == NULL)
		return err_nomem(err);
	if (add_blocks(f, x, err) == 0) {
		if ((index = store_indexer_finish(x, &place)) == NULL) {
			refuse(f, x, err);
		} else if (collect(f, index, &e, err) == 0) {
			*len = index->len;
			rc = put(f, was, &e, err);
		}
	}
	buffer_fini(&e.both);
	buffer_fini(&e.old);
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
	struct err why;
	int rc;

	if (f->layout != &store_layout_2) {
		*result = INDEX_FOREIGN;
		return 0;
	}
	if (check_file(f, err) == -1)
		return -1;
	rc = store_file_load_index(f, &why);
	if (rc == -1 && why.code != ERR_MALFORMED) {
		*err = why;
		return -1;
	}
	if (rc == 1) {
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
