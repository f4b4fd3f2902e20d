/*
 * The line about the progress of a scan.
 */
#include "flowdump/progress.h"

#include "tap.h"

int
main(void)
{
	const struct path_list files = { .count = 12 };
	const struct progress p = { .files = &files,
	    .stored = UINT64_C(6000000000) };
	struct scan_progress now = { 3, UINT64_C(2000000000), 50000000 };
	char text[PROGRESS_TEXT_MAX];

	progress_text(&p, &now, 40000, text);
	is_str(text, "3 of 12 files, 0.05 GB/s, 1.2 M flows/s, 1:20 left",
	    "a third");
	now.stored = 0;
	progress_text(&p, &now, 0, text);
	is_str(text, "3 of 12 files, 0.00 GB/s, 50.0 M flows/s, 0:00 left",
	    "nothing yet");
	now.stored = UINT64_C(7000000000); /* files that grow */
	progress_text(&p, &now, 1000, text);
	is_str(text, "3 of 12 files, 7.00 GB/s, 50.0 M flows/s, 0:00 left",
	    "more than there was");
	return done_testing();
}
