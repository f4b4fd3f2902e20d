/*
 * Progress of a scan.
 */

#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

#include "flowdump/progress.h"

/* Bytes of all files, at least 1. */
static uint64_t
size_of(const struct path_list *files)
{
	uint64_t sum = 1;
	struct stat st;

	for (size_t i = 0; i < files->count; i++)
		if (stat(files->paths[i], &st) == 0)
			sum += (uint64_t)st.st_size;
	return sum;
}

void
progress_text(const struct progress *p, const struct scan_progress *now,
    uint64_t elapsed_ms, char text[PROGRESS_TEXT_MAX])
{
	double s = elapsed_ms > 0 ? (double)elapsed_ms / 1000 : 1;
	uint64_t left = p->stored > now->stored ? p->stored - now->stored : 0;
	uint64_t eta = now->stored == 0 ? 0 :
	    (uint64_t)((double)left * s / (double)now->stored);

	snprintf(text, PROGRESS_TEXT_MAX, "%" PRIu64 " of %zu files, "
	    "%.2f GB/s, %.1f M flows/s, %" PRIu64 ":%02" PRIu64 " left",
	    now->files, p->files->count, (double)now->stored / s / 1e9,
	    (double)now->flows / s / 1e6, eta / 60, eta % 60);
}

static void
show(void *ctx, const struct scan_progress *now)
{
	struct progress *p = ctx;
	char text[PROGRESS_TEXT_MAX];
	uint64_t elapsed_ms;

	if (!progress_line_is_due(&p->line, &elapsed_ms))
		return;
	if (p->stored == 0)
		p->stored = size_of(p->files);
	progress_text(p, now, elapsed_ms, text);
	progress_line_show(&p->line, text);
}

void
progress_start(struct progress *p, struct scan_plan *plan)
{
	progress_line_start(&p->line);
	if (!p->line.is_on)
		return;
	p->files = plan->files;
	plan->progress = show;
	plan->progress_ctx = p;
}

void
progress_end(struct progress *p)
{
	progress_line_wipe(&p->line);
}
