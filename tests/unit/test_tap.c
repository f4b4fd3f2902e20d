/*
 * The checks of tap.h, in the direction that can be seen from inside: what
 * holds is reported as holding.
 */
#include "tap.h"

int
main(void)
{
	ok(1, "a true condition");
	is_int(-1, -1, "equal integers");
	is_uint(UINT64_MAX, UINT64_MAX, "equal unsigned integers");
	is_str("a", "a", "equal strings");
	is_str(NULL, NULL, "no string twice");
	is_mem("a\0b", "a\0c", 2, "equal bytes up to the length");
	return done_testing();
}
