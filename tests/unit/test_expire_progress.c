/*
 * The bar that tells how far an expiry is.
 */
#include "flowexpire/progress.h"

#include "tap.h"

int
main(void)
{
	struct progress p = { .planned = 0 };
	char text[PROGRESS_TEXT_MAX];

	progress_text(&p, text);
	is_str(text,
	    "[                              ] 0 of 0 files, 0 B removed",
	    "nothing to do");
	p = (struct progress){ .planned = 200000, .looked = 100000,
		.bytes = 1610612736 };
	progress_text(&p, text);
	is_str(text, "[===============               ] 100000 of 200000 "
		     "files, 1610612736 = 1.5 GB removed",
	    "a half");
	p.looked = 200001;
	progress_text(&p, text);
	is_str(text, "[==============================] 200000 of 200000 "
		     "files, 1610612736 = 1.5 GB removed",
	    "more than was said");
	p.planned = UINT64_MAX;
	p.looked = p.bytes = UINT64_MAX;
	progress_text(&p, text);
	is_uint(text[31], ']', "numbers without end");
	return done_testing();
}
