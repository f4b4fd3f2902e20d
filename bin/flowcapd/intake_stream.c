/*
 * Files and pipes.  Waiting for a pipe has an end when the collector is to
 * stop, and takes no part in the signals of the program.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "flowcapd/intake_stream.h"

#define LOOK_MS 200 /* whether to stop */

int
intake_stream_open(struct intake_stream *s, const char *path, struct err *err)
{
	struct stat st;

	atomic_init(&s->is_stopped, false);
	if (strcmp(path, "-") == 0)
		s->fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	else
		s->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (s->fd == -1)
		return err_system(err, "%s", path);
	if (fstat(s->fd, &st) == 0 && S_ISDIR(st.st_mode)) {
		close(s->fd);
		return err_set(err, ERR_VALUE, "%s is a directory", path);
	}
	return 0;
}

void
intake_stream_close(struct intake_stream *s)
{
	close(s->fd);
}

ssize_t
intake_stream_read(struct intake_stream *s, void *buf, size_t len)
{
	struct pollfd pfd = { .fd = s->fd, .events = POLLIN };
	int ready;

	while (!atomic_load(&s->is_stopped)) {
		ready = poll(&pfd, 1, LOOK_MS);
		if (ready > 0)
			return read(s->fd, buf, len);
		if (ready == -1 && errno != EINTR)
			return -1;
	}
	return 0;
}

void
intake_stream_stop(struct intake_stream *s)
{
	atomic_store(&s->is_stopped, true);
}
