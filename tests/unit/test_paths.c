/*
 * From -r, -R and -M to files: every form, on directory trees.
 */

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files.h"
#include "store/paths.h"
#include "tap.h"

#define TEXT_MAX 4096

/* A name longer than any that is expanded. */
#define TEN "longer-one"
#define LONG TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

static const char *const tree[] = {
	"flat/nfcapd.202406151200",
	"flat/nfcapd.202406151205",
	"flat/nfcapd.202406151210",
	"flat/nfcapd.current.123",
	"flat/nfpcapd.202406151200",
	"flat/x.stat",
	"flat/.nfstat",
	"flat/.nfcapd.book",
	"flat/.DS_Store",
	"flat/.hidden/nfcapd.202406151200",
	"flat2/nfcapd.202406151205",
	"flat2/nfcapd.202406151210",
	"flat2/nfcapd.202406151215",
	"mixed/a.x/q",
	"mixed/nfcapd.1",
	"mixed/sub/nfcapd.2",
	"mixed/zz",
	"days/2024/06/15/nfcapd.202406152350",
	"days/2024/06/15/nfcapd.202406152355",
	"days/2024/06/16/nfcapd.202406160000",
	"days/2024/06/16/nfcapd.202406160005",
	"days/2025/01/01/nfcapd.202501010000",
	"days/nfcapd.202406152352",
	"week/2024/24/6/23/nfcapd.202406152355",
	"week/2024/24/7/00/nfcapd.202406160000",
	"year/2024/167/nfcapd.202406151200",
	"iso/2024-06-15/12/nfcapd.202406151200",
	"iso/2024-06-15/12/nfcapd.20240615120510",
	"long/" LONG "1",
	"long/" LONG "2",
	"long/" LONG "3",
};

/* What was told of missing members, one after the other. */
static char told[TEXT_MAX];

static void
tell(void *ctx, const struct err *err)
{
	size_t len = strlen(told);

	(void)ctx;
	is_uint(err->code, ERR_SYSTEM, "what is told of cannot be read");
	snprintf(told + len, sizeof(told) - len, "%s%s", len == 0 ? "" : "; ",
	    err->text);
}

/* What a selection gives: paths with a blank between, or the error. */
static const char *
selected_of(const char *file, const char *const *ranges, size_t count,
    const char *dirs)
{
	static char text[TEXT_MAX];
	const struct path_request request = { .file = file, .ranges = ranges,
		.range_count = count, .dirs = dirs, .warn = tell };
	struct path_list list = PATH_LIST_EMPTY;
	struct err err = { .code = ERR_NONE };
	size_t len = 0;

	text[0] = told[0] = '\0';
	if (paths_select(&request, &list, &err) == -1)
		snprintf(text, sizeof(text), "%s: %s",
		    err.code == ERR_USAGE ? "usage" : "system", err.text);
	else
		for (size_t i = 0; i < list.count && len < sizeof(text); i++)
			len += (size_t)snprintf(text + len, sizeof(text) - len,
			    "%s%s", i == 0 ? "" : " ", list.paths[i]);
	path_list_fini(&list);
	return text;
}

static const char *
selected(const char *file, const char *range, const char *dirs)
{
	return selected_of(file, &range, range == NULL ? 0 : 1, dirs);
}

#define IS(file, range, dirs, want, name) \
	is_str(selected((file), (range), (dirs)), (want), (name))

#define F "flat/nfcapd.2024061512"
#define G "flat2/nfcapd.2024061512"
#define D "days/2024/06/"
#define MISSING ": No such file or directory"

static void
test_file(void)
{
	IS(NULL, NULL, NULL, "", "nothing asked for");
	IS("flat/x.stat", NULL, NULL, "flat/x.stat", "-r takes any name");
	IS("flat", NULL, NULL, F "00 " F "05 " F "10", "-r DIR");
	IS("flat/none", NULL, NULL, "system: flat/none" MISSING, "-r missing");
	IS("nfcapd.202406151205", NULL, "flat:flat2", F "05 " G "05",
	    "-r NAME -M a:b");
	IS("nfcapd.202406151200", NULL, "flat:flat2", F "00",
	    "-r NAME that one directory lacks");
	is_str(told, "flat2/nfcapd.202406151200" MISSING, "it is told");
	IS("nfcapd.1", NULL, "flat:flat2", "system: flat2/nfcapd.1" MISSING,
	    "-r NAME that all lack");
	is_str(told, "flat/nfcapd.1" MISSING, "each is told once");
	IS("nfcapd.202406152355", NULL, "days:week",
	    D "15/nfcapd.202406152355 week/2024/24/6/23/nfcapd.202406152355",
	    "-r NAME below sub-directories");
	IS("/flat", NULL, "flat",
	    "usage: File list -r must not start with "
	    "'/' when combined with a source list -M",
	    "-r /X -M");
	IS("flat", "flat", NULL,
	    "usage: -r and -R are mutually exclusive. "
	    "Please specify either -r or -R",
	    "-r with -R");
}

