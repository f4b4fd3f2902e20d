/*
 * Files for unit tests.  Everything here gives up the test when the system
 * refuses, so callers do not check.
 */
#ifndef TESTS_FILES_H
#define TESTS_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FILES_PATH_MAX 512

/*
 * A new directory under $TMPDIR or /tmp, the present one from now on; it is
 * removed with all that is in it when the program ends.
 */
void files_begin(void);

/* Path of tests/data/NAME. */
void files_data(const char *name, char path[FILES_PATH_MAX]);

/* Whole file; free the result.  A file that is written is a new one. */
uint8_t *files_read(const char *path, size_t *len);
void files_write(const char *path, const void *data, size_t len);
/* A new file with the bytes of another. */
void files_copy(const char *from, const char *to);

/* A file, or a directory and all that is in it; it need not be there. */
void files_remove(const char *path);

bool files_exist(const char *path);
int64_t files_size(const char *path);

/* Number of names in the present directory. */
unsigned files_count(void);

/* Make an empty file, and the directories above it. */
void files_touch(const char *path);

/* The same with zeros in it; what it takes of the disk, in bytes. */
uint64_t files_allocate(const char *path, uint64_t size);

#endif
