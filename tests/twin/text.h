/*
 * A text that grows in memory of its own; what does not fit ends the test.
 */
#ifndef TESTS_TWIN_TEXT_H
#define TESTS_TWIN_TEXT_H

#include <stddef.h>

#include "tap.h"

struct text {
	char *data;
	size_t size;
	size_t used;
};

void text_put(struct text *t, const char *fmt, ...) TAP_FORMAT(2, 3);

#endif
