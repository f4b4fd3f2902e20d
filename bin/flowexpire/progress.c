/*
 * Progress of an expiry.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "flowexpire/progress.h"
#include "flowexpire/report.h"

#define BAR_LEN 30

void
progress_text(const struct progress *p, char text[PROGRESS_TEXT_MAX])
{
	char bar[BAR_LEN + 1], size[REPORT_AMOUNT_MAX];
	uint64_t looked = p->looked < p->planned ? p->looked : p->planned;
	size_t len = p->planned == 0 ? 0 :
	    (size_t)((double)looked / (double)p->planned * BAR_LEN);

	memset(bar, ' ', BAR_LEN);
	memset(bar, '=', len);
	bar[BAR_LEN] = '\0';
	report_size(p->bytes, size);
	snprintf(text, PROGRESS_TEXT_MAX, "[%s] %" PRIu64 " of %" PRIu64
	    " files, %s removed", bar, looked, p->planned, size);
}

void
progress_step(struct progress *p)
{
	char text[PROGRESS_TEXT_MAX];
	uint64_t elapsed_ms;

	p->looked++;
	if (!progress_line_is_due(&p->line, &elapsed_ms))
		return;
	progress_text(p, text);
	progress_line_show(&p->line, text);
}
