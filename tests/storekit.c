/*
 * Flow files of several blocks.
 */

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "files.h"
#include "record/stats.h"
#include "record/v3.h"
#include "store/index.h"
#include "store/store_int.h"
#include "storekit.h"
#include "tap.h"

/* The payload of the golden file; its flows get an exporter of their own. */
static void
load(struct store_block *b)
{
	char path[FILES_PATH_MAX];
	struct store_file *f;
	struct store_ref ref;

	files_data("files/nfcapd-1.7.1-none", path);
	if ((f = store_file_open(path, NULL)) == NULL ||
	    store_file_next(f, &ref, NULL) != 1 ||
	    store_block_load(f, &ref, b, NULL) == -1)
		bail("%s", path);
	store_file_close(f);
}

static void
mark(const struct store_block *b, uint16_t n)
{
	size_t pos = 0;

	for (; pos < b->len; pos += load_u16(b->plain + pos + 2))
		if (load_u16(b->plain + pos) == RECORD_FLOW_V3)
			store_u16(b->plain + pos + RECORD_V3_EXPORTER_ID, n);
}

void
storekit_make(struct storekit *k, const struct codec *codec)
{
	struct store_counter c;
	struct store_block b = { 0 };
	struct store_writer *w;
	struct err err;

	load(&b);
	unlink("kit");
	w = store_writer_open(AT_FDCWD, "kit", codec, "kit", 1700000000, &err);
	if (w == NULL || store_counter_init(&c, &err) == -1)
		bail("%s", err.text);
	for (uint16_t i = 0; i < STOREKIT_BLOCKS; i++) {
		k->block[i] = store_writer_size(w);
		mark(&b, (uint16_t)(i + 1));
		if (store_writer_block(w, b.raw, b.len, b.records, &err) ==
		    -1 || store_counter_add(&c, b.raw, b.len, b.records,
		    &err) == -1)
			bail("%s", err.text);
	}
	k->block[STOREKIT_BLOCKS] = store_writer_size(w);
	c.stats.sequence_failures = 7;
	if (store_writer_commit(w, &c.stats, &err) == -1)
		bail("%s", err.text);
	store_writer_close(w);
	store_counter_fini(&c);
	store_block_fini(&b);
	k->data = files_read("kit", &k->len);
	k->end = k->block[STOREKIT_BLOCKS];
	k->end += STORE_BLOCK_HEADER_LEN + load_u32(k->data + k->end + 4);
}

void
storekit_free(struct storekit *k)
{
	free(k->data);
}

uint64_t
storekit_flows(const char *path, uint64_t *flows)
{
	struct err err = { .code = ERR_NONE };
	struct store_file *f = store_file_open(path, &err);
	struct store_block b = { 0 };
	struct store_ref ref;
	struct span record;
	uint64_t hash = 0;
	uint16_t type;
	int rc = -1;

	*flows = 0;
	while (f != NULL && (rc = store_file_next(f, &ref, &err)) == 1) {
		struct record_cursor c = { 0 };

		if ((rc = store_block_load(f, &ref, &b, &err)) == -1)
			break;
		c.data = b.raw;
		c.len = b.len;
		while (record_next(&c, &type, &record, NULL) == 1)
			if (type == RECORD_FLOW_V3) {
				hash = hash_bytes(record.data, record.len,
				    hash);
				++*flows;
			}
	}
	if (rc == -1)
		bail("%s", err.text);
	store_block_fini(&b);
	store_file_close(f);
	return hash;
}

void
storekit_open_header(const char *path)
{
	size_t len;
	uint8_t *data = files_read(path, &len);

	store_u16(data + 18, 0);
	store_u64(data + 24, 0);
	store_u32(data + 36, 0);
	files_write(path, data, len);
	free(data);
}

int
storekit_load_index(const char *path, struct err *err)
{
	struct store_file *f = store_file_open(path, err);
	int rc = f == NULL ? -2 : store_file_load_index(f, err);

	store_file_close(f);
	return rc;
}
