/*
 * What is in a directory: the names of all files below it, and hashes of what
 * they hold.  The time of creation in flow files does not count.
 */
#ifndef TESTS_FAULTS_SNAPSHOT_H
#define TESTS_FAULTS_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SNAPSHOT_MAX 64

struct snapshot_file {
	char name[120]; /* path below the directory */
	uint64_t hash;
	uint64_t size;
	uint64_t count; /* of flow records */
	uint64_t flows; /* a hash of records and ledger; 0: no flow file */
};

struct snapshot {
	struct snapshot_file files[SNAPSHOT_MAX];
	size_t len;
};


void snapshot_take(struct snapshot *s, const char *dir);

/* NULL if there is no such file. */
const struct snapshot_file *snapshot_find(const struct snapshot *s,
    const char *name);

/* Has it this very file, or one with the same records? */
bool snapshot_has(const struct snapshot *s, const struct snapshot_file *f);

/* Remove all that is in a directory. */
void snapshot_clear(const char *dir);

#endif
