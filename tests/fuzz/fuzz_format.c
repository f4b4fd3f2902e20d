/*
 * Formats: the first byte has options, then follows a mode, up to a newline;
 * what is behind it is in the texts and payloads of the rows.
 */
#include "fuzz/fuzz.h"
#include "fuzzkit.h"
#include "output/format.h"

static void
country(void *ctx, struct addr a, char code[2])
{
	(void)ctx;
	code[0] = (char)('A' + a.lo % 4);
}

static const char *
name(void *ctx, struct addr exporter, enum format_name kind, struct span id)
{
	(void)ctx;
	return (exporter.lo + kind + id.len) % 2 == 0 ? "na\"me\\" : NULL;
}

static void
print(const struct format *f, const uint8_t *data, size_t size)
{
	struct fieldset want = { { 0 } };
	struct buffer out = BUFFER_EMPTY, numbered = BUFFER_EMPTY;
	struct format_run *r = format_run_new(f, NULL);
	uint64_t count = 0;
	struct batch b;

	format_fields(f, &want);
	require(r != NULL && batch_init(&b, &want, false, NULL) == 0);
	fuzzkit_rows(&b, 1, data, size);
	format_heading(f, &out);
	buffer_fini(&out);
	format_rows(r, &b, UINT32_MAX, &out);
	if (format_kind(f) == FORMAT_NDJSON) {
		format_number_rows(&out, &count, &numbered);
		require(count == FUZZKIT_ROWS);
	}
	if (format_is_json(f))
		fuzzkit_check_json(out.data, out.len);
	require(!out.failed && !numbered.failed);
	buffer_fini(&numbered);
	buffer_fini(&out);
	batch_fini(&b);
	format_run_free(r);
}

int
FUZZ_TARGET(format)(const uint8_t *data, size_t size)
{
	struct format_options o = { .name = name, .country = country };
	struct format *f;
	struct reader in;
	uint8_t bits;
	char *mode;

	reader_init(&in, data, size);
	bits = (uint8_t)reader_uint(&in, 1);
	o.dialect = (bits & 1) != 0 ? DIALECT_1_6 : DIALECT_1_7;
	o.long_ipv6 = (bits & 2) != 0;
	o.plain_numbers = (bits & 4) != 0;
	o.tags_addresses = (bits & 8) != 0;
	o.is_report = (bits & 16) != 0;
	mode = fuzzkit_line(&in);
	if ((f = format_compile(mode, &o, NULL)) != NULL)
		print(f, in.pos, in.left);
	format_free(f);
	free(mode);
	return 0;
}
