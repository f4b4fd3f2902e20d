/*
 * How many threads make sense.
 */
#include <sched.h>

#include "common/selection.h"
#include "tap.h"

int
main(void)
{
	cpu_set_t all, one;
	int first = 0;

	if (sched_getaffinity(0, sizeof(all), &all) == -1)
		bail("no set of cores");
	is_int(selection_threads(), CPU_COUNT(&all), "a thread for each core");
	while (!CPU_ISSET(first, &all))
		first++;
	CPU_ZERO(&one);
	CPU_SET(first, &one);
	if (sched_setaffinity(0, sizeof(one), &one) == -1)
		bail("cannot stay on a core");
	is_int(selection_threads(), 1, "that we may use");
	return done_testing();
}
