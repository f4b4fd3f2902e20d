/*
 * Books of a data directory: what is read from any text, what is written,
 * who may write when, and what a failing disk leaves.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fault.h"
#include "files.h"
#include "store/books.h"
#include "tap.h"

#define NOW 1790730000
#define SLOT_1 1790726400 /* 2026-09-30 00:00 UTC */
#define EIGHT_LINES \
	"first=1790726400\nlast=1790726700\nsize=290816\nmaxsize=614400\n" \
	"numfiles=4\nlifetime=3600\nwatermark=80\nstatus=0\n"

static int dir;
static char told[ERR_TEXT_MAX];
static unsigned tellings;

static void
tell(void *ctx, const struct err *why)
{
	(void)ctx;
	tellings++;
	memcpy(told, why->text, sizeof(told));
}

static struct books_how
how(enum books_mode mode)
{
	return (struct books_how){ .mode = mode, .warn = tell };
}

static void
write_text(const char *text)
{
	files_write(BOOKS_NAME, text, strlen(text));
}

static void
text_is(const char *want, const char *name)
{
	size_t len;
	char *text = (char *)files_read(BOOKS_NAME, &len);

	is_str(text, want, "%s", name);
	free(text);
}

/* What is read from the file. */
static struct books_file
reading_left(void)
{
	struct books_how h = how(BOOKS_READ);
	struct books_file f;
	struct err err;

	tellings = 0;
	if (books_open(&f, dir, &h, &err) != 1)
		bail("%s", err.text);
	books_close(&f);
	return f;
}

static struct books_file
reading(const char *text)
{
	write_text(text);
	return reading_left();
}

static void
test_read(void)
{
	struct books_file f = reading(EIGHT_LINES);

	is_int(f.books.first_s, SLOT_1, "first");
	is_int(f.books.last_s, SLOT_1 + 300, "last");
	is_uint(f.books.size, 290816, "size");
	is_uint(f.books.max_size, 614400, "maxsize");
	is_uint(f.books.files, 4, "numfiles");
	is_uint(f.books.lifetime_s, 3600, "lifetime");
	is_uint(f.books.watermark, 80, "watermark");
	is_uint(f.books.status, BOOKS_VALID, "status");
	ok(!f.is_garbled, "nothing is garbled");
	is_uint(tellings, 0, "nothing to tell");

	f = reading("");
	is_uint(f.books.status, BOOKS_REBUILD, "empty: to be rebuilt");
	is_uint(f.books.watermark, 95, "empty: the usual water mark");
	is_uint(f.books.max_size, 0, "empty: no limit");
	ok(!f.is_garbled, "empty: nothing is garbled");

	f = reading("status=0\nlast = 1790726700\nfirst \t= \t1790726400");
	is_int(f.books.first_s, SLOT_1, "any order, with blanks");
	is_uint(f.books.status, BOOKS_VALID, "no end of the last line");
	is_uint(f.books.watermark, 95, "no water mark");
}

static void
test_garbled(void)
{
	struct books_file f = reading("#hello\nwhat\n");

	is_uint(tellings, 2, "a comment and a line without a value");
	is_str(told, "Invalid config line: 'what'", "the latter");
	f = reading(EIGHT_LINES "colour=3\n");
	is_str(told, "Invalid config key: 'colour'", "an unknown key");
	is_uint(f.books.status, BOOKS_VALID, "the rest counts");
	f = reading("maxsize=12x4\n");
	is_uint(f.books.max_size, 1204, "a letter is a zero, as in 1.x");
	ok(f.is_garbled, "which is told");
	f = reading("lifetime=99999999999999999999999\n");
	is_uint(f.books.lifetime_s, UINT64_MAX, "too large a number");
	ok(f.is_garbled, "is told, too");
	f = reading("first=x\nsize=1.5\n");
	ok(!f.is_garbled, "counts are counted anew anyway");
	f = reading("first=20\nlast=10\nstatus=0\n");
	is_uint(f.books.status, BOOKS_REBUILD, "first after last");
	f = reading("first=0\nlast=10\nstatus=0\n");
	is_uint(f.books.status, BOOKS_REBUILD, "no first");
	f = reading("first=1\nlast=10\nstatus=4\n");
	is_uint(f.books.status, BOOKS_REBUILD, "an unknown status");
	f = reading("first=1\nlast=10\nstatus=0\nwatermark=101\n");
	is_uint(f.books.status, BOOKS_REBUILD, "a water mark above all");
}

