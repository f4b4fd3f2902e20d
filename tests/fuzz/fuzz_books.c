/*
 * Books of a directory (.nfstat): what was read is written and read again.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "fuzz/fuzz.h"
#include "fuzzkit.h"
#include "store/books.h"

static void
warn(void *ctx, const struct err *why)
{
	(void)ctx;
	require(why->text[0] != '\0');
}

static bool
is_same(const struct books *a, const struct books *b)
{
	return a->first_s == b->first_s && a->last_s == b->last_s &&
	    a->size == b->size && a->files == b->files &&
	    a->max_size == b->max_size && a->lifetime_s == b->lifetime_s &&
	    a->watermark == b->watermark && a->status == b->status;
}

int
FUZZ_TARGET(books)(const uint8_t *data, size_t size)
{
	const struct books_how how = { .mode = BOOKS_UPDATE, .warn = warn };
	struct books_file f;
	struct books was;
	int dir;

	fuzzkit_write(BOOKS_NAME, data, size);
	dir = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	require(dir != -1);
	if (books_open(&f, dir, &how, NULL) == 1) {
		was = f.books;
		require(books_write(&f, &was, NULL) == 0);
		books_close(&f);
		require(books_open(&f, dir, &how, NULL) == 1);
		require(is_same(&f.books, &was) && !f.is_garbled);
		books_close(&f);
	}
	close(dir);
	return 0;
}
