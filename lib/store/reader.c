/*
 * Reading flow files.  The size of the file is taken when it is opened, after
 * its header, which never tells of more then.  Nothing behind it is looked at,
 * so a file that grows meanwhile is read as it was.  The layout that the file
 * begins with does the rest.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "store/index_int.h"
#include "store/store_int.h"

#define MAGIC_SWAPPED 0x0ca5
#define START_LEN 4 /* magic and layout */

static const struct store_layout *const layouts[] = { &store_layout_1,
	&store_layout_2, &store_layout_3 };

#define LAYOUTS (sizeof(layouts) / sizeof(layouts[0]))

/* Size of the open file; a pipe or a directory is refused. */
static int
check_regular(struct store_file *f, struct err *err)
{
	struct stat st;

	if (fstat(f->fd, &st) == -1)
		return err_system(err, "%s", f->path);
	if (!S_ISREG(st.st_mode))
		return err_set(
		    err, ERR_MALFORMED, "%s: not a regular file", f->path);
	f->info.size = (uint64_t)st.st_size;
	f->changed_s = st.st_mtim.tv_sec;
	return 0;
}

int
store_file_measure(struct store_file *f, struct err *err)
{
	struct stat st;

	if (fstat(f->fd, &st) == -1)
		return err_system(err, "reading");
	f->info.size = (uint64_t)st.st_size;
	return 0;
}

/* The layout that the start of a file names. */
static const struct store_layout *
find_layout(const uint8_t *start, size_t len, struct err *err)
{
	if (len == 0)
		err_set(err, ERR_MALFORMED, "empty file");
	else if (len < START_LEN)
		err_set(err, ERR_MALFORMED, "not a flow file: %zu bytes", len);
	else if (load_u16(start) == MAGIC_SWAPPED)
		err_set(err, ERR_MALFORMED,
		    "flow file of a host with the other byte order");
	else if (load_u16(start) != STORE_MAGIC)
		err_set(err, ERR_MALFORMED,
		    "not a flow file: it starts with 0x%04x", load_u16(start));
	else {
		for (size_t i = 0; i < LAYOUTS; i++)
			if (layouts[i]->number == load_u16(start + 2))
				return layouts[i];
		err_set(err, ERR_MALFORMED,
		    "flow file layout %u is not supported",
		    load_u16(start + 2));
	}
	return NULL;
}

static int
open_layout(struct store_file *f, struct err *err)
{
	uint8_t start[START_LEN];
	ssize_t len = store_pread(f->fd, start, sizeof(start), 0);

	if (len == -1)
		return err_system(err, "%s", f->path);
	if ((f->layout = find_layout(start, (size_t)len, err)) == NULL)
		return err_context(err, "%s", f->path);
	f->info.layout = f->layout->number;
	if (f->layout->open(f, err) == -1)
		return err_context(err, "%s", f->path);
	return 0;
}

/* The descriptor stays the caller's on failure. */
static struct store_file *
file_new(int fd, const char *path, struct err *err)
{
	struct store_file *f = calloc(1, sizeof(*f));

	if (f == NULL || (f->path = strdup(path)) == NULL) {
		free(f);
		err_nomem(err);
		return NULL;
	}
	f->fd = fd;
	f->dir = AT_FDCWD;
	memcpy(f->info.ident, "none", sizeof("none"));
	if (check_regular(f, err) == -1) {
		f->fd = -1;
		store_file_close(f);
		return NULL;
	}
	return f;
}

int
store_file_check_use(const struct store_file *f, struct err *err)
{
	if (f->layout != &store_layout_3)
		return 0;
	return err_set(err, ERR_MALFORMED,
	    "%s: files of layout 3 are only read", f->path);
}

struct store_file *
store_file_open_fd(int fd, const char *path, struct err *err)
{
	struct store_file *f = file_new(fd, path, err);

	if (f != NULL && open_layout(f, err) == -1) {
		f->fd = -1;
		store_file_close(f);
		return NULL;
	}
	return f;
}

static struct store_file *
open_path(int dir, const char *path, int flags,
    struct store_file *(*of)(int fd, const char *path, struct err *err),
    struct err *err)
{
	/* Opening a pipe for reading would wait for a writer. */
	int fd = openat(dir, path,
	    O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | flags);
	struct store_file *f;

	if (fd == -1) {
		err_system(err, "%s", path);
		return NULL;
	}
	if ((f = of(fd, path, err)) == NULL)
		close(fd);
	else
		f->dir = dir;
	return f;
}

struct store_file *
store_file_open_unread(const char *path, struct err *err)
{
	return open_path(AT_FDCWD, path, 0, file_new, err);
}

