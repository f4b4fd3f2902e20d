/*
 * Files for unit tests; see files.h.
 */
#include "files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tap.h"

static char directory[FILES_PATH_MAX];
static char data_directory[FILES_PATH_MAX / 2];

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void
remove_all(void)
{
	if (chdir("/") == 0)
		files_remove(directory);
}

void
files_begin(void)
{
	const char *tmp = getenv("TMPDIR");
	const char *source = getenv("SRCDIR");
	char *path = realpath(source == NULL ? "." : source, NULL);

	if (path == NULL)
		bail("%s: %s", source, strerror(errno));
	snprintf(data_directory, sizeof(data_directory), "%.200s/tests/data",
	    path);
	free(path);
	snprintf(directory, sizeof(directory),
	    "%s/flowtest."
	    "XX"
	    "XX"
	    "XX",
	    tmp == NULL ? "/tmp" : tmp);
	if (mkdtemp(directory) == NULL || chdir(directory) == -1)
		bail("%s: %s", directory, strerror(errno));
	atexit(remove_all);
}

void
files_data(const char *name, char path[FILES_PATH_MAX])
{
	snprintf(path, FILES_PATH_MAX, "%s/%s", data_directory, name);
}

uint8_t *
files_read(const char *path, size_t *len)
{
	FILE *in = fopen(path, "rb");
	int64_t size = files_size(path);
	uint8_t *data = malloc(size < 0 ? 1 : (size_t)size + 1);

	if (in == NULL || size < 0 || data == NULL ||
	    fread(data, 1, (size_t)size, in) != (size_t)size)
		bail("%s: %s", path, strerror(errno));
	fclose(in);
	data[size] = '\0';
	*len = (size_t)size;
	return data;
}

void
files_write(const char *path, const void *data, size_t len)
{
	FILE *out;

	/* Some file systems wait for the disk when a file is overwritten. */
	unlink(path);
	out = fopen(path, "wb");
	if (out == NULL || fwrite(data, 1, len, out) != len || fclose(out) != 0)
		bail("%s: %s", path, strerror(errno));
}

void
files_copy(const char *from, const char *to)
{
	size_t len;
	uint8_t *data = files_read(from, &len);

	files_write(to, data, len);
	free(data);
}

void
files_remove(const char *path)
{
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

bool
files_exist(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

int64_t
files_size(const char *path)
{
	struct stat st;

	return stat(path, &st) == -1 ? -1 : (int64_t)st.st_size;
}

unsigned
files_count(void)
{
	DIR *dir = opendir(".");
	unsigned n = 0;

	if (dir == NULL)
		bail("cannot list the directory");
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n - 2;
}

void
files_touch(const char *path)
{
	char copy[FILES_PATH_MAX];
	char *slash = copy;

	snprintf(copy, sizeof(copy), "%s", path);
	while ((slash = strchr(slash + 1, '/')) != NULL) {
		*slash = '\0';
		if (mkdir(copy, 0755) == -1 && errno != EEXIST)
			bail("%s: %s", copy, strerror(errno));
		*slash = '/';
	}
	files_write(path, "", 0);
}

uint64_t
files_allocate(const char *path, uint64_t size)
{
	struct stat st;
	int fd;

	files_touch(path);
	fd = open(path, O_WRONLY);
	if (fd == -1 ||
	    (size > 0 && posix_fallocate(fd, 0, (off_t)size) != 0) ||
	    fstat(fd, &st) == -1)
		bail("%s: %s", path, strerror(errno));
	close(fd);
	return (uint64_t)st.st_blocks * 512;
}
