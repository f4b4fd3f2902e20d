/*
 * The cursor file is text: "last NAME", a line "file NAME NUMBER ..." for each
 * file, and "end", without which it was cut.  In names %XX stands for bytes
 * that would end them, and for %.
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buffer.h"
#include "flowfwd/cursor.h"
#include "store/slot.h"

#define HEADING "flowfwd-cursor 1\n"
#define SIZE_MAX_READ (64 * 1024)
#define BESIDE ".new"

/* Numbers of a line, in this order. */
enum {
	DEV, INO, DONE, BLOCKS, SUM, POS, NUMBER, STORED, OFFSET, HASH,
	NUMBERS
};

struct cursor_file *
cursor_by_inode(struct cursor *c, const struct stat *st)
{
	for (unsigned i = 0; i < c->count; i++)
		if (c->files[i].dev == st->st_dev &&
		    c->files[i].ino == st->st_ino)
			return &c->files[i];
	return NULL;
}

struct cursor_file *
cursor_by_name(struct cursor *c, const char *name)
{
	for (unsigned i = 0; i < c->count; i++)
		if (strcmp(c->files[i].name, name) == 0)
			return &c->files[i];
	return NULL;
}

struct cursor_file *
cursor_add(struct cursor *c, const struct stat *st, const char *name)
{
	struct cursor_file *f = &c->files[c->count];

	if (c->count == CURSOR_FILES_MAX || strlen(name) >= CURSOR_NAME_MAX)
		return NULL;
	*f = (struct cursor_file){ .dev = st->st_dev, .ino = st->st_ino };
	snprintf(f->name, sizeof(f->name), "%s", name);
	c->count++;
	return f;
}

void
cursor_remove(struct cursor *c, struct cursor_file *f)
{
	c->count--;
	memmove(f, f + 1,
	    (size_t)(&c->files[c->count] - f) * sizeof(*f));
}

void
cursor_forget_inode(struct cursor_file *f)
{
	f->dev = f->ino = 0;
}

const char *
cursor_base(const char *name)
{
	const char *slash = strrchr(name, '/');

	return slash == NULL ? name : slash + 1;
}

void
cursor_advance(struct cursor *c, const char *name)
{
	const char *base = cursor_base(name);
	int64_t start;

	if (slot_time(base, &start) == -1 || strcmp(base, c->last) <= 0)
		return;
	snprintf(c->last, sizeof(c->last), "%s", base);
}

static int
read_text(const char *path, struct buffer *text, struct err *err)
{
	FILE *in = fopen(path, "re");
	char *p;
	int rc = 1;

	if (in == NULL)
		return errno == ENOENT ? 0 : err_system(err, "%s", path);
	if ((p = buffer_room(text, SIZE_MAX_READ + 1)) == NULL)
		rc = err_nomem(err);
	else {
		text->len = fread(p, 1, SIZE_MAX_READ, in);
		p[text->len] = '\0';
		if (ferror(in))
			rc = err_system(err, "%s", path);
	}
	fclose(in);
	return rc;
}

/* The name as it is, in place; false if it is none that we wrote. */
static bool
unescape(char *name)
{
	char *to = name, hex[3] = "", *end;

	for (const char *p = name; *p != '\0'; p++) {
		if (*p != '%') {
			*to++ = *p;
			continue;
		}
		if (p[1] == '\0' || p[2] == '\0')
			return false;
		memcpy(hex, p + 1, 2);
		*to++ = (char)strtoul(hex, &end, 16);
		if (*end != '\0' || to[-1] == '\0')
			return false;
		p += 2;
	}
	*to = '\0';
	return true;
}

