/*
 * Repairing and recompressing: what is kept, and that the old file stays
 * until the new one is complete.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "files.h"
#include "nomem.h"
#include "store/store_int.h"
#include "store/verify.h"
#include "storekit.h"
#include "tap.h"

#define ALL (STOREKIT_BLOCKS * STOREKIT_FLOWS)

static const char *const codec_names[] = { "none", "lzo", "bz2", "lz4",
	"zstd" };

#define CODECS (sizeof(codec_names) / sizeof(codec_names[0]))

/* The nth call of these from now fails with EIO; 0: none. */
static unsigned fail_at;

static bool
is_failing(void)
{
	if (fail_at == 0 || --fail_at > 0)
		return false;
	errno = EIO;
	return true;
}

#define WRAP(type, name, params, args) \
	type __real_##name params; \
	type __wrap_##name params; \
	type __wrap_##name params \
	{ \
		return is_failing() ? -1 : __real_##name args; \
	}

WRAP(int, fsync, (int fd), (fd))
WRAP(int, futimens, (int fd, const struct timespec t[2]), (fd, t))
WRAP(ssize_t, pread, (int fd, void *p, size_t n, off_t at), (fd, p, n, at))
WRAP(ssize_t, pwrite, (int fd, const void *p, size_t n, off_t at),
    (fd, p, n, at))
WRAP(int, rename, (const char *from, const char *to), (from, to))

static bool
is_equal(const char *path, const uint8_t *data, size_t len)
{
	size_t got;
	uint8_t *is = files_read(path, &got);
	bool same = got == len && memcmp(is, data, len) == 0;

	free(is);
	return same;
}

/* "file" is sound and has so many flows. */
static void
is_sound(uint64_t flows, const char *name)
{
	struct store_verdict v;
	struct err err = { .code = ERR_NONE };
	uint64_t read;

	is_int(store_verify("file", NULL, &v, &err), 0, "%s: %s", name,
	    err.text);
	is_uint(v.damages, 0, "%s: sound", name);
	is_uint(v.flows, flows, "%s: flows", name);
	is_uint(v.stats.flows, flows, "%s: statistics", name);
	storekit_flows("file", &read);
	is_uint(read, flows, "%s: flows as they are read", name);
	is_str(v.ident, "kit", "%s: ident", name);
	is_uint(v.stats.sequence_failures, 7, "%s: sequence failures", name);
	is_uint(v.created_s, 1700000000, "%s: time of creation", name);
}

static void
repair(uint64_t flows, const char *name)
{
	struct timespec times[2] = { { 1000000000, 5 }, { 1100000000, 7 } };
	struct store_verdict v;
	struct err err = { .code = ERR_NONE };
	struct stat st;

	chmod("file", 0640);
	utimensat(AT_FDCWD, "file", times, 0);
	is_int(store_repair("file", NULL, &v, &err), 1, "%s: %s", name,
	    err.text);
	is_uint(v.flows, flows, "%s: flows kept", name);
	is_sound(flows, name);
	stat("file", &st);
	is_uint(st.st_mode & 07777, 0640, "%s: permissions stay", name);
	is_int(st.st_mtim.tv_sec, 1100000000, "%s: time stays", name);
	is_int(st.st_mtim.tv_nsec, 7, "%s: to the nanosecond", name);
	is_uint(files_count(), 2, "%s: no other file is left", name);
}

/* Each block lost in turn: the others are as they were. */
static void
test_blocks(const struct codec *codec)
{
	struct store_block b = { 0 };
	struct store_ref ref;
	struct store_file *f;
	struct storekit k;
	uint8_t *was;
	size_t len;

	storekit_make(&k, codec);
	for (int i = 0; i < STOREKIT_BLOCKS; i++) {
		len = k.block[i + 1] - k.block[i];
		if ((was = malloc(len)) == NULL)
			bail("no memory");
		memcpy(was, k.data + k.block[i], len);
		memset(k.data + k.block[i], 0xff, len);
		files_write("file", k.data, k.len);
		repair(ALL - STOREKIT_FLOWS, codec->name);
		f = store_file_open("file", NULL);
		for (int n = 0; n < STOREKIT_BLOCKS - 1; n++) {
			size_t from = k.block[n < i ? n : n + 1];

			if (store_file_block(f, &ref, NULL) != 1 ||
			    store_block_load(f, &ref, &b, NULL) == -1)
				bail("%s: block %d", codec->name, n);
			ok(memcmp(store_block_stored(&ref, &b), k.data +
			    from + STORE_BLOCK_HEADER_LEN, ref.stored) == 0,
			    "%s: block %d without %d", codec->name, n, i);
		}
		store_file_close(f);
		memcpy(k.data + k.block[i], was, len);
		free(was);
	}
	store_block_fini(&b);
	storekit_free(&k);
}

