/*
 * Indexes of flow files: what they tell against naive sets of the same
 * flows, who keeps them, and what becomes of damaged ones.
 */

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/bytes.h"
#include "dice.h"
#include "files.h"
#include "nomem.h"
#include "record/stats.h"
#include "record/v3.h"
#include "store/index.h"
#include "store/reader.h"
#include "store/writer.h"
#include "storekit.h"
#include "tap.h"

#define FLOWS_MAX 60000

static struct dice dice;
static struct flow flows[FLOWS_MAX];
static uint32_t block_of[FLOWS_MAX];
static uint8_t raw[STORE_BLOCK_SIZE_MAX];
static struct record_encoder *encoder;

static const struct codec *
codec(const char *name)
{
	const struct codec *c = codec_by_name(name, NULL);

	if (c == NULL)
		bail("no codec %s", name);
	return c;
}

/* Hosts as in gen.c: some nets have many, most have few. */
static struct addr
random_addr(uint32_t hosts)
{
	uint64_t n = dice_below(&dice, hosts), net = n / 3;

	if (n % 7 == 0)
		return (struct addr){ UINT64_C(0x20010db800000000) + net * 16 +
			n % 16, n * 77 };
	if (n % 101 == 0)
		return (struct addr){ 0, 0 };
	return addr_v4((uint32_t)(0x0a000000 + (net << 8) + n % 200));
}

static void
random_flow(struct flow *f, uint32_t hosts)
{
	memset(f, 0, sizeof(*f));
	f->src_addr = random_addr(hosts);
	f->dst_addr = random_addr(hosts);
	f->extensions = FLOW_EXT(EXT_GENERIC);
	if (addr_is_v4(f->src_addr) && addr_is_v4(f->dst_addr))
		f->extensions |= FLOW_EXT(EXT_IPV4);
	else if (!addr_is_zero(f->src_addr) || !addr_is_zero(f->dst_addr))
		f->extensions |= FLOW_EXT(EXT_IPV6);
	f->first_ms = 1700000000000 + dice_below(&dice, 300000);
	f->last_ms = f->first_ms + dice_below(&dice, 300000);
	f->in_packets = dice_any(&dice) >> 16;
	f->in_bytes = dice_any(&dice) >> 16;
	f->proto = (uint8_t)(dice_below(&dice, 9) == 0 ?
		dice_below(&dice, 256) : 6 + 11 * dice_below(&dice, 2));
	f->src_port = (uint16_t)dice_below(&dice, 65536);
	f->dst_port = (uint16_t)(dice_below(&dice, 20) * 40);
	if (dice_below(&dice, 4) == 0) {
		f->extensions |= FLOW_EXT(EXT_COUNTERS);
		f->flows = dice_below(&dice, 5);
		f->out_packets = dice_below(&dice, 1000);
		f->out_bytes = dice_below(&dice, 100000);
	}
}

/* A file of n random flows; a block has up to block_flows. */
static void
write_file(const char *path, const char *codec_name, uint32_t n,
    uint32_t block_flows, uint32_t hosts)
{
	struct err err = { .code = ERR_NONE };
	struct store_writer *w;
	struct record_stats s;
	uint32_t records = 0;
	size_t used = 0;

	w = store_writer_open(AT_FDCWD, path, codec(codec_name), "i", 1, &err);
	record_stats_init(&s);
	for (uint32_t i = 0; w != NULL && i < n; i++) {
		random_flow(&flows[i], hosts);
		block_of[i] = store_writer_blocks(w);
		record_stats_add_flow(&s, &flows[i]);
		used += record_encode(
		    encoder, &flows[i], raw + used, sizeof(raw) - used);
		if (++records < block_flows && i + 1 < n)
			continue;
		if (store_writer_block(w, raw, used, records, &err) == -1)
			break;
		used = records = 0;
	}
	if (w == NULL || used > 0 || store_writer_commit(w, &s, &err) == -1)
		bail("%s: %s", path, err.text);
	store_writer_close(w);
}

/* Open, with the index that must be there. */
static struct store_file *
open_indexed(const char *path)
{
	struct err err = { .code = ERR_NONE };
	struct store_file *f = store_file_open(path, &err);

	if (f == NULL || store_file_load_index(f, &err) != 1)
		bail("%s has no index: %s", path, err.text);
	return f;
}

