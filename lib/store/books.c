/*
 * The books of a data directory.  They are shorter than a sector and written
 * by one call, over the old ones, and cut to their length when they are on
 * stable storage: neither a killed process nor a power failure leaves half of
 * them.
 */

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "store/books.h"
#include "store/inventory.h"
#include "store/slot.h"

#define LINES_MAX 256 /* bytes of eight lines */
#define LOCK_STEP_MS 20
#define OPEN_TRIES 8
#define MS_NS 1000000
#define STAT_BLOCK 512
#define WATERMARK_MAX 100

/* Lines, as they are in struct lines. */
enum line {
	LINE_FIRST,
	LINE_LAST,
	LINE_SIZE,
	LINE_MAX_SIZE,
	LINE_FILES,
	LINE_LIFETIME,
	LINE_WATERMARK,
	LINE_STATUS,
	LINES
};

static const struct {
	const char *key;
	bool is_limit;
	uint64_t missing;
} keys[LINES] = {
	[LINE_FIRST] = { "first", false, 0 },
	[LINE_LAST] = { "last", false, 0 },
	[LINE_SIZE] = { "size", false, 0 },
	[LINE_MAX_SIZE] = { "maxsize", true, 0 },
	[LINE_FILES] = { "numfiles", false, 0 },
	[LINE_LIFETIME] = { "lifetime", true, 0 },
	[LINE_WATERMARK] = { "watermark", true, BOOKS_WATERMARK },
	[LINE_STATUS] = { "status", false, BOOKS_REBUILD },
};

struct text {
	const struct books_how *how;
	uint64_t value[LINES];
	bool is_garbled;
};

static void
warn_line(const struct text *t, const char *what, const char *s, size_t len)
{
	struct err why;

	if (t->how->warn == NULL)
		return;
	err_set(&why, ERR_MALFORMED, "%s: '%.*s'", what,
	    len > ERR_TEXT_MAX ? ERR_TEXT_MAX : (int)len, s);
	t->how->warn(t->how->ctx, &why);
}

/*
 * A number as 1.x reads it, which takes any character for a digit.  False
 * when it is not what it seems.
 */
