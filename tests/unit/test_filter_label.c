/*
 * Labels of filters: the names that flows get.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "flow/flow.h"
#include "query/filter.h"
#include "tap.h"

#define ROWS 4

static const uint8_t proto[ROWS] = { 6, 6, 17, 1 };
static const uint16_t port[ROWS] = { 80, 443, 53, 0 };

static void
fill(struct batch *b)
{
	b->rows = ROWS;
	for (unsigned i = 0; i < ROWS; i++) {
		if (b->col[FLD_PROTO] != NULL)
			((uint8_t *)b->col[FLD_PROTO])[i] = proto[i];
		if (b->col[FLD_DST_PORT] != NULL)
			((uint16_t *)b->col[FLD_DST_PORT])[i] = port[i];
		if (b->col[FLD_LABEL] != NULL)
			((struct span *)b->col[FLD_LABEL])[i] =
			    (struct span){ (const uint8_t *)"old", 3 };
	}
	if (b->col[FLD_SRC_PORT] != NULL)
		memset(b->col[FLD_SRC_PORT], 0, ROWS * sizeof(uint16_t));
	batch_select_all(b);
}

/* Labels of the rows in order, "-" for those that do not match. */
static char *
labels(const struct batch *b)
{
	const struct span *label = BATCH_COL(b, LABEL, struct span);
	struct buffer text = BUFFER_EMPTY;
	uint32_t k = 0;

	for (unsigned i = 0; i < ROWS; i++) {
		if (i > 0)
			buffer_char(&text, ' ');
		if (k < b->nsel && b->sel[k] == i) {
			buffer_add(&text, label[i].data, label[i].len);
			k++;
		} else
			buffer_char(&text, '-');
	}
	buffer_char(&text, '\0');
	return text.data;
}

static void
gives(const char *expression, const char *want)
{
	struct err err = { ERR_NONE, "" };
	struct fieldset fields = { { 0 } };
	struct filter *f = filter_compile(expression, "filter", &err);
	struct filter_run *r;
	struct batch b;
	char *got;

	if (f == NULL || (r = filter_run_new(f, &err)) == NULL)
		bail("%s: %s", expression, err.text);
	filter_fields(f, &fields);
	fieldset_add(&fields, FLD_LABEL);
	if (batch_init(&b, &fields, false, &err) == -1)
		bail("%s", err.text);
	fill(&b);
	filter_apply(r, &b);
	filter_label(r, &b);
	got = labels(&b);
	is_str(got, want, "%s", expression);
	free(got);
	batch_fini(&b);
	filter_run_free(r);
	filter_free(f);
}

static void
test_names(void)
{
	gives("any", "old old old old");
	gives("(any) %all", "all all all all");
	gives("%all(any)", "all all all all");
	gives("(proto tcp)%a or (proto udp)%b", "a a b -");
	gives("(proto tcp)%a or (any)%b", "a a b b");
	gives("(any)%b or (proto tcp)%a", "b b b b");
	gives("proto tcp or (any)%b", "old old b b");
	gives("(port 443)%a or proto tcp or (any)%b or port 80",
	    "old a b b");
	gives("(port 443)%a or any", "old a old old");
	gives("(proto tcp)%a and (port 443)%b", "- b - -");
	gives("(proto tcp)%a and port 443", "- a - -");
	gives("((proto tcp)%a and port 443)%c", "- c - -");
	gives("((port 443)%a or (proto tcp)%b) and ((port 80)%c or any)",
	    "c a - -");
	gives("(proto tcp and ((port 80)%a or ((port 443)%b))) or (any)%c",
	    "a b c c");
	gives("((port 80)%and or port 443) or ((port 53)%5 and any)",
	    "and old 5 -");
}

/* What is negated has no name; not twice, what is not does. */
static void
test_negation(void)
{
	gives("not (proto tcp)%a", "- - old old");
	gives("not ((proto tcp)%a or port 53)", "- - - old");
	gives("(not (proto tcp)%a)%b", "- - b b");
	gives("not (not (proto tcp)%a)", "a a - -");
	gives("not (not (proto tcp)%a and not (proto udp)%b)", "a a b -");
	gives("not (not (proto tcp)%a or not (port 80)%b)", "b - - -");
}

/* The stored label is read before a new one is written. */
static void
test_stored(void)
{
	gives("(flowlabel new)%a or (flowlabel old)%b", "b b b b");
}

static void
test_no_column(void)
{
	struct filter *f = filter_compile("(proto tcp)%a", "filter", NULL);
	struct fieldset fields = { { 0 } };
	struct filter_run *r = filter_run_new(f, NULL);
	struct batch b;

	filter_fields(f, &fields);
	if (batch_init(&b, &fields, false, NULL) == -1)
		bail("no memory");
	fill(&b);
	filter_apply(r, &b);
	filter_label(r, &b);
	is_uint(b.nsel, 2, "nobody asks for labels");
	batch_fini(&b);
	filter_run_free(r);
	filter_free(f);
}

int
main(void)
{
	test_names();
	test_negation();
	test_stored();
	test_no_column();
	return done_testing();
}
