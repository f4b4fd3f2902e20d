/*
 * The line about the progress of a work.
 */

#include <stdio.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/progress_line.h"

#define DELAY_MS 1000
#define INTERVAL_MS 200

static uint64_t
now_ms(void)
{
	return (uint64_t)clock_ms(CLOCK_MONOTONIC);
}

void
progress_line_start(struct progress_line *l)
{
	l->is_on = isatty(STDERR_FILENO);
	l->is_shown = false;
	l->start_ms = now_ms();
	l->next_ms = l->start_ms + DELAY_MS;
}

bool
progress_line_is_due(struct progress_line *l, uint64_t *elapsed_ms)
{
	uint64_t ms;

	if (!l->is_on || (ms = now_ms()) < l->next_ms)
		return false;
	l->next_ms = ms + INTERVAL_MS;
	*elapsed_ms = ms - l->start_ms;
	return true;
}

void
progress_line_show(struct progress_line *l, const char *text)
{
	fprintf(stderr, "\r%s\033[K", text);
	l->is_shown = true;
}

void
progress_line_wipe(struct progress_line *l)
{
	if (l->is_shown)
		fprintf(stderr, "\r\033[K");
	l->is_shown = false;
}
