#ifndef FLOWCAPD_ASK_H
#define FLOWCAPD_ASK_H

#include "base/buffer.h"
#include "base/err.h"

/*
 * --status: what a running collector says of itself on the socket in its
 * directory.  The socket is for the collector's user and for root.
 */

/* Readers of all versions pass over this name. */
#define ASK_SOCKET ".flowcapd.stat.sock"

/* What starts an answer that is none: the rest of it is a message. */
#define ASK_ERROR '!'

/*
 * Append the answer of the collector of a data directory, JSON.  ERR_VALUE
 * when none runs, ERR_SYSTEM when it does not answer.
 */
int ask_status(const char *dir, struct buffer *out, struct err *err);

#endif