/* "NAME NUMBER ..." */
static int
parse_file(struct cursor *c, char *line)
{
	struct cursor_file *f = &c->files[c->count];
	char *save, *name = strtok_r(line, " ", &save), *word, *end;
	uint64_t n[NUMBERS];

	if (name == NULL || !unescape(name) ||
	    strlen(name) >= CURSOR_NAME_MAX || c->count == CURSOR_FILES_MAX)
		return -1;
	for (int i = 0; i < NUMBERS; i++) {
		if ((word = strtok_r(NULL, " ", &save)) == NULL)
			return -1;
		n[i] = strtoull(word, &end, 10);
		if (*end != '\0')
			return -1;
	}
	*f = (struct cursor_file){ .dev = n[DEV], .ino = n[INO],
		.is_done = n[DONE] != 0, .blocks = (uint32_t)n[BLOCKS],
		.sum = n[SUM],
		.place = { .pos = n[POS], .number = (uint32_t)n[NUMBER],
		    .stored = (uint32_t)n[STORED], .offset = n[OFFSET],
		    .hash = n[HASH] } };
	snprintf(f->name, sizeof(f->name), "%s", name);
	c->count++;
	return 0;
}

/* True when the text is whole. */
static bool
parse(struct cursor *c, char *text)
{
	char *save, *line;

	if (strncmp(text, HEADING, strlen(HEADING)) != 0)
		return false;
	for (line = strtok_r(text + strlen(HEADING), "\n", &save);
	     line != NULL; line = strtok_r(NULL, "\n", &save)) {
		if (strcmp(line, "end") == 0)
			return true;
		if (strncmp(line, "last ", 5) == 0)
			snprintf(c->last, sizeof(c->last), "%s", line + 5);
		else if (strncmp(line, "file ", 5) != 0 ||
		    parse_file(c, line + 5) == -1)
			return false;
	}
	return false;
}

int
cursor_read(struct cursor *c, const char *path, struct err *err)
{
	struct buffer text = BUFFER_EMPTY;
	int rc;

	memset(c, 0, sizeof(*c));
	rc = read_text(path, &text, err);
	if (rc == 1 && !parse(c, text.data))
		rc = err_set(err, ERR_MALFORMED, "%s: not a cursor of ours, or "
		    "cut; without it sending begins anew", path);
	buffer_fini(&text);
	return rc;
}

static void
print_name(const char *name, struct buffer *text)
{
	for (; *name != '\0'; name++)
		if (*name == ' ' || *name == '\n' || *name == '%')
			buffer_printf(text, "%%%02x", *name);
		else
			buffer_char(text, *name);
}

static void
print(const struct cursor *c, struct buffer *text)
{
	const struct cursor_file *f;
	const struct store_place *p;

	buffer_text(text, HEADING "last ");
	buffer_text(text, c->last);
	for (unsigned i = 0; i < c->count; i++) {
		f = &c->files[i];
		p = &f->place;
		buffer_text(text, "\nfile ");
		print_name(f->name, text);
		buffer_printf(text, " %" PRIu64 " %" PRIu64 " %d %" PRIu32
		    " %" PRIu64 " %" PRIu64 " %" PRIu32 " %" PRIu32
		    " %" PRIu64 " %" PRIu64, f->dev, f->ino, f->is_done,
		    f->blocks, f->sum, p->pos, p->number, p->stored,
		    p->offset, p->hash);
	}
	buffer_text(text, "\nend\n");
}

static int
write_text(const char *path, const struct buffer *text, bool is_synced,
    struct err *err)
{
	int fd = open(path,
	    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	ssize_t n;

	if (fd == -1)
		return err_system(err, "%s", path);
	n = write(fd, text->data, text->len);
	if (n != (ssize_t)text->len || (is_synced && fdatasync(fd) == -1)) {
		if (n != -1 && n != (ssize_t)text->len)
			errno = ENOSPC;
		err_system(err, "%s", path);
		close(fd);
		return -1;
	}
	return close(fd) == -1 ? err_system(err, "%s", path) : 0;
}

int
cursor_write(const struct cursor *c, const char *path, bool is_synced,
    struct err *err)
{
	struct buffer text = BUFFER_EMPTY;
	char beside[PATH_MAX];
	int rc = -1;

	print(c, &text);
	if (text.failed)
		err_nomem(err);
	else if ((size_t)snprintf(beside, sizeof(beside), "%s" BESIDE, path) >=
	    sizeof(beside))
		err_set(err, ERR_VALUE, "%s: too long", path);
	else if (write_text(beside, &text, is_synced, err) == 0 &&
	    (rc = rename(beside, path)) == -1)
		err_system(err, "%s", path);
	buffer_fini(&text);
	return rc;
}
