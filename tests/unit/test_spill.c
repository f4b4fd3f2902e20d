/*
 * Temporary files: what is written comes back, and no name is left behind,
 * whatever fails.
 */

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files.h"
#include "query/spill.h"
#include "tap.h"

static struct spill *
must_new(const char *dir)
{
	struct err err;
	struct spill *s = spill_new(dir, &err);

	if (s == NULL)
		bail("%s", err.text);
	return s;
}

static void
test_write_and_read(void)
{
	struct spill *s = must_new(".");
	uint64_t at[2];
	char got[8] = "";
	struct err err;

	is_int(spill_write(s, "first", 5, &at[0], &err), 0, "write");
	is_int(spill_write(s, "second", 6, &at[1], &err), 0, "and append");
	is_int(spill_read(s, got, 6, at[1], &err), 0, "read");
	is_str(got, "second", "the second piece");
	memset(got, 0, sizeof(got));
	is_int(spill_read(s, got, 5, at[0], &err), 0, "read");
	is_str(got, "first", "the first piece");
	is_int(spill_read(s, got, 8, at[1], &err), -1, "more than there is");
	is_int(err.code, ERR_SYSTEM, "is an error");
	spill_free(s);
}

/* A signal at any time leaves no file when there never is a name. */
static void
test_no_name(void)
{
#ifdef O_TMPFILE
	struct spill *s;
	const struct timespec long_ago[2] = { { 1, 0 }, { 1, 0 } };
	struct stat st;
	struct err err;
	uint64_t at;
	int fd = open(".", O_TMPFILE | O_RDWR, 0600);

	if (fd == -1) {
		skip(1, "no files without a name here");
		return;
	}
	close(fd);
	s = must_new(".");
	if (utimensat(AT_FDCWD, ".", long_ago, 0) == -1 ||
	    spill_write(s, "x", 1, &at, &err) == -1 || stat(".", &st) == -1)
		bail("cannot write or look");
	is_int(st.st_mtime, 1, "the directory was not written to");
	spill_free(s);
#else
	skip(1, "no files without a name on this system");
#endif
}

/* Each of the threads that fail tells the reason. */
static void
test_no_directory(void)
{
	static const char want[] =
	    "temporary file in gone: No such file or directory";
	struct spill *s;
	struct err err;
	uint64_t at;

	if (mkdir("gone", 0700) == -1)
		bail("cannot make a directory");
	s = must_new("gone");
	rmdir("gone");
	for (int i = 0; i < 2; i++) {
		is_int(spill_write(s, "x", 1, &at, &err), -1,
		    "the directory is gone");
		is_str(err.text, want, "and that is told");
	}
	spill_free(s);
}

static void
test_full(void)
{
	static const char data[1024];
	struct rlimit old, small;
	struct spill *s = must_new(".");
	struct err err;
	uint64_t at;

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &old);
	small = old;
	small.rlim_cur = 1500;
	setrlimit(RLIMIT_FSIZE, &small);
	is_int(spill_write(s, data, sizeof(data), &at, &err), 0, "it fits");
	is_int(spill_write(s, data, sizeof(data), &at, &err), -1,
	    "half of it fits");
	setrlimit(RLIMIT_FSIZE, &old);
	is_int(err.code, ERR_SYSTEM, "which is told");
	spill_free(s);
}

int
main(void)
{
	files_begin();
	test_write_and_read();
	test_no_name();
	test_no_directory();
	test_full();
	return done_testing();
}
