/*
 * Memory that runs out.  In a program linked with $(nomem_flags) calls of
 * malloc(), calloc(), realloc() and aligned_alloc() from our own objects pass
 * through here, and the nth one from now can be made to fail:
 *
 *	for (unsigned n = 1;; n++) {
 *		nomem_at(n);
 *		p = thing_new(&err);
 *		if (!nomem_hit())
 *			break;
 *		... p must be NULL and err say ERR_NOMEM ...
 *	}
 *	nomem_at(0);
 *
 * For one thread.
 */
#ifndef TESTS_NOMEM_H
#define TESTS_NOMEM_H

#include <stdbool.h>

/* Let the nth allocation from now fail, once; 0: none. */
void nomem_at(unsigned n);

/* Has it failed? */
bool nomem_hit(void);

#endif
