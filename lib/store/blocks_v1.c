/*
 * Blocks of layout 1 records.
 *
 * What a flow record holds is said by an extension map, which may stand in
 * any block before.  So the thread that goes through the file expands each
 * block, too, for the maps in it, when it gets to the next one; what it does
 * not get beyond is expanded only where it is wanted.
 */

#include <stdlib.h>

#include "record/v1.h"
#include "store/layout1.h"

struct blocks {
	struct record_v1_maps *maps;
	struct store_block block;
	struct store_ref last; /* whose maps are not taken yet */
	bool has_last;
};

static struct blocks *
blocks_new(struct err *err)
{
	struct blocks *b = calloc(1, sizeof(*b));

	if (b == NULL) {
		err_nomem(err);
		return NULL;
	}
	if ((b->maps = record_v1_maps_new(err)) == NULL) {
		free(b);
		return NULL;
	}
	return b;
}

void
store_v1_close(struct store_file *f)
{
	struct blocks *b = f->context;

	if (b == NULL)
		return;
	record_v1_maps_free(b->maps);
	store_block_fini(&b->block);
	free(b);
	f->context = NULL;
}

static int
convert(const struct store_ref *ref, struct store_block *b, uint8_t flags,
    struct err *err)
{
	struct buffer out = { (char *)b->converted, 0, b->converted_room,
		false };
	int rc = record_v1_convert(
	    ref->context, flags, b->plain, b->bytes, &out, &b->records, err);

	b->converted = (uint8_t *)out.data;
	b->converted_room = out.cap;
	b->raw = b->converted;
	b->len = out.len;
	return rc;
}

static int
convert_plain(
    const struct store_ref *ref, struct store_block *b, struct err *err)
{
	return convert(ref, b, 0, err);
}

static int
convert_anonymised(
    const struct store_ref *ref, struct store_block *b, struct err *err)
{
	return convert(ref, b, FLOW_ANONYMISED, err);
}

/* One that cannot be read is an error of whoever wants its flows. */
static int
take_maps(struct store_file *f, struct blocks *b, struct err *err)
{
	struct err why;

	b->has_last = false;
	if (store_block_load(f, &b->last, &b->block, &why) == 0)
		return record_v1_maps_take(
		    b->maps, b->block.raw, b->block.len, err);
	if (why.code == ERR_MALFORMED)
		return 0;
	return err_set(err, why.code, "%s", why.text);
}

int
store_v1_prepare(struct store_file *f, struct store_ref *ref, struct err *err)
{
	struct blocks *b = f->context;

	if (b == NULL && (f->context = b = blocks_new(err)) == NULL)
		return -1;
	if (b->has_last && take_maps(f, b, err) == -1)
		return err_context(
		    err, "%s: block %u", f->path, b->last.number);
	b->last = *ref;
	b->has_last = true;
	ref->has_records = true;
	ref->convert = f->is_anonymised ? convert_anonymised : convert_plain;
	ref->context = record_v1_maps_state(b->maps);
	return 0;
}
