/*
 * The ledger: counters by name and exporter; in files with and without an
 * index; joined, compressed anew, given another ident or an index; damaged.
 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files.h"
#include "store/index.h"
#include "store/index_file.h"
#include "store/ledger_int.h"
#include "store/reader.h"
#include "store/verify.h"
#include "store/writer.h"
#include "storekit.h"
#include "tap.h"

static const struct store_ledger_who collector;
static const struct store_ledger_who router = { 9, 5,
	{ 0, UINT64_C(0xffff0a000001) } };
static const struct store_ledger_who other = { 10, 5,
	{ 0, UINT64_C(0xffff0a000001) } };

static uint64_t
value(const struct store_ledger *l, const struct store_ledger_who *who,
    const char *name)
{
	size_t row = store_ledger_find(l, who);

	if (row == store_ledger_rows(l))
		return 0;
	for (size_t c = 0; c < store_ledger_columns(l); c++)
		if (strcmp(store_ledger_name(l, c), name) == 0)
			return store_ledger_value(l, row, c);
	return 0;
}

static struct store_ledger *
make_ledger(uint64_t drops)
{
	struct store_ledger *l = store_ledger_new();

	if (l == NULL || store_ledger_add(l, &collector, "drops", drops) == -1 ||
	    store_ledger_add(l, &router, "flows", 100) == -1 ||
	    store_ledger_add(l, &router, "missing_flows", 7) == -1)
		bail("out of memory");
	return l;
}

static void
test_table(void)
{
	struct store_ledger *l = make_ledger(3);
	struct store_ledger *more = make_ledger(4);
	char name[16];

	store_ledger_add(l, &router, "nothing", 0);
	store_ledger_add(l, &router,
	    "a_name_that_is_longer_than_any_name_may_be", 5);
	is_uint(store_ledger_columns(l), 3, "what is 0 has no column");
	is_uint(store_ledger_rows(l), 2, "rows");
	store_ledger_add(more, &other, "flows", UINT64_MAX);
	store_ledger_add(more, &other, "flows", 2);
	is_int(store_ledger_merge(l, more), 0, "merged");
	is_uint(value(l, &collector, "drops"), 7, "summed up");
	is_uint(value(l, &router, "missing_flows"), 14, "by exporter");
	is_uint(value(l, &other, "flows"), UINT64_MAX, "saturated");
	for (unsigned i = 0; i < 2000; i++) {
		struct store_ledger_who who = { 9, i, { 1, 2 } };

		snprintf(name, sizeof(name), "c%u", i % 100);
		store_ledger_add(l, &who, name, i + 1);
	}
	is_uint(store_ledger_columns(l), STORE_LEDGER_COLUMNS_MAX,
	    "columns end");
	is_uint(value(l, &(struct store_ledger_who){ 9, 1010, { 1, 2 } },
	    "c10"), 1011, "one of many rows");
	store_ledger_free(more);
	store_ledger_free(l);
}

/* The blocks of "kit" with a ledger. */
static void
write_file(const char *path, uint64_t drops, bool has_index)
{
	struct store_writer *w;
	struct store_block b = { 0 };
	struct store_file *f;
	struct store_ref ref;
	struct err err;

	if ((f = store_file_open("kit", &err)) == NULL ||
	    (w = store_writer_open(AT_FDCWD, path, codec_by_name("lz4", &err),
		 "x", 1, &err)) == NULL)
		bail("%s", err.text);
	if (!has_index)
		store_writer_no_index(w);
	while (store_file_next(f, &ref, &err) == 1)
		if (store_block_load(f, &ref, &b, &err) == -1 ||
		    store_writer_block(w, b.raw, b.len, b.records, &err) == -1)
			bail("%s", err.text);
	store_writer_ledger(w, make_ledger(drops));
	if (store_writer_commit(w, &store_file_info(f)->stats, &err) == -1)
		bail("%s", err.text);
	store_block_fini(&b);
	store_writer_close(w);
	store_file_close(f);
}

static struct store_ledger *
read_ledger(const char *path, int want)
{
	struct store_ledger *l = NULL;
	struct store_file *f;
	struct err err;

	if ((f = store_file_open(path, &err)) == NULL)
		bail("%s", err.text);
	is_int(store_file_ledger(f, &l, &err), want, "%s: ledger", path);
	store_file_close(f);
	return l;
}

