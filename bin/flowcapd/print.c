/*
 * Printing of what is stored: the block is decoded again, so the lines show
 * what a reader of the file will see.
 */

#include <stdio.h>
#include <stdlib.h>

#include "flow/batch.h"
#include "flowcapd/print.h"
#include "output/format.h"
#include "record/v3.h"

struct printer {
	struct format *format;
	struct format_run *run;
	struct record_decoder *decoder;
	struct batch batch;
	struct buffer text;
};

struct printer *
printer_new(struct err *err)
{
	static const struct format_options options = {
		.plain_numbers = true };
	struct printer *p = calloc(1, sizeof(*p));
	struct fieldset want = { { 0 } };

	if (p == NULL) {
		err_nomem(err);
		return NULL;
	}
	buffer_init(&p->text);
	if ((p->format = format_compile("long", &options, err)) == NULL)
		goto fail;
	format_fields(p->format, &want);
	if (batch_init(&p->batch, &want, false, err) == -1 ||
	    (p->run = format_run_new(p->format, err)) == NULL ||
	    (p->decoder = record_decoder_new(&want, err)) == NULL)
		goto fail;
	return p;
fail:
	printer_free(p);
	return NULL;
}

void
printer_free(struct printer *p)
{
	if (p == NULL)
		return;
	record_decoder_free(p->decoder);
	format_run_free(p->run);
	batch_fini(&p->batch);
	format_free(p->format);
	buffer_fini(&p->text);
	free(p);
}

int
printer_block(struct printer *p, const uint8_t *data, size_t len,
    struct err *err)
{
	struct record_cursor cursor = { .data = data, .len = len };
	int rc;

	while ((rc = record_decode(p->decoder, &cursor, &p->batch, err)) == 1) {
		p->text.len = 0;
		format_rows(p->run, &p->batch, p->batch.nsel, &p->text);
		if (p->text.failed)
			return err_nomem(err);
		fwrite(p->text.data, 1, p->text.len, stdout);
	}
	fflush(stdout);
	return rc;
}