static void
test_directory(void)
{
	IS(NULL, "flat", NULL, F "00 " F "05 " F "10", "-R DIR");
	IS(NULL, "flat/", NULL, F "00 " F "05 " F "10", "-R DIR/");
	IS(NULL, "mixed", NULL,
	    "mixed/a.x/q mixed/nfcapd.1 mixed/sub/nfcapd.2 mixed/zz",
	    "-R DIR with directories below");
	IS(NULL, "none", NULL, "system: none" MISSING, "-R missing");
	IS(NULL, "", NULL, "usage: -R: empty file list", "-R ''");
	if (chdir("flat2") == -1)
		bail("chdir");
	IS(NULL, ".", NULL,
	    "nfcapd.202406151205 nfcapd.202406151210 "
	    "nfcapd.202406151215",
	    "-R .");
	IS(NULL, "nfcapd.202406151210", NULL,
	    "nfcapd.202406151210 nfcapd.202406151215", "-R FIRST here");
	IS(NULL, ".", ".",
	    "nfcapd.202406151205 nfcapd.202406151210 "
	    "nfcapd.202406151215",
	    "-R . -M .");
	if (chdir("..") == -1)
		bail("chdir");
}

static void
test_range(void)
{
	IS(NULL, F "05", NULL, F "05 " F "10", "-R DIR/FIRST");
	IS(NULL, F "00:nfcapd.202406151205", NULL, F "00 " F "05",
	    "-R DIR/FIRST:LAST");
	IS(NULL, F "00:nfcapd.202406151207", NULL, F "00 " F "05",
	    "LAST need not exist");
	IS(NULL, F "01:nfcapd.202406151207", NULL,
	    "system: flat/nfcapd.202406151201" MISSING, "FIRST must exist");
	IS(NULL, F "10:nfcapd.202406151205", NULL, "", "FIRST > LAST");
	IS(NULL, F "00:", NULL,
	    "usage: -R flat/nfcapd.202406151200:: "
	    "missing last file after ':'",
	    "-R FIRST:");
	IS(NULL, ":a", NULL, "usage: -R :a: missing first file before ':'",
	    "-R :LAST");
	IS(NULL, "a:b:c", NULL, "usage: -R a:b:c: more than one ':'",
	    "-R with two colons");
	IS(NULL, F "00:/x", NULL,
	    "usage: -R flat/nfcapd.202406151200:/x: "
	    "the last file must not start with '/'",
	    "-R FIRST:/LAST");
	IS(NULL, "flat:x", NULL, "usage: -R: flat is a directory",
	    "-R DIR:LAST");
	IS(NULL, "flat/nfcapd.202406151200:a/b/c/d", NULL,
	    "usage: -R: flat/nfcapd.202406151200 has fewer directories than "
	    "a/b/c/d",
	    "LAST deeper than FIRST");
	IS(NULL, "long/" LONG "1:" LONG "2", NULL,
	    "long/" LONG "1 long/" LONG "2", "LAST with a long name");
}

static void
test_hierarchy(void)
{
	IS(NULL, "days", NULL,
	    D "15/nfcapd.202406152350 " D "15/nfcapd.202406152355 " D
	      "16/nfcapd.202406160000 " D
	      "16/nfcapd.202406160005 days/2025/01/01/nfcapd.202501010000 "
	      "days/nfcapd.202406152352",
	    "-R DIR");
	IS(NULL, D "15/nfcapd.202406152355", NULL,
	    D "15/nfcapd.202406152355 " D "16/nfcapd.202406160000 " D
	      "16/nfcapd.202406160005 days/2025/01/01/nfcapd.202501010000",
	    "-R DIR/sub/FIRST goes on in the next directory");
	IS(NULL, D "15/nfcapd.202406152355:2024/06/16/nfcapd.202406160000",
	    NULL, D "15/nfcapd.202406152355 " D "16/nfcapd.202406160000",
	    "-R DIR/sub/FIRST:sub2/LAST");
	IS(NULL, D "15/nfcapd.202406152355:16/nfcapd.202406160000", NULL,
	    D "15/nfcapd.202406152355 " D "16/nfcapd.202406160000",
	    "the base is what LAST leaves of FIRST");
	IS(NULL, D "15/nfcapd.202406152355:nfcapd.202406160000", NULL,
	    D "15/nfcapd.202406152355 " D "16/nfcapd.202406160000",
	    "-R DIR/sub/FIRST:LAST");
	IS(NULL, D "15/nfcapd.202406152350:nfcapd.202406152350", NULL,
	    D "15/nfcapd.202406152350", "one file");
	IS(NULL, "days/nfcapd.202406152355:nfcapd.202406160000", NULL,
	    D "15/nfcapd.202406152355 " D "16/nfcapd.202406160000",
	    "FIRST below the layout's directory");
	IS(NULL, "week/nfcapd.202406152355:nfcapd.202406160000", NULL,
	    "week/2024/24/6/23/nfcapd.202406152355 "
	    "week/2024/24/7/00/nfcapd.202406160000",
	    "layout 4");
	IS(NULL, "year/nfcapd.202406151200", NULL,
	    "year/2024/167/nfcapd.202406151200", "layout 5");
	IS(NULL, "iso/nfcapd.202406151200:nfcapd.202406151206", NULL,
	    "iso/2024-06-15/12/nfcapd.202406151200 "
	    "iso/2024-06-15/12/nfcapd.20240615120510",
	    "layout 8");
	IS(NULL, "days/nfcapd.202413990000", NULL,
	    "system: days/nfcapd.202413990000" MISSING, "no such month");
	IS(NULL, "days/nfcapd.x", NULL, "system: days/nfcapd.x" MISSING,
	    "a name without a time");
}