static void
has(const char *path, uint64_t drops, uint64_t missing, bool has_index)
{
	struct store_ledger *l = read_ledger(path, 1);
	struct store_verdict v;
	struct store_file *f;
	struct err err;
	uint64_t flows, want;

	if (l == NULL)
		return;
	is_uint(value(l, &collector, "drops"), drops, "%s: drops", path);
	is_uint(value(l, &router, "missing_flows"), missing, "%s: missing",
	    path);
	store_ledger_free(l);
	f = store_file_open(path, &err);
	is_int(f == NULL ? -2 : store_file_load_index(f, &err), has_index,
	    "%s: index", path);
	store_file_close(f);
	is_int(store_verify(path, NULL, &v, &err), 0, "%s: verified", path);
	is_uint(v.damages, 0, "%s: sound", path);
	storekit_flows("kit", &want);
	storekit_flows(path, &flows);
	is_uint(flows % want, 0, "%s: flows", path);
}

static void
test_files(void)
{
	enum index_result result;
	uint64_t len;
	struct err err;

	write_file("a", 3, true);
	has("a", 3, 7, true);
	write_file("b", 4, false);
	has("b", 4, 7, false);
	is_int(store_index_file("b", &result, &len, &err), 0, "an index");
	has("b", 4, 7, true);
	is_int(store_set_ident("b", "another", &err), 0, "an ident");
	has("b", 4, 7, true);
	is_int(store_recompress("b", codec_by_name("none", &err), &err), 1,
	    "a codec");
	has("b", 4, 7, true);
	is_int(store_append(AT_FDCWD, "a", AT_FDCWD, "b", &err), 0, "joined");
	has("a", 7, 14, true);
	write_file("b", 1, true);
	is_int((int)store_recover(AT_FDCWD, "b", "x", &err), STOREKIT_BLOCKS,
	    "it is complete");
	has("b", 1, 7, true);
	store_ledger_free(read_ledger("kit", 0));
}

/* A damaged block is no reason to lose it. */
static void
test_repair(void)
{
	struct store_verdict v;
	struct err err;
	size_t len;
	uint8_t *data;

	write_file("c", 5, true);
	data = files_read("c", &len);
	memset(data + 60, 0xff, 40);
	files_write("c", data, len);
	free(data);
	is_int(store_repair("c", NULL, &v, &err), 1, "repaired");
	store_ledger_free(read_ledger("c", 1));
}

/* Whatever is damaged, the ledger is whole, refused or not there. */
static void
test_damage(void)
{
	struct store_file *f;
	struct store_ledger *l;
	struct err err;
	size_t len, start, refused = 0, seen = 0;
	uint8_t *data = files_read("b", &len);

	start = len - (size_t)load_u64(data + len - 16);
	for (size_t i = start; i < len; i++) {
		data[i] ^= 0x21;
		files_write("damaged", data, len);
		data[i] ^= 0x21;
		if ((f = store_file_open("damaged", &err)) == NULL)
			bail("%s", err.text);
		refused += store_file_ledger(f, &l, &err) == -1;
		seen += l != NULL;
		store_ledger_free(l);
		store_file_close(f);
	}
	is_uint(seen, 0, "none of %zu damages is overlooked", len - start);
	ok(refused > len - start - 32, "%zu are told", refused);
	files_write("damaged", data, start);
	store_ledger_free(read_ledger("damaged", 0));
	free(data);
}

/* The writer is about to complete the header, or has been killed before. */
static void
test_without_header(void)
{
	struct store_file *f;
	struct store_ref ref;
	struct err err = { .text = "" };
	size_t len;
	uint8_t *data;
	int rc;

	write_file("open", 1, false);
	data = files_read("open", &len);
	memset(data + 18, 0, 2);
	memset(data + 24, 0, 16);
	files_write("open", data, len);
	free(data);
	if ((f = store_file_open("open", &err)) == NULL)
		bail("%s", err.text);
	while ((rc = store_file_next(f, &ref, &err)) == 1)
		;
	is_int(rc, 0, "a ledger is no block: %s", err.text);
	store_file_close(f);
}

int
main(void)
{
	struct storekit k;
	struct err err;

	files_begin();
	storekit_make(&k, codec_by_name("lz4", &err));
	test_table();
	test_files();
	test_repair();
	test_damage();
	test_without_header();
	storekit_free(&k);
	return done_testing();
}
