/*
 * Making a block as it is stored.  The room grows and is used again.
 */

#include <stdlib.h>
#include <string.h>

#include "store/packer.h"
#include "store/store_int.h"

int
store_packer_room(struct store_packer *p, size_t len, struct err *err)
{
	uint8_t *buf;

	len += STORE_BLOCK_HEADER_LEN;
	if (len <= p->room)
		return 0;
	if ((buf = realloc(p->buf, len)) == NULL)
		return err_nomem(err);
	p->buf = buf;
	p->room = len;
	return 0;
}

size_t
store_packer_raw(struct store_packer *p, const char *path, const void *raw,
    size_t len, struct err *err)
{
	size_t stored;

	if (store_packer_room(p, p->codec->bound(len), err) == -1)
		return 0;
	stored = p->codec->compress(raw, len, p->buf + STORE_BLOCK_HEADER_LEN,
	    p->room - STORE_BLOCK_HEADER_LEN);
	if (stored == 0)
		err_set(err, ERR_INTERNAL, "%s: %s cannot compress %zu bytes",
		    path, p->codec->name, len);
	return stored;
}

int
store_packer_stored(
    struct store_packer *p, const void *stored, size_t len, struct err *err)
{
	if (store_packer_room(p, len, err) == -1)
		return -1;
	memcpy(p->buf + STORE_BLOCK_HEADER_LEN, stored, len);
	return 0;
}

const uint8_t *
store_packer_body(const struct store_packer *p)
{
	return p->buf + STORE_BLOCK_HEADER_LEN;
}

size_t
store_packer_head(struct store_packer *p, const char *path, uint16_t type,
    uint32_t records, size_t len, struct err *err)
{
	struct store_block_header h = { records, (uint32_t)len, type };

	if (len == 0 || len > STORE_BLOCK_DISK_MAX) {
		err_set(err, ERR_VALUE, "%s: block of %zu bytes", path, len);
		return 0;
	}
	store_block_header_put(p->buf, &h);
	return STORE_BLOCK_HEADER_LEN + len;
}

void
store_packer_fini(struct store_packer *p)
{
	free(p->buf);
}
