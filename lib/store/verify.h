#ifndef STORE_VERIFY_H
#define STORE_VERIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "record/info.h"
#include "store/reader.h"

/*
 * Checking flow files to the last record, and mending them.
 *
 * Reading goes on behind a damaged block: at the next one, or where that
 * cannot be told at the next place that holds a block that is right.
 */

enum store_finding {
	FINDING_NOTE, /* unusual, and no reader minds */
	FINDING_DAMAGE
};

/* Block types that are counted on their own; the rest counts as 0. */
#define STORE_VERDICT_TYPES 5

struct store_verdict {
	/* as the header has it */
	unsigned layout;
	const struct codec *codec; /* NULL: none that we know */
	uint32_t nfdversion;
	int64_t created_s;
	uint16_t appendix_blocks;
	uint32_t header_blocks;
	uint32_t v1_flags; /* of layout 1, without the compression */

	/* what there is */
	uint64_t type_blocks[STORE_VERDICT_TYPES]; /* the appendix, too */
	uint64_t records; /* of all types; the appendix, too */
	uint64_t blocks; /* that can be read, at least in part */
	uint64_t blocks_partial; /* of these */
	uint64_t blocks_lost;
	uint64_t bytes_lost; /* stored, of data blocks and between them */
	uint64_t records_lost; /* of blocks that are readable in part */
	uint64_t flows; /* that can be read */
	uint64_t damages; /* findings */
	uint64_t notes;
	bool is_unfinished; /* still being written, or left by a crash */
	bool has_index; /* and it is right */
	bool is_unread; /* the system could not read some of it */

	/* of the appendix, if that can be read */
	char ident[STORE_IDENT_MAX];
	bool has_stats;
	struct record_stats stats;
	struct record_stats sum; /* of the flows that can be read */
};

/* Is told one line per finding; it names block and offset, not the file. */
struct store_listener {
	void (*tell)(void *ctx, enum store_finding kind, const char *text);
	void *ctx;
};

/*
 * Check a file.  0: it was read as far as possible, and is sound when there
 * is no damage.  -1: it cannot be opened, or nothing says that it is a flow
 * file; ERR_NOMEM.
 */
int store_verify(const char *path, const struct store_listener *listener,
    struct store_verdict *v, struct err *err);

/*
 * Put a sound copy in the place of a damaged or unfinished file: readable
 * records as they are, statistics summed up from them, ident and sequence
 * failures of the old appendix if that can be read.  1: done, 0: the file was
 * sound and is left alone; *v is the verdict of the old file.  -1: the file
 * is as it was; ERR_MALFORMED when nothing of it can be read, ERR_SYSTEM when
 * the disk fails, which is no damage.
 */
int store_repair(const char *path, const struct store_listener *listener,
    struct store_verdict *v, struct err *err);

/*
 * Compress a complete file with another codec, block by block; all else
 * stays.  1: done, 0: it has this codec already, -1: the file is as it was.
 */
int store_recompress(const char *path, const struct codec *codec,
    struct err *err);

#endif
