/*
 * Expiry: which files go, compared with a naive twin; trees that are hostile
 * or change meanwhile; calls that fail, and death in the middle.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "dice.h"
#include "fault.h"
#include "files.h"
#include "store/expire.h"
#include "store/slot.h"
#include "tap.h"

#define NOW 1790726400 /* 2026-09-30 00:00 UTC */
#define HOUR 3600
#define FILES_MAX 40

/* What the engine says, and what is done to it meanwhile. */
struct script {
	char gone[8192]; /* paths below the directory, each with a newline */
	char told[8192];
	unsigned held; /* bit n: the nth file that is asked for stays */
	unsigned asked;
	unsigned stop; /* after that many files; 0: never */
	unsigned steps;
	void (*step)(const struct expire_file *f); /* before each file */
};

static struct script script;

static void
note_path(char *list, size_t size, const char *text)
{
	size_t len = strlen(list);

	snprintf(list + len, size - len, "%s\n", text);
}

static void
on_gone(void *ctx, const struct expire_file *f)
{
	(void)ctx;
	note_path(script.gone, sizeof(script.gone), f->path + strlen("data/"));
}

static void
on_warn(void *ctx, const struct err *why)
{
	(void)ctx;
	note_path(script.told, sizeof(script.told), why->text);
}

static bool
on_file(void *ctx, const struct expire_file *f)
{
	(void)ctx;
	if (script.step != NULL)
		script.step(f);
	return (script.held >> script.asked++ % 32 & 1) == 0;
}

static bool
on_stop(void *ctx)
{
	(void)ctx;
	return script.stop > 0 && script.steps++ >= script.stop;
}

/* Expire what is in "data". */
static struct expire_request
request(struct expire_dir *d, const struct expire_limits *l)
{
	*d = (struct expire_dir){ .path = "data",
		.fd = open("data", O_RDONLY | O_DIRECTORY) };
	if (d->fd == -1)
		bail("data");
	return (struct expire_request){ .dirs = d, .dir_count = 1,
		.limits = l, .now_s = NOW, .takes_any = true,
		.is_stopped = on_stop, .may_go = on_file, .gone = on_gone,
		.warn = on_warn };
}

static int
run(const struct expire_limits *l, struct expire_result *result,
    struct err *err)
{
	struct expire_dir d;
	struct expire_request r = request(&d, l);
	int rc = expire_run(&r, result, err);

	close(d.fd);
	return rc;
}

static struct expire_result
expire(const struct expire_limits *l)
{
	struct expire_result result;
	struct err err;

	script.gone[0] = script.told[0] = '\0';
	if (run(l, &result, &err) == -1)
		bail("%s", err.text);
	return result;
}

static void
reset(void)
{
	if (system("rm -rf data outside") != 0 || mkdir("data", 0755) == -1)
		bail("data");
	script = (struct script){ .held = 0 };
}

/* A file of so many KiB, below data. */
static void
make(const char *name, unsigned kib)
{
	char path[FILES_PATH_MAX];

	snprintf(path, sizeof(path), "data/%s", name);
	files_allocate(path, kib * 1024);
}

static bool
there(const char *name)
{
	char path[FILES_PATH_MAX];

	snprintf(path, sizeof(path), "data/%s", name);
	return files_exist(path);
}

/* The books say what a count says. */
static void
books_are_true(const char *name)
{
	struct books_how how = { .mode = BOOKS_READ };
	struct books_file f;
	struct books b;
	struct err err;
	int dir = open("data", O_RDONLY | O_DIRECTORY);

	if (books_open(&f, dir, &how, &err) != 1)
		bail("%s", err.text);
	b = f.books;
	books_count(&b, dir, &how, f.books.first_s, &err);
	ok(b.files == f.books.files && b.size == f.books.size &&
		b.first_s == f.books.first_s && b.last_s == f.books.last_s,
	    "%s: books are true", name);
	books_close(&f);
	close(dir);
}

struct twin_file {
	char name[SLOT_NAME_MAX];
	int64_t time_s;
	uint64_t allocated;
	bool is_held;
	bool goes;
};

struct twin {
	struct twin_file files[FILES_MAX];
	unsigned count;
	struct expire_limits limits;
};

