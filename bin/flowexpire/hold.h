#ifndef FLOWEXPIRE_HOLD_H
#define FLOWEXPIRE_HOLD_H

#include "base/err.h"
#include "query/filter.h"

/* Is there a flow in this file that is to be kept? */
enum hold {
	HOLD_NO,
	HOLD_YES,
	HOLD_UNKNOWN /* it cannot be read to its end */
};

/* *err is filled for HOLD_UNKNOWN. */
enum hold hold_asks(const struct filter *filter, const char *path,
    struct err *err);

#endif