/* Bytes that nothing tells of, before each block: all blocks stay. */
static void
test_inserted(const struct codec *codec)
{
	struct store_verdict v;
	struct storekit k;
	struct err err;
	uint8_t *data;

	storekit_make(&k, codec);
	if ((data = malloc(k.end + 20)) == NULL)
		bail("no memory");
	for (int i = 0; i < STOREKIT_BLOCKS; i++)
		for (size_t n = 1; n <= 20; n++) {
			memcpy(data, k.data, k.block[i]);
			memset(data + k.block[i], 0xff, n);
			memcpy(data + k.block[i] + n, k.data + k.block[i],
			    k.end - k.block[i]);
			files_write("file", data, k.end + n);
			if (store_repair("file", NULL, &v, &err) != 1 ||
			    v.flows != ALL || v.bytes_lost != n)
				bail("%zu bytes before block %d: %ju flows, "
				    "%ju bytes lost", n, i,
				    (uintmax_t)v.flows,
				    (uintmax_t)v.bytes_lost);
		}
	ok(true, "%s: bytes inserted", codec->name);
	free(data);
	storekit_free(&k);
}

/* The same in front of more blocks than one block can hold. */
static void
test_inserted_large(void)
{
	struct store_verdict v;
	struct storekit k;
	struct err err;
	size_t len, count, at = STORE_HEADER_LEN;
	uint8_t *data;

	storekit_make(&k, codec_by_id(CODEC_NONE, NULL));
	len = k.block[1] - k.block[0];
	count = STORE_BLOCK_DISK_MAX / len + 2;
	if ((data = calloc(1, at + 1 + count * len)) == NULL)
		bail("no memory");
	memcpy(data, k.data, at);
	memset(data + 18, 0, 2);
	memset(data + 24, 0, 16);
	data[at++] = 0xff;
	for (size_t i = 0; i < count; i++, at += len)
		memcpy(data + at, k.data + k.block[0], len);
	files_write("file", data, at);
	is_int(store_verify("file", NULL, &v, &err), 0, "a byte too many");
	is_uint(v.flows, count * STOREKIT_FLOWS, "no flow is found twice");
	free(data);
	storekit_free(&k);
}

/* The place of a flow record in a file that is not compressed. */
static uint8_t *
find_flow(const struct storekit *k, int block, int flow)
{
	uint8_t *p = k->data + k->block[block] + STORE_BLOCK_HEADER_LEN;

	for (; load_u16(p) != 11 || flow-- > 0; p += load_u16(p + 2))
		;
	return p;
}

/* Does the file have these bytes? */
static bool
holds(const char *path, const uint8_t *bytes, size_t len)
{
	size_t got;
	uint8_t *data = files_read(path, &got);
	bool found = memmem(data, got, bytes, len) != NULL;

	free(data);
	return found;
}

/*
 * In a block one record is wrong: the others stay, and so does what is not
 * known in them.
 */
static void
test_records(void)
{
	struct storekit k;
	uint8_t foreign[256], *p;
	uint16_t size;

	storekit_make(&k, codec_by_id(CODEC_NONE, NULL));
	p = find_flow(&k, 1, 20);
	store_u16(p + 12 + 52, 77); /* an extension */
	size = load_u16(p + 2);
	memcpy(foreign, p, size);
	p = find_flow(&k, 1, 5);
	store_u16(p + 2, 3);
	files_write("file", k.data, k.len);
	repair(ALL - 1, "length of a record");
	ok(holds("file", foreign, size), "what is not known stays");

	p = find_flow(&k, 2, 7);
	store_u16(p + 14, 51);
	files_write("file", k.data, k.len);
	repair(ALL - 2, "length of an element");
	p = find_flow(&k, 3, 9);
	store_u16(p + 4, load_u16(p + 4) + 1);
	files_write("file", k.data, k.len);
	repair(ALL - 2, "number of elements");
	storekit_free(&k);
}

