#ifndef STORE_LAYOUT1_H
#define STORE_LAYOUT1_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "store/store_int.h"

/*
 * Files of layout 1, nfdump 1.6 (file-format.md section 5): their headers,
 * and blocks of their records, which files of layout 2 may have as well.
 * Block headers are written with store_block_header_put().
 */

#define STORE_V1_HEADER_LEN 276 /* with the statistics */
#define STORE_V1_IDENT_LEN 128
#define STORE_V1_IDENT_AT 12
#define STORE_V1_FLAGS_AT 4

/* Seconds of the first flow while a file is being written. */
#define STORE_V1_OPEN_FIRST 0x7fffffffU

enum store_v1_flag {
	STORE_V1_ANONYMISED = 0x02
};

enum store_v1_block_type {
	STORE_V1_BLOCK_1_5 = 1,
	STORE_V1_BLOCK_RECORDS = 2,
	STORE_V1_BLOCK_LARGE = 3, /* histograms */
	STORE_V1_BLOCK_CATALOG = 4
};

struct store_v1_header {
	uint32_t flags; /* without those that say the compression */
	enum codec_id codec;
	uint32_t blocks;
	char ident[STORE_V1_IDENT_LEN]; /* "" when unset */
	struct record_stats stats;
	bool is_closed; /* read only: not open, nor left by a crash */
};

/* The flag that says a compression; -1: layout 1 does not have it. */
int64_t store_v1_codec_flag(enum codec_id id);

/*
 * The first len bytes of a file, STORE_V1_HEADER_LEN are needed.  Writing
 * takes a codec that layout 1 has.
 */
int store_v1_header_get(const uint8_t *data, size_t len,
    struct store_v1_header *h, struct err *err);
void store_v1_header_put(
    uint8_t data[STORE_V1_HEADER_LEN], const struct store_v1_header *h);

/* ERR_MALFORMED when size or type are not possible. */
int store_v1_block_header_get(const uint8_t data[STORE_BLOCK_HEADER_LEN],
    struct store_block_header *h, struct err *err);

/*
 * Prepare a block of layout 1 records of a file: *ref gets what converts it.
 * f->context is that of all of them.
 */
int
store_v1_prepare(struct store_file *f, struct store_ref *ref, struct err *err);

/*
 * Writing: to an existing empty file, blocks from raw or from stored bytes,
 * then a header, which makes it complete.  Messages name the path.
 */
struct store_v1_writer; /* opaque */

struct store_v1_writer *store_v1_writer_open(const char *path,
    const struct codec *codec, struct err *err);
int store_v1_writer_raw(struct store_v1_writer *w, uint16_t type,
    uint32_t records, const void *raw, size_t len, struct err *err);
int store_v1_writer_stored(struct store_v1_writer *w, uint16_t type,
    uint32_t records, const void *stored, size_t len, struct err *err);
int store_v1_writer_commit(struct store_v1_writer *w,
    const uint8_t header[STORE_V1_HEADER_LEN], struct err *err);
void store_v1_writer_close(struct store_v1_writer *w);

/* Free f->context. */
void store_v1_close(struct store_file *f);

/* store_set_ident() and, for a file that is not complete, store_recover(). */
int store_v1_set_ident(const char *path, const char *ident, struct err *err);
int store_v1_recover(struct store_file *f, const char *ident,
    struct store_counter *c, uint32_t *blocks, struct err *err);

#endif
