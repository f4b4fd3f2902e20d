/*
 * Write the flows of a file as nfdump 1.6 would, so that there are large and
 * varied files of layout 1.
 *
 * usage: layout1 FROM TO CODEC [crash]
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flow/batch.h"
#include "record/v3.h"
#include "store/reader.h"
#include "v1kit.h"

#define MAPS_MAX 4096
#define BLOCK_SIZE 1048576U

/* What a layout 2 extension becomes. */
struct pair {
	uint8_t v3;
	uint8_t v1;
};

static const struct pair pairs[] = {
	{ EXT_MISC, 5 },
	{ EXT_MISC, 8 },
	{ EXT_AS, 7 },
	{ EXT_NEXT_HOP_V4, 9 },
	{ EXT_NEXT_HOP_V6, 10 },
	{ EXT_BGP_V4, 11 },
	{ EXT_BGP_V6, 12 },
	{ EXT_VLAN, 13 },
	{ EXT_COUNTERS, 15 },
	{ EXT_COUNTERS, 17 },
	{ EXT_COUNTERS, 19 },
	{ EXT_MAC, 20 },
	{ EXT_MAC, 21 },
	{ EXT_MPLS, 22 },
	{ EXT_EXPORTER_V4, 23 },
	{ EXT_EXPORTER_V6, 24 },
	{ EXT_AS_ADJACENT, 26 },
	{ EXT_FW_EVENT, 37 },
	{ EXT_XLATE_PORT, 38 },
	{ EXT_XLATE_V4, 39 },
	{ EXT_XLATE_V6, 40 },
	{ EXT_ACL, 41 },
	{ EXT_USER, 43 },
	{ EXT_LATENCY, 45 },
	{ EXT_NAT_EVENT, 46 },
	{ EXT_PORT_BLOCK, 48 },
};

#define PAIRS (sizeof(pairs) / sizeof(pairs[0]))

struct output {
	struct v1kit_file file;
	struct buffer block;
	uint32_t records;
	uint64_t sets[MAPS_MAX]; /* extensions of the maps */
	struct v1kit_map maps[MAPS_MAX];
	uint16_t count;
};

static _Noreturn void
give_up(const char *text)
{
	fprintf(stderr, "layout1: %s\n", text);
	exit(1);
}

static const struct v1kit_map *
map_for(struct output *o, uint64_t extensions)
{
	struct v1kit_map *m;
	uint16_t i;

	for (i = 0; i < o->count; i++)
		if (o->sets[i] == extensions)
			return &o->maps[i];
	if (i == MAPS_MAX)
		give_up("too many sets of extensions");
	o->sets[o->count] = extensions;
	m = &o->maps[o->count++];
	m->id = i;
	for (size_t k = 0; k < PAIRS; k++)
		if (extensions >> pairs[k].v3 & 1)
			m->ext[m->count++] = pairs[k].v1;
	m->ext[m->count++] = 25;
	m->ext[m->count++] = 27;
	v1kit_put_map(&o->block, m);
	o->records++;
	return m;
}

static void
flush(struct output *o)
{
	if (o->records > 0)
		v1kit_put_block(
		    &o->file, 2, o->records, o->block.data, o->block.len);
	o->records = 0;
	o->block.len = 0;
}

static void
put_row(struct output *o, const struct batch *b, uint32_t row)
{
	struct flow f;

	batch_flow(b, row, &f);
	v1kit_put_flow(&o->block, map_for(o, f.extensions), &f, 0);
	o->records++;
	if (o->block.len > BLOCK_SIZE)
		flush(o);
}

/* Records that both layouts have. */
static void
put_others(struct output *o, const struct store_block *b)
{
	struct record_cursor c = { .data = b->raw, .len = b->len };
	struct span record;
	uint16_t type;

	while (record_next(&c, &type, &record, NULL) == 1) {
		if (type != RECORD_EXPORTER && type != RECORD_EXPORTER_STATS)
			continue;
		buffer_add(&o->block, record.data, record.len);
		o->records++;
	}
}

static void
put_block(struct output *o, struct record_decoder *d, struct batch *batch,
    const struct store_block *b)
{
	struct record_cursor c = { .data = b->raw, .len = b->len };

	put_others(o, b);
	while (record_decode(d, &c, batch, NULL) == 1)
		for (uint32_t row = 0; row < batch->rows; row++)
			put_row(o, batch, row);
}

static void
put_file(struct output *o, struct store_file *in)
{
	struct fieldset all = { { 0 } };
	struct store_block b = { 0 };
	struct record_decoder *d;
	struct store_ref ref;
	struct batch batch;
	struct err err;

	for (unsigned id = 0; id < FLD_COUNT; id++)
		fieldset_add(&all, (enum field_id)id);
	if ((d = record_decoder_new(&all, &err)) == NULL ||
	    batch_init(&batch, &all, false, &err) == -1)
		give_up(err.text);
	while (store_file_next(in, &ref, &err) == 1) {
		if (store_block_load(in, &ref, &b, &err) == -1)
			give_up(err.text);
		put_block(o, d, &batch, &b);
	}
	flush(o);
	store_block_fini(&b);
	batch_fini(&batch);
	record_decoder_free(d);
}

int
main(int argc, char **argv)
{
	static struct output o;
	const struct codec *codec;
	struct store_file *in;
	struct err err;

	if (argc < 4)
		give_up("usage: layout1 from to codec [crash]");
	if ((in = store_file_open(argv[1], &err)) == NULL ||
	    (codec = codec_by_name(argv[3], &err)) == NULL)
		give_up(err.text);
	v1kit_create(&o.file, argv[2], codec);
	put_file(&o, in);
	if (argc > 4)
		v1kit_crash(&o.file);
	else
		v1kit_finish(&o.file, store_file_info(in)->ident, 0,
		    &store_file_info(in)->stats);
	buffer_fini(&o.block);
	store_file_close(in);
	return 0;
}
