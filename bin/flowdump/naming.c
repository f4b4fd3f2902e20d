/*
 * Names by exporter, kind and id, in a hash table with chains.
 */

#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/hash.h"
#include "flowdump/naming.h"
#include "record/info.h"
#include "record/names.h"
#include "store/index.h"

#define SIZE_FIRST 1024 /* a power of two */

struct name {
	struct name *next;
	struct addr exporter; /* or one of the two below */
	uint64_t hash;
	enum format_name kind;
	uint32_t id_len;
	uint8_t id[RECORD_NAME_ID_MAX];
	/* Of anyone: who told it, and whether others told another. */
	struct addr teller;
	bool is_ambiguous;
	char *text;
};

/* Names of everyone, and those that some exporter told. */
static const struct addr everyone;
static const struct addr anyone = { UINT64_MAX, UINT64_MAX };

struct naming {
	struct name **chains;
	size_t size;
	size_t count;
	struct addr exporter; /* whose names follow */
	bool failed;
};

struct naming *
naming_new(struct err *err)
{
	struct naming *n = calloc(1, sizeof(*n));

	if (n == NULL)
		err_nomem(err);
	return n;
}

void
naming_free(struct naming *n)
{
	struct name *next;

	if (n == NULL)
		return;
	for (size_t i = 0; i < n->size; i++)
		for (struct name *m = n->chains[i]; m != NULL; m = next) {
			next = m->next;
			free(m->text);
			free(m);
		}
	free(n->chains);
	free(n);
}

static uint64_t
hash_of(struct addr exporter, enum format_name kind, struct span id)
{
	return hash_bytes(id.data, id.len,
	    hash_pair(exporter.hi ^ kind, exporter.lo));
}

static struct name *
find(const struct naming *n, struct addr exporter, enum format_name kind,
    struct span id)
{
	uint64_t hash = hash_of(exporter, kind, id);
	struct name *m = n->size == 0 ? NULL :
	    n->chains[hash & (n->size - 1)];

	while (m != NULL && (m->hash != hash || m->kind != kind ||
	    !addr_equal(m->exporter, exporter) || m->id_len != id.len ||
	    memcmp(m->id, id.data, id.len) != 0))
		m = m->next;
	return m;
}

const char *
naming_find(void *ctx, struct addr exporter, enum format_name kind,
    struct span id)
{
	const struct naming *n = ctx;
	const struct name *m;

	if (id.len == 0)
		return NULL;
	if ((m = find(n, exporter, kind, id)) == NULL)
		m = find(n, everyone, kind, id);
	if (m == NULL && addr_is_zero(exporter))
		m = find(n, anyone, kind, id);
	return m == NULL || m->is_ambiguous ? NULL : m->text;
}

static int
grow(struct naming *n)
{
	size_t size = n->size == 0 ? SIZE_FIRST : n->size * 2;
	struct name **chains = calloc(size, sizeof(*chains));
	struct name *next;

	if (chains == NULL)
		return -1;
	for (size_t i = 0; i < n->size; i++)
		for (struct name *m = n->chains[i]; m != NULL; m = next) {
			next = m->next;
			m->next = chains[m->hash & (size - 1)];
			chains[m->hash & (size - 1)] = m;
		}
	free(n->chains);
	n->chains = chains;
	n->size = size;
	return 0;
}

static struct name *
add(struct naming *n, struct addr exporter, enum format_name kind,
    struct span id)
{
	struct name *m;

	if ((n->count >= n->size && grow(n) == -1) ||
	    (m = calloc(1, sizeof(*m))) == NULL)
		return NULL;
	m->exporter = exporter;
	m->hash = hash_of(exporter, kind, id);
	m->kind = kind;
	m->id_len = id.len;
	memcpy(m->id, id.data, id.len);
	m->next = n->chains[m->hash & (n->size - 1)];
	n->chains[m->hash & (n->size - 1)] = m;
	n->count++;
	return m;
}

