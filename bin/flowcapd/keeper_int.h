/*
 * What the collector's side of the keeper and the process share.
 */
#ifndef FLOWCAPD_KEEPER_INT_H
#define FLOWCAPD_KEEPER_INT_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sys/socket.h>

#include "flowcapd/command.h"
#include "flowcapd/keeper.h"

#define KEEPER_MESSAGE_MAX (PATH_MAX + 1024)

/* Room for the descriptor that comes with a message. */
union keeper_control {
	struct cmsghdr header;
	char room[CMSG_SPACE(sizeof(int))];
};

/* A job as one message, its length; 0 when it is too long. */
size_t keeper_encode(const struct keeper_job *job,
    uint8_t message[KEEPER_MESSAGE_MAX]);

/*
 * Strings point into the message; the descriptor is not in it.  -1:
 * ERR_MALFORMED, no message of ours.
 */
int keeper_decode(struct keeper_job *job, const uint8_t *message, size_t len,
    struct err *err);

/* Are there books to keep, or shall there be? */
bool keeper_wants_books(const struct keeper_options *o, int dir);

/*
 * Enter a file into the books, or count all when has_gap tells that one was
 * left out, and expire when it is due.  That is decided by the books, or, as
 * they may be wrong, on a count when is_thorough.  False, and logged, when
 * the file is not in the books.
 */
bool keeper_books(const struct keeper_options *o,
    const struct keeper_job *job, bool has_gap, bool is_thorough);

/* Become the launch command.  Returns, and has logged, when it cannot be. */
void keeper_launch(const struct command *c, const struct keeper_job *job);

/*
 * The process: serve jobs that come on fd until it is closed at the other
 * end and all are done.  All signals are blocked when it is called.
 */
_Noreturn void keeper_main(const struct keeper_options *o,
    const struct command *command, struct keeper_counts *counts, int fd);

#endif
