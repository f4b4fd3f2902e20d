/*
 * Test results in TAP; see tap.h.  State is two counters: checks printed and
 * checks failed.
 */
#include "tap.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int tap_count;
static int tap_failed;

static int
result(int cond, const char *file, int line, const char *fmt, va_list ap)
{
	printf("%sok %d - ", cond ? "" : "not ", ++tap_count);
	vprintf(fmt, ap);
	printf("\n");
	if (!cond) {
		tap_failed++;
		printf("# failed at %s:%d\n", file, line);
	}
	fflush(stdout);
	return cond;
}

/* One value of a failed check, every line of it as a comment. */
static void
show(const char *label, const char *value)
{
	printf("# %s: ", label);
	for (; value != NULL && *value != '\0'; value++) {
		putchar(*value);
		if (*value == '\n')
			printf("# ");
	}
	printf("%s\n", value == NULL ? "(null)" : "");
	fflush(stdout);
}

int
tap_ok(int cond, const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	result(cond, file, line, fmt, ap);
	va_end(ap);
	return cond;
}

int
tap_is_int(intmax_t got, intmax_t want, const char *file, int line,
    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (!result(got == want, file, line, fmt, ap))
		note("got: %jd\n# want: %jd", got, want);
	va_end(ap);
	return got == want;
}

int
tap_is_uint(uintmax_t got, uintmax_t want, const char *file, int line,
    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (!result(got == want, file, line, fmt, ap))
		note("got: %ju\n# want: %ju", got, want);
	va_end(ap);
	return got == want;
}

int
tap_is_str(const char *got, const char *want, const char *file, int line,
    const char *fmt, ...)
{
	va_list ap;
	int cond;

	if (got == NULL || want == NULL)
		cond = got == want;
	else
		cond = strcmp(got, want) == 0;
	va_start(ap, fmt);
	if (!result(cond, file, line, fmt, ap)) {
		show("got", got);
		show("want", want);
	}
	va_end(ap);
	return cond;
}

int
tap_is_mem(const void *got, const void *want, size_t len, const char *file,
    int line, const char *fmt, ...)
{
	const unsigned char *g = got, *w = want;
	size_t i = 0;
	va_list ap;

	while (i < len && g[i] == w[i])
		i++;
	va_start(ap, fmt);
	if (!result(i == len, file, line, fmt, ap))
		note(
		    "byte %zu of %zu: got %02x, want %02x", i, len, g[i], w[i]);
	va_end(ap);
	return i == len;
}

void
note(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	printf("# ");
	vprintf(fmt, ap);
	printf("\n");
	fflush(stdout);
	va_end(ap);
}

void
skip(int count, const char *fmt, ...)
{
	va_list ap;

	for (; count > 0; count--) {
		va_start(ap, fmt);
		printf("ok %d # SKIP ", ++tap_count);
		vprintf(fmt, ap);
		printf("\n");
		va_end(ap);
	}
	fflush(stdout);
}

void
skip_all(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	printf("1..0 # SKIP ");
	vprintf(fmt, ap);
	printf("\n");
	va_end(ap);
	exit(0);
}

void
bail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	printf("Bail out! ");
	vprintf(fmt, ap);
	printf("\n");
	va_end(ap);
	exit(1);
}

int
done_testing(void)
{
	printf("1..%d\n", tap_count);
	fflush(stdout);
	return tap_failed != 0;
}