static int
by_time(const void *a, const void *b)
{
	const struct twin_file *x = a, *y = b;
	const char *p = strrchr(x->name, '/'), *q = strrchr(y->name, '/');
	char u[SLOT_NAME_MAX], v[SLOT_NAME_MAX];

	if (x->time_s != y->time_s)
		return x->time_s < y->time_s ? -1 : 1;
	snprintf(u, sizeof(u), "%.*s", p ? (int)(p - x->name) : 0, x->name);
	snprintf(v, sizeof(v), "%.*s", q ? (int)(q - y->name) : 0, y->name);
	return strcmp(u, v) != 0 ? strcmp(u, v) : strcmp(x->name, y->name);
}

/* A random directory, sorted by time. */
static void
throw_files(struct dice *d, struct twin *t)
{
	char path[FILES_PATH_MAX];
	struct twin_file *f;
	struct stat st;

	reset();
	t->count = 0;
	for (unsigned n = (unsigned)dice_below(d, FILES_MAX); n > 0; n--) {
		f = &t->files[t->count];
		*f = (struct twin_file){ .is_held = dice_below(d, 8) == 0 };
		f->time_s = NOW - (int64_t)dice_below(d, 200) * 30 * 60;
		slot_name(f->time_s, dice_below(d, 9) == 0 ? 30 : 60,
		    (unsigned)dice_below(d, 3) * (unsigned)dice_below(d, 5),
		    f->name);
		if (there(f->name))
			continue;
		make(f->name, (unsigned)dice_below(d, 5) * 3);
		snprintf(path, sizeof(path), "data/%s", f->name);
		if (stat(path, &st) == -1)
			bail("%s", path);
		f->allocated = (uint64_t)st.st_blocks * 512;
		t->count++;
	}
	qsort(t->files, t->count, sizeof(t->files[0]), by_time);
}

/* Which files go, straight from the rules. */
static void
decide(struct twin *t)
{
	const struct expire_limits *l = &t->limits;
	uint64_t total = 0, mark = l->watermark == 0 ? 95 : l->watermark;
	bool by_size, by_age = false;
	struct twin_file *f;

	for (unsigned i = 0; i < t->count; i++)
		total += t->files[i].allocated;
	by_size = l->max_size > 0 && total >= l->max_size;
	for (unsigned i = 0; i < t->count; i++) {
		uint64_t age;

		f = &t->files[i];
		age = (uint64_t)(NOW - f->time_s);
		by_size = by_size && total > l->max_size * mark / 100;
		if (!by_size &&
		    !(l->lifetime_s > 0 && age > l->lifetime_s * mark / 100 &&
			(age >= l->lifetime_s || by_age)))
			break;
		total -= f->allocated;
		f->goes = !f->is_held && i + 1 < t->count;
		by_age |= f->goes && l->lifetime_s > 0 &&
		    age >= l->lifetime_s;
	}
}

/* The nth file asked for is the nth that is not the newest one. */
static unsigned
held_bits(const struct twin *t)
{
	unsigned bits = 0;

	for (unsigned i = 0; i < t->count && i < 32; i++)
		bits |= (unsigned)t->files[i].is_held << i;
	return bits;
}

static void
test_twin(void)
{
	struct expire_result result;
	unsigned wrong, gone;
	struct twin t;
	struct dice d;

	dice_init(&d);
	for (int round = 0; round < 100; round++) {
		throw_files(&d, &t);
		if (t.count > 32)
			continue;
		t.limits = (struct expire_limits){
			dice_below(&d, 3) == 0 ? 0 : dice_below(&d, 250000),
			dice_below(&d, 3) == 0 ? 0 :
			    dice_below(&d, 200) * 30 * 60,
			(uint32_t)dice_below(&d, 101), 0
		};
		decide(&t);
		script.held = held_bits(&t);
		result = expire(&t.limits);
		wrong = gone = 0;
		for (unsigned i = 0; i < t.count; i++) {
			gone += t.files[i].goes;
			wrong += there(t.files[i].name) == t.files[i].goes;
		}
		if (!ok(wrong == 0 && result.files == gone,
			"round %d: %u of %u files go", round, gone, t.count))
			note("size %llu, lifetime %llu, mark %u",
			    (unsigned long long)t.limits.max_size,
			    (unsigned long long)t.limits.lifetime_s,
			    t.limits.watermark);
		if (t.count > 0)
			books_are_true("twin");
	}
}

