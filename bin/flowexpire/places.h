#ifndef FLOWEXPIRE_PLACES_H
#define FLOWEXPIRE_PLACES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "common/options.h"
#include "store/expire.h"

/* The data directories of a run: one, or the channels of a profile. */
struct places {
	char *path; /* real path of the directory named */
	struct expire_dir *dirs; /* paths are real ones and ours */
	uint32_t count;
};

/*
 * Open the directory, or with is_profile those in it whose names begin with
 * no dot, in order of their names.  ERR_VALUE when it is none or has none.
 */
int places_open(struct places *p, const char *dir, bool is_profile,
    struct err *err);

/*
 * Refuse what cannot be meant: the root directory, and a home directory that
 * has neither books nor the lock of a collector.  ERR_VALUE.
 */
int places_check(const struct places *p, const char *home, struct err *err);

/*
 * Set the quotas of directories: "SIZE" for all of them, "NAME=SIZE" for one.
 * ERR_VALUE for what is no size and for a name that is none of theirs.
 */
int places_set_quotas(struct places *p, const struct opt_list *quotas,
    struct err *err);

void places_close(struct places *p);

#endif
