#ifndef STORE_PACKER_H
#define STORE_PACKER_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "store/codec.h"

/*
 * A block as it is stored, being made: its header, and behind it what is
 * compressed or copied.  For writers of any layout; messages begin with the
 * path that they give.
 */

struct store_packer {
	const struct codec *codec;
	uint8_t *buf;
	size_t room;
};

/* Room for len bytes behind the header.  ERR_NOMEM. */
int store_packer_room(struct store_packer *p, size_t len, struct err *err);

/*
 * Compress len bytes into the block.  Returns how many these are, or 0:
 * ERR_NOMEM, or ERR_INTERNAL when the codec gives up.
 */
size_t store_packer_raw(struct store_packer *p, const char *path,
    const void *raw, size_t len, struct err *err);

/* Put len bytes into the block that are compressed already.  ERR_NOMEM. */
int store_packer_stored(struct store_packer *p, const void *stored, size_t len,
    struct err *err);

/* What was put last. */
const uint8_t *store_packer_body(const struct store_packer *p);

/*
 * The header, of a body of len bytes.  Returns the length of the whole, which
 * is in p->buf, or 0 with ERR_VALUE when readers would refuse it.
 */
size_t store_packer_head(struct store_packer *p, const char *path,
    uint16_t type, uint32_t records, size_t len, struct err *err);

void store_packer_fini(struct store_packer *p);

#endif
