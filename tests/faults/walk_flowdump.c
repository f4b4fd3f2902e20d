/*
 * flowdump walked through faults: what it prints, writes and mends.
 */

#include <fcntl.h>
#include <stddef.h>

#include "faults/walk.h"
#include "store/codec.h"
#include "store/ledger.h"
#include "store/reader.h"
#include "store/writer.h"
#include "storekit.h"
#include "tap.h"

#define COMMAND(title, ...) .name = title, .argv = { "flowdump", __VA_ARGS__ }
#define FIRST "nfcapd.202406151200"
#define LZ4 { "files/nfcapd-1.7.1-lz4", FIRST }
#define LZ4_TOO { "files/nfcapd-1.7.1-lz4", "nfcapd.202406151205" }
#define BZ2 { "files/nfcapd-1.7.1-bz2", "nfcapd.202406151210" }
#define OLD { "files/nfcapd-1.6.25-lz4", "nfcapd.202406151215" }
#define NEW { "files/nfcapd-1.8-lz4", "nfcapd.202406151220" }

static void
set_up_torn(void)
{
	struct storekit k;
	struct err err = { .code = ERR_NONE };

	storekit_make(&k, codec_by_id(CODEC_LZ4, &err));
	storekit_open_header("kit");
	storekit_free(&k);
}

/* A file with a ledger and an index; or with a ledger only. */
static void
make_counted(const char *name, bool has_index)
{
	const struct store_ledger_who who = { 9, 1, { 10, 0 } };
	struct store_ledger *l = store_ledger_new();
	struct store_block b = { 0 };
	struct store_writer *w;
	struct store_file *f;
	struct store_ref ref;
	struct err err = { .code = ERR_NONE };

	if (l == NULL || store_ledger_add(l, &who, "missing_flows", 7) == -1 ||
	    (f = store_file_open(FIRST, &err)) == NULL ||
	    (w = store_writer_open(AT_FDCWD, name,
	    codec_by_id(CODEC_LZ4, &err), "kit", 1, &err)) == NULL)
		bail("%s: %s", name, err.text);
	if (!has_index)
		store_writer_no_index(w);
	while (store_file_next(f, &ref, &err) == 1)
		if (store_block_load(f, &ref, &b, &err) == -1 ||
		    store_writer_block(w, b.raw, b.len, b.records, &err) == -1)
			bail("%s: %s", name, err.text);
	store_writer_ledger(w, l);
	if (store_writer_commit(w, &store_file_info(f)->stats, &err) == -1)
		bail("%s: %s", name, err.text);
	store_block_fini(&b);
	store_writer_close(w);
	store_file_close(f);
}

static void
set_up_counted(void)
{
	make_counted("nfcapd.202406151230", true);
	make_counted("nfcapd.202406151235", false);
}

/* clang-format off */
static const struct walk walks[] = {
	{ COMMAND("list", "-q", "-R", ".", "-o", "extended"),
	    .files = { LZ4, BZ2, OLD, NEW } },
	{ COMMAND("csv", "-q", "-R", ".", "-o", "csv", "proto tcp and "
	    "port in [80 443] or src net 10.0.0.0/8"),
	    .files = { LZ4, OLD }, .has_sums = true },
	{ COMMAND("json", "-q", "-R", ".", "-o", "json", "-c", "5"),
	    .files = { LZ4 }, .has_sums = true },
	{ COMMAND("statistic", "-q", "-R", ".", "-s", "srcip/bytes", "-s",
	    "record/packets"), .files = { LZ4, LZ4_TOO }, .has_sums = true },
	{ COMMAND("threads", "-q", "-R", ".", "-A", "srcip,dstport", "-O",
	    "bytes", "--threads", "3"), .files = { LZ4, LZ4_TOO, BZ2 },
	    .has_sums = true, .kinds = TRACER_THREAD | TRACER_FILES },
	{ COMMAND("sort", "-q", "-R", ".", "-O", "tstart"),
	    .files = { LZ4, LZ4_TOO } },
	{ COMMAND("spill", "-q", "-R", ".", "-A", "srcip,dstip,dstport", "-O",
	    "bytes", "--mem", "1", "--tmpdir", "@"), .files = { LZ4, BZ2 },
	    .has_sums = true },
	{ COMMAND("write", "-R", ".", "-w", "new", "proto tcp"),
	    .files = { LZ4, BZ2 } },
	{ COMMAND("write zstd", "-r", FIRST, "-w", "new", "--compress",
	    "zstd"), .files = { LZ4 } },
	{ COMMAND("write bz2", "-r", FIRST, "-w", "new", "-j"),
	    .files = { LZ4 } },
	{ COMMAND("write lzo", "-r", FIRST, "-w", "new", "-z"),
	    .files = { LZ4 } },
	{ COMMAND("write over", "-r", FIRST, "-w", "nfcapd.202406151205"),
	    .files = { LZ4, LZ4_TOO } },
	{ COMMAND("write a report", "-r", FIRST, "-w", "new", "-A", "srcip"),
	    .files = { LZ4 } },
	{ COMMAND("recompress", "-J", "bz2", "-R", "."),
	    .files = { LZ4, LZ4_TOO } },
	{ COMMAND("ident", "-r", FIRST, "-i", "name"), .files = { LZ4 } },
	{ COMMAND("index", "--index", "."), .files = { LZ4, LZ4_TOO },
	    .has_sums = true },
	{ COMMAND("recompress with ledgers", "-J", "none", "-R", "."),
	    .files = { LZ4 }, .set_up = set_up_counted,
	    .whole = TRACER_READ | TRACER_WRITE },
	{ COMMAND("index with ledgers", "--index", "."), .files = { LZ4 },
	    .set_up = set_up_counted, .has_sums = true,
	    .whole = TRACER_READ | TRACER_WRITE },
	{ COMMAND("ident with a ledger", "-r", "nfcapd.202406151230", "-i",
	    "name"), .files = { LZ4 }, .set_up = set_up_counted },
	{ COMMAND("repair", "--repair", "kit"), .set_up = set_up_torn,
	    .has_sums = true, .more_lines = 4, .whole = TRACER_READ },
	/* findings that follow from others */
	{ COMMAND("verify", "-v", FIRST), .files = { LZ4 }, .has_sums = true,
	    .more_lines = 3, .whole = TRACER_READ },
	{ COMMAND("sums", "-I", "-R", "."), .files = { LZ4, OLD },
	    .has_sums = true },
	{ COMMAND("exporters", "-E", FIRST), .files = { LZ4 },
	    .has_sums = true },
};
/* clang-format on */

int
main(void)
{
	walk_begin();
	return walk_all(walks, sizeof(walks) / sizeof(walks[0]));
}