/* What a crash leaves, cut at every hundredth byte. */
static void
test_unfinished(const struct codec *codec)
{
	struct store_verdict v;
	struct storekit k;
	struct err err;
	uint64_t flows, last = 0;
	int rc;

	storekit_make(&k, codec);
	memset(k.data + 18, 0, 2);
	memset(k.data + 24, 0, 16);
	for (size_t len = STORE_HEADER_LEN; len < k.block[STOREKIT_BLOCKS];
	    len += 100) {
		files_write("file", k.data, len);
		rc = store_repair("file", NULL, &v, &err);
		if (rc == -1) { /* not one flow */
			if (len > k.block[1] || !is_equal("file", k.data, len))
				bail("cut at %zu: %s", len, err.text);
			continue;
		}
		storekit_flows("file", &flows);
		if (rc != 1 || flows < last)
			bail("cut at %zu: %ju flows", len, (uintmax_t)flows);
		last = flows;
	}
	ok(last >= ALL - STOREKIT_FLOWS, "%s: unfinished files are completed",
	    codec->name);
	storekit_free(&k);
}

static void
test_left_alone(void)
{
	struct store_verdict v;
	struct err err = { .code = ERR_NONE };
	struct stat was, is;
	struct storekit k;
	char path[FILES_PATH_MAX];

	storekit_make(&k, codec_by_id(CODEC_LZ4, NULL));
	files_write("file", k.data, k.len);
	stat("file", &was);
	is_int(store_repair("file", NULL, &v, &err), 0, "a sound file");
	stat("file", &is);
	ok(was.st_ino == is.st_ino && is_equal("file", k.data, k.len),
	    "is left alone");
	memset(k.data + STORE_HEADER_LEN, 0xff, k.len - STORE_HEADER_LEN);
	files_write("file", k.data, k.len);
	is_int(store_repair("file", NULL, &v, &err), -1, "nothing readable");
	is_int(err.code, ERR_MALFORMED, "%s", err.text);
	ok(is_equal("file", k.data, k.len), "is left alone");
	is_uint(files_count(), 2, "and no other file is left");
	files_data("files/README", path);
	is_int(store_repair(path, NULL, &v, &err), -1, "not a flow file");
	storekit_free(&k);
}

/*
 * Every call of a disk that fails: the old file stays, until the last call,
 * after which the new one is there.
 */
static void
fails_with_eio(int (*what)(struct err *err), const char *name,
    const uint8_t *data, size_t len)
{
	struct store_verdict v;
	struct err err;
	unsigned n, changed = 0;
	int rc = -1;

	for (n = 1; n < 10000; n++) {
		files_write("file", data, len);
		fail_at = n;
		rc = what(&err);
		if (fail_at > 0)
			break;
		if (files_count() != 2)
			bail("%s: call %u leaves a file", name, n);
		if (is_equal("file", data, len))
			continue;
		changed++;
		if (store_verify("file", NULL, &v, &err) == -1 ||
		    v.damages > 0)
			bail("%s: call %u costs the file", name, n);
	}
	fail_at = 0;
	is_int(rc, 1, "%s: %u calls fail", name, n - 1);
	note("%u of them when the file was complete", changed);
}

/* Every size of a full disk and every allocation: the old file stays. */
static void
fails(int (*what)(struct err *err), const char *name, const uint8_t *data,
    size_t len)
{
	struct err err = { .code = ERR_NONE };
	struct rlimit limit;
	unsigned failed = 0, n;
	int rc = -1;

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &limit);
	for (rlim_t room = 0; rc == -1 && room < 2 * len; room += 13) {
		files_write("file", data, len);
		limit.rlim_cur = room;
		setrlimit(RLIMIT_FSIZE, &limit);
		rc = what(&err);
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_FSIZE, &limit);
		if (rc == -1 && (!is_equal("file", data, len) ||
		    files_count() != 2))
			bail("%s: a disk full at %ju costs the file", name,
			    (uintmax_t)room);
		failed += rc == -1;
	}
	is_int(rc, 1, "%s: %u full disks", name, failed);
	for (n = 1; n < 1000; n++) {
		files_write("file", data, len);
		nomem_at(n);
		rc = what(&err);
		if (!nomem_hit())
			break;
		nomem_at(0);
		if (rc == -1 && (!is_equal("file", data, len) ||
		    files_count() != 2))
			bail("%s: allocation %u costs the file", name, n);
	}
	nomem_at(0);
	is_int(rc, 1, "%s: %u allocations fail", name, n - 1);
	fails_with_eio(what, name, data, len);
}