struct store_file *
store_file_open(const char *path, struct err *err)
{
	return open_path(AT_FDCWD, path, 0, store_file_open_fd, err);
}

struct store_file *
store_file_open_at(int dir, const char *name, struct err *err)
{
	return open_path(dir, name, O_NOFOLLOW, store_file_open_fd, err);
}

struct store_file *
store_file_open_complete(int dir, const char *path, struct err *err)
{
	struct store_file *f = store_file_open_at(dir, path, err);

	if (f == NULL)
		return NULL;
	if (store_file_check_use(f, err) == 0) {
		if (f->info.is_complete)
			return f;
		err_set(err, ERR_MALFORMED, "%s: not complete", path);
	}
	store_file_close(f);
	return NULL;
}

void
store_file_close(struct store_file *f)
{
	if (f == NULL)
		return;
	store_index_free(f->index);
	if (f->layout != NULL && f->layout->close != NULL)
		f->layout->close(f);
	if (f->fd != -1)
		close(f->fd);
	free(f->path);
	free(f);
}

const struct store_info *
store_file_info(const struct store_file *f)
{
	return &f->info;
}

struct store_header
store_file_header(const struct store_file *f)
{
	return (struct store_header){
		.nfdversion = f->info.nfdversion,
		.created_s = f->info.created_s,
		.compression = (uint8_t)f->info.codec->id,
		.blocks = f->info.blocks,
	};
}

const char *
store_file_path(const struct store_file *f)
{
	return f->path;
}

int
store_file_block(struct store_file *f, struct store_ref *ref, struct err *err)
{
	return f->layout->block(f, ref, err);
}

int
store_file_next(struct store_file *f, struct store_ref *ref, struct err *err)
{
	int rc;

	while ((rc = store_file_block(f, ref, err)) == 1)
		if (ref->has_records)
			break;
	return rc;
}

static bool
is_plain(const struct store_ref *ref)
{
	return ref->codec->id == CODEC_NONE;
}

const uint8_t *
store_block_stored(const struct store_ref *ref, const struct store_block *b)
{
	return is_plain(ref) ? b->plain : b->stored;
}

/* Plain blocks are read in place and need no second buffer. */
static int
make_room(const struct store_ref *ref, struct store_block *b, struct err *err)
{
	if (b->plain == NULL &&
	    (b->plain = malloc(STORE_BLOCK_RAW_MAX)) == NULL)
		return err_nomem(err);
	if (b->stored == NULL && !is_plain(ref) &&
	    (b->stored = malloc(STORE_BLOCK_DISK_MAX)) == NULL)
		return err_nomem(err);
	return 0;
}

int
store_block_expand(const struct store_file *f, const struct store_ref *ref,
    struct store_block *b, struct err *err)
{
	int64_t len;
	ssize_t got;

	if (make_room(ref, b, err) == -1)
		return -1;
	got = store_pread(f->fd, is_plain(ref) ? b->plain : b->stored,
	    ref->stored, ref->offset);
	if (got == -1)
		return err_system(err, "reading");
	if ((size_t)got < ref->stored)
		return err_set(err, ERR_MALFORMED, "truncated");
	len = got;
	if (!is_plain(ref))
		len = ref->codec->expand(
		    b->stored, ref->stored, b->plain, STORE_BLOCK_RAW_MAX);
	if (len <= 0)
		return err_set(
		    err, ERR_MALFORMED, "damaged %s data", ref->codec->name);
	b->bytes = (size_t)len;
	b->raw = b->plain;
	b->len = b->bytes;
	b->records = ref->records;
	return 0;
}

int
store_block_load(const struct store_file *f, const struct store_ref *ref,
    struct store_block *b, struct err *err)
{
	b->len = b->bytes = 0;
	if (ref->stored > STORE_BLOCK_DISK_MAX)
		return err_set(err, ERR_MALFORMED, "%s: block %u of %u bytes",
		    f->path, ref->number, ref->stored);
	if (ref->convert != NULL && ref->loading != NULL)
		ref->loading(ref, false);
	if (store_block_expand(f, ref, b, err) == -1) {
		if (ref->convert != NULL && ref->loading != NULL)
			ref->loading(ref, true);
		return err_context(err, "%s: block %u", f->path, ref->number);
	}
	if (ref->convert != NULL && ref->convert(ref, b, err) == -1)
		return err_context(err, "%s: block %u", f->path, ref->number);
	return 0;
}

void
store_block_fini(struct store_block *b)
{
	free(b->plain);
	free(b->stored);
	free(b->converted);
	memset(b, 0, sizeof(*b));
}
