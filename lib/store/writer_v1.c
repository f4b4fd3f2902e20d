/*
 * Writing files of layout 1: what repair and another compression need to
 * leave a file in its layout.
 */

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/layout1.h"

struct store_v1_writer {
	int fd;
	char *path;
	const struct codec *codec;
	uint64_t pos; /* end of the last block */
	uint8_t *buf; /* a block as stored, with its header */
	size_t room;
};

struct store_v1_writer *
store_v1_writer_open(
    const char *path, const struct codec *codec, struct err *err)
{
	struct store_v1_writer *w;

	if (store_v1_codec_flag(codec->id) == -1) {
		err_set(err, ERR_VALUE, "files of nfdump 1.6 cannot be "
		    "compressed with %s", codec->name);
		return NULL;
	}
	if ((w = calloc(1, sizeof(*w))) == NULL ||
	    (w->path = strdup(path)) == NULL) {
		free(w);
		err_nomem(err);
		return NULL;
	}
	w->codec = codec;
	w->pos = STORE_V1_HEADER_LEN;
	w->fd = open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	if (w->fd == -1) {
		err_system(err, "%s", path);
		store_v1_writer_close(w);
		return NULL;
	}
	return w;
}

static int
make_room(struct store_v1_writer *w, size_t len, struct err *err)
{
	uint8_t *buf;

	len += STORE_BLOCK_HEADER_LEN;
	if (len <= w->room)
		return 0;
	if ((buf = realloc(w->buf, len)) == NULL)
		return err_nomem(err);
	w->buf = buf;
	w->room = len;
	return 0;
}

/* The block is in buf, behind the place of its header. */
static int
put_block(struct store_v1_writer *w, uint16_t type, uint32_t records,
    size_t len, struct err *err)
{
	struct store_block_header h = { records, (uint32_t)len, type };

	if (len == 0 || len > STORE_BLOCK_DISK_MAX)
		return err_set(
		    err, ERR_VALUE, "%s: block of %zu bytes", w->path, len);
	store_block_header_put(w->buf, &h);
	len += STORE_BLOCK_HEADER_LEN;
	if (store_pwrite(w->fd, w->buf, len, w->pos) == -1)
		return err_system(err, "%s: writing", w->path);
	w->pos += len;
	return 0;
}

int
store_v1_writer_raw(struct store_v1_writer *w, uint16_t type,
    uint32_t records, const void *raw, size_t len, struct err *err)
{
	size_t stored;

	if (make_room(w, w->codec->bound(len), err) == -1)
		return -1;
	stored = w->codec->compress(raw, len, w->buf + STORE_BLOCK_HEADER_LEN,
	    w->room - STORE_BLOCK_HEADER_LEN);
	if (stored == 0)
		return err_set(err, ERR_INTERNAL,
		    "%s: %s cannot compress %zu bytes", w->path,
		    w->codec->name, len);
	return put_block(w, type, records, stored, err);
}

int
store_v1_writer_stored(struct store_v1_writer *w, uint16_t type,
    uint32_t records, const void *stored, size_t len, struct err *err)
{
	if (make_room(w, len, err) == -1)
		return -1;
	memcpy(w->buf + STORE_BLOCK_HEADER_LEN, stored, len);
	return put_block(w, type, records, len, err);
}

int
store_v1_writer_commit(struct store_v1_writer *w,
    const uint8_t header[STORE_V1_HEADER_LEN], struct err *err)
{
	if (store_pwrite(w->fd, header, STORE_V1_HEADER_LEN, 0) == -1)
		return err_system(err, "%s: writing", w->path);
	return 0;
}

void
store_v1_writer_close(struct store_v1_writer *w)
{
	if (w == NULL)
		return;
	if (w->fd != -1)
		close(w->fd);
	free(w->path);
	free(w->buf);
	free(w);
}