static void
test_sources(void)
{
	IS(NULL, ".", "flat", F "00 " F "05 " F "10", "-R . -M a");
	IS(NULL, ".", "flat2:flat",
	    F "00 " F "05 " F "10 " G "05 " G "10 " G "15",
	    "directories are sorted");
	IS(NULL, ".", "flat/:flat2/",
	    F "00 " F "05 " F "10 " G "05 " G "10 " G "15",
	    "slashes at the end");
	IS(NULL, "nfcapd.202406151205:nfcapd.202406151210", "flat2:flat",
	    F "05 " F "10 " G "05 " G "10", "a range in two directories");
	IS(NULL, "nfcapd.202406151200:nfcapd.202406151205", "flat2:flat",
	    F "00 " F "05 " G "05", "FIRST is in one of them only");
	IS(NULL, "nfcapd.202406151201", "flat:flat2",
	    "system: flat/nfcapd.202406151201" MISSING, "FIRST is in none");
	IS(NULL, "nfcapd.202406152355:nfcapd.202406160000", "days:flat",
	    D "15/nfcapd.202406152355 " D "16/nfcapd.202406160000",
	    "a range below sub-directories");
	IS(NULL, "2024/06/15/nfcapd.202406152355:2024/06/16/nfcapd.2024061600",
	    "days", D "15/nfcapd.202406152355", "a range with directories");
	IS(NULL, "2024/06/16", "days:flat",
	    D "16/nfcapd.202406160000 " D "16/nfcapd.202406160005",
	    "a directory that one lacks");
	IS(NULL, ".", "days/2024/06/15:16",
	    D "15/nfcapd.202406152350 " D "15/nfcapd.202406152355 " D
	      "16/nfcapd.202406160000 " D "16/nfcapd.202406160005",
	    "-M base/a:b");
	IS(NULL, ".", "none", "system: none" MISSING, "-M missing");
	IS(NULL, ".", "flat/nfcapd.202406151200",
	    "system: flat/nfcapd.202406151200: Not a directory", "-M file");
	IS(NULL, ".", "flat::flat2",
	    "usage: -M flat::flat2: a directory has no name", "-M a::b");
	IS(NULL, NULL, "flat",
	    "usage: -M needs either -r or -R to specify the "
	    "file or file list. Add '-R .' for all files in the directories.",
	    "-M alone");
	IS(NULL, "/flat", "flat",
	    "usage: File list -R must not start with "
	    "'/' when combined with a source list -M",
	    "-R /X -M");
}

/* Members of lists that are missing beside others. */
static void
test_missing(void)
{
	static const char *const lists[] = { "none", "flat2", "lost/x" };
	static const char *const wrong[] = { "none", "flat2", "flat:x" };

	IS(NULL, ".", "flat:none", F "00 " F "05 " F "10", "-M a:missing");
	is_str(told, "none" MISSING, "-M a:missing: told");
	IS(NULL, ".", "none:flat2:flat/nfcapd.202406151200",
	    G "05 " G "10 " G "15", "-M missing:a:file");
	is_str(told, "none" MISSING
	    "; flat/nfcapd.202406151200: Not a directory", "each is told");
	IS(NULL, ".", "days/2024/06/14:15",
	    D "15/nfcapd.202406152350 " D "15/nfcapd.202406152355",
	    "the first of -M is the base though it is missing");
	IS(NULL, ".", "none:lost", "system: lost" MISSING, "-M, all missing");
	is_str(told, "none" MISSING, "-M, all missing: each is told once");
	is_str(selected_of(NULL, lists, 3, NULL), G "05 " G "10 " G "15",
	    "-R missing -R a -R missing");
	is_str(told, "none" MISSING "; lost/x" MISSING, "both are told");
	is_str(selected_of(NULL, lists, 1, NULL), "system: none" MISSING,
	    "-R missing alone");
	is_str(told, "", "is an error and nothing else");
	is_str(selected_of(NULL, wrong, 3, NULL),
	    "usage: -R: flat is a directory", "a wrong list is an error");
}

