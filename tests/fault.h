/*
 * Disks that fail and processes that die.  In a program linked with
 * $(fault_flags) the calls that our own objects make on files pass through
 * here: opening, reading and writing at an offset, cutting, renaming,
 * removing, making directories, and putting on stable storage, which is left
 * out.  The nth of them from now can be made to fail, or to be the last thing
 * that the process does:
 *
 *	for (unsigned n = 1;; n++) {
 *		fault_at(n, 1, EIO);
 *		... something on files ...
 *		if (!fault_hit())
 *			break;
 *		... what it left must be whole ...
 *	}
 */
#ifndef TESTS_FAULT_H
#define TESTS_FAULT_H

#include <stdbool.h>

/*
 * Let the nth call from now and those after it fail, count in all, with this
 * errno; 0: the process is killed there.  A write does half of its work
 * before.  n 0: no call fails.
 */
void fault_at(unsigned n, unsigned count, int error);

/* Has one failed? */
bool fault_hit(void);

/* Are those calls over? */
bool fault_over(void);

/*
 * What was put on stable storage and what was renamed since fault_at(), in
 * order, one a line: "fsync NAME", "fdatasync NAME", "rename NAME", the last
 * part of the path.
 */
const char *fault_trace(void);

#endif
