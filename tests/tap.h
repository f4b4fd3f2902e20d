/*
 * Test results in TAP, for unit tests.  Every check prints one line at once,
 * so that nothing is lost in a crash; the plan comes last, so that a test
 * that stops early counts as broken.
 */
#ifndef TESTS_TAP_H
#define TESTS_TAP_H

#include <stddef.h>
#include <stdint.h>

#define TAP_FORMAT(fmt, args) __attribute__((format(printf, fmt, args)))

/*
 * The checks: the last arguments are the name of the check as a format and
 * its values.  The result is 1 if the check held, else 0, and then the line
 * and both values are printed.
 */
#define ok(cond, ...) tap_ok(!!(cond), __FILE__, __LINE__, __VA_ARGS__)
#define is_int(got, want, ...) \
	tap_is_int((got), (want), __FILE__, __LINE__, __VA_ARGS__)
#define is_uint(got, want, ...) \
	tap_is_uint((got), (want), __FILE__, __LINE__, __VA_ARGS__)
#define is_str(got, want, ...) \
	tap_is_str((got), (want), __FILE__, __LINE__, __VA_ARGS__)
#define is_mem(got, want, len, ...) \
	tap_is_mem((got), (want), (len), __FILE__, __LINE__, __VA_ARGS__)

int tap_ok(int cond, const char *file, int line, const char *fmt, ...)
    TAP_FORMAT(4, 5);
int tap_is_int(intmax_t got, intmax_t want, const char *file, int line,
    const char *fmt, ...) TAP_FORMAT(5, 6);
int tap_is_uint(uintmax_t got, uintmax_t want, const char *file, int line,
    const char *fmt, ...) TAP_FORMAT(5, 6);

/* NULL is equal to NULL only. */
int tap_is_str(const char *got, const char *want, const char *file, int line,
    const char *fmt, ...) TAP_FORMAT(5, 6);
int tap_is_mem(const void *got, const void *want, size_t len, const char *file,
    int line, const char *fmt, ...) TAP_FORMAT(6, 7);

/* Print a comment line. */
void note(const char *fmt, ...) TAP_FORMAT(1, 2);

/* Report count checks as skipped for the reason given. */
void skip(int count, const char *fmt, ...) TAP_FORMAT(2, 3);

/* Skip the whole program; call before the first check.  Does not return. */
_Noreturn void skip_all(const char *fmt, ...) TAP_FORMAT(1, 2);

/* Give up: nothing after this can be tested.  Does not return. */
_Noreturn void bail(const char *fmt, ...) TAP_FORMAT(1, 2);

/* Print the plan.  Returns the exit status: 0 if every check held, else 1. */
int done_testing(void);

#endif
