/*
 * Use our writer from a shell.
 *
 * usage: rewrite FROM TO CODEC [SIZE]	copy, in blocks of about SIZE bytes
 *	  rewrite FROM TO append	append FROM to TO
 *	  rewrite FILE IDENT recover	complete FILE
 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/v3.h"
#include "store/reader.h"
#include "store/writer.h"

static int
put_records(struct store_writer *w, const struct store_block *b, size_t size,
    struct err *err)
{
	struct record_cursor c = { .data = b->raw, .len = b->len };
	struct span record;
	uint16_t type;
	uint32_t records = 0;
	size_t start = 0;
	int rc;

	while ((rc = record_next(&c, &type, &record, err)) == 1) {
		records++;
		if (c.pos - start < size && c.pos < c.len)
			continue;
		if (store_writer_block(
			w, b->raw + start, c.pos - start, records, err) == -1)
			return -1;
		start = c.pos;
		records = 0;
	}
	return rc;
}

static int
rewrite(struct store_file *in, struct store_writer *out, size_t size,
    struct err *err)
{
	struct store_block b = { 0 };
	struct store_ref ref;
	int rc;

	while ((rc = store_file_next(in, &ref, err)) == 1) {
		if ((rc = store_block_load(in, &ref, &b, err)) == -1 ||
		    (rc = put_records(out, &b, size, err)) == -1)
			break;
	}
	store_block_fini(&b);
	if (rc == 0)
		rc = store_writer_commit(out, &store_file_info(in)->stats, err);
	return rc;
}

static int
copy(const char *from, const char *to, const char *name, size_t size,
    struct err *err)
{
	const struct codec *codec = codec_by_name(name, err);
	struct store_file *in = store_file_open(from, err);
	struct store_writer *out = NULL;
	int rc = -1;

	if (codec != NULL && in != NULL &&
	    (out = store_writer_open(AT_FDCWD, to, codec,
		 store_file_info(in)->ident, store_file_info(in)->created_s,
		 err)) != NULL)
		rc = rewrite(in, out, size, err);
	store_writer_close(out);
	store_file_close(in);
	return rc;
}

int
main(int argc, char **argv)
{
	struct err err = { .code = ERR_NONE };
	size_t size = STORE_BLOCK_SIZE;
	int rc;

	if (argc < 4) {
		fprintf(stderr, "usage: rewrite from to codec [size]\n");
		return 1;
	}
	if (argc > 4)
		size = strtoul(argv[4], NULL, 10);
	if (strcmp(argv[3], "append") == 0)
		rc = store_append(AT_FDCWD, argv[2], AT_FDCWD, argv[1], &err);
	else if (strcmp(argv[3], "recover") == 0)
		rc = store_recover(AT_FDCWD, argv[1], argv[2], &err) < 0 ? -1 :
									   0;
	else
		rc = copy(argv[1], argv[2], argv[3], size, &err);
	if (rc == -1)
		fprintf(stderr, "rewrite: %s\n", err.text);
	return rc == -1;
}
