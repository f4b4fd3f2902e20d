#ifndef STORE_CODEC_H
#define STORE_CODEC_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/err.h"

/*
 * Block compression (file-format.md section 4).  A codec is a row of a
 * table: its number in the file header, its name and its functions.
 */

enum codec_id {
	CODEC_NONE = 0,
	CODEC_LZO = 1,
	CODEC_BZ2 = 2,
	CODEC_LZ4 = 3,
	CODEC_ZSTD = 4
};

struct codec {
	enum codec_id id;
	const char *name; /* "none", "lz4" */
	const char *title; /* as in nfdump -v: "not compressed" */

	/* Largest output for len bytes of input. */
	size_t (*bound)(size_t len);

	/* Length of the output, 0 on failure. */
	size_t (*compress)(const void *in, size_t len, void *out, size_t room);

	/* Length of the output, or -1: damaged, or it does not fit room. */
	int64_t (*expand)(const void *in, size_t len, void *out, size_t room);
};

/* NULL with ERR_MALFORMED: no such codec, or not compiled in (text says). */
const struct codec *codec_by_id(unsigned id, struct err *err);

/* NULL with ERR_VALUE. */
const struct codec *codec_by_name(const char *name, struct err *err);

/* Append the names of those compiled in, each with a blank behind. */
void codec_list(struct buffer *out);

#endif