/* Section 15, E: trees as they should not be. */
static void
test_hostile(void)
{
	const struct expire_limits l = { 0, HOUR, 100, 0 };
	static const char *const stay[] = { "nfcapd.current.1234",
		"nfcapd.202001010000.gz", "nfcapd.20200101000", "foreign.txt",
		"foreign/nfcapd.202001010000", ".hidden/nfcapd.202001010000",
		"nfcapd.202001010005", "2000link", "emptyforeign",
		"1/2/3/4/5/6/7/8/9/1/2/3/4/5/6/7/8/nfcapd.202001010000" };
	struct expire_result result;

	reset();
	for (unsigned i = 0; i < 6; i++)
		make(stay[i], 4);
	make(stay[9], 4);
	make("2020/01/01/nfcapd.202001010010", 4);
	make("2020/01/02/nfcapd.202001020010", 4);
	make("2020/01/02/readme.txt", 4);
	make("3\n4/nfcapd.202001010020", 4);
	make("nfcapd.202001010000+0100", 4);
	make("nfcapd.202609290000", 4);
	mkdir("data/emptyforeign", 0755);
	mkdir("outside", 0755);
	files_write("outside/nfcapd.202001010000", "x", 1);
	if (symlink("../outside", "data/2000link") == -1 ||
	    symlink("../outside/nfcapd.202001010000",
		"data/nfcapd.202001010005") == -1 ||
	    mkfifo("data/nfcapd.202001010007", 0644) == -1)
		bail("links");
	result = expire(&l);
	is_str(script.gone,
	    "nfcapd.202001010000+0100\n2020/01/01/nfcapd.202001010010\n"
	    "3\n4/nfcapd.202001010020\n2020/01/02/nfcapd.202001020010\n",
	    "what goes, in order of time");
	for (size_t i = 0; i < sizeof(stay) / sizeof(stay[0]); i++)
		ok(there(stay[i]), "%s stays", stay[i]);
	ok(there("nfcapd.202001010007"), "a pipe stays");
	ok(files_exist("outside/nfcapd.202001010000"), "so does what is out");
	ok(!there("2020/01/01"), "an empty directory goes");
	ok(there("2020/01/02"), "one with a foreign file stays");
	ok(there("3\n4"), "and one with a foreign name");
	is_uint(result.rmdirs, 1, "one directory went");
	ok(there("nfcapd.202609290000"), "the newest file stays");
	ok(result.is_partial && strstr(script.told, "deeper") != NULL,
	    "what is too deep is told");
}

static void
unlink_it(const struct expire_file *f)
{
	unlink(f->path);
}

static void
replace_it(const struct expire_file *f)
{
	files_write("data/nfcapd.current.1", "new", 3);
	if (rename("data/nfcapd.current.1", f->path) == -1)
		bail("rename");
}

static void
append_to_it(const struct expire_file *f)
{
	FILE *out = fopen(f->path, "a");

	fputs("more", out);
	fclose(out);
}

static void
divert(const struct expire_file *f)
{
	(void)f;
	if (rename("data/2020", "data/2021") == 0 &&
	    symlink("../outside", "data/2020") == -1)
		bail("symlink");
}

/* Two old files, of which the first meets a step. */
static struct expire_result
meanwhile(void (*step)(const struct expire_file *f), const char *first)
{
	const struct expire_limits l = { 0, HOUR, 100, 0 };

	reset();
	script.step = step;
	mkdir("outside", 0755);
	files_write("outside/nfcapd.202001010000", "x", 1);
	make(first, 4);
	make("nfcapd.202609290000", 4);
	return expire(&l);
}

static void
test_meanwhile(void)
{
	const char *name = "nfcapd.202001010000";
	struct expire_result result = meanwhile(unlink_it, name);
	int fd;

	is_uint(result.files + result.failed + result.kept, 0,
	    "one that vanishes is neither ours nor an error");
	is_str(script.told, "", "and not worth a word");
	books_are_true("vanished");
	result = meanwhile(replace_it, name);
	ok(there(name) && result.kept == 1, "one that was replaced stays");
	books_are_true("replaced");
	result = meanwhile(append_to_it, name);
	ok(there(name) && result.kept == 1, "one that has grown stays");
	result = meanwhile(divert, "2020/nfcapd.202001010000");
	ok(files_exist("outside/nfcapd.202001010000"),
	    "a link in place of a directory is not followed");
	is_uint(result.failed, 1, "that is an error: %s", script.told);
	reset();
	make(name, 4);
	make("nfcapd.202609290000", 4);
	fd = open("data/nfcapd.202001010000", O_WRONLY);
	result = expire(&(struct expire_limits){ 0, HOUR, 100, 0 });
	ok(there(name) && result.kept == 1, "one that is written to stays");
	is_str(script.told,
	    "data/nfcapd.202001010000: in use, it stays\n", "which is told");
	close(fd);
	result = expire(&(struct expire_limits){ 0, HOUR, 100, 0 });
	ok(!there(name) && result.files == 1, "and goes when it is closed");
}

