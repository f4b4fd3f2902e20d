#ifndef FLOWCAPD_ATTENDANT_H
#define FLOWCAPD_ATTENDANT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/err.h"
#include "flowcapd/status.h"

/*
 * A thread that tells others how the collector does: --status on the socket
 * in its directory, nfcapd's metric socket, the watchdog of the service
 * manager.  It is never waited for by those who receive and write.
 */

/* In the directory; readers of all versions pass over this name. */
#define ATTENDANT_SOCKET ".flowcapd.stat.sock"

struct attendant_options {
	const char *metric_socket; /* path, NULL: none */
	uint32_t metric_interval_s;
	status_fn ask;
	void *ctx;
};

struct attendant;

struct attendant *attendant_new(struct err *err);

/*
 * Listen in the directory, which is locked by us; when it is removed and made
 * again, the socket is, too.
 * ERR_SYSTEM when something is in the way of the socket; the attendant does
 * its other work then.
 */
int attendant_listen(struct attendant *a, const char *dir, struct err *err);

/* Start the thread, with the signal mask of the caller. */
int attendant_start(struct attendant *a, const struct attendant_options *o,
    struct err *err);

/* End the thread, remove the socket.  NULL is allowed. */
void attendant_close(struct attendant *a);

/*
 * Append the answer of the collector of a data directory, JSON.  As
 * ask_status(), and ERR_SYSTEM without the directory.
 */
int attendant_ask(const char *dir, struct buffer *out, struct err *err);

/* What the watchdog knows from the last time. */
struct watch {
	uint64_t blocks_written;
	uint64_t queue_bytes;
};

/*
 * Is there progress?  That the receivers have filled in a status says that
 * they live; the writer does when its queue is empty or has moved.
 */
bool watch_is_alive(struct watch *w, const struct status *s);

#endif
