/*
 * What a power failure must not undo, by name.
 */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "store/slot.h"
#include "store/store_int.h"

static int
sync_open(int fd)
{
	return fsync(fd) == -1 && errno != EINVAL ? -1 : 0;
}

int
store_sync(int dir, const char *name, struct err *err)
{
	int fd = openat(dir, name,
	    O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NOFOLLOW | O_NONBLOCK);
	int rc = 0;

	if (fd == -1 || sync_open(fd) == -1)
		rc = err_system(err, "%s", name);
	if (fd != -1)
		close(fd);
	return rc;
}

/* Upwards: a name counts when the directory above it is safe. */
int
slot_sync(int dir, const char *name, struct err *err)
{
	const char *slash = strchr(name, '/');
	int below, rc = 0;

	if (slash != NULL) {
		below = slot_open_part(dir, name, O_RDONLY);
		if (below == -1)
			return err_system(err, "the directory of %s", name);
		rc = slot_sync(below, slash + 1, err);
		close(below);
	}
	if (rc == 0 && sync_open(dir) == -1)
		rc = err_system(err, "the directory of %s", name);
	return rc;
}