/* What the flows of a span come to, counted one by one. */
static void
check_sums(const struct store_index *x, uint32_t n, uint32_t from,
    uint32_t to)
{
	const struct store_span *s = store_index_span(x, n);
	struct store_span want = *s;

	record_stats_init(&want.stats);
	want.flow_counts = 0;
	want.first = want.last = (struct store_range){ UINT64_MAX, 0 };
	memset(want.proto, 0, sizeof(want.proto));
	want.has_v4 = want.has_v6 = want.has_others = false;
	for (uint32_t i = from; i < to; i++) {
		const struct flow *f = &flows[i];

		record_stats_add_flow(&want.stats, f);
		want.flow_counts += f->flows == 0 ? 1 : f->flows;
		if (f->first_ms < want.first.min)
			want.first.min = f->first_ms;
		if (f->first_ms > want.first.max)
			want.first.max = f->first_ms;
		if (f->last_ms < want.last.min)
			want.last.min = f->last_ms;
		if (f->last_ms > want.last.max)
			want.last.max = f->last_ms;
		want.proto[f->proto / 64] |= UINT64_C(1) << f->proto % 64;
		want.has_v4 |= (f->extensions & FLOW_EXT(EXT_IPV4)) != 0;
		want.has_v6 |= (f->extensions & FLOW_EXT(EXT_IPV6)) != 0;
	}
	if (memcmp(&want.stats, &s->stats, sizeof(want.stats)) != 0 ||
	    memcmp(&want.first, &s->first, sizeof(want.first)) != 0 ||
	    memcmp(&want.last, &s->last, sizeof(want.last)) != 0 ||
	    memcmp(want.proto, s->proto, sizeof(want.proto)) != 0 ||
	    want.flow_counts != s->flow_counts || s->records != to - from ||
	    want.has_v4 != s->has_v4 || want.has_v6 != s->has_v6 ||
	    s->has_others)
		bail("span %u: sums differ", n);
}

static struct addr
mask(struct addr a, unsigned len, bool ones)
{
	struct addr m = addr_mask((struct addr){ UINT64_MAX, UINT64_MAX }, len);

	if (!ones)
		return addr_mask(a, len);
	return (struct addr){ a.hi | ~m.hi, a.lo | ~m.lo };
}

/* Whatever range an address is in, it may be there. */
static void
check_addr(const struct store_index *x, uint32_t n, struct addr a)
{
	struct addr lo, hi;
	unsigned len = (unsigned)dice_below(&dice, 129);

	if (!store_index_may_have_addr(x, n, a, a) ||
	    !store_index_may_have_addr(
		x, n, mask(a, len, false), mask(a, len, true)))
		bail("span %u: false negative at /%u", n, len);
	lo = hi = a;
	lo.lo -= dice_below(&dice, 600) < a.lo ? dice_below(&dice, 600) : 0;
	if (lo.lo > a.lo)
		lo = a;
	hi.lo += dice_below(&dice, 600);
	if (addr_compare(hi, a) >= 0 &&
	    !store_index_may_have_addr(x, n, lo, hi))
		bail("span %u: false negative in a range", n);
}

static void
check_span(const struct store_index *x, uint32_t n, uint32_t from,
    uint32_t to)
{
	const struct addr none = { 0, 0 }, all = { UINT64_MAX, UINT64_MAX };
	uint16_t port;

	check_sums(x, n, from, to);
	for (uint32_t i = from; i < to; i++) {
		check_addr(x, n, flows[i].src_addr);
		check_addr(x, n, flows[i].dst_addr);
		port = flows[i].dst_port;
		if (!store_index_may_have_port(x, n, port, port) ||
		    !store_index_may_have_port(x, n, 0, port) ||
		    !store_index_may_have_port(x, n, port, 65535) ||
		    !store_index_may_have_port(
			x, n, flows[i].src_port, flows[i].src_port))
			bail("span %u: false negative for a port", n);
	}
	if (!store_index_may_have_addr(x, n, none, all))
		bail("span %u: no address at all", n);
}