static bool
read_number(const char *s, size_t len, uint64_t *value)
{
	uint64_t v = 0, digit;
	bool is_plain = len > 0;

	for (; len > 0; s++, len--) {
		digit = *s >= '0' && *s <= '9' ? (uint64_t)(*s - '0') : 0;
		is_plain &= *s >= '0' && *s <= '9';
		if (v > (UINT64_MAX - digit) / 10) {
			v = UINT64_MAX;
			is_plain = false;
			break;
		}
		v = v * 10 + digit;
	}
	*value = v;
	return is_plain;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static void
read_line(struct text *t, const char *s, size_t len)
{
	const char *equal = memchr(s, '=', len);
	size_t key_len, at;

	if (len > 0 && *s == '#') {
		warn_line(t, "comment", s, len);
		return;
	}
	if (equal == NULL) {
		warn_line(t, "Invalid config line", s, len);
		return;
	}
	key_len = (size_t)(equal - s);
	at = key_len + 1;
	while (key_len > 0 && is_blank(s[key_len - 1]))
		key_len--;
	while (at < len && is_blank(s[at]))
		at++;
	for (size_t i = 0; i < LINES; i++) {
		if (strlen(keys[i].key) != key_len ||
		    memcmp(keys[i].key, s, key_len) != 0)
			continue;
		if (!read_number(s + at, len - at, &t->value[i]) &&
		    keys[i].is_limit)
			t->is_garbled = true;
		return;
	}
	warn_line(t, "Invalid config key", s, key_len);
}

static void
read_lines(struct text *t, const char *s, size_t len)
{
	const char *end;

	for (size_t n; len > 0; s += n, len -= n) {
		end = memchr(s, '\n', len);
		n = end == NULL ? len : (size_t)(end - s);
		read_line(t, s, n);
		n += end != NULL;
	}
}

static int64_t
to_time(uint64_t v)
{
	return v > INT64_MAX ? 0 : (int64_t)v;
}

static uint32_t
to_u32(uint64_t v)
{
	return v > UINT32_MAX ? UINT32_MAX : (uint32_t)v;
}

/* Books that contradict themselves are to be rebuilt. */
static void
judge(struct books *b)
{
	if (b->first_s == 0 || b->first_s > b->last_s ||
	    b->status > BOOKS_REBUILD || b->watermark > WATERMARK_MAX)
		b->status = BOOKS_REBUILD;
}

static void
interpret(struct books_file *f, const struct books_how *how, const char *s,
    size_t len)
{
	struct text t = { .how = how };
	struct books *b = &f->books;

	for (size_t i = 0; i < LINES; i++)
		t.value[i] = keys[i].missing;
	read_lines(&t, s, len);
	*b = (struct books){
		.first_s = to_time(t.value[LINE_FIRST]),
		.last_s = to_time(t.value[LINE_LAST]),
		.size = t.value[LINE_SIZE],
		.files = t.value[LINE_FILES],
		.max_size = t.value[LINE_MAX_SIZE],
		.lifetime_s = t.value[LINE_LIFETIME],
		.watermark = to_u32(t.value[LINE_WATERMARK]),
		.status = to_u32(t.value[LINE_STATUS]),
	};
	f->is_garbled = t.is_garbled;
	judge(b);
}

/* Up to len bytes from the start; -1 on error. */
static ssize_t
read_all(int fd, char *text, size_t len)
{
	size_t used = 0;
	ssize_t n;

	while (used < len) {
		n = pread(fd, text + used, len - used, (off_t)used);
		if (n == -1)
			return -1;
		if (n == 0)
			break;
		used += (size_t)n;
	}
	return (ssize_t)used;
}

static int
load(struct books_file *f, const struct books_how *how, struct err *err)
{
	struct stat st;
	char *text;
	ssize_t len;

	if (fstat(f->fd, &st) == -1)
		return err_system(err, BOOKS_NAME);
	if (!S_ISREG(st.st_mode) || st.st_size > BOOKS_LEN_MAX)
		return err_set(err, ERR_MALFORMED, BOOKS_NAME ": %s",
		    S_ISREG(st.st_mode) ? "too long" : "not a regular file");
	if ((text = malloc((size_t)st.st_size + 1)) == NULL)
		return err_nomem(err);
	len = read_all(f->fd, text, (size_t)st.st_size);
	if (len == -1)
		err_system(err, BOOKS_NAME);
	else
		interpret(f, how, text, (size_t)len);
	free(text);
	f->len = (uint64_t)st.st_size;
	return len == -1 ? -1 : 0;
}

static bool
is_held(void)
{
	return errno == EAGAIN || errno == EACCES;
}

static int
set_lock(int fd, short type)
{
	struct flock lock = { .l_type = type, .l_whence = SEEK_SET };
#ifdef F_OFD_SETLK
	int command = F_OFD_SETLK;
#else
	int command = F_SETLK;
#endif

	return fcntl(fd, command, &lock);
}

/* There is no call that waits for a lock and gives up at some time. */
static int
wait_lock(int fd, const struct books_how *how, struct err *err)
{
	const struct timespec step = { .tv_nsec = LOCK_STEP_MS * MS_NS };
	short type = how->mode == BOOKS_READ ? F_RDLCK : F_WRLCK;
	uint32_t waited_ms = 0;

	while (set_lock(fd, type) == -1) {
		if (!is_held())
			return err_system(err, "locking " BOOKS_NAME);
		if (waited_ms >= how->wait_ms)
			return err_set(err, ERR_VALUE, BOOKS_NAME
			    " is locked by another process");
		nanosleep(&step, NULL);
		waited_ms += LOCK_STEP_MS;
	}
	return 0;
}

/* Is what was locked still what the name leads to? */
static bool
is_current(int fd, int dir)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 &&
	    fstatat(dir, BOOKS_NAME, &b, AT_SYMLINK_NOFOLLOW) == 0 &&
	    a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

int
books_open(struct books_file *f, int dir, const struct books_how *how,
    struct err *err)
{
	int flags = (how->mode == BOOKS_READ ? O_RDONLY : O_RDWR) |
	    (how->mode == BOOKS_CREATE ? O_CREAT : 0) | O_NOFOLLOW |
	    O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

	*f = (struct books_file){ .fd = -1 };
	for (int i = 0; i < OPEN_TRIES; i++) {
		f->fd = openat(dir, BOOKS_NAME, flags, 0644);
		if (f->fd == -1 && errno == ENOENT &&
		    how->mode != BOOKS_CREATE)
			return 0;
		if (f->fd == -1)
			return err_system(err, BOOKS_NAME);
		if (wait_lock(f->fd, how, err) == -1)
			break;
		if (is_current(f->fd, dir)) {
			if (load(f, how, err) == 0)
				return 1;
			break;
		}
		close(f->fd);
		f->fd = -1;
		err_set(err, ERR_SYSTEM, BOOKS_NAME " is being replaced");
	}
	books_close(f);
	return -1;
}

static size_t
make_text(const struct books *b, char text[LINES_MAX])
{
	const uint64_t value[LINES] = {
		[LINE_FIRST] = (uint64_t)b->first_s,
		[LINE_LAST] = (uint64_t)b->last_s,
		[LINE_SIZE] = b->size,
		[LINE_MAX_SIZE] = b->max_size,
		[LINE_FILES] = b->files,
		[LINE_LIFETIME] = b->lifetime_s,
		[LINE_WATERMARK] = b->watermark,
		[LINE_STATUS] = b->status,
	};
	size_t len = 0;

	for (size_t i = 0; i < LINES; i++)
		len += (size_t)snprintf(text + len, LINES_MAX - len,
		    "%s=%llu\n", keys[i].key, (unsigned long long)value[i]);
	return len;
}

/*
 * What is to be in the place of what is there: the text, and empty lines,
 * which say nothing, for the rest of that until it can be cut off.  To cut
 * first could shorten a limit.  *all: bytes of it.
 */
static char *
pad_text(const struct books_file *f, const char *text, size_t len, size_t *all)
{
	char *s;

	*all = f->len > len ? (size_t)f->len : len;
	if ((s = malloc(*all + 1)) == NULL)
		return NULL;
	memcpy(s, text, len);
	memset(s + len, '\n', *all - len);
	return s;
}

static int
put_text(struct books_file *f, const char *s, size_t all, size_t len,
    bool is_precious)
{
	ssize_t n = pwrite(f->fd, s, all, 0);

	if (n >= 0 && (size_t)n < all)
		errno = ENOSPC;
	if (n != (ssize_t)all)
		return -1;
	if ((is_precious || all > len) && fdatasync(f->fd) == -1 &&
	    errno != EINVAL)
		return -1;
	return all > len ? ftruncate(f->fd, (off_t)len) : 0;
}

/* Writing len bytes has failed: leave the old books, or none. */
static void
put_back(struct books_file *f, size_t len)
{
	char old[LINES_MAX];
	size_t old_len = f->len == 0 ? 0 : make_text(&f->books, old), all;
	char *s;

	if (f->len < len)
		f->len = len;
	s = pad_text(f, old, old_len, &all);
	if (s != NULL && put_text(f, s, all, old_len, false) == 0)
		f->len = old_len;
	else if (ftruncate(f->fd, 0) == 0)
		f->len = 0;
	free(s);
}

static bool
limits_differ(const struct books *a, const struct books *b)
{
	return a->max_size != b->max_size || a->lifetime_s != b->lifetime_s ||
	    a->watermark != b->watermark;
}

int
books_write(struct books_file *f, const struct books *b, struct err *err)
{
	bool is_precious = f->len == 0 || limits_differ(&f->books, b);
	char text[LINES_MAX];
	size_t len = make_text(b, text), all;
	char *s = pad_text(f, text, len, &all);
	int rc;

	if (s == NULL)
		return err_nomem(err);
	if ((rc = put_text(f, s, all, len, is_precious)) == 0) {
		f->len = len;
		f->books = *b;
	} else {
		err_system(err, "writing " BOOKS_NAME);
		put_back(f, len);
	}
	free(s);
	return rc;
}

void
books_close(struct books_file *f)
{
	if (f->fd == -1)
		return;
	set_lock(f->fd, F_UNLCK);
	close(f->fd);
	f->fd = -1;
}

void
books_total(struct books *b, const struct inventory *v, uint32_t top,
    int64_t now_s)
{
	const struct inventory_file *f = v->files;

	b->first_s = b->last_s = now_s;
	b->size = b->files = 0;
	for (size_t i = 0; i < v->count; i++, f++) {
		if (v->dirs[f->dir].top != top)
			continue;
		if (b->files++ == 0)
			b->first_s = f->time_s;
		b->last_s = f->time_s;
		b->size += f->allocated;
	}
	b->status = b->files == 0 || v->is_partial ? BOOKS_REBUILD :
	    BOOKS_VALID;
	judge(b);
}

int
books_count(struct books *b, int dir, const struct books_how *how,
    int64_t now_s, struct err *err)
{
	const struct inventory_top top = { dir,
		how->path == NULL ? "." : how->path };
	const struct inventory_request r = { .tops = &top, .top_count = 1,
		.warn = how->warn, .ctx = how->ctx };
	struct inventory v = INVENTORY_EMPTY;
	int rc = inventory_take(&v, &r, err);

	if (rc == 0)
		books_total(b, &v, 0, now_s);
	inventory_fini(&v);
	return rc;
}

/* A file that is complete; without a name: any. */
struct addition {
	const char *name;
	int64_t time_s;
};

/* One file more, or all are counted anew. */
static int
add_file(struct books *b, int dir, const struct addition *a,
    const struct books_how *how, int64_t now_s, struct err *err)
{
	struct stat st;

	if (a->name == NULL || b->status != BOOKS_VALID ||
	    a->time_s <= b->last_s)
		return books_count(b, dir, how, now_s, err);
	if (fstatat(dir, a->name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return errno == ENOENT ? 0 : err_system(err, "%s", a->name);
	b->last_s = a->time_s;
	b->files++;
	b->size += (uint64_t)st.st_blocks * STAT_BLOCK;
	return 0;
}

static int
update(int dir, const struct addition *a, const struct books_how *how,
    int64_t now_s, struct err *err)
{
	struct books_file f;
	struct books b;
	int rc = books_open(&f, dir, how, err);

	if (rc != 1)
		return rc;
	b = f.books;
	if (add_file(&b, dir, a, how, now_s, err) == -1 ||
	    books_write(&f, &b, err) == -1)
		rc = -1;
	books_close(&f);
	return rc;
}

int
books_rescan(int dir, const struct books_how *how, int64_t now_s,
    struct err *err)
{
	return update(dir, &(struct addition){ NULL, 0 }, how, now_s, err);
}

int
books_add(int dir, const char *name, const struct books_how *how,
    int64_t now_s, struct err *err)
{
	struct addition a = { .name = name };

	if (slot_time(name, &a.time_s) == -1)
		return err_set(err, ERR_VALUE, "%s: not the name of a slot",
		    name);
	return update(dir, &a, how, now_s, err);
}
