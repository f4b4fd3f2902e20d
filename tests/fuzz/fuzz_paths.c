/*
 * Texts after -r, -R and -M, one a line, each behind its letter; "F" is a -R
 * that takes a single name for a file.  They are asked in a directory with
 * some files, and may not leave it.
 */
#include <string.h>

#include "files.h"
#include "fuzz/fuzz.h"
#include "fuzzkit.h"
#include "store/paths.h"

#define LINES 4

static void
make_files(void)
{
	static bool is_made;

	if (is_made)
		return;
	is_made = true;
	fuzzkit_write("nfcapd.202401010000", NULL, 0);
	fuzzkit_write("nfcapd.202401010005", NULL, 0);
	files_touch("a/nfcapd.202401010000");
	files_touch("a/nfcapd.202401010010");
	files_touch("b/nfcapd.202401010005");
	files_touch("b/2024/01/02/nfcapd.202401020000");
	files_touch("b/2024/01/03/nfcapd.202401030000");
	files_touch("b/2024/01/03/nfcapd.current.1");
}

static void
warn(void *ctx, const struct err *why)
{
	(void)ctx;
	require(why->text[0] != '\0');
}

static bool
stays_here(const char *text)
{
	return strstr(text, "..") == NULL && text[0] != '/' &&
	    strstr(text, ":/") == NULL && strstr(text, "//") == NULL;
}

static void
add(struct path_request *r, const char **ranges, const char *line)
{
	if (line[0] == 'r')
		r->file = line + 1;
	else if (line[0] == 'M')
		r->dirs = line + 1;
	else if (line[0] == 'F')
		r->has_files = true;
	if (line[0] == 'R' || line[0] == 'F')
		ranges[r->range_count++] = line + 1;
}

int
FUZZ_TARGET(paths)(const uint8_t *data, size_t size)
{
	const char *ranges[LINES];
	struct path_request r = { .ranges = ranges, .warn = warn };
	struct path_list list = PATH_LIST_EMPTY;
	char *lines[LINES];
	unsigned count = 0;
	struct reader in;

	make_files();
	reader_init(&in, data, size);
	for (; count < LINES && in.left > 0; count++) {
		lines[count] = fuzzkit_line(&in);
		if (lines[count][0] != '\0' && stays_here(lines[count] + 1))
			add(&r, ranges, lines[count]);
	}
	if (paths_select(&r, &list, NULL) == 0)
		require(paths_unite(&list, NULL) == 0);
	for (size_t i = 0; i < list.count; i++)
		require(list.paths[i][0] != '\0');
	path_list_fini(&list);
	while (count > 0)
		free(lines[--count]);
	return 0;
}
