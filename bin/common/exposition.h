#ifndef COMMON_EXPOSITION_H
#define COMMON_EXPOSITION_H

/* Forms of metrics: OpenMetrics 1.0, or the text format 0.0.4 before it. */

enum exposition {
	EXPOSITION_OPENMETRICS,
	EXPOSITION_TEXT
};

const char *exposition_content_type(enum exposition format);

/*
 * The form that the Accept header of a request asks for; NULL: none.  What
 * both suit, or neither, gets EXPOSITION_TEXT.
 */
enum exposition exposition_negotiate(const char *accept);

#endif
