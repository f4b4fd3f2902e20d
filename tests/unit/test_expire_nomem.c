/*
 * Expiry when memory runs out: what has gone is the oldest, and the books are
 * true or to be rebuilt.
 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "files.h"
#include "nomem.h"
#include "store/expire.h"
#include "store/slot.h"
#include "tap.h"

#define NOW 1790726400 /* 2026-09-30 00:00 UTC */
#define DAY 86400
#define FILES 80 /* more than lists have room for at first */
#define OLD 75 /* of them are older than the limit */

static void
path_of(int i, char path[SLOT_NAME_MAX + 8])
{
	int len = snprintf(path, SLOT_NAME_MAX, "data/");

	slot_name(NOW - (FILES + 5 - i) * DAY, 300, i % 2 ? 1 : 0, path + len);
}

/* How many are left; -1 when a newer one went before an older one. */
static int
left(void)
{
	char path[SLOT_NAME_MAX + 8];
	int n = 0;

	for (int i = 0; i < FILES; i++) {
		path_of(i, path);
		if (files_exist(path))
			n++;
		else if (n > 0)
			return -1;
	}
	return n;
}

/* All files are there, and no books. */
static void
make(void)
{
	char path[SLOT_NAME_MAX + 8];

	if (left() == FILES && unlink("data/.nfstat") == 0)
		return;
	if (system("rm -rf data") != 0)
		bail("data");
	for (int i = 0; i < FILES; i++) {
		path_of(i, path);
		files_touch(path);
	}
}

/* Are the books true, or known not to be? */
static bool
books_hold(int dir)
{
	struct books_how how = { .mode = BOOKS_READ };
	struct books_file f;
	struct books b;
	struct err err;

	if (books_open(&f, dir, &how, &err) == 0)
		return true;
	b = f.books;
	books_count(&b, dir, &how, NOW, &err);
	books_close(&f);
	return f.books.status != BOOKS_VALID || b.files == f.books.files;
}

int
main(void)
{
	const struct expire_limits limits = { 0, 10 * DAY, 100, 0 };
	struct expire_dir d = { .path = "data" };
	const struct expire_request r = { .dirs = &d, .dir_count = 1,
		.limits = &limits, .now_s = NOW };
	struct expire_result result;
	struct err err = { .code = ERR_NONE };
	unsigned n;
	int rc, now_left;

	setenv("TZ", "UTC", 1);
	tzset();
	files_begin();
	for (n = 1;; n++) {
		make();
		d.fd = open("data", O_RDONLY | O_DIRECTORY);
		nomem_at(n);
		rc = expire_run(&r, &result, &err);
		if (!nomem_hit())
			break;
		nomem_at(0);
		now_left = left();
		if (rc == -1)
			is_int(err.code, ERR_NOMEM, "allocation %u", n);
		ok(now_left >= FILES - OLD, "allocation %u: %d left", n,
		    now_left);
		ok(books_hold(d.fd), "allocation %u: books", n);
		close(d.fd);
	}
	nomem_at(0);
	is_int(rc, 0, "%u allocations", n - 1);
	is_int(left(), FILES - OLD, "with all of them it works");
	close(d.fd);
	return done_testing();
}
