/*
 * Exporter numbers of copies.
 */

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/hash.h"
#include "flowdump/exporters.h"
#include "record/info.h"
#include "record/names.h"

#define NUMBERS 65536

struct exporters {
	struct record_exporter *known; /* of the new file */
	size_t count;
	size_t cap;
	bool taken[NUMBERS]; /* numbers in use in the new file */
	uint16_t map[NUMBERS]; /* number in the source file: new number */
	bool is_described[NUMBERS]; /* numbers of the source file */
	bool is_identity;
	struct buffer others; /* records written that are no exporters */
	/* Hashes of the names written, with those of their exporters. */
	uint64_t *names;
	size_t names_size; /* 0 or a power of two */
	size_t names_count;
	uint16_t owner; /* of names that follow, in the new file; 0 none */
	uint16_t tail; /* the same of what follows the end of *out ... */
	size_t tail_len; /* ... which is there */
};

#define NAMES_FIRST 1024

struct exporters *
exporters_new(struct err *err)
{
	struct exporters *e;

	if ((e = calloc(1, sizeof(*e))) == NULL) {
		err_nomem(err);
		return NULL;
	}
	exporters_next_file(e);
	return e;
}

void
exporters_free(struct exporters *e)
{
	if (e == NULL)
		return;
	buffer_fini(&e->others);
	free(e->names);
	free(e->known);
	free(e);
}

void
exporters_next_file(struct exporters *e)
{
	for (unsigned i = 0; i < NUMBERS; i++)
		e->map[i] = (uint16_t)i;
	memset(e->is_described, 0, sizeof(e->is_described));
	e->is_identity = true;
	exporters_next_block(e);
}

void
exporters_next_block(struct exporters *e)
{
	e->owner = e->tail = 0;
}

static bool
same_exporter(const struct record_exporter *a, const struct record_exporter *b)
{
	return a->version == b->version && a->id == b->id &&
	    addr_equal(a->addr, b->addr);
}

/* A number for a new exporter: its old one, or the next that is free. */
static uint16_t
free_number(const struct exporters *e, uint16_t wanted)
{
	if (wanted != 0 && !e->taken[wanted])
		return wanted;
	for (unsigned i = 1; i < NUMBERS; i++)
		if (!e->taken[i])
			return (uint16_t)i;
	return 0;
}

static int
write_exporter(struct exporters *e, const struct record_exporter *x,
    struct buffer *out, struct err *err)
{
	uint8_t record[RECORD_EXPORTER_LEN];
	struct writer w;

	writer_init(&w, record, sizeof(record));
	record_put_exporter(&w, x);
	buffer_add(out, record, w.used);
	e->tail = x->sysid;
	e->tail_len = out->len;
	return out->failed ? err_nomem(err) : 1;
}

static int
add_exporter(struct exporters *e, struct record_exporter *x,
    struct buffer *out, struct err *err)
{
	struct record_exporter *known;

	if (e->count == e->cap) {
		size_t cap = e->cap == 0 ? 64 : e->cap * 2;

		known = realloc(e->known, cap * sizeof(*known));
		if (known == NULL)
			return err_nomem(err);
		e->known = known;
		e->cap = cap;
	}
	x->sysid = free_number(e, x->sysid);
	e->taken[x->sysid] = true;
	e->known[e->count++] = *x;
	return write_exporter(e, x, out, err);
}

static int
take_exporter(struct exporters *e, const struct span *record,
    struct buffer *out, struct err *err)
{
	struct record_exporter x;
	struct reader r;
	uint16_t old;
	int rc = 0;
	size_t i;

	reader_init(&r, record->data + RECORD_HEADER_LEN,
	    record->len - RECORD_HEADER_LEN);
	if (record_get_exporter(&r, &x) == -1)
		return 0;
	old = x.sysid;
	for (i = 0; i < e->count && !same_exporter(&e->known[i], &x); i++)
		;
	if (i < e->count)
		x.sysid = e->known[i].sysid;
	else
		rc = add_exporter(e, &x, out, err);
	e->map[old] = x.sysid;
	e->is_described[old] = true;
	e->owner = x.sysid;
	if (x.sysid != old)
		e->is_identity = false;
	return rc;
}

