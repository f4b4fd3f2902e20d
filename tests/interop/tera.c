/*
 * Messages of Tera Flow by our encoder and decoder.
 *
 * usage: tera flows FILE DIRECTORY [RATE [SELECTION]]
 *	  tera again FILE
 *
 * The first writes the flows of a file as messages, DIRECTORY/000001 and so
 * on; the rates are those of struct tera_rates.  The second reads a message
 * and writes it to standard output as our encoder has it.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flow/batch.h"
#include "record/v3.h"
#include "store/reader.h"
#include "wire/tera.h"

#define PATH_MAX_LEN 4096

struct output {
	const char *directory;
	struct tera_rates rates;
	unsigned messages;
};

static _Noreturn void
give_up(const char *text)
{
	fprintf(stderr, "tera: %s\n", text);
	exit(1);
}

static void
write_message(struct output *out, const struct tera *t)
{
	uint8_t data[TERA_ENCODED_MAX];
	size_t len = tera_encode(t, data);
	char path[PATH_MAX_LEN];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%06u", out->directory,
	    ++out->messages);
	if ((f = fopen(path, "wb")) == NULL ||
	    fwrite(data, 1, len, f) != len || fclose(f) != 0)
		give_up(path);
}

static void
put_row(struct output *out, const struct batch *b, uint32_t row)
{
	struct tera t[2];
	struct flow f;
	unsigned n;

	batch_flow(b, row, &f);
	n = tera_from_flow(&f, &out->rates, t);
	for (unsigned i = 0; i < n; i++)
		write_message(out, &t[i]);
}

static void
put_file(struct output *out, struct store_file *in)
{
	struct fieldset all = { { 0 } };
	struct store_block block = { 0 };
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
		struct record_cursor c = { .pos = 0 };

		if (store_block_load(in, &ref, &block, &err) == -1)
			give_up(err.text);
		c.data = block.raw;
		c.len = block.len;
		while (record_decode(d, &c, &batch, NULL) == 1)
			for (uint32_t row = 0; row < batch.rows; row++)
				put_row(out, &batch, row);
	}
	store_block_fini(&block);
	batch_fini(&batch);
	record_decoder_free(d);
}

static void
write_again(const char *path)
{
	static uint8_t data[TERA_MESSAGE_MAX + 1];
	FILE *in = fopen(path, "rb");
	struct err err;
	struct tera t;
	size_t len;

	if (in == NULL)
		give_up(path);
	len = fread(data, 1, sizeof(data), in);
	fclose(in);
	if (tera_decode(data, len, &t, &err) == -1)
		give_up(err.text);
	len = tera_encode(&t, data);
	fwrite(data, 1, len, stdout);
}

static uint32_t
number(int argc, char **argv, int at)
{
	return argc > at ? (uint32_t)strtoul(argv[at], NULL, 10) : 0;
}

int
main(int argc, char **argv)
{
	struct output out = { .directory = argv[argc > 3 ? 3 : 0] };
	struct store_file *in;
	struct err err;

	if (argc == 3 && strcmp(argv[1], "again") == 0) {
		write_again(argv[2]);
		return 0;
	}
	if (argc < 4 || strcmp(argv[1], "flows") != 0)
		give_up("usage: tera flows file directory [rate [selection]] "
		    "| again file");
	out.rates = (struct tera_rates){ number(argc, argv, 4),
		number(argc, argv, 5) };
	if ((in = store_file_open(argv[2], &err)) == NULL)
		give_up(err.text);
	put_file(&out, in);
	store_file_close(in);
	return 0;
}
