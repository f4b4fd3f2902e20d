/*
 * --explain: how filter and window are understood, and which blocks of the
 * files need not be read for them.
 */

#include <inttypes.h>
#include <stdlib.h>

#include "base/buffer.h"
#include "flowdump/dialect.h"
#include "flowdump/result.h"
#include "query/skip.h"

static const char *const reasons[SKIP_REASONS] = { NULL, "never", "time",
	"family", "protocol", "address", "port" };

/* Blocks of one file, or of all. */
struct count {
	uint64_t files;
	uint64_t blocks;
	uint64_t skipped[SKIP_REASONS]; /* those of SKIP_NONE are read */
};

static int
explain_filter(struct query *q, struct filter_facts *facts, struct err *err)
{
	struct selection *s = &q->selection;
	char *text;

	if (s->filter == NULL &&
	    (s->filter = filter_compile("any", "filter", err)) == NULL)
		return -1;
	*facts = *filter_facts(s->filter);
	filter_facts_window(facts, s->from_ms, s->to_ms);
	if ((text = filter_explain(s->filter, facts)) == NULL)
		return err_nomem(err);
	fputs(text, stdout);
	free(text);
	return 0;
}

static void
count_spans(const struct filter_facts *facts, const struct store_index *index,
    struct count *c)
{
	uint32_t blocks;

	for (uint32_t i = 0; i < store_index_spans(index); i++) {
		blocks = store_index_span(index, i)->record_blocks;
		c->skipped[skip_span(facts, index, i)] += blocks;
		c->blocks += blocks;
	}
}

static void
count_blocks(struct store_file *f, struct count *c)
{
	struct store_ref ref;
	struct err err;

	while (store_file_next(f, &ref, &err) == 1)
		c->blocks++;
	c->skipped[SKIP_NONE] = c->blocks;
}

static void
add_count(struct count *sum, const struct count *c)
{
	sum->files++;
	sum->blocks += c->blocks;
	for (int i = 0; i < SKIP_REASONS; i++)
		sum->skipped[i] += c->skipped[i];
}

static void
print_count(const struct count *c)
{
	const char *between = ":";

	printf("%" PRIu64 " of %" PRIu64 " blocks skipped",
	    c->blocks - c->skipped[SKIP_NONE], c->blocks);
	for (int i = SKIP_NONE + 1; i < SKIP_REASONS; i++) {
		if (c->skipped[i] == 0)
			continue;
		printf("%s %s %" PRIu64, between, reasons[i], c->skipped[i]);
		between = ",";
	}
}

/* Tell about an open file; -1 only out of memory. */
static int
explain_file(struct query *q, const struct filter_facts *facts,
    struct store_file *f, struct count *sum, struct err *err)
{
	const struct selection *s = &q->selection;
	struct count c = { 0 };
	struct err why;
	int rc = 0;

	printf("file: %s: ", store_file_path(f));
	if (dialect_rules(q->config)->skips_files &&
	    skip_file(store_file_info(f), s->from_ms, s->to_ms)) {
		puts("left out, its statistics are outside -t");
		return 0;
	}
	if (!q->config->no_index && (rc = store_file_load_index(f, &why)) == 1)
		count_spans(facts, store_file_index(f), &c);
	else
		count_blocks(f, &c);
	add_count(sum, &c);
	if (rc == -1 && why.code == ERR_NOMEM) {
		*err = why;
		return -1;
	}
	print_count(&c);
	if (q->config->no_index)
		puts(", index not used");
	else
		puts(rc == 1 ? "" :
		    rc == 0 ? ", no index" : ", damaged index");
	return 0;
}

static int
explain_files(
    struct query *q, const struct filter_facts *facts, struct err *err)
{
	struct count sum = { 0 };
	struct store_file *f;
	int rc = 0;

	for (size_t i = 0; i < q->selection.files.count && rc == 0; i++) {
		if ((f = query_open(q, i)) == NULL)
			continue;
		rc = explain_file(q, facts, f, &sum, err);
		store_file_close(f);
	}
	if (rc == -1)
		return -1;
	printf("total: %" PRIu64 " files, ", sum.files);
	print_count(&sum);
	putchar('\n');
	return 0;
}

int
explain_run(struct query *q, struct err *err)
{
	const struct config *c = q->config;
	struct filter_facts facts;
	bool has_files = c->input.file != NULL || c->input.dirs != NULL ||
	    c->input.ranges.count > 0;

	/* the window may lie at the first or last of the files */
	if (query_init_window(q, err) == -1 ||
	    (has_files && query_init_files(q, err) == -1) ||
	    explain_filter(q, &facts, err) == -1)
		return -1;
	return has_files ? explain_files(q, &facts, err) : 0;
}
