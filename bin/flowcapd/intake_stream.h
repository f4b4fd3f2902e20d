#ifndef FLOWCAPD_INTAKE_STREAM_H
#define FLOWCAPD_INTAKE_STREAM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

/*
 * A file or pipe that an intake reads.
 */

struct intake_stream {
	int fd;
	atomic_bool is_stopped;
};

/* "-" is standard input.  ERR_SYSTEM; ERR_VALUE for a directory. */
int intake_stream_open(struct intake_stream *s, const char *path,
    struct err *err);
void intake_stream_close(struct intake_stream *s);

/*
 * As read(2), but waits for whoever writes into a pipe.  Once stopped there
 * is nothing more to read: 0.
 */
ssize_t intake_stream_read(struct intake_stream *s, void *buf, size_t len);

/* From any thread. */
void intake_stream_stop(struct intake_stream *s);

#endif
