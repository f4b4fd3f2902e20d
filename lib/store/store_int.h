#ifndef STORE_INT_H
#define STORE_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "flow/batch.h"
#include "record/info.h"
#include "record/v3.h"
#include "store/codec.h"
#include "store/reader.h"
#include "store/writer.h"

/*
 * What the modules that read, write, join and recover flow files share:
 * the headers of layout 2 (file-format.md 1.1 and 1.2) and whole reads and
 * writes at an offset.
 */

#define STORE_MAGIC 0xa50c
#define STORE_BLOCK_HEADER_LEN 12

enum store_block_type {
	STORE_BLOCK_RECORDS = 3,
	STORE_BLOCK_ARRAY = 4
};

struct store_indexer; /* store/indexer.h */

struct store_header {
	uint32_t nfdversion;
	int64_t created_s;
	uint8_t compression;
	uint16_t appendix_blocks;
	uint64_t appendix; /* its offset, 0 while the file is open */
	uint32_t blocks;
};

struct store_block_header {
	uint32_t records;
	uint32_t stored; /* bytes behind this header */
	uint16_t type;
};

/*
 * Parse what was read of a file's start, whose magic and layout are known to
 * be right.  ERR_MALFORMED unless it is a header of layout 2; the compression
 * is not looked at.
 */
int store_header_get(
    const uint8_t *data, size_t len, struct store_header *h, struct err *err);
void
store_header_put(uint8_t data[STORE_HEADER_LEN], const struct store_header *h);

/* ERR_MALFORMED when records or size are not possible. */
int store_block_header_get(const uint8_t data[STORE_BLOCK_HEADER_LEN],
    struct store_block_header *h, struct err *err);
void store_block_header_put(
    uint8_t data[STORE_BLOCK_HEADER_LEN], const struct store_block_header *h);

/*
 * The text of an ident record.  False when readers would not take a record of
 * that length; an empty text is not taken either, but no fault.
 */
bool store_ident_get(char ident[STORE_IDENT_MAX], const uint8_t *text,
    size_t len);

/* Bytes read, fewer than len at the end of the file only; -1 with errno. */
ssize_t store_pread(int fd, void *buf, size_t len, uint64_t offset);

/* All of it; -1 with errno. */
int store_pwrite(int fd, const void *buf, size_t len, uint64_t offset);

/* What a layout has of its own. */
struct store_layout {
	unsigned number;

	/*
	 * Read the header, and what it points to, of the open file: info,
	 * pos and end.  Messages name no path.  It is
	 * called again when the file has grown; f->context stays.
	 */
	int (*open)(struct store_file *f, struct err *err);

	/* As store_file_block(); messages name the path. */
	int (*block)(struct store_file *f, struct store_ref *ref,
	    struct err *err);

	/* Free f->context; or NULL. */
	void (*close)(struct store_file *f);
};

extern const struct store_layout store_layout_1;
extern const struct store_layout store_layout_2;
extern const struct store_layout store_layout_3;

/* A file open for reading. */
struct store_file {
	int fd;
	int dir; /* that path is in; not ours */
	char *path;
	const struct store_layout *layout;
	void *context; /* of the layout */
	struct store_info info;
	int64_t changed_s; /* when the file was written to */
	bool is_anonymised; /* all of it, which layout 1 says once */
	uint64_t appendix; /* its offset as the header says, 0 unknown */
	uint64_t end; /* data blocks end here at the latest */
	uint64_t tail; /* end of the only appendix block, 0 unknown */
	struct store_index *index; /* NULL: not loaded */
	bool is_counted; /* info.blocks is the number of data blocks */
	const char *damage; /* what is wrong behind the data blocks, or NULL */
	uint64_t pos; /* of the next block header */
	uint32_t number; /* of the next block */
};

/*
 * As store_file_open(), of an open file that path names in messages.  The
 * descriptor belongs to the result; on failure it stays the caller's.
 */
