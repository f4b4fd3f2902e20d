/*
 * The cursor of a forwarder: what was read is written and read again.
 */
#include <string.h>

#include "flowfwd/cursor.h"
#include "fuzz/fuzz.h"
#include "fuzzkit.h"

#define NAME "cursor"

int
FUZZ_TARGET(cursor)(const uint8_t *data, size_t size)
{
	static struct cursor a, b;

	memset(&a, 0, sizeof(a));
	memset(&b, 0, sizeof(b));
	fuzzkit_write(NAME, data, size);
	if (cursor_read(&a, NAME, NULL) != 1)
		return 0;
	require(a.count <= CURSOR_FILES_MAX);
	for (unsigned i = 0; i < a.count; i++)
		require(cursor_by_name(&a, a.files[i].name) != NULL);
	require(cursor_write(&a, NAME, false, NULL) == 0);
	require(cursor_read(&b, NAME, NULL) == 1);
	require(strcmp(a.last, b.last) == 0 && a.count == b.count);
	for (unsigned i = 0; i < a.count; i++)
		require(strcmp(a.files[i].name, b.files[i].name) == 0 &&
		    a.files[i].ino == b.files[i].ino &&
		    a.files[i].place.pos == b.files[i].place.pos);
	return 0;
}
