/*
 * Names of rotated files, and how a finished file gets its name.
 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "files.h"
#include "store/reader.h"
#include "store/slot.h"
#include "store/writer.h"
#include "tap.h"

/* The data directory, open. */
static int data;

#define START 1718452800 /* 2024-06-15 12:00:00 UTC, a Saturday */

static void
named(int64_t start, uint32_t interval, unsigned layout, const char *want)
{
	char name[SLOT_NAME_MAX];

	slot_name(start, interval, layout, name);
	is_str(name, want, "layout %u: %s", layout, want);
}

static void
test_names(void)
{
	named(START, 300, 0, "nfcapd.202406151200");
	named(START, 300, 1, "2024/06/15/nfcapd.202406151200");
	named(START, 300, 2, "2024/06/15/12/nfcapd.202406151200");
	named(START, 300, 3, "2024/24/6/nfcapd.202406151200");
	named(START, 300, 4, "2024/24/6/12/nfcapd.202406151200");
	named(START, 300, 5, "2024/167/nfcapd.202406151200");
	named(START, 300, 6, "2024/167/12/nfcapd.202406151200");
	named(START, 300, 7, "2024-06-15/nfcapd.202406151200");
	named(START, 300, 8, "2024-06-15/12/nfcapd.202406151200");
	named(START + 58, 2, 0, "nfcapd.20240615120058");
	named(START, 60, 0, "nfcapd.202406151200");
	is_str(slot_layout(8), "%Y-%m-%d/%H", "the last layout");
	ok(slot_layout(9) == NULL, "there is no layout 9");
	is_int(
	    slot_start(START + 299, 300), START, "the last second of a slot");
	is_int(slot_start(START + 300, 300), START + 300, "the next slot");
	setenv("TZ", "<+0530>-5:30", 1);
	tzset();
	named(START, 86400, 7, "2024-06-15/nfcapd.202406151730");
	setenv("TZ", "UTC", 1);
	tzset();
}

static void
test_current(void)
{
	ok(slot_is_current("nfcapd.current.1"), "a file being written");
	ok(slot_is_current("nfcapd.current."), "also with nothing behind");
	ok(!slot_is_current("nfcapd.current"), "without the dot it is none");
	ok(!slot_is_current("nfcapd.202406151200"), "a slot is none");
	ok(!slot_is_current("nfcapd.current.1.append"), "nor two joined");
}

static void
time_is(const char *path, int64_t want)
{
	int64_t got = -1;

	if (want == -1)
		is_int(slot_time(path, &got), -1, "%s: no time", path);
	else if (ok(slot_time(path, &got) == 0, "%s: a time", path))
		is_int(got, want, "%s: the right one", path);
}

static void
test_time(void)
{
	static const char *const none[] = { "", "nfcapd.", "nfcapd.2024",
		"nfcapd.202406151200.gz", "nfcapd.2024061512000",
		"nfcapd.202413151200", "nfcapd.202406151260",
		"nfcapd.202406152400", "nfcapd.202400151200",
		"nfcapd.202406001200", "nfcapd.196906151200", "x202406151200",
		"sub/nfcapd.current.202406151200", "nfcapd.202406151200+02",
		"nfcapd.202406151200+02000", "nfcapd.202406151200/x" };

	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		time_is(none[i], -1);
	time_is("nfcapd.202406151200", 1718452800);
	time_is("/a/nfcapd.1/nfcapd.20240615120007", 1718452807);
	time_is("nfcapd.202406151200+0200", 1718445600);
	time_is("nfcapd.20240615120007-0330", 1718465407);
	setenv("TZ", "<+0530>-5:30", 1);
	tzset();
	time_is("nfcapd.202406151730", 1718452800);
	time_is("nfcapd.202406151200+0000", 1718452800);
	setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
	tzset();
	for (int i = 0; i < 2; i++) { /* 02:30 is there twice */
		time_is("nfcapd.202410270030", 1729981800);
		time_is("nfcapd.202410270230", 1729992600);
		time_is("nfcapd.202410270330", 1729996200);
		time_is("nfcapd.202410270230", 1729992600);
	}
	setenv("TZ", "UTC", 1);
	tzset();
}

