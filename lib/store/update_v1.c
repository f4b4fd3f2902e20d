/*
 * Changing files of layout 1 in place.  Their header is at the start of the
 * file and has a fixed size; the ident, and what makes a file complete, is
 * within its first 512 bytes, so that no crash leaves half of it.
 */

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "record/v3.h"
#include "store/layout1.h"

static int
write_ident(int fd, const char *ident)
{
	char data[STORE_V1_IDENT_LEN] = { 0 };
	struct stat st;

	memcpy(data, ident, strnlen(ident, sizeof(data) - 1));
	if (fstat(fd, &st) == -1 ||
	    store_pwrite(fd, data, sizeof(data), STORE_V1_IDENT_AT) == -1)
		return -1;
	return futimens(
	    fd, (const struct timespec[2]){ st.st_atim, st.st_mtim });
}

int
store_v1_set_ident(const char *path, const char *ident, struct err *err)
{
	int fd = open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	int rc = 0;

	if (fd == -1)
		return err_system(err, "%s", path);
	if (write_ident(fd, ident) == -1 || fsync(fd) == -1)
		rc = err_system(err, "%s", path);
	if (close(fd) == -1 && rc == 0)
		rc = err_system(err, "%s", path);
	return rc;
}

/* Whether there is a payload whose records follow each other to its end. */
static bool
is_whole(const struct store_block *b)
{
	struct record_cursor c = { .data = b->plain, .len = b->bytes };
	struct span record;
	uint16_t type;
	int rc;

	while ((rc = record_next(&c, &type, &record, NULL)) == 1)
		;
	return rc == 0 && b->bytes > 0;
}

/*
 * Check and count the next block, as in store_recover().  One is kept, too,
 * when only some of its records can be read.
 */
static int
count_block(struct store_file *f, struct store_block *b,
    struct store_counter *c, struct err *err)
{
	struct store_ref ref;
	int rc = store_file_block(f, &ref, err);

	if (rc != 1)
		return rc;
	if (!ref.has_records || ref.type != STORE_V1_BLOCK_RECORDS)
		ref.convert = NULL;
	if (store_block_load(f, &ref, b, err) == -1 &&
	    (err->code != ERR_MALFORMED || !is_whole(b)))
		return -1;
	if (ref.convert == NULL || b->len == 0)
		return 1;
	rc = store_counter_add(c, b->raw, b->len, b->records, err);
	return rc == -1 ? -1 : 1;
}

static int
count_blocks(struct store_file *f, struct store_counter *c, uint32_t *blocks,
    uint64_t *end, struct err *err)
{
	struct store_block b = { 0 };
	struct err why = { .code = ERR_NONE };
	int rc;

	*blocks = 0;
	*end = f->pos;
	while ((rc = count_block(f, &b, c, &why)) == 1) {
		*blocks = f->number;
		*end = f->pos;
	}
	store_block_fini(&b);
	if (rc == -1 && why.code != ERR_MALFORMED)
		return err_set(err, why.code, "%s", why.text);
	return 0;
}

/* Cut off what is behind the blocks, then say how many there are. */
static int
write_header(const struct store_file *f, struct store_v1_header *h,
    uint64_t end, struct err *err)
{
	uint8_t data[STORE_V1_HEADER_LEN];
	int fd = openat(f->dir, f->path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	int rc = 0;

	if (fd == -1)
		return err_system(err, "%s", f->path);
	store_v1_header_put(data, h);
	if (ftruncate(fd, (off_t)end) == -1 ||
	    store_pwrite(fd, data, sizeof(data), 0) == -1)
		rc = err_system(err, "%s", f->path);
	if (close(fd) == -1 && rc == 0)
		rc = err_system(err, "%s", f->path);
	return rc;
}

int
store_v1_recover(struct store_file *f, const char *ident,
    struct store_counter *c, uint32_t *blocks, struct err *err)
{
	struct store_v1_header h = { .codec = f->info.codec->id };
	uint64_t end;

	if (count_blocks(f, c, blocks, &end, err) == -1)
		return -1;
	if (f->is_anonymised)
		h.flags = STORE_V1_ANONYMISED;
	h.blocks = *blocks;
	h.stats = c->stats;
	if (ident != NULL)
		memcpy(h.ident, ident, strnlen(ident, sizeof(h.ident) - 1));
	return write_header(f, &h, end, err);
}
