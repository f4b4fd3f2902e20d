/*
 * What a power failure must not undo, by name.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store/paths_int.h"
#include "store/slot.h"
#include "store/writer.h"

int
store_sync(const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	int rc = 0;

	if (fd == -1 || (fsync(fd) == -1 && errno != EINVAL))
		rc = err_system(err, "%s", path);
	if (fd != -1)
		close(fd);
	return rc;
}

int
slot_sync(const char *dir, const char *name, struct err *err)
{
	char *path = path_join(dir, name, err);
	char *slash;
	int rc = 0;

	if (path == NULL)
		return -1;
	/* Upwards: a name counts when the directory above it is safe. */
	while (rc == 0 && (slash = strrchr(path, '/')) != NULL &&
	    (size_t)(slash - path) > strlen(dir)) {
		*slash = '\0';
		rc = store_sync(path, err);
	}
	free(path);
	return rc == 0 ? store_sync(dir, err) : -1;
}