/* A directory that may not be looked into; the super-user may. */
static void
test_denied(void)
{
#define DENIED "denied: Permission denied"
#define DENIED_FILE "denied/nfcapd.202406151200: Permission denied"
	if (geteuid() == 0) {
		skip(1, "root may read everything");
		return;
	}
	mkdir("denied", 0);
	IS(NULL, ".", "flat2:denied", G "05 " G "10 " G "15", "-M denied:a");
	is_str(told, DENIED, "it is told");
	IS(NULL, "nfcapd.202406151200:nfcapd.202406151205", "flat:denied",
	    F "00 " F "05", "-R FIRST:LAST -M denied:a");
	is_str(told, DENIED, "it is told");
	IS(NULL, "nfcapd.202406151200", "denied", "system: " DENIED_FILE,
	    "-R FIRST -M denied");
	rmdir("denied");
}

/* Absolute paths, and links that lead back. */
static void
test_places(void)
{
	char here[FILES_PATH_MAX], text[2 * FILES_PATH_MAX];
	char want[2 * FILES_PATH_MAX];

	if (getcwd(here, sizeof(here)) == NULL ||
	    symlink("..", "mixed/sub/up") == -1)
		bail("link");
	snprintf(text, sizeof(text), "%s/flat2", here);
	snprintf(want, sizeof(want), "%s/" G "15", here);
	IS(NULL, "nfcapd.202406151215", text, want, "-M with a whole path");
	snprintf(text, sizeof(text), "%s/" G "15", here);
	IS(NULL, text, NULL, want, "-R with a whole path");
	snprintf(text, sizeof(text), "flat:%s/flat2", here);
	snprintf(want, sizeof(want), "%s/flat2/nfcapd.202406151200" MISSING,
	    here);
	IS("nfcapd.202406151200", NULL, text, F "00", "-M a:/b");
	is_str(told, want, "is not put behind the base");
	IS(NULL, "mixed", NULL,
	    "mixed/a.x/q mixed/nfcapd.1 mixed/sub/nfcapd.2 mixed/zz",
	    "a link to a directory above is passed over");
	if (symlink("../../flat2", "mixed/sub/more") == -1 ||
	    symlink("nowhere", "mixed/sub/lost") == -1)
		bail("link");
	IS(NULL, "mixed/sub", NULL,
	    "mixed/sub/more/nfcapd.202406151205 "
	    "mixed/sub/more/nfcapd.202406151210 "
	    "mixed/sub/more/nfcapd.202406151215 mixed/sub/nfcapd.2 "
	    "mixed/sub/up/a.x/q mixed/sub/up/nfcapd.1 mixed/sub/up/zz",
	    "links to directories are followed, but not in circles");
}

static void
add_file(struct path_list *list, const char *file)
{
	const struct path_request request = { .file = file };
	struct err err;

	is_int(paths_select(&request, list, &err), 0, "%s", file);
}

static void
test_unite(void)
{
	static const char *const files[] = { F "05", "flat/../" F "00",
		F "00", "link", F "05", F "10" };
	static const char *const want[] = { F "05", "flat/../" F "00",
		F "10", F "99", F "99" };
	struct path_list list = PATH_LIST_EMPTY;
	struct err err = { .code = ERR_NONE };
	size_t i;

	is_int(paths_unite(&list, &err), 0, "no paths");
	if (symlink(F "05", "link") == -1)
		bail("symlink");
	files_touch(F "99");
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		add_file(&list, files[i]);
	for (i = 0; i < 2; i++)
		add_file(&list, F "99");
	unlink(F "99");
	is_int(paths_unite(&list, &err), 0, "paths with repeated files");
	is_uint(list.count, sizeof(want) / sizeof(want[0]), "each once");
	for (i = 0; i < list.count && i < 5; i++)
		is_str(list.paths[i], want[i], "in their order; what is gone "
		    "stays");
	path_list_fini(&list);
	unlink("link");
}

int
main(void)
{
	files_begin();
	for (size_t i = 0; i < sizeof(tree) / sizeof(tree[0]); i++)
		files_touch(tree[i]);
	test_file();
	test_directory();
	test_range();
	test_hierarchy();
	test_sources();
	test_missing();
	test_denied();
	test_places();
	test_unite();
	return done_testing();
}