/* Spans cover the blocks in order; each is checked against its flows. */
static void
check_file(const char *path, uint32_t count)
{
	struct store_file *f = open_indexed(path);
	const struct store_index *x = store_file_index(f);
	const struct store_span *s;
	uint32_t from = 0, to = 0, block = 0;
	uint64_t pos = STORE_HEADER_LEN;

	for (uint32_t n = 0; n < store_index_spans(x); n++) {
		s = store_index_span(x, n);
		if (s->block != block || s->offset != pos || s->blocks == 0)
			bail("span %u is not where the last one ends", n);
		block += s->blocks;
		pos = s->end;
		while (to < count && block_of[to] < block)
			to++;
		check_span(x, n, from, to);
		from = to;
	}
	is_uint(block, store_file_info(f)->blocks, "%s: all blocks", path);
	is_uint(to, count, "%s: all flows", path);
	store_file_close(f);
}

static void
test_twin(void)
{
	write_file("small", "none", 1, 1, 10);
	check_file("small", 1);
	write_file("blocks", "lz4", 9000, 40, 2000);
	check_file("blocks", 9000);
	write_file("large", "lz4", 50000, 12000, 30000);
	check_file("large", 50000);
	write_file("odd", "none", 20000,
	    1 + (uint32_t)dice_below(&dice, 9000),
	    1 + (uint32_t)dice_below(&dice, 100000));
	check_file("odd", 20000);
	write_file("empty", "lz4", 0, 1, 1);
	check_file("empty", 0);
}

/* Share of random addresses of one family that a span may have. */
static double
false_share(const struct store_index *x, unsigned len)
{
	unsigned hits = 0;
	struct addr a;

	for (unsigned i = 0; i < 20000; i++) {
		a = addr_v4((uint32_t)(dice_next(&dice) | 0x80000000));
		hits += store_index_may_have_addr(
		    x, 0, mask(a, len, false), mask(a, len, true));
	}
	return hits / 20000.0;
}

static size_t
index_len(const char *path)
{
	struct err err = { .code = ERR_NONE };
	struct store_file *f = store_file_open(path, &err);
	size_t len = (size_t)store_file_info(f)->size;
	uint8_t *data = files_read(path, &len);
	size_t at = load_u64(data + 24);

	at += 12 + load_u32(data + at + 4);
	store_file_close(f);
	free(data);
	return len - at;
}

/* Filters are good where addresses repeat, and small where they do not. */
static void
test_size(void)
{
	struct store_file *f;
	double one, net;
	size_t len;

	write_file("good", "none", 6000, 6000, 5000);
	f = open_indexed("good");
	one = false_share(store_file_index(f), 128);
	net = false_share(store_file_index(f), 120);
	ok(one < 0.006, "an address that is not there: %.2f %%", one * 100);
	ok(net < 0.008, "a net that is not there: %.2f %%", net * 100);
	store_file_close(f);
	len = index_len("good");
	ok(len * 25 < (size_t)files_size("good"),
	    "index of %zu bytes of %jd", len,
	    (intmax_t)files_size("good"));

	write_file("random", "none", 8000, 8000, UINT32_MAX);
	len = index_len("random");
	ok(len * 25 < (size_t)files_size("random"),
	    "of addresses that do not repeat %zu of %jd", len,
	    (intmax_t)files_size("random"));
	f = open_indexed("random");
	one = false_share(store_file_index(f), 128);
	ok(one < 0.1, "where one is still told: %.2f %%", one * 100);
	store_file_close(f);
}

/* Going on behind a span, whose blocks are those of the header. */
static void
test_skip(void)
{
	struct err err = { .code = ERR_NONE };
	const struct store_span *s;
	struct store_file *f;
	struct store_ref ref;
	uint32_t good = 0, n;

	write_file("skip", "lz4", 30000, 1000, 5000);
	f = open_indexed("skip");
	n = store_index_spans(store_file_index(f));
	ok(n > 2, "%u spans", n);
	for (uint32_t i = 0; i + 1 < n; i++) {
		s = store_index_span(store_file_index(f), i);
		store_file_skip(f, s);
		if (store_file_next(f, &ref, &err) != 1)
			break;
		good += ref.number == s->block + s->blocks &&
		    ref.offset == s->end + 12;
	}
	is_uint(good, n - 1, "the block behind a span is found");
	store_file_skip(f, store_index_span(store_file_index(f), n - 1));
	is_int(store_file_next(f, &ref, &err), 0, "and the end");
	store_file_close(f);
}