static void
test_no_file(void)
{
	struct books_how h = how(BOOKS_UPDATE);
	struct books_file f;
	struct err err;
	char *large = calloc(1, BOOKS_LEN_MAX + 1);

	unlink(BOOKS_NAME);
	is_int(books_open(&f, dir, &h, &err), 0, "there are no books");
	ok(!files_exist(BOOKS_NAME), "and none are made");
	h.mode = BOOKS_CREATE;
	is_int(books_open(&f, dir, &h, &err), 1, "unless asked for");
	is_uint(f.books.status, BOOKS_REBUILD, "they are to be filled");
	books_close(&f);
	unlink(BOOKS_NAME);
	if (symlink("elsewhere", BOOKS_NAME) == -1)
		bail("symlink");
	is_int(books_open(&f, dir, &h, &err), -1, "a link");
	is_int(err.code, ERR_SYSTEM, "is not followed");
	ok(!files_exist("elsewhere"), "and nothing is made behind it");
	unlink(BOOKS_NAME);
	if (mkfifo(BOOKS_NAME, 0644) == -1)
		bail("mkfifo");
	is_int(books_open(&f, dir, &h, &err), -1, "a pipe");
	unlink(BOOKS_NAME);
	files_write(BOOKS_NAME, large, BOOKS_LEN_MAX + 1);
	is_int(books_open(&f, dir, &h, &err), -1, "a file of more than 1 MiB");
	is_int(err.code, ERR_MALFORMED, "is none of books");
	free(large);
}

static void
test_write(void)
{
	struct books_how h = how(BOOKS_UPDATE);
	struct books_file f;
	struct books b;
	struct stat before, after;
	struct err err;

	write_text("#a comment\n" EIGHT_LINES);
	stat(BOOKS_NAME, &before);
	if (books_open(&f, dir, &h, &err) != 1)
		bail("%s", err.text);
	b = f.books;
	is_int(books_write(&f, &b, &err), 0, "written");
	text_is(EIGHT_LINES, "in eight lines");
	b.max_size = 0;
	b.size = 1;
	fault_at(0, 0, 0);
	is_int(books_write(&f, &b, &err), 0, "written again");
	is_str(fault_trace(), "fdatasync .nfstat\n", "a limit is safe");
	text_is("first=1790726400\nlast=1790726700\nsize=1\nmaxsize=0\n"
		"numfiles=4\nlifetime=3600\nwatermark=80\nstatus=0\n",
	    "shorter ones");
	b.files++;
	fault_at(0, 0, 0);
	is_int(books_write(&f, &b, &err), 0, "and once more");
	is_str(fault_trace(), "", "a count need not be");
	books_close(&f);
	stat(BOOKS_NAME, &after);
	ok(before.st_ino == after.st_ino, "it is the same file");
}

/* Another process, which takes a lock as 1.x does and keeps it for a while. */
static pid_t
hold_lock(unsigned ms)
{
	const struct timespec span = { .tv_nsec = (long)ms * 1000000 };
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int ready[2], fd;
	char c = 0;
	pid_t pid;

	if (pipe(ready) == -1 || (pid = fork()) == -1)
		bail("fork");
	if (pid == 0) {
		fd = open(BOOKS_NAME, O_RDWR);
		if (fcntl(fd, F_SETLK, &lock) == -1 ||
		    write(ready[1], &c, 1) != 1)
			_exit(1);
		if (ms == 0)
			pause();
		nanosleep(&span, NULL);
		_exit(0);
	}
	close(ready[1]);
	if (read(ready[0], &c, 1) != 1)
		bail("the other process");
	close(ready[0]);
	return pid;
}

static void
test_lock(void)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	struct books_how h = how(BOOKS_UPDATE);
	struct books_file f;
	struct err err;
	int status = -1;
	pid_t pid;

	write_text(EIGHT_LINES);
	pid = hold_lock(0);
	h.wait_ms = 60;
	is_int(books_open(&f, dir, &h, &err), -1, "locked by another process");
	is_int(err.code, ERR_VALUE, "which is told after a while");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	is_int(books_open(&f, dir, &h, &err), 1, "its lock goes with it");
	close(open(BOOKS_NAME, O_RDONLY));
	if ((pid = fork()) == 0)
		_exit(fcntl(open(BOOKS_NAME, O_RDWR), F_SETLK, &lock) == -1 ?
		    0 : 1);
	waitpid(pid, &status, 0);
	is_int(status, 0, "ours keeps others out");
	books_close(&f);
	pid = hold_lock(100);
	h.wait_ms = 60000;
	is_int(books_open(&f, dir, &h, &err), 1, "waited for a lock");
	books_close(&f);
	waitpid(pid, NULL, 0);
}

static void
add(const char *name, size_t len, enum books_mode mode, int want)
{
	struct books_how h = how(mode);
	struct err err = { .text = "" };
	char data[8192] = "";

	if (len > 0)
		files_write(name, data, len);
	is_int(books_add(dir, name, &h, NOW, &err), want, "%s added: %s", name,
	    err.text);
}

