#ifndef STORE_READER_H
#define STORE_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "record/info.h"
#include "store/codec.h"

/*
 * Reading flow files: header, appendix, and the list of data blocks.  A file
 * is opened by one thread; after that blocks may be loaded by any thread.
 * What the layouts of nfdump's versions have of their own (file-format.md
 * sections 1, 5 and 6) stays behind this interface: a block that is loaded
 * holds records as layout 2 has them, whatever the file.
 */

/* Header of layout 2; a shorter file is no flow file. */
#define STORE_HEADER_LEN 40

/* Limits on what a file may claim. */
#define STORE_BLOCK_DISK_MAX (5U * 1024 * 1024)
#define STORE_BLOCK_RAW_MAX (5U * 1024 * 1024)
#define STORE_IDENT_MAX 123 /* with the NUL; no reader takes longer ones */

struct store_file; /* opaque */

struct store_info {
	unsigned layout;
	uint32_t nfdversion;
	int64_t created_s; /* layout 1: last written to */
	const struct codec *codec;
	uint32_t blocks; /* data blocks; 0 while being written */
	bool is_complete; /* false: still open, or left by a crash */
	char ident[STORE_IDENT_MAX]; /* "none" when unset */
	bool has_stats;
	struct record_stats stats; /* zero unless has_stats */
	uint64_t size; /* of the file, bytes */
};

/*
 * Open a flow file.  NULL on failure: ERR_SYSTEM if it cannot be opened,
 * ERR_MALFORMED if it is not a flow file that we read; these messages name
 * the path.  ERR_NOMEM.  Release with store_file_close().
 */
struct store_file *store_file_open(const char *path, struct err *err);

/*
 * The same for a name in an open directory, which stays open as long as the
 * file; AT_FDCWD: the current one.  A symbolic link is not followed.
 */
struct store_file *store_file_open_at(int dir, const char *name,
    struct err *err);

/* NULL is allowed. */
void store_file_close(struct store_file *f);

const struct store_info *store_file_info(const struct store_file *f);
const char *store_file_path(const struct store_file *f);

struct store_block;

/* Where a block is: what store_file_next() found. */
struct store_ref {
	uint64_t offset; /* of the stored bytes */
	uint32_t stored; /* their number */
	uint32_t records; /* of all types, as the block's header says */
	uint32_t number; /* counted from 0, blocks of all types */
	uint16_t type; /* as the layout numbers them */
	bool has_records;
	const struct codec *codec;

	/*
	 * Make records of layout 2 from b->plain, b->bytes; NULL: they are.
	 * "context" is the layout's; it lives as long as the file is open.
	 */
	int (*convert)(const struct store_ref *ref, struct store_block *b,
	    struct err *err);
	const void *context;

	/*
	 * Told before a block that is converted is read, and when that has
	 * failed; or NULL.
	 */
	void (*loading)(const struct store_ref *ref, bool has_failed);
};

/*
 * Find the next record block; blocks of other types are passed over.  1, 0
 * at the end, -1 on error.  In a file that is still being written the end
 * is the last whole block.
 *
 * A file that holds less than its header says, or whose appendix is damaged,
 * gives its whole blocks first and then -1 with ERR_MALFORMED.
 */
int store_file_next(struct store_file *f, struct store_ref *ref,
    struct err *err);

/* Block memory of a thread; zero-initialise, release with _fini(). */
struct store_block {
	const uint8_t *raw; /* payload: records */
	size_t len;
	uint32_t records; /* in the payload; of an array block, elements */
	size_t bytes; /* of the payload as the file has it, expanded */

	/* private */
	uint8_t *plain; /* payload as the file has it */
	uint8_t *stored; /* bytes as read, unless they are the payload */
	uint8_t *converted;
	size_t converted_room;
};

/*
 * Load and expand a block.  The payload lives until the next call with the
 * same *b.  Safe to call from several threads, each with its own *b.
 * 0, or -1 with ERR_SYSTEM, ERR_MALFORMED, ERR_NOMEM; names path and block.
 * When only some of its records could not be converted the payload holds the
 * others; else it is empty then.
 */
int store_block_load(const struct store_file *f, const struct store_ref *ref,
    struct store_block *b, struct err *err);
void store_block_fini(struct store_block *b);

#endif