/* Put a hash, which is not 0, where it belongs.  False: it is there. */
static bool
put_hash(uint64_t *list, size_t size, uint64_t hash)
{
	size_t i = hash & (size - 1);

	while (list[i] != 0 && list[i] != hash)
		i = (i + 1) & (size - 1);
	if (list[i] == hash)
		return false;
	list[i] = hash;
	return true;
}

static int
grow_names(struct exporters *e)
{
	size_t size = e->names_size == 0 ? NAMES_FIRST : e->names_size * 2;
	uint64_t *list = calloc(size, sizeof(*list));

	if (list == NULL)
		return -1;
	for (size_t i = 0; i < e->names_size; i++)
		if (e->names[i] != 0)
			put_hash(list, size, e->names[i]);
	free(e->names);
	e->names = list;
	e->names_size = size;
	return 0;
}

static const struct record_exporter *
find_owner(const struct exporters *e)
{
	size_t i = 0;

	while (e->known[i].sysid != e->owner)
		i++;
	return &e->known[i];
}

/* A record of names, behind its exporter's. */
static int
take_names(struct exporters *e, const struct span *record,
    struct buffer *out, struct err *err)
{
	int n = 1;

	if (2 * e->names_count >= e->names_size && grow_names(e) == -1)
		return err_nomem(err);
	if (!put_hash(e->names, e->names_size,
	    hash_bytes(record->data, record->len, e->owner) | 1))
		return 0;
	e->names_count++;
	if (e->tail != e->owner || e->tail_len != out->len) {
		if (write_exporter(e, find_owner(e), out, err) == -1)
			return -1;
		n++;
	}
	buffer_add(out, record->data, record->len);
	e->tail_len = out->len;
	return out->failed ? err_nomem(err) : n;
}

/* True if these bytes were written before. */
static bool
is_known(const struct exporters *e, const char *record, size_t len)
{
	const char *p = e->others.data;
	size_t left = e->others.len, n;

	for (; left > 0; left -= n, p += n) {
		n = load_u16(p + 2);
		if (n == len && memcmp(p, record, n) == 0)
			return true;
	}
	return false;
}

/* Put new numbers into a sampler or exporter statistics record. */
static void
renumber(const struct exporters *e, uint16_t type, char *record, size_t len)
{
	char *p;

	if (type == RECORD_SAMPLER && len >= RECORD_SAMPLER_LEN) {
		p = record + RECORD_SAMPLER_SYSID;
		store_u16(p, e->map[load_u16(p)]);
	}
	if (type != RECORD_EXPORTER_STATS)
		return;
	for (size_t at = RECORD_EXPORTER_STATS_HEADER_LEN;
	    at + RECORD_EXPORTER_STATS_ENTRY_LEN <= len;
	    at += RECORD_EXPORTER_STATS_ENTRY_LEN) {
		p = record + at;
		if (load_u32(p) < NUMBERS)
			store_u32(p, e->map[load_u32(p)]);
	}
}

int
exporters_record(struct exporters *e, uint16_t type,
    const struct span *record, struct buffer *out, struct err *err)
{
	size_t at = out->len;

	if (type == RECORD_EXPORTER)
		return take_exporter(e, record, out, err);
	if (record_is_names(type) && e->owner != 0)
		return take_names(e, record, out, err);
	e->owner = e->tail = 0;
	buffer_add(out, record->data, record->len);
	if (out->failed)
		return err_nomem(err);
	renumber(e, type, out->data + at, record->len);
	if (type != RECORD_EXPORTER_STATS) {
		if (is_known(e, out->data + at, record->len)) {
			out->len = at;
			return 0;
		}
		buffer_add(&e->others, out->data + at, record->len);
	}
	return e->others.failed ? err_nomem(err) : 1;
}

uint16_t
exporters_number(const struct exporters *e, uint16_t number)
{
	return e->is_described[number] ? e->map[number] : 0;
}

void
exporters_map(const struct exporters *e, char *records, size_t len)
{
	char *p = records, *number;

	if (e->is_identity)
		return;
	while (len >= RECORD_V3_HEADER_LEN) {
		size_t n = load_u16(p + 2);

		number = p + RECORD_V3_EXPORTER_ID;
		store_u16(number, e->map[load_u16(number)]);
		p += n;
		len -= n;
	}
}