/* Any byte changed, any length cut: never an index, always the same flows. */
static void
test_damage(void)
{
	struct err err = { .code = ERR_NONE };
	uint32_t taken = 0, silent = 0, spoilt = 0;
	size_t len, start;
	uint8_t *data;

	write_file("sound", "lz4", 200, 50, 100);
	data = files_read("sound", &len);
	start = len - index_len("sound");
	for (size_t at = start; at < len; at++) {
		data[at] ^= (uint8_t)(1U << dice_below(&dice, 8));
		files_write("flip", data, len);
		taken += storekit_load_index("flip", &err) == 1;
		data[at] ^= data[at];
		files_write("flip", data, len);
		free(data);
		data = files_read("sound", &len);
	}
	is_uint(taken, 0, "no index with a byte changed is taken");
	for (size_t cut = start; cut < len; cut++) {
		files_write("cut", data, cut);
		switch (storekit_load_index("cut", &err)) {
		case 1:
			taken++;
			break;
		case 0:
			silent += cut >= start + 8;
			break;
		case -2:
			spoilt++;
		}
	}
	is_uint(taken, 0, "none that is cut off");
	is_uint(silent, 0, "which is told from 8 bytes on");
	is_uint(spoilt, 0, "and the file is read in any case");
	free(data);
}

static void
poke(const char *path, size_t at, uint64_t value, size_t len)
{
	size_t size;
	uint8_t *data = files_read("sound", &size);

	store_host(data + at, value, len);
	files_write(path, data, size);
	free(data);
}

/* What other tools leave. */
static void
test_stale(void)
{
	struct err err = { .code = ERR_NONE };
	size_t len, start;
	uint8_t *data, *more;

	write_file("other", "lz4", 300, 50, 100);
	data = files_read("sound", &len);
	start = len - index_len("sound");

	poke("newer", start + 8, 2, 4);
	is_int(storekit_load_index("newer", &err), 0, "a newer version is none");
	poke("version", start + 8, 0, 4);
	is_int(storekit_load_index("version", &err), -1, "version 0 is damaged");

	/* another file's index behind this one's appendix */
	more = files_read("other", &len);
	memmove(more + start, more + len - index_len("other"),
	    index_len("other"));
	memcpy(more, data, start);
	files_write("swapped", more, start + index_len("other"));
	is_int(storekit_load_index("swapped", &err), -1, "the index of another file");
	ok(strstr(err.text, "another state") != NULL, "which is told: %s",
	    err.text);

	/* new blocks over the start of an index whose end stays */
	memset(data + start, 'x', 20);
	len = (size_t)files_size("sound");
	files_write("over", data, len);
	is_int(storekit_load_index("over", &err), -1, "the end of an index alone");
	ok(strstr(err.text, "another state") != NULL, "is told");
	memset(data + len - 8, 'x', 8);
	files_write("foreign", data, len);
	is_int(storekit_load_index("foreign", &err), 0, "bytes of others are no index");
	free(data);

	data = files_read("sound", &len);
	more = realloc(more, len + 300);
	memcpy(more, data, len);
	memset(more + len, 7, 300);
	files_write("behind", more, len + 300);
	is_int(storekit_load_index("behind", &err), 1, "bytes of others behind an index");
	free(more);
	free(data);
}

/* Every limit on the size from the appendix on: the commit succeeds. */
static void
test_full(void)
{
	struct rlimit limit, old;
	size_t len, start;
	uint32_t good = 0;

	write_file("full", "lz4", 200, 50, 100);
	len = (size_t)files_size("full");
	start = len - index_len("full");
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	limit = old;
	for (size_t max = start; max <= start + 400; max++) {
		dice.state = 1; /* the same flows */
		unlink("limited");
		limit.rlim_cur = max;
		setrlimit(RLIMIT_FSIZE, &limit);
		write_file("limited", "none", 3, 3, 10);
		setrlimit(RLIMIT_FSIZE, &old);
		good += storekit_load_index("limited", NULL) >= 0;
	}
	is_uint(good, 401, "a full disk costs the index only");
}