/* An old file that stays makes no newer ones go. */
static void
test_undeletable(void)
{
	struct expire_result result;

	reset();
	for (int i = 0; i < 6; i++) {
		char name[SLOT_NAME_MAX];

		slot_name(NOW - (10 - i) * HOUR, 300, 0, name);
		make(name, 100);
	}
	script.held = 1;
	result = expire(&(struct expire_limits){ 5 * 102400, 0, 80, 0 });
	is_uint(result.files, 1, "one of the two");
	is_uint(result.kept, 1, "the other is kept");
	result = expire(&(struct expire_limits){ 0, 10 * HOUR, 50, 0 });
	script.asked = 0;
	result = expire(&(struct expire_limits){ 0, 10 * HOUR, 50, 0 });
	is_uint(result.files, 0, "it does not make those half its age go");
}

static void
test_limits(void)
{
	struct expire_result result;
	struct err err;

	reset();
	make("nfcapd.202609290000", 100);
	make("nfcapd.202609290100", 100);
	make("nfcapd.202609292345", 100);
	result = expire(NULL);
	is_uint(result.files, 0, "new books have no limits");
	books_are_true("no limits");
	files_write("data/.nfstat", "lifetime=3x00\n", 14);
	is_int(run(NULL, &result, &err), -1, "a limit that is no number");
	is_int(err.code, ERR_VALUE, "is an error");
	files_write("data/.nfstat", "lifetime=84600\nwatermark=100\n", 29);
	result = expire(NULL);
	is_uint(result.files, 1, "limits of the books");
	is_int(result.span_s, HOUR, "an hour is free");
	result = expire(&(struct expire_limits){ 1, 0, 0, 0 });
	is_uint(result.limits.watermark, 95, "the usual water mark");
	is_uint(result.files, 1, "all but the newest one");
	script.stop = 1;
	make("nfcapd.202609290100", 100);
	make("nfcapd.202609290200", 100);
	result = expire(&(struct expire_limits){ 1, 0, 0, 0 });
	ok(result.is_stopped && result.files == 1, "stopped after one");
	books_are_true("stopped");
	script.stop = 0;
	result = expire(&(struct expire_limits){ 0, 0, 0, UINT64_MAX });
	is_uint(result.files, 1, "free space");
}

static void
test_requests(void)
{
	const struct expire_limits l = { 1, 0, 100, 0 };
	struct expire_result result;
	struct expire_request r;
	struct expire_dir d;
	struct err err;

	reset();
	r = request(&d, &l);
	r.takes_any = false;
	is_int(expire_run(&r, &result, &err), -1, "nothing to expire");
	ok(!there(".nfstat"), "no books are made there");
	make("nfcapd.202609290000", 4);
	make("nfcapd.202609292359", 4);
	make("a", 4);
	make("b", 4);
	make("c", 4);
	is_int(expire_run(&r, &result, &err), -1, "too many foreign files");
	is_int(err.code, ERR_VALUE, "are an error: %s", err.text);
	unlink("data/.nfstat");
	r.takes_any = true;
	r.is_dry = true;
	is_int(expire_run(&r, &result, &err), 0, "dry");
	is_uint(result.files, 1, "one would go");
	ok(there("nfcapd.202609290000") && !there(".nfstat"),
	    "nothing has changed");
	r.is_dry = false;
	r.takes_newest = true;
	r.young_s = 300;
	is_int(expire_run(&r, &result, &err), 0, "all");
	is_uint(result.files, 1, "but those younger than 5 minutes");
	r.young_s = 0;
	is_int(expire_run(&r, &result, &err), 0, "all");
	is_uint(result.files, 1, "the newest, too");
	is_uint(d.books.files, 0, "none is left");
	is_int(d.books.first_s, NOW, "from now on");
	is_uint(d.books.status, BOOKS_REBUILD, "to be counted next time");
	close(d.fd);
}