static int
do_repair(struct err *err)
{
	struct store_verdict v;

	return store_repair("file", NULL, &v, err);
}

static int
do_recompress(struct err *err)
{
	return store_recompress("file", codec_by_id(CODEC_BZ2, NULL), err);
}

static void
test_failures(void)
{
	struct storekit k;
	char path[FILES_PATH_MAX];

	storekit_make(&k, codec_by_id(CODEC_LZ4, NULL));
	fails(do_recompress, "recompress", k.data, k.len);
	memset(k.data + k.block[1], 0xff, STORE_BLOCK_HEADER_LEN + 400);
	fails(do_repair, "repair", k.data, k.len);
	storekit_free(&k);
	files_data("files/nfcapd-1.6.25-lz4", path);
	k.data = files_read(path, &k.len);
	fails(do_recompress, "recompress layout 1", k.data, k.len);
	k.data[8] ^= 5;
	fails(do_repair, "repair layout 1", k.data, k.len);
	storekit_free(&k);
}

/* From each codec to each other: the same flows, statistics, ident. */
static void
recompress_file(const char *path, const char *name, bool has_zstd)
{
	struct err err = { .code = ERR_NONE };
	struct store_verdict was, is;
	uint64_t hash, flows, got;
	const struct codec *codec;

	files_copy(path, "file");
	hash = storekit_flows("file", &flows);
	if (store_verify("file", NULL, &was, &err) == -1)
		bail("%s: %s", name, err.text);
	for (size_t i = 0; i < CODECS; i++) {
		if ((codec = codec_by_name(codec_names[i], NULL)) == NULL ||
		    codec == was.codec ||
		    (codec->id == CODEC_ZSTD && !has_zstd))
			continue;
		is_int(store_recompress("file", codec, &err), 1, "%s to %s",
		    name, codec->name);
		is_int(store_recompress("file", codec, &err), 0, "only once");
		ok(storekit_flows("file", &got) == hash && got == flows,
		    "the same flows");
		if (store_verify("file", NULL, &is, &err) == -1)
			bail("%s: %s", name, err.text);
		ok(is.damages == 0 && is.codec == codec &&
		    is.layout == was.layout && is.blocks == was.blocks &&
		    is.records == was.records &&
		    is.created_s == was.created_s &&
		    is.nfdversion == was.nfdversion &&
		    strcmp(is.ident, was.ident) == 0 &&
		    memcmp(&is.stats, &was.stats, sizeof(is.stats)) == 0,
		    "all else stays");
	}
}

static void
test_recompress(void)
{
	struct err err = { .code = ERR_NONE };
	struct storekit k;
	char path[FILES_PATH_MAX];

	storekit_make(&k, codec_by_id(CODEC_LZ4, NULL));
	recompress_file("kit", "four blocks", true);
	files_data("files/nfcapd-1.7.1-none", path);
	recompress_file(path, "1.7.1", true);
	files_data("files/nfcapd-1.6.25-none", path);
	recompress_file(path, "1.6.25", false);
	is_int(store_recompress("file", codec_by_id(CODEC_ZSTD, NULL), &err),
	    -1, "layout 1 has no ZSTD");
	is_int(err.code, ERR_VALUE, "%s", err.text);
	files_write("file", k.data, k.end - 50);
	is_int(store_recompress("file", codec_by_id(CODEC_NONE, NULL), &err),
	    -1, "a damaged file: %s", err.text);
	ok(is_equal("file", k.data, k.end - 50), "stays");
	storekit_free(&k);
}

int
main(void)
{
	const struct codec *codec;

	files_begin();
	for (size_t i = 0; i < CODECS; i++) {
		if ((codec = codec_by_name(codec_names[i], NULL)) == NULL)
			continue;
		test_blocks(codec);
		test_unfinished(codec);
		test_inserted(codec);
	}
	test_inserted_large();
	test_records();
	test_left_alone();
	test_failures();
	test_recompress();
	return done_testing();
}