/* A complete file of n blocks with one exporter record each. */
static void
make_file(const char *path, uint32_t n)
{
	struct err err = { .code = ERR_NONE };
	const struct record_exporter e = { 9, addr_v4(0x7f000001), 1, 1 };
	struct record_stats s;
	uint8_t raw[RECORD_EXPORTER_LEN];
	struct store_writer *w;
	struct writer out;

	w = store_writer_open(AT_FDCWD,
	    path, codec_by_id(CODEC_LZ4, &err), "t", START, &err);
	if (w == NULL)
		bail("%s", err.text);
	record_stats_init(&s);
	s.flows = n;
	writer_init(&out, raw, sizeof(raw));
	record_put_exporter(&out, &e);
	while (n-- > 0)
		if (store_writer_block(w, raw, sizeof(raw), 1, &err) == -1)
			bail("%s", err.text);
	if (store_writer_commit(w, &s, &err) == -1)
		bail("%s", err.text);
	store_writer_close(w);
}

/* The file is complete and has that many blocks and flows. */
static void
check_file(const char *path, uint32_t blocks, const char *name)
{
	struct err err = { .code = ERR_NONE };
	struct store_file *f = store_file_open(path, &err);

	ok(f != NULL, "%s: there is a file%s", name, f == NULL ? err.text : "");
	if (f == NULL)
		return;
	ok(store_file_info(f)->is_complete, "%s: complete", name);
	is_uint(store_file_info(f)->blocks, blocks, "%s: blocks", name);
	is_uint(store_file_info(f)->stats.flows, blocks, "%s: flows", name);
	store_file_close(f);
}

static void
committed(
    const char *current, const char *name, bool want_base, const char *title)
{
	struct err err = { .code = ERR_NONE };
	char path[FILES_PATH_MAX];
	bool in_base = !want_base;

	is_int(slot_commit(data, current, name, &in_base, &err), 0, "%s: %s",
	    title, err.text);
	is_int(in_base, want_base, "%s: in the base directory or not", title);
	snprintf(path, sizeof(path), "data/%s", current);
	ok(!files_exist(path), "%s: the current file is gone", title);
}

static void
test_commit(void)
{
	const char *current = "data/nfcapd.current.1";
	const char *name = "2024/06/15/nfcapd.202406151200";
	struct err err = { .code = ERR_NONE };
	struct stat st;
	bool in_base;

	mkdir("data", 0755);
	data = open("data", O_RDONLY | O_DIRECTORY);
	make_file(current, 1);
	committed("nfcapd.current.1", "nfcapd.202406151200", false, "flat");
	check_file("data/nfcapd.202406151200", 1, "flat");
	make_file(current, 1);
	committed("nfcapd.current.1", name, false, "new directories");
	check_file("data/2024/06/15/nfcapd.202406151200", 1, "new directories");
	stat("data/2024/06", &st);
	is_uint(st.st_mode & 0777, 0755, "mode of a directory");
	make_file(current, 2);
	committed("nfcapd.current.1", name, false, "name in use");
	check_file("data/2024/06/15/nfcapd.202406151200", 3, "appended");

	files_touch("data/2025");
	make_file(current, 1);
	committed("nfcapd.current.1", "2025/01/01/nfcapd.202501010000", true,
	    "directory in the way");
	check_file("data/nfcapd.202501010000", 1, "in the base directory");

	mkdir("elsewhere", 0755);
	is_int(symlink("../elsewhere", "data/2026"), 0, "a link");
	make_file(current, 1);
	committed("nfcapd.current.1", "2026/nfcapd.202601010000", true,
	    "link in the way");
	check_file("data/nfcapd.202601010000", 1, "not through the link");
	ok(!files_exist("elsewhere/nfcapd.202601010000"), "nothing there");
	make_file("elsewhere/theirs", 1);
	is_int(symlink("../elsewhere/theirs", "data/nfcapd.202601020000"), 0,
	    "a link that has the name");
	make_file(current, 1);
	is_int(slot_commit(data, "nfcapd.current.1", "nfcapd.202601020000",
		   &in_base, &err),
	    -1, "is not appended to");
	check_file(current, 1, "the current file stays");
	check_file("elsewhere/theirs", 1, "what the link leads to stays");
	unlink(current);

	in_base = true;
	is_int(slot_commit(data, "nfcapd.current.1", "x", &in_base, &err), -1,
	    "no current file");
	is_int(err.code, ERR_SYSTEM, "that is an error of the system");
	ok(!in_base, "and nothing went to the base directory");
	make_file(current, 1);
	files_write("data/nfcapd.203001010000", "junk", 4);
	is_int(slot_commit(data, "nfcapd.current.1", "nfcapd.203001010000",
		   &in_base, &err),
	    -1, "a foreign file has the name");
	check_file(current, 1, "the current file stays");
	is_int(files_size("data/nfcapd.203001010000"), 4,
	    "the foreign file stays");
}

int
main(void)
{
	files_begin();
	test_names();
	test_current();
	test_time();
	umask(022);
	test_commit();
	return done_testing();
}