struct store_file *
store_file_open_fd(int fd, const char *path, struct err *err);

/*
 * As store_file_open(), but nothing is read: only fd, path and the size are
 * set.
 */
struct store_file *store_file_open_unread(const char *path, struct err *err);

/*
 * Take the size of the open file: a layout does when it has read the header,
 * which may have been written since the file was opened.  ERR_SYSTEM.
 */
int store_file_measure(struct store_file *f, struct err *err);

/*
 * ERR_MALFORMED for a file of layout 3: it is read and no more, not joined to
 * others, completed or given another ident.
 */
int store_file_check_use(const struct store_file *f, struct err *err);

/* As store_file_open_at(), store_file_check_use(), and it must be complete. */
struct store_file *
store_file_open_complete(int dir, const char *path, struct err *err);

/* Its header for a copy, which is to get an appendix of its own. */
struct store_header store_file_header(const struct store_file *f);

/* As store_file_next(), but blocks of all types. */
int store_file_block(struct store_file *f, struct store_ref *ref,
    struct err *err);

/*
 * Load and expand, but do not convert: b->raw is the payload as the file has
 * it.  Messages name neither path nor block.
 */
int store_block_expand(const struct store_file *f,
    const struct store_ref *ref, struct store_block *b, struct err *err);

/* Its stored bytes, while the block is loaded. */
const uint8_t *store_block_stored(const struct store_ref *ref,
    const struct store_block *b);

/*
 * Create a file.  While hidden, its header is zero until the commit, so that
 * nobody takes an unfinished file for one that can be recovered.
 */
struct store_writer *
store_writer_create(int dir, const char *path, const struct codec *codec,
    const char *ident, int64_t created_s, bool is_hidden, struct err *err);

/*
 * Go on writing a file after its first h->blocks blocks, which end at pos;
 * what is behind them is cut off.  The file stays when it is not committed.
 * The indexer, NULL for none, has those blocks and belongs to the writer.
 */
struct store_writer *
store_writer_resume(int dir, const char *path, const struct store_header *h,
    const char *ident, uint64_t pos, struct store_indexer *indexer,
    struct err *err);

/*
 * Append a block of any type: from raw bytes, or one that is loaded, and that
 * nothing was converted in, as it is stored.
 */
int store_writer_raw(struct store_writer *w, uint16_t type, uint32_t records,
    const void *raw, size_t len, struct err *err);
int store_writer_stored(struct store_writer *w, const struct store_ref *ref,
    const struct store_block *b, struct err *err);

/*
 * Open the directory that a path below another one begins with, which must be
 * no link; access is O_RDONLY or O_PATH.  -1 with errno.
 */
int slot_open_part(int dir, const char *name, int access);

/* Put the committed file on stable storage, with the permissions given. */
int store_writer_settle(struct store_writer *w, mode_t mode, struct err *err);

/*
 * Let the file have the ledger of f, if f has one that counts.  It is not
 * lost: when it cannot be written, the commit fails.
 */
int store_writer_take_ledger(struct store_writer *w,
    const struct store_file *f, struct err *err);

/* Whether a block that is loaded is an appendix that no header points to. */
bool store_block_is_appendix(const struct store_block *b);

/* ERR_MALFORMED unless the payload holds exactly that many records. */
int store_records_check(
    const uint8_t *raw, size_t len, uint32_t records, struct err *err);

/* Statistics from flow records. */
struct store_counter {
	struct record_decoder *decoder;
	struct batch batch;
	struct record_stats stats;
};

int store_counter_init(struct store_counter *c, struct err *err);

/*
 * Count a payload of that many records.  ERR_MALFORMED, and nothing is
 * counted, unless the records fit it exactly.
 */
int store_counter_add(struct store_counter *c, const uint8_t *raw, size_t len,
    uint32_t records, struct err *err);
void store_counter_fini(struct store_counter *c);

#endif
