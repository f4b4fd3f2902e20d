/*
 * Flow files through pipes.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/standard_input.h"

#define COPY_LEN 65536

/* A file without a name, or -1 with errno. */
static int
open_temporary(const char *tmpdir, struct err *err)
{
	char path[4096];
	int fd;

	if (snprintf(path, sizeof(path), "%s/flowdump.XXXXXX", tmpdir) >=
	    (int)sizeof(path))
		return err_set(err, ERR_VALUE,
		    "temporary directory %s: too long", tmpdir);
	if ((fd = mkstemp(path)) == -1)
		return err_system(err, "temporary file in %s", tmpdir);
	unlink(path);
	return fd;
}

static int
write_all(int fd, const char *data, size_t len)
{
	ssize_t n;

	for (; len > 0; data += n, len -= (size_t)n) {
		n = write(fd, data, len);
		if (n == -1 && errno == EINTR)
			n = 0;
		if (n == -1)
			return -1;
	}
	return 0;
}

static int
copy(int fd, const char *tmpdir, struct err *err)
{
	char data[COPY_LEN];
	ssize_t n;

	while ((n = read(STDIN_FILENO, data, sizeof(data))) != 0) {
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return err_system(err, "standard input");
		if (write_all(fd, data, (size_t)n) == -1)
			return err_system(err, "temporary file in %s",
			    tmpdir);
	}
	if (dup2(fd, STDIN_FILENO) == -1)
		return err_system(err, "standard input");
	return 0;
}

const char *
standard_input(const char *tmpdir, struct err *err)
{
	struct stat st;
	int fd, rc;

	if (isatty(STDIN_FILENO)) {
		err_set(err, ERR_USAGE,
		    "no input: standard input is a terminal");
		return NULL;
	}
	if (fstat(STDIN_FILENO, &st) == -1) {
		err_system(err, "standard input");
		return NULL;
	}
	if (S_ISREG(st.st_mode))
		return "/dev/stdin";
	if ((fd = open_temporary(tmpdir, err)) == -1)
		return NULL;
	rc = copy(fd, tmpdir, err);
	close(fd);
	return rc == -1 ? NULL : "/dev/stdin";
}