/* Records that a scan would stumble over must not be hidden by an index. */
static void
test_unknown(void)
{
	struct err err = { .code = ERR_NONE };
	struct record_stats s;
	struct store_writer *w;
	struct store_file *f;
	uint8_t bad[16] = { 11, 0, 16, 0, 9 }, other[8] = { 20, 0, 8, 0 };

	record_stats_init(&s);
	w = store_writer_open(AT_FDCWD, "bad", codec("none"), "", 1, &err);
	is_int(store_writer_block(w, bad, sizeof(bad), 1, &err), 0,
	    "a flow record that is damaged is written");
	is_int(store_writer_commit(w, &s, &err), 0, "and so is its file");
	store_writer_close(w);
	is_int(storekit_load_index("bad", &err), 0, "which has no index");

	w = store_writer_open(AT_FDCWD, "others", codec("none"), "", 1, &err);
	store_writer_block(w, other, sizeof(other), 1, &err);
	store_writer_commit(w, &s, &err);
	store_writer_close(w);
	f = open_indexed("others");
	ok(store_index_span(store_file_index(f), 0)->has_others,
	    "records that are no flows are told");
	ok(!store_index_may_have_addr(store_file_index(f), 0,
	    (struct addr){ 0, 0 }, (struct addr){ UINT64_MAX, UINT64_MAX }),
	    "and no address is in them");
	store_file_close(f);

	w = store_writer_open(AT_FDCWD, "without", codec("none"), "", 1, &err);
	store_writer_no_index(w);
	store_writer_block(w, other, sizeof(other), 1, &err);
	store_writer_commit(w, &s, &err);
	store_writer_close(w);
	is_int(storekit_load_index("without", &err), 0, "no index when none is wanted");
}

/* With the nth allocation missing: the file or its index, never a wrong one. */
static void
test_nomem(void)
{
	struct record_stats s;
	struct store_writer *w;
	unsigned n, bad = 0;
	bool is_hit;
	size_t len;
	int rc;

	record_stats_init(&s);
	random_flow(&flows[0], 10);
	len = record_encode(encoder, &flows[0], raw, sizeof(raw));
	for (n = 1; n < 1000; n++) {
		unlink("nomem");
		nomem_at(n);
		w = store_writer_open(
		    AT_FDCWD, "nomem", codec("lz4"), "", 1, NULL);
		rc = w == NULL ? -1 : store_writer_block(w, raw, len, 1, NULL);
		if (rc == 0)
			rc = store_writer_commit(w, &s, NULL);
		store_writer_close(w);
		is_hit = nomem_hit();
		nomem_at(0);
		bad += rc == 0 && storekit_load_index("nomem", NULL) < (is_hit ? 0 : 1);
		if (!is_hit)
			break;
	}
	ok(n > 5 && n < 1000 && bad == 0, "%u allocations that fail", n - 1);
}

/* Appended, recovered, renamed: the index is that of the file. */
static void
test_kept(void)
{
	struct err err = { .code = ERR_NONE };
	struct store_file *f;
	struct store_ref ref;
	uint32_t n;
	int rc;

	write_file("kept", "lz4", 3000, 100, 500);
	is_int(store_set_ident("kept", "a-longer-ident", &err), 0, "ident");
	check_file("kept", 3000);
	storekit_open_header("kept");
	is_int(storekit_load_index("kept", &err), 0, "a file in writing has none");
	f = store_file_open("kept", &err);
	for (n = 0; (rc = store_file_next(f, &ref, &err)) == 1; n++)
		;
	is_int(rc, 0, "and is read up to it");
	is_uint(n, 31, "which is behind the blocks and the appendix");
	store_file_close(f);
	is_int(store_recover(AT_FDCWD, "kept", "back", &err), 30, "recovered");
	check_file("kept", 3000);

	write_file("to", "lz4", 1000, 100, 500);
	write_file("from", "none", 2000, 100, 500);
	is_int(store_append(AT_FDCWD, "to", AT_FDCWD, "from", &err), 0,
	    "appended");
	f = open_indexed("to");
	n = store_index_spans(store_file_index(f));
	is_uint(n, 1, "one span");
	is_uint(store_index_span(store_file_index(f), 0)->stats.flows, 3000,
	    "of both files");
	store_file_close(f);
}

int
main(void)
{
	files_begin();
	dice_init(&dice);
	if ((encoder = record_encoder_new(0, NULL)) == NULL)
		bail("no memory");
	test_twin();
	test_size();
	test_skip();
	test_damage();
	test_stale();
	test_unknown();
	test_nomem();
	test_kept();
	test_full();
	record_encoder_free(encoder);
	return done_testing();
}
