/*
 * The cursor of flowfwd: written and read, cut at every byte, full.
 */
#include "flowfwd/cursor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "files.h"
#include "tap.h"

static const struct stat nowhere = { .st_dev = 5, .st_ino = UINT32_MAX };

/* Two files, and numbers of every size. */
static void
fill(struct cursor *c)
{
	struct cursor_file *f;
	struct stat st = nowhere;

	memset(c, 0, sizeof(*c));
	cursor_advance(c, "2026/11/26/nfcapd.202611261205");
	f = cursor_add(c, &st, "2026/11/26/nfcapd.202611261205");
	f->is_done = true;
	f->blocks = UINT32_MAX;
	f->sum = UINT64_MAX;
	f->place = (struct store_place){ UINT64_MAX, UINT32_MAX, UINT32_MAX,
		UINT64_MAX, UINT64_MAX };
	st.st_ino = 7;
	cursor_add(c, &st, "nfcapd.current.12");
}

static void
test_written(void)
{
	struct cursor c, again;
	uint8_t *want, *got;
	struct err err;
	size_t len;

	fill(&c);
	is_int(cursor_read(&again, "cursor", &err), 0, "not there");
	is_int(cursor_write(&c, "cursor", true, &err), 0, "written");
	is_int(cursor_read(&again, "cursor", &err), 1, "read");
	is_int(cursor_write(&again, "again", false, &err), 0, "and written");
	want = files_read("cursor", &len);
	got = files_read("again", &len);
	is_mem(got, want, len, "as it was");
	free(want);
	free(got);
	is_int(cursor_write(&c, "no/cursor", false, &err), -1, "no directory");
	is_int(err.code, ERR_SYSTEM, "is told");
}

/* A directory may have any name. */
static void
test_names(void)
{
	static const char *const bad[] = { "a%", "a%2", "a%zz", "a%00" };
	const char *name = " a b/\n50%/nfcapd.202611261205";
	struct cursor c = { .count = 0 };
	char text[256];
	struct err err;

	cursor_add(&c, &nowhere, name);
	is_int(cursor_write(&c, "names", true, &err), 0, "written");
	is_int(cursor_read(&c, "names", &err), 1, "read");
	is_str(c.files[0].name, name, "the name");
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text), "flowfwd-cursor 1\nlast \n"
		    "file %s 1 2 0 0 0 0 0 0 0 0\nend\n", bad[i]);
		files_write("names", (const uint8_t *)text, strlen(text));
		is_int(cursor_read(&c, "names", &err), -1, "no name of ours");
	}
}

static void
test_cut(void)
{
	struct cursor c;
	struct err err;
	size_t len;
	uint8_t *data = files_read("cursor", &len);
	unsigned bad = 0;

	for (size_t i = 0; i + 1 < len; i++) {
		files_write("cut", data, i);
		bad += cursor_read(&c, "cut", &err) != -1 ||
		    err.code != ERR_MALFORMED;
	}
	is_uint(bad, 0, "one that is cut is none");
	free(data);
}

static void
test_files(void)
{
	struct cursor c;
	struct stat st = nowhere;
	char name[32];

	fill(&c);
	is_str(c.last, "nfcapd.202611261205", "the last slot");
	cursor_advance(&c, "nfcapd.202611261200");
	cursor_advance(&c, "nfcapd.current.12");
	is_str(c.last, "nfcapd.202611261205", "is not an earlier one");
	cursor_advance(&c, "nfcapd.202611261210");
	is_str(c.last, "nfcapd.202611261210", "is a later one");
	ok(cursor_by_inode(&c, &st) == &c.files[0], "by inode");
	ok(cursor_by_name(&c, "nfcapd.current.12") == &c.files[1], "by name");
	cursor_remove(&c, &c.files[0]);
	ok(cursor_by_inode(&c, &st) == NULL, "removed");
	ok(cursor_by_name(&c, "nfcapd.current.12") == &c.files[0], "moved up");
	while (c.count < CURSOR_FILES_MAX) {
		snprintf(name, sizeof(name), "nfcapd.current.%u", c.count);
		cursor_add(&c, &st, name);
	}
	ok(cursor_add(&c, &st, "nfcapd.current.99") == NULL, "full");
}

int
main(void)
{
	files_begin();
	test_written();
	test_names();
	test_cut();
	test_files();
	return done_testing();
}
