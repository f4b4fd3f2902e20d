#ifndef STORE_INDEX_FILE_H
#define STORE_INDEX_FILE_H

#include <stdint.h>

#include "base/err.h"

/* What came of it. */
enum index_result {
	INDEX_MADE,
	INDEX_THERE, /* it has one, nothing was done */
	INDEX_FOREIGN /* a file of a layout that has no place for one */
};

/*
 * Give a complete file of layout 2 an index, behind its appendix; what else
 * stands there is cut off.  Nothing else of the file changes, its times stay,
 * and the index is on stable storage.  *len is its length when it was made.
 *
 * -1: ERR_MALFORMED for a file that is damaged, not complete, not regular or
 * has changed meanwhile, ERR_SYSTEM, ERR_NOMEM; no index counts then.
 */
int store_index_file(const char *path, enum index_result *result,
    uint64_t *len, struct err *err);

#endif