static void
test_add(void)
{
	struct books_how h = how(BOOKS_READ);
	struct books_file f;
	struct err err;

	unlink(BOOKS_NAME);
	add("nfcapd.202609300000", 100, BOOKS_UPDATE, 0);
	ok(!files_exist(BOOKS_NAME), "no books are made");
	add("nfcapd.202609300005", 100, BOOKS_CREATE, 1);
	f = reading("");
	add("nfcapd.202609300010", 100, BOOKS_UPDATE, 1);
	if (books_open(&f, dir, &h, &err) != 1)
		bail("%s", err.text);
	books_close(&f);
	is_uint(f.books.files, 3, "empty ones are filled");
	is_int(f.books.first_s, SLOT_1, "first");
	is_int(f.books.last_s, SLOT_1 + 600, "last");
	is_uint(f.books.status, BOOKS_VALID, "they are valid");
	write_text("first=1790726400\nlast=1790727000\nsize=1000\n"
		   "maxsize=5\nnumfiles=70\nstatus=0\n");
	add("nfcapd.202609300015", 8192, BOOKS_UPDATE, 1);
	text_is("first=1790726400\nlast=1790727300\nsize=9192\nmaxsize=5\n"
		"numfiles=71\nlifetime=0\nwatermark=95\nstatus=0\n",
	    "one more, without a count");
	add("nfcapd.202609300015", 8192, BOOKS_UPDATE, 1);
	if (books_open(&f, dir, &h, &err) != 1)
		bail("%s", err.text);
	books_close(&f);
	is_uint(f.books.files, 4, "one that may be there: all are counted");
	is_uint(f.books.max_size, 5, "the limit stays");
	add("nfcapd.current.1", 0, BOOKS_UPDATE, -1);
	add("nfcapd.202609300020", 0, BOOKS_UPDATE, 1);
}

/* Every call on files fails once; what is left are books, old or new. */
static void
test_faults(void)
{
	struct books_how h = how(BOOKS_UPDATE);
	struct books_file f;
	struct err err;
	unsigned n = 0;
	int rc;

	do {
		write_text("first=1\nlast=2\nsize=11\nmaxsize=6144000\n"
			   "numfiles=4\nlifetime=3600\nwatermark=80\n"
			   "status=0\n#a longer text than the new one\n");
		fault_at(++n, 1, EIO);
		rc = books_rescan(dir, &h, NOW, &err);
		if (fault_hit() && rc == -1)
			ok(err.code == ERR_SYSTEM, "call %u: %s", n, err.text);
		rc = fault_hit();
		fault_at(0, 0, 0);
		h.mode = BOOKS_READ;
		if (books_open(&f, dir, &h, &err) != 1)
			bail("%s", err.text);
		books_close(&f);
		h.mode = BOOKS_UPDATE;
		ok(f.books.max_size == 6144000 && f.books.lifetime_s == 3600 &&
			f.books.watermark == 80,
		    "call %u: limits are left", n);
		ok(f.books.status == BOOKS_REBUILD || f.books.files == 4,
		    "call %u: counts are true or said to be wrong", n);
	} while (rc);
	ok(n > 3, "%u calls", n);
}

/* The process dies at its nth call on files while it writes books. */
static bool
dies_at(unsigned n)
{
	struct books_how h = how(BOOKS_UPDATE);
	struct books_file f;
	struct books b;
	struct err err;
	int status;
	pid_t pid = fork();

	if (pid == -1)
		bail("fork");
	if (pid > 0) {
		waitpid(pid, &status, 0);
		return WIFSIGNALED(status);
	}
	if (books_open(&f, dir, &h, &err) != 1)
		_exit(1);
	b = f.books;
	b.size = 0;
	b.files = 1;
	fault_at(n, 1, 0);
	books_write(&f, &b, &err);
	_exit(0);
}

/* Eleven bytes less, with which "watermark=95" would become a 9. */
static void
test_killed(void)
{
	struct books_file f;
	unsigned n = 0;
	bool has_died;

	do {
		write_text("first=1\nlast=2\nsize=10995116277\nmaxsize=0\n"
			   "numfiles=10\nlifetime=3600\nwatermark=95\n"
			   "status=0\n");
		has_died = dies_at(++n);
		f = reading_left();
		ok(f.books.watermark == 95 && f.books.lifetime_s == 3600 &&
			!f.is_garbled,
		    "killed at call %u: limits are left", n);
		ok(f.books.files == (f.books.size == 0 ? 1 : 10),
		    "killed at call %u: old counts or new ones", n);
	} while (has_died);
	ok(n > 2, "%u calls", n);
	text_is("first=1\nlast=2\nsize=0\nmaxsize=0\nnumfiles=1\n"
		"lifetime=3600\nwatermark=95\nstatus=0\n", "none is killed");
}

int
main(void)
{
	setenv("TZ", "UTC", 1);
	tzset();
	files_begin();
	if ((dir = open(".", O_RDONLY | O_DIRECTORY)) == -1)
		bail("open");
	test_read();
	test_garbled();
	test_no_file();
	test_write();
	test_lock();
	test_add();
	test_faults();
	test_killed();
	return done_testing();
}
