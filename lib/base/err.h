#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdarg.h>

/*
 * Errors.  The function that fails fills the struct, callers on the way up
 * add context, and the program prints the text once and exits with the
 * status from err.def.
 */

enum err_code {
#define ERR(name, status, meaning) ERR_##name,
#include "base/err.def"
#undef ERR
	ERR_COUNT
};

#define ERR_TEXT_MAX 1024

struct err {
	enum err_code code;
	char text[ERR_TEXT_MAX]; /* one line; cut when too long */
};

/*
 * Fill *err, which may be NULL.  Control characters and what is no UTF-8
 * become blanks; the text of *err itself may be an argument.  Always -1, so
 * that it can be returned.
 */
int err_set(struct err *err, enum err_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * As err_set() with ERR_SYSTEM; appends ": " and the text of errno, which
 * stays as it is.
 */
int err_system(struct err *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* ERR_NOMEM with a fixed text. */
int err_nomem(struct err *err);

/*
 * Put a formatted prefix and ": " before the text.  When both are too long
 * the prefix is cut first.  Always -1.
 */
int err_context(struct err *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Exit status for the code in *err. */
int err_status(const struct err *err);

#endif
