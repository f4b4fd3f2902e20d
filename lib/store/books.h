#ifndef STORE_BOOKS_H
#define STORE_BOOKS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "store/inventory.h"

/*
 * The books of a data directory: .nfstat, which nfcapd and nfexpire of 1.6
 * and 1.7 keep, too (expire.md section 9).  It says how much there is, as of
 * the last writer, and what limits are set.
 *
 * All writers lock the file and then write to it, so it is never replaced by
 * another one.  The lock is of the open file (F_OFD_SETLK, which excludes
 * POSIX locks of other processes): it is not lost when the process opens and
 * closes .nfstat elsewhere, and excludes the process itself.
 *
 * A directory is a descriptor here, open for reading.  Messages do not say
 * which one: the caller adds that.
 */

#define BOOKS_NAME ".nfstat"
#define BOOKS_WATERMARK 95
#define BOOKS_LEN_MAX (1024 * 1024)

enum books_status {
	BOOKS_VALID = 0,
	BOOKS_REBUILD = 3 /* counts say nothing, the limits hold */
};

struct books {
	int64_t first_s; /* of the oldest file, by its name */
	int64_t last_s; /* of the newest one */
	uint64_t size; /* allocated bytes */
	uint64_t files;
	uint64_t max_size; /* limit, 0 none */
	uint64_t lifetime_s; /* limit, 0 none */
	uint32_t watermark; /* percent; 0 is the default, BOOKS_WATERMARK */
	uint32_t status;
};

enum books_mode {
	BOOKS_READ, /* nothing will be written */
	BOOKS_UPDATE, /* only if there are books */
	BOOKS_CREATE
};

struct books_how {
	enum books_mode mode;
	uint32_t wait_ms; /* for the lock, at most */
	/* Told of lines that mean nothing; NULL: nobody is. */
	void (*warn)(void *ctx, const struct err *why);
	void *ctx;
	const char *path; /* of the directory, for warnings; NULL: "." */
};

struct books_file {
	int fd;
	struct books books; /* as they were read */
	uint64_t len; /* private */
	/*
	 * A limit is no plain number.  books has what 1.x takes it for, which
	 * is not what somebody meant.
	 */
	bool is_garbled;
};

/*
 * Open, lock and read the books.  Books without lines have no limits, and are
 * to be rebuilt; so are those that contradict themselves.  1, 0 when there
 * are none (f needs no close then), -1: ERR_VALUE when another process has
 * the lock too long, ERR_MALFORMED when it is no regular file or longer than
 * BOOKS_LEN_MAX, ERR_SYSTEM, ERR_NOMEM.
 */
int books_open(struct books_file *f, int dir, const struct books_how *how,
    struct err *err);

/*
 * Write them, in the form of 1.x.  At any time the file holds the old books or
 * the new ones, which empty lines may follow.  When limits change they are on
 * stable storage on return.  ERR_NOMEM, ERR_SYSTEM; the old
 * ones stay then, if the disk lets them.
 */
int books_write(struct books_file *f, const struct books *b, struct err *err);

/* Unlock. */
void books_close(struct books_file *f);

/*
 * Fill in what the inventory says of one of its data directories; the limits
 * stay.  The books are to be rebuilt when it is partial, and without any
 * file; first_s and last_s are now_s then.
 */
void books_total(struct books *b, const struct inventory *v, uint32_t top,
    int64_t now_s);

/*
 * The same, of an inventory taken now.  What cannot be read is told by
 * how->warn and left out; the books are to be rebuilt then.  -1 when the
 * directory itself cannot be read, or without memory.
 */
int books_count(struct books *b, int dir, const struct books_how *how,
    int64_t now_s, struct err *err);

/*
 * Count the files and write that to the books.  A collector does so after it
 * has left out a file.  1, 0 when there are no books and how->mode does not
 * make them, -1 as books_open() and books_write().
 */
int books_rescan(int dir, const struct books_how *how, int64_t now_s,
    struct err *err);

/*
 * For a collector: the file of this name, below the directory, is complete.
 * It is added to the books.  When it may be in them already, as it is not
 * newer than all others, or when they are to be rebuilt, the files are
 * counted anew; so the books are right whoever else has counted meanwhile.
 * now_s is used when there are none.
 *
 * As books_rescan(), and ERR_VALUE for a name without a time.
 */
int books_add(int dir, const char *name, const struct books_how *how,
    int64_t now_s, struct err *err);

#endif