/* Put a text under an exporter, everyone or anyone. */
static void
put(struct naming *n, struct addr exporter, enum format_name kind,
    struct span id, const char *text)
{
	struct name *m = find(n, exporter, kind, id);
	bool is_new = m == NULL;
	char *copy;

	if (is_new && (m = add(n, exporter, kind, id)) == NULL) {
		n->failed = true;
		return;
	}
	if (!is_new && m->text != NULL && strcmp(m->text, text) == 0)
		return;
	if (!is_new && !addr_equal(m->teller, n->exporter))
		m->is_ambiguous = addr_equal(exporter, anyone);
	m->teller = n->exporter;
	if ((copy = strdup(text)) == NULL) {
		n->failed = true;
		return;
	}
	free(m->text);
	m->text = copy;
}

/* "http/web traffic", or the name alone. */
static void
put_text(struct buffer *b, const struct record_name *r)
{
	buffer_add(b, r->name.data, r->name.len);
	if (r->type == RECORD_APP_NAMES) {
		buffer_char(b, '/');
		buffer_add(b, r->description.data, r->description.len);
	}
	buffer_char(b, '\0');
}

static void
take_name(void *ctx, const struct record_name *r)
{
	struct naming *n = ctx;
	struct span id = { (const uint8_t *)&r->id, sizeof(r->id) };
	enum format_name kind = r->type == RECORD_IF_NAMES ?
	    FORMAT_NAME_INTERFACE : FORMAT_NAME_VRF;
	struct buffer text = BUFFER_EMPTY;

	if (r->type == RECORD_APP_NAMES) {
		kind = FORMAT_NAME_APP;
		id = r->app_id;
	}
	if (id.len == 0 || id.len > RECORD_NAME_ID_MAX || r->name.len == 0)
		return;
	put_text(&text, r);
	if (text.failed) {
		n->failed = true;
	} else {
		put(n, n->exporter, kind, id, text.data);
		put(n, anyone, kind, id, text.data);
	}
	buffer_fini(&text);
}

static struct addr
exporter_of(const struct span *record)
{
	struct record_exporter x = { .version = 0 };
	struct reader r;

	reader_init(&r, record->data + RECORD_HEADER_LEN,
	    record->len - RECORD_HEADER_LEN);
	if (record_get_exporter(&r, &x) == -1)
		return everyone;
	return x.addr;
}

static void
take_block(struct naming *n, const struct store_block *b)
{
	struct record_cursor cursor = { .data = b->raw, .len = b->len };
	struct span record;
	uint16_t type;

	n->exporter = everyone;
	while (record_next(&cursor, &type, &record, NULL) == 1)
		if (record_is_names(type))
			record_get_names(type, &record, take_name, n);
		else if (type == RECORD_EXPORTER)
			n->exporter = exporter_of(&record);
		else
			n->exporter = everyone;
}

static void
read_blocks(struct naming *n, struct store_file *f, struct store_block *b,
    uint32_t count)
{
	struct store_ref ref;
	struct err why;

	for (; count > 0 && store_file_next(f, &ref, &why) == 1; count--)
		if (store_block_load(f, &ref, b, &why) == 0)
			take_block(n, b);
}

/* Those that have flows alone are passed over. */
static void
read_spans(struct naming *n, struct store_file *f, struct store_block *b)
{
	const struct store_index *x = store_file_index(f);
	const struct store_span *span;

	for (uint32_t i = 0; i < store_index_spans(x); i++) {
		span = store_index_span(x, i);
		if (span->has_others)
			read_blocks(n, f, b, span->record_blocks);
		else
			store_file_skip(f, span);
	}
}

int
naming_read(struct naming *n, struct store_file *f, bool uses_index,
    struct err *err)
{
	struct store_block b = { 0 };
	struct err why;

	if (uses_index && store_file_load_index(f, &why) == 1)
		read_spans(n, f, &b);
	read_blocks(n, f, &b, UINT32_MAX);
	store_block_fini(&b);
	return n->failed ? err_nomem(err) : 0;
}
