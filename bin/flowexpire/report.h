#ifndef FLOWEXPIRE_REPORT_H
#define FLOWEXPIRE_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "store/expire.h"
#include "store/pending.h"

/* What is printed, with the labels of nfexpire 1.7. */

#define REPORT_AMOUNT_MAX 48

/* "512 B", "614400 = 600.0 KB". */
void report_size(uint64_t bytes, char text[REPORT_AMOUNT_MAX]);

/* "12 sec", "750 = 12.5 min". */
void report_span(uint64_t seconds, char text[REPORT_AMOUNT_MAX]);

/* The eight lines of -l, -r, -e and -u. */
void report_books(const struct books *b);

/* "Stat|SIZE|FIRST|LAST" */
void report_line(const struct books *b);

/* The lines of -e, with an empty one behind. */
void report_expired(const struct expire_result *r);

/* A file that -n would remove. */
void report_would(const struct expire_file *f, int64_t now_s);

/* The lines of -L. */
void report_pending(const struct pending *p);

/*
 * One object with the books and, unless r is NULL, what was removed.
 * ERR_NOMEM.
 */
int report_json(const char *dir, const struct books *b,
    const struct expire_result *r, bool is_dry, struct err *err);

#endif
