/*
 * Damage of one byte: the files of tests/data/files, and one of our own, are
 * opened, read, decoded, checked and repaired with single bytes changed.
 * Nothing may crash or hang, and what comes out must hold together:
 *
 *	- checking says what is wrong, or says that nothing is;
 *	- a repaired file is sound, and has all flows that could be read;
 *	- a file that is not repaired is as it was.
 *
 * A share of the bytes is changed, so that it takes a moment only; with
 * FLOWDUMP_FLIP_ALL in the environment every seventh byte.
 */

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "record/v3.h"
#include "store/reader.h"
#include "store/verify.h"
#include "storekit.h"
#include "tap.h"

#define STEP 7
#define STEP_SHARE (STEP * 41)
#define SIZE_MAX_SMALL (64 * 1024)

static const uint8_t changes[] = { 0x01, 0x80, 0xff };

struct tally {
	unsigned tried, sound, damaged, unreadable, repaired;
	uint64_t flows, records_lost, blocks_lost;
};

/* Flows that the reader shows before its first error. */
static uint64_t
read_flows(const char *path)
{
	struct store_file *f = store_file_open(path, NULL);
	struct store_block b = { 0 };
	struct fieldset want = { 0 };
	struct record_decoder *d;
	struct batch batch;
	struct store_ref ref;
	uint64_t flows = 0;

	fieldset_add(&want, FLD_SRC_ADDR);
	fieldset_add(&want, FLD_IN_BYTES);
	if (batch_init(&batch, &want, true, NULL) == -1 ||
	    (d = record_decoder_new(&want, NULL)) == NULL)
		bail("no memory");
	while (f != NULL && store_file_next(f, &ref, NULL) == 1) {
		struct record_cursor c = { 0 };

		if (store_block_load(f, &ref, &b, NULL) == -1)
			break;
		c.data = b.raw;
		c.len = b.len;
		while (record_decode(d, &c, &batch, NULL) == 1)
			;
		flows += c.flows;
	}
	record_decoder_free(d);
	batch_fini(&batch);
	store_block_fini(&b);
	store_file_close(f);
	return flows;
}

static void
is_same(const char *path, const uint8_t *data, size_t len, const char *name,
    size_t at)
{
	size_t got;
	uint8_t *is = files_read(path, &got);

	if (got != len || memcmp(is, data, len) != 0)
		bail("%s, byte %zu: not repaired, but changed", name, at);
	free(is);
}

static void
is_sound(uint64_t flows, const char *name, size_t at)
{
	struct store_verdict v;
	struct err err;

	if (store_verify("file", NULL, &v, &err) == -1)
		bail("%s, byte %zu: repaired: %s", name, at, err.text);
	if (v.damages > 0 || v.flows != flows || read_flows("file") != flows)
		bail("%s, byte %zu: repaired, %ju damages, %ju flows of %ju",
		    name, at, (uintmax_t)v.damages, (uintmax_t)v.flows,
		    (uintmax_t)flows);
}

/* One damaged file, which is at "file". */
static void
try(const char *name, size_t at, const uint8_t *data, size_t len,
    struct tally *t)
{
	struct store_verdict v = { .layout = 0 };
	struct err err = { .code = ERR_NONE };
	uint64_t flows = read_flows("file");
	int rc = store_repair("file", NULL, &v, &err);

	t->tried++;
	if (rc == -1 && err.code != ERR_MALFORMED && err.code != ERR_VALUE)
		bail("%s, byte %zu: %s", name, at, err.text);
	if (rc != 1)
		is_same("file", data, len, name, at);
	else
		is_sound(v.flows, name, at);
	if (rc != -1 && v.flows < flows)
		bail("%s, byte %zu: %ju flows are readable, %ju found", name,
		    at, (uintmax_t)flows, (uintmax_t)v.flows);
	t->sound += rc == 0;
	t->repaired += rc == 1;
	t->damaged += v.damages > 0;
	t->unreadable += rc == -1 && v.damages == 0;
	if (rc != -1) {
		t->flows += v.flows;
		t->records_lost += v.records_lost;
		t->blocks_lost += v.blocks_lost;
	}
}

static void
try_file(const char *name, uint8_t *data, size_t len, size_t step)
{
	struct tally t = { 0 };
	uint8_t was;

	for (size_t at = 0; at < len; at += step) {
		was = data[at];
		for (size_t i = 0; i < sizeof(changes); i++) {
			data[at] = was ^ changes[i];
			files_write("file", data, len);
			try(name, at, data, len, &t);
		}
		data[at] = was;
	}
	ok(t.tried > 0, "%s: %u changes", name, t.tried);
	note("%u sound, %u damaged, %u unreadable, %u repaired, "
	    "%ju flows readable, %ju records and %ju blocks lost", t.sound,
	    t.damaged, t.unreadable, t.repaired, (uintmax_t)t.flows,
	    (uintmax_t)t.records_lost, (uintmax_t)t.blocks_lost);
}

/* A file of several blocks, as we write it. */
static void
try_own(size_t step)
{
	struct storekit k;

	storekit_make(&k, codec_by_id(CODEC_LZ4, NULL));
	try_file("our own", k.data, k.len, step);
	storekit_free(&k);
}

static int
is_data(const struct dirent *d)
{
	return strncmp(d->d_name, "nfcapd-", 7) == 0 &&
	    strstr(d->d_name, ".txt") == NULL;
}

int
main(void)
{
	size_t step = getenv("FLOWDUMP_FLIP_ALL") != NULL ? STEP : STEP_SHARE;
	char path[FILES_PATH_MAX], name[FILES_PATH_MAX];
	struct dirent **list;
	uint8_t *data;
	size_t len;
	int n;

	files_begin();
	files_data("files", path);
	if ((n = scandir(path, &list, is_data, alphasort)) == -1)
		bail("%s", path);
	for (int i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "files/%.255s", list[i]->d_name);
		files_data(name, path);
		data = files_read(path, &len);
		if (len <= SIZE_MAX_SMALL)
			try_file(list[i]->d_name, data, len, step);
		free(data);
		free(list[i]);
	}
	free(list);
	try_own(step);
	return done_testing();
}
