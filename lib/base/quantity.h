#ifndef BASE_QUANTITY_H
#define BASE_QUANTITY_H

#include <stdint.h>

#include "base/err.h"

/*
 * Sizes and spans of time as limits are written (expire.md section 2).
 * Fractions are exact and what is below one byte or second is cut off.
 * ERR_VALUE has the words of nfexpire 1.7.
 */

/*
 * "1.5G": a number, then b, k, m, g or t for powers of 1024, in either case,
 * then B if one of the last four was there.
 */
int quantity_size(const char *text, uint64_t *bytes, struct err *err);

/*
 * "1w2d3H15M" or "1.5d": numbers with w, d, H or M, each unit once, added up;
 * without one it is hours.
 */
int quantity_span(const char *text, uint64_t *seconds, struct err *err);

#endif
