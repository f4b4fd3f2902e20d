/*
 * Directories that are opened once: renamed, removed, and replaced by what
 * somebody else made.
 */

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/datadir.h"
#include "common/log.h"
#include "common/place.h"
#include "files.h"
#include "tap.h"

/* Make a file through the descriptor, and look for it by its path. */
static bool
leads_to(const struct place *p, const char *path)
{
	int fd = openat(p->fd, "mark", O_WRONLY | O_CREAT | O_EXCL, 0600);
	char mark[64];
	bool is_there;

	if (fd == -1)
		return false;
	close(fd);
	snprintf(mark, sizeof(mark), "%s/mark", path);
	is_there = files_exist(mark);
	unlinkat(p->fd, "mark", 0);
	return is_there;
}

static void
make(const char *path)
{
	if (mkdir(path, 0755) == -1)
		bail("%s", path);
}

static void
must(int rc)
{
	if (rc == -1)
		bail("a name cannot be changed");
}

static void
test_name(void)
{
	struct place p;
	struct stat st;
	struct err err;

	is_int(place_open(&p, "none", &err), -1, "no directory");
	is_int(err.code, ERR_SYSTEM, "is an error of the system");
	is_int(p.fd, -1, "nothing is open");
	make("a");
	is_int(place_open(&p, "a", &err), 0, "a directory");
	ok(leads_to(&p, "a"), "is open");
	must(symlink("a", "link"));
	must(stat("link", &st));
	ok(place_is(&p, &st), "it is the same by another name");
	is_int(place_renew(&p, &err), 0, "it is there");
	must(rename("a", "b"));
	make("a");
	is_int(place_renew(&p, &err), 0, "renamed, it is still there");
	ok(leads_to(&p, "b"), "under its new name");
	must(stat("link", &st));
	ok(!place_is(&p, &st), "the one that has its name is another one");
	must(rmdir("b"));
	is_int(place_renew(&p, &err), 1, "removed, it is another one");
	ok(leads_to(&p, "a"), "that has the old name");
	must(rmdir("a"));
	is_int(place_renew(&p, &err), 1, "or a new one");
	ok(leads_to(&p, "a"), "which is made");
	must(rmdir("a"));
	make("b");
	must(symlink("b", "a"));
	is_int(place_renew(&p, &err), -1, "no link is taken for it");
	ok(strstr(err.text, "'a'") != NULL, "told: %s", err.text);
	must(unlink("a"));
	must(unlink("link"));
	is_int(place_renew(&p, &err), 1, "when that is gone, all is well");
	place_close(&p);
	place_close(&p);
	must(rmdir("a"));
	must(symlink("b", "a"));
	is_int(place_open(&p, "a", &err), 0, "a link at the start is followed");
	must(rmdir("b"));
	is_int(place_renew(&p, &err), 1, "what it led to is made again");
	ok(leads_to(&p, "b"), "there");
	place_close(&p);
	must(unlink("a"));
	must(rmdir("b"));
}

/* A directory that others make. */
static void
test_follow(void)
{
	struct place p;
	struct err err;

	make("a");
	is_int(place_open(&p, "a", &err), 0, "a directory");
	ok(!place_follow(&p), "is there");
	must(rmdir("a"));
	ok(!place_follow(&p), "removed, there is no other one");
	ok(!files_exist("a"), "and none is made");
	make("b");
	must(symlink("b", "a"));
	ok(!place_follow(&p), "no link is taken for it");
	must(unlink("a"));
	must(rename("b", "a"));
	ok(place_follow(&p), "one that is there is taken");
	ok(leads_to(&p, "a"), "it is that one");
	place_close(&p);
	must(rmdir("a"));
}

/* Remove what a lock leaves of a directory. */
static void
remove_locked(const char *path)
{
	char lock[64];

	snprintf(lock, sizeof(lock), "%s/%s", path, DATADIR_LOCK);
	must(unlink(lock));
	must(rmdir(path));
}

static void
test_locks(void)
{
	struct datadir d, other = DATADIR_NONE;
	struct err err;

	make("a");
	is_int(datadir_lock(&d, "a", &err), 0, "locked");
	is_int(datadir_lock(&other, "a", &err), -1, "once");
	is_int(err.code, ERR_VALUE, "by one of us: %s", err.text);
	is_int(other.place.fd, -1, "nothing is open");
	remove_locked("a");
	make("a");
	is_int(datadir_lock(&other, "a", &err), 0, "a new one is locked");
	is_int(datadir_renew(&d, &err), -1, "and not ours");
	is_int(err.code, ERR_VALUE, "then: %s", err.text);
	is_int(datadir_renew(&d, &err), -1, "nor later");
	datadir_unlock(&other);
	is_int(datadir_renew(&d, &err), 0, "until it is free");
	is_int(datadir_lock(&other, "a", &err), -1, "which it is no longer");
	datadir_unlock(&d);
	datadir_unlock(&d);
	remove_locked("a");
}

static void
test_below(void)
{
	struct datadir base, d, other;
	struct err err;

	make("base");
	if (datadir_lock(&base, "base", &err) == -1)
		bail("%s", err.text);
	is_int(datadir_lock_below(&d, &base, "base/x", &err), 0,
	    "a directory is made in another");
	ok(leads_to(&d.place, "base/x"), "of its name");
	must(rename("base", "moved"));
	is_int(datadir_lock_below(&other, &base, "base/y", &err), 0,
	    "also when that was renamed");
	ok(leads_to(&other.place, "moved/y"), "in it");
	datadir_unlock(&other);
	remove_locked("moved/y");
	remove_locked("moved/x");
	is_int(datadir_renew(&d, &err), 0, "made again");
	ok(leads_to(&d.place, "moved/x"), "where it was");
	remove_locked("moved/x");
	remove_locked("moved");
	is_int(datadir_renew(&d, &err), 0, "with the one it is in");
	ok(leads_to(&d.place, "base/x"), "by their names");
	is_int(datadir_lock(&other, "base", &err), -1, "both are locked");
	must(symlink("x", "base/z"));
	is_int(datadir_lock_below(&other, &base, "base/z", &err), -1,
	    "a link is no directory");
	datadir_unlock(&d);
	datadir_unlock(&base);
}

static void
test_pause(void)
{
	struct log_pause p = { 0 };

	ok(log_is_due(&p), "trouble is told");
	ok(!log_is_due(&p), "and not again at once");
}

int
main(void)
{
	files_begin();
	log_init("place");
	log_limit(0);
	test_name();
	test_follow();
	test_locks();
	test_below();
	test_pause();
	return done_testing();
}