/* Two directories under one limit. */
static void
test_together(void)
{
	const struct expire_limits l = { 0, 20 * HOUR, 100, 0 };
	struct expire_result result;
	struct expire_dir d[2] = { { .path = "data/a" }, { .path = "data/b" } };
	struct expire_request r;
	struct err err;

	reset();
	make("a/nfcapd.202609290000", 4);
	make("a/nfcapd.202609290200", 4);
	make("a/nfcapd.202609292300", 4);
	make("b/nfcapd.202609290000", 4);
	make("b/nfcapd.202609290100", 4);
	r = (struct expire_request){ .dirs = d, .dir_count = 2, .limits = &l,
		.now_s = NOW, .gone = on_gone };
	for (int i = 0; i < 2; i++)
		d[i].fd = open(d[i].path, O_RDONLY | O_DIRECTORY);
	is_int(expire_run(&r, &result, &err), 0, "expired together");
	is_str(script.gone, "a/nfcapd.202609290000\nb/nfcapd.202609290000\n"
			    "a/nfcapd.202609290200\n",
	    "by time, then by directory; the newest of each stays");
	is_uint(d[0].books.files, 1, "books of the first");
	is_uint(d[1].books.files, 1, "books of the second");
	ok(there("a/.nfstat") && there("b/.nfstat"), "both are written");
	close(d[0].fd);
	close(d[1].fd);
}

static void
make_ten(void)
{
	char name[SLOT_NAME_MAX];

	reset();
	for (int i = 0; i < 10; i++) {
		slot_name(NOW - (20 - i) * 24 * HOUR, 300, i % 2 ? 1 : 0, name);
		make(name, 4);
	}
}

/* How many of the ten are left; -1 when a newer one went before an older. */
static int
left_of_ten(void)
{
	char name[SLOT_NAME_MAX];
	int left = 0;

	for (int i = 0; i < 10; i++) {
		slot_name(NOW - (20 - i) * 24 * HOUR, 300, i % 2 ? 1 : 0, name);
		if (there(name))
			left++;
		else if (left > 0)
			return -1;
	}
	return left;
}

static void
test_faults(void)
{
	const struct expire_limits l = { 0, 15 * 24 * HOUR, 100, 0 };
	struct expire_result result;
	struct expire_request r;
	struct expire_dir d;
	struct err err;
	unsigned n = 0;
	bool hit;

	do {
		make_ten();
		r = request(&d, &l);
		fault_at(++n, 1, EIO);
		expire_run(&r, &result, &err);
		close(d.fd);
		hit = fault_hit();
		fault_at(0, 0, 0);
		ok(left_of_ten() == -1 || left_of_ten() >= 5,
		    "call %u fails: no newer file goes instead", n);
		if (run(&l, &result, &err) == -1)
			bail("%s", err.text);
		is_int(left_of_ten(), 5, "call %u: the next run mends it", n);
		books_are_true("after a fault");
	} while (hit);
	ok(n > 10, "%u calls", n);
}

static void
test_killed(void)
{
	const struct expire_limits l = { 0, 15 * 24 * HOUR, 100, 0 };
	struct expire_result result;
	struct expire_request r;
	struct expire_dir d;
	struct err err;
	int status, left;
	pid_t pid;

	for (unsigned n = 1;; n++) {
		make_ten();
		r = request(&d, &l);
		if ((pid = fork()) == 0) {
			fault_at(n, 1, 0);
			_exit(expire_run(&r, &result, &err) == 0 ? 0 : 1);
		}
		close(d.fd);
		waitpid(pid, &status, 0);
		left = left_of_ten();
		ok(left >= 5,
		    "killed at call %u: the newest %d are left", n, left);
		if (WIFEXITED(status))
			break;
		if (run(&l, &result, &err) == -1)
			bail("%s", err.text);
		is_int(left_of_ten(), 5, "killed at %u: the rest goes", n);
		books_are_true("after a kill");
	}
}

static void
test_many(void)
{
	const struct expire_limits l = { 0, HOUR, 100, 0 };
	struct expire_result result;
	char path[SLOT_NAME_MAX + 8];

	reset();
	for (int i = 0; i < 8000; i++) {
		snprintf(path, sizeof(path), "data/");
		slot_name(NOW - 2 - i, 1, 0, path + 5);
		close(open(path, O_CREAT | O_WRONLY, 0644));
	}
	result = expire(&l);
	is_uint(result.found, 8000, "8000 files");
	is_uint(result.files, 8000 - HOUR + 1, "all but those of an hour");
	books_are_true("many");
}

int
main(void)
{
	setenv("TZ", "UTC", 1);
	tzset();
	files_begin();
	test_twin();
	test_hostile();
	test_meanwhile();
	test_undeletable();
	test_limits();
	test_requests();
	test_together();
	test_faults();
	test_killed();
	test_many();
	return done_testing();
}
