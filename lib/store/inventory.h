#ifndef STORE_INVENTORY_H
#define STORE_INVENTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buffer.h"
#include "base/err.h"

/*
 * All flow files of one or more data directories, with times and sizes.
 *
 * A flow file is a regular file whose name tells a time (slot_time()).
 * Directories count when their names begin with a digit; nothing is reached
 * through a link, nor on another file system unless that is asked for.  The
 * file that a collector writes to, hidden and foreign ones are passed over.
 *
 * A file takes 56 bytes of memory, a directory its path and some 50 bytes.
 */

/* Directories below the data directory. */
#define INVENTORY_DEPTH_MAX 16

/* Digits and zone of a name, and a NUL. */
#define INVENTORY_TAIL_MAX 20

struct inventory_file {
	int64_t time_s;
	uint64_t inode;
	uint64_t allocated; /* bytes */
	uint64_t size;
	uint32_t dir;
	char tail[INVENTORY_TAIL_MAX]; /* what follows "nfcapd." */
};

struct inventory_dir {
	char *path; /* below its data directory, "" for that itself */
	uint32_t top; /* which of the data directories */
	uint32_t files;
	uint32_t rank; /* by data directory and path */
	dev_t dev;
	ino_t inode;
};

struct inventory {
	struct inventory_file *files; /* oldest first; of one time by path */
	size_t count;
	size_t room; /* private */
	struct inventory_dir *dirs;
	uint32_t dir_count;
	uint32_t dir_room; /* private */
	uint64_t foreign; /* other regular files, none of which is hidden */
	bool is_partial; /* something could not be read */
};

#define INVENTORY_EMPTY { .files = NULL }

/* A data directory. */
struct inventory_top {
	int fd; /* open for reading */
	const char *path; /* for messages */
};

struct inventory_request {
	const struct inventory_top *tops;
	uint32_t top_count;
	bool crosses_mounts;
	/* What cannot be read; NULL: nobody is told. */
	void (*warn)(void *ctx, const struct err *why);
	void *ctx;
};

/*
 * Fill *v, which is empty.  -1 when a data directory cannot be read, or
 * without memory.
 */
int inventory_take(struct inventory *v, const struct inventory_request *r,
    struct err *err);

/*
 * Open a directory of the inventory, through no link, if it is still the one
 * that was met.  The caller closes it.  -1 with ERR_SYSTEM.
 */
int inventory_open_dir(const struct inventory *v,
    const struct inventory_request *r, uint32_t dir, struct err *err);

#define INVENTORY_NAME_MAX (7 + INVENTORY_TAIL_MAX)

/*
 * The directory path below another one, no component of which may be a link.
 * -1 with errno.
 */
int inventory_open_below(int top, const char *path);

/* The path of a directory, with that of its data directory. */
void inventory_dir_path(const struct inventory *v,
    const struct inventory_request *r, uint32_t dir, struct buffer *path);

/* Its name in its directory. */
void inventory_name(const struct inventory_file *f,
    char name[INVENTORY_NAME_MAX]);

void inventory_fini(struct inventory *v);

#endif
