#ifndef STORE_WRITER_H
#define STORE_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "record/info.h"
#include "store/codec.h"
#include "store/ledger.h"
#include "store/notes.h"

/*
 * Writing flow files of layout 2 that nfdump 1.7.1 reads (file-format.md
 * section 11).  A writer holds one file; blocks are appended whole, the
 * header is completed last.
 */

/* Raw size at which callers start a new block; never larger than 2 MiB. */
#define STORE_BLOCK_SIZE (1024U * 1024)
#define STORE_BLOCK_SIZE_MAX (2U * 1024 * 1024)

/* What we put into the header as writing version: 1.7.1. */
#define STORE_NFDVERSION 0x01070100U

struct store_writer; /* opaque */

/*
 * Names here are those of files in an open directory, or paths below it,
 * which no message says more about: the caller adds that.  AT_FDCWD stands for
 * the current directory.  As the last part of a path symbolic links are not
 * followed.  The directory stays open as long as what is made from it.
 */

/*
 * Create a file; it must not exist (O_EXCL, O_NOFOLLOW, mode 0644 less the
 * umask).  ident NULL or "" is "none".  NULL: ERR_SYSTEM, ERR_NOMEM, or
 * ERR_VALUE for an ident that readers would not take (STORE_IDENT_MAX bytes or more).
 */
struct store_writer *store_writer_open(int dir, const char *name,
    const struct codec *codec, const char *ident, int64_t created_s,
    struct err *err);

/*
 * Compress and append one block of whole records.  On failure the file is
 * cut back to its last whole block and stays usable.
 */
int store_writer_block(struct store_writer *w, const void *raw, size_t len,
    uint32_t records, struct err *err);

/*
 * The same, with statistics and notes of its flows, which are not decoded for
 * the index then.  Notes may be NULL.
 */
int store_writer_noted(struct store_writer *w, const void *raw, size_t len,
    uint32_t records, const struct record_stats *stats,
    const struct store_notes *notes, struct err *err);

/* The file is to have no index (store/index.h). */
void store_writer_no_index(struct store_writer *w);

/*
 * The ledger that the file is to have, with or without an index; it belongs
 * to the writer.  NULL: nothing changes.  It is added to one that was set before,
 * unless there is no memory for that.
 */
void store_writer_ledger(struct store_writer *w, struct store_ledger *l);

/* Blocks and bytes written so far. */
uint32_t store_writer_blocks(const struct store_writer *w);
uint64_t store_writer_size(const struct store_writer *w);

/*
 * The statistics of the flows written so far, which are summed up for the
 * index: ERR_NOMEM when the writer makes none.
 */
int store_writer_sums(const struct store_writer *w, struct record_stats *s,
    struct err *err);

/*
 * Write appendix, index and header: the file is complete.  Then close it.
 * It has no index when its records are not understood or the disk is full, and
 * no ledger when that is.
 */
int store_writer_commit(struct store_writer *w, const struct record_stats *s,
    struct err *err);

/*
 * Put what was written on stable storage.  On failure the blocks since the
 * last call that succeeded may be gone, whatever can be read now.  Before the
 * commit they are cut off, unless that fails too: store_writer_blocks() tells.
 * A committed file stays as it looks.
 */
int store_writer_sync(struct store_writer *w, struct err *err);

/*
 * Write a committed file again after such a failure, as the system still
 * knows it, and put that on stable storage.  What can be read later is for
 * store_recover() to say.
 */
int store_writer_renew(struct store_writer *w, struct err *err);

/* The file shall stay, committed or not. */
void store_writer_keep(struct store_writer *w);

/*
 * Release; a file that was neither committed nor kept is removed.  NULL is
 * allowed.
 */
void store_writer_close(struct store_writer *w);

/*
 * Append the blocks of the complete file "from" to the complete file "to"
 * (recompressed when the codecs differ), sum the statistics, and remove
 * "from", whose time of creation the result has.  Both are on one file system.
 *
 * The new file is made beside "from" as FROM.append and then renamed: an
 * interrupted append leaves "to" as it was, and is finished by the next one
 * of "from" or of a FROM.append left behind.  A FROM.append that
 * store_recover() refuses was not finished and may be removed.
 */
int store_append(int to_dir, const char *to, int from_dir, const char *from,
    struct err *err);

/* Is this the name of a FROM.append? */
bool store_append_is(const char *name);

/*
 * Is name a FROM.append, and void because FROM is still there?  Then remove
 * it and return 1.  0 if not, -1 if that cannot be told or it cannot be
 * removed.
 */
int store_append_discard(int dir, const char *name, struct err *err);

/*
 * Remove a FROM.append that is void, before FROM gets another name: without
 * FROM it would count.
 */
int store_append_undo(int dir, const char *from, struct err *err);

/*
 * Put a file, or the names in a directory, on stable storage.  ERR_SYSTEM;
 * a file system that has no such operation is no error.
 */
int store_sync(int dir, const char *name, struct err *err);

/*
 * Change the ident of a complete file, which must be one that readers take
 * (store_writer_open()).  The new file takes the place of the old one when
 * all of it is on stable storage, with its owner, permissions and times; on
 * failure the old one stays.  A symbolic link is followed.  ERR_MALFORMED
 * also when the file has no statistics that could be kept, or has changed
 * meanwhile.
 */
int store_set_ident(const char *path, const char *ident, struct err *err);

/*
 * Complete a file that a crash left: whole blocks kept, torn tail cut,
 * statistics rebuilt from its records, header written.  A complete file
 * whose blocks are all sound is left alone; one of layout 1 is, whatever its
 * blocks.  Returns the number of blocks of
 * the file, or -1: not a flow file, not even a header, or ERR_SYSTEM, and then
 * its data is untouched.
 */
int64_t store_recover(int dir, const char *name, const char *ident,
    struct err *err);

#endif
