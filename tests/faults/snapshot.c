/*
 * What is in a directory; see snapshot.h.
 */
#include "faults/snapshot.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "files.h"
#include "record/v3.h"
#include "store/ledger.h"
#include "store/reader.h"
#include "tap.h"

#define CREATED_AT 8 /* in flow files of layout 2 */
#define CREATED_LEN 8

static uint64_t
hash_file(const char *path, uint64_t *size)
{
	size_t len;
	uint8_t *data = files_read(path, &len);
	uint64_t hash;

	if (len >= CREATED_AT + CREATED_LEN && data[0] == 0x0c &&
	    data[1] == 0xa5)
		memset(data + CREATED_AT, 0, CREATED_LEN);
	hash = hash_bytes(data, len, 0);
	free(data);
	*size = len;
	return hash;
}

static uint64_t
hash_ledger(const struct store_ledger *l, uint64_t hash)
{
	uint64_t value;

	if (l == NULL)
		return hash;
	for (size_t i = 0; i < store_ledger_rows(l); i++)
		for (size_t j = 0; j < store_ledger_columns(l); j++) {
			value = store_ledger_value(l, i, j);
			hash = hash_pair(hash, value);
		}
	return hash;
}

static uint64_t
count_flows(const struct store_block *b)
{
	struct record_cursor c = { .data = b->raw, .len = b->len };
	struct span record;
	uint64_t n = 0;
	uint16_t type;

	while (record_next(&c, &type, &record, NULL) == 1)
		n += type == RECORD_FLOW_V3;
	return n;
}

/* Of a sound flow file, whose records are counted. */
static uint64_t
hash_flows(const char *path, uint64_t *count)
{
	struct err err = { .code = ERR_NONE };
	struct store_file *f = store_file_open(path, &err);
	struct store_block b = { 0 };
	struct store_ledger *l = NULL;
	struct store_ref ref;
	uint64_t hash = 1;
	int rc = -1;

	while (f != NULL && (rc = store_file_next(f, &ref, &err)) == 1) {
		if ((rc = store_block_load(f, &ref, &b, &err)) == -1)
			break;
		hash = hash_bytes(b.raw, b.len, hash);
		*count += count_flows(&b);
	}
	if (rc == 0 && (rc = store_file_ledger(f, &l, &err)) == 1)
		hash = hash_ledger(l, hash);
	store_ledger_free(l);
	store_block_fini(&b);
	store_file_close(f);
	return rc == -1 ? 0 : hash;
}

static void
take(struct snapshot *s, const char *dir, const char *prefix)
{
	DIR *d = opendir(dir);
	struct snapshot_file *f;
	char path[FILES_PATH_MAX], name[sizeof(f->name)];
	struct dirent *e;
	struct stat st;

	if (d == NULL)
		bail("%s: %s", dir, strerror(errno));
	while ((e = readdir(d)) != NULL) {
		snprintf(name, sizeof(name), "%.60s%.50s", prefix, e->d_name);
		snprintf(path, sizeof(path), "%.300s/%.150s", dir, e->d_name);
		if (strcmp(e->d_name, ".") == 0 ||
		    strcmp(e->d_name, "..") == 0 || lstat(path, &st) == -1)
			continue;
		if (S_ISDIR(st.st_mode)) {
			strncat(name, "/", sizeof(name) - strlen(name) - 1);
			take(s, path, name);
			continue;
		}
		if (s->len == SNAPSHOT_MAX)
			bail("%s: too many files", dir);
		f = &s->files[s->len++];
		memcpy(f->name, name, sizeof(name));
		f->hash = f->size = f->flows = f->count = 0;
		if (S_ISREG(st.st_mode)) {
			f->hash = hash_file(path, &f->size);
			f->flows = hash_flows(path, &f->count);
		}
	}
	closedir(d);
}

void
snapshot_take(struct snapshot *s, const char *dir)
{
	s->len = 0;
	take(s, dir, "");
}

const struct snapshot_file *
snapshot_find(const struct snapshot *s, const char *name)
{
	for (size_t i = 0; i < s->len; i++)
		if (strcmp(s->files[i].name, name) == 0)
			return &s->files[i];
	return NULL;
}

bool
snapshot_has(const struct snapshot *s, const struct snapshot_file *f)
{
	const struct snapshot_file *own = snapshot_find(s, f->name);

	return own != NULL && ((own->flows != 0 && own->flows == f->flows) ||
	    (own->hash == f->hash && own->size == f->size));
}

void
snapshot_clear(const char *dir)
{
	DIR *d = opendir(dir);
	char path[FILES_PATH_MAX];
	struct dirent *e;

	if (d == NULL)
		return;
	while ((e = readdir(d)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		snprintf(path, sizeof(path), "%.300s/%.150s", dir, e->d_name);
		if (unlink(path) == -1 && errno == EISDIR) {
			snapshot_clear(path);
			rmdir(path);
		}
	}
	closedir(d);
}
