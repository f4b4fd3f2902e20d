/*
 * Writing files of layout 1: what repair and another compression need to
 * leave a file in its layout.
 */

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/layout1.h"
#include "store/packer.h"

struct store_v1_writer {
	int fd;
	char *path;
	uint64_t pos; /* end of the last block */
	struct store_packer block;
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
	w->block.codec = codec;
	w->pos = STORE_V1_HEADER_LEN;
	w->fd = open(path, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	if (w->fd == -1) {
		err_system(err, "%s", path);
		store_v1_writer_close(w);
		return NULL;
	}
	return w;
}

/* The block is in the packer, except for its header. */
static int
put_block(struct store_v1_writer *w, uint16_t type, uint32_t records,
    size_t len, struct err *err)
{
	len = store_packer_head(&w->block, w->path, type, records, len, err);
	if (len == 0)
		return -1;
	if (store_pwrite(w->fd, w->block.buf, len, w->pos) == -1)
		return err_system(err, "%s: writing", w->path);
	w->pos += len;
	return 0;
}

int
store_v1_writer_raw(struct store_v1_writer *w, uint16_t type,
    uint32_t records, const void *raw, size_t len, struct err *err)
{
	size_t stored = store_packer_raw(&w->block, w->path, raw, len, err);

	return stored == 0 ? -1 : put_block(w, type, records, stored, err);
}

int
store_v1_writer_stored(struct store_v1_writer *w, uint16_t type,
    uint32_t records, const void *stored, size_t len, struct err *err)
{
	if (store_packer_stored(&w->block, stored, len, err) == -1)
		return -1;
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
	store_packer_fini(&w->block);
	free(w);
}
