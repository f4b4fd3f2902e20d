/*
 * What fuzz targets share.
 */
#include <stdlib.h>

#include "base/hash.h"
#include "base/text.h"
#include "files.h"
#include "fuzzkit.h"

#define STEP_MS 3000
#define SPAN_MAX 200

const struct wire_limits fuzzkit_limits = { .exporters_per_sender = 4,
	.templates_per_exporter = 8, .fields_per_template = 64,
	.held_bytes = 4096, .held_sets = 8, .held_ms = 10 * STEP_MS,
	.default_sampling = 1, .sysid_first = 1, .sysid_step = 1,
	.decode_tunnels = 1, .state_bytes = 200000 };

static void
check(bool held)
{
	if (!held)
		abort();
}

char *
fuzzkit_text(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	check(text != NULL);
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

char *
fuzzkit_line(struct reader *in)
{
	const uint8_t *data = in->pos;
	const uint8_t *end = in->left == 0 ? NULL :
					     memchr(data, '\n', in->left);
	size_t len = end == NULL ? in->left : (size_t)(end - data);

	reader_take(in, len + (end != NULL));
	return fuzzkit_text(data, len);
}

void
fuzzkit_write(const char *name, const uint8_t *data, size_t size)
{
	static bool has_begun;

	if (!has_begun)
		files_begin();
	has_begun = true;
	files_write(name, size == 0 ? (const uint8_t *)"" : data, size);
}

/* Hand over a copy of just this length. */
static void
decode(struct wire_decoder *d, struct reader *in, uint64_t now_ms)
{
	uint16_t head = (uint16_t)reader_uint(in, 2);
	size_t len = head & 0x7fff;
	uint8_t *copy;

	if (len > in->left)
		len = in->left;
	check((copy = malloc(len == 0 ? 1 : len)) != NULL);
	memcpy(copy, in->pos, len);
	reader_take(in, len);
	wire_decode(d, copy, len, addr_v4(0x7f000001 + (head >> 15)), now_ms);
	free(copy);
}

void
fuzzkit_decode(struct wire_decoder *d, const uint8_t *data, size_t size)
{
	uint64_t now_ms = FUZZKIT_MS;
	struct reader in;

	reader_init(&in, data, size);
	for (; in.left >= 2; now_ms += STEP_MS)
		decode(d, &in, now_ms);
}

struct receiver {
	fuzzkit_fn fn;
	void *ctx;
};

static void
on_flow(void *ctx, const struct wire_exporter *e, const struct flow *f)
{
	struct receiver *r = ctx;

	(void)e;
	r->fn(r->ctx, f);
}

void
fuzzkit_flows(const uint8_t *data, size_t size, fuzzkit_fn fn, void *ctx)
{
	struct receiver r = { fn, ctx };
	struct wire_sink sink = { .ctx = &r, .flow = on_flow };
	struct wire_decoder *d = wire_decoder_new(&fuzzkit_limits, &sink,
	    NULL);

	check(d != NULL);
	fuzzkit_decode(d, data, size);
	wire_decoder_free(d);
}

static struct span
make_span(uint64_t v, const uint8_t *data, size_t size)
{
	size_t len = v % SPAN_MAX;
	size_t from;

	if (v >> 62 != 0 || size == 0)
		return (struct span){ NULL, 0 };
	from = (size_t)(v >> 32) % size;
	if (len > size - from)
		len = size - from;
	return (struct span){ data + from, (uint32_t)len };
}

void
fuzzkit_rows(struct batch *b, uint64_t seed, const uint8_t *data, size_t size)
{
	uint64_t v = seed;
	struct span span;
	uint8_t *p;

	b->rows = FUZZKIT_ROWS;
	for (int id = 0; id < FLD_COUNT; id++) {
		size_t width = field_table[id].size;

		if ((p = b->col[id]) == NULL)
			continue;
		memset(p, 0, width * FUZZKIT_ROWS);
		for (size_t i = 0; i < width * FUZZKIT_ROWS; i++) {
			v = hash_u64(v + i);
			if (field_table[id].type != FIELD_SPAN) {
				if (v % 4 == 0)
					p[i] = (uint8_t)(v >> 32 & v >> 40);
			} else if (i % width == 0) {
				span = make_span(v, data, size);
				memcpy(p + i, &span, sizeof(span));
			}
		}
	}
	batch_select_all(b);
}

/* The string that begins behind p; where its closing quote is. */
static const char *
check_string(const char *p, const char *end)
{
	size_t len;

	for (p++; *p != '"'; p += len) {
		check(p + 1 < end && !byte_is_control(*p));
		len = 1;
		if (*p == '\\') {
			check(strchr("\"\\/bfnrtu", p[1]) != NULL);
			len = 2;
		} else if ((*p & 0x80) != 0) {
			len = text_utf8_len((const unsigned char *)p,
			    (size_t)(end - p));
			check(len > 0);
		}
		check(len < (size_t)(end - p));
	}
	return p;
}

void
fuzzkit_check_json(const char *text, size_t len)
{
	const char *end = text + len;
	char open[8];
	unsigned depth = 0;

	for (const char *p = text; p < end; p++)
		if (*p == '"') {
			p = check_string(p, end);
		} else if (*p == '{' || *p == '[') {
			check(depth < sizeof(open));
			open[depth++] = *p == '{' ? '}' : ']';
		} else if (*p == '}' || *p == ']') {
			check(depth > 0 && open[--depth] == *p);
		} else {
			check(*p == '\n' || *p == '\t' ||
			    (*p >= ' ' && *p < 0x7f));
		}
	check(depth == 0);
}

uint64_t
fuzzkit_read(struct span s)
{
	uint64_t sum = s.len;

	for (uint32_t i = 0; i < s.len; i++)
		sum += s.data[i];
	return sum;
}
