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
#define PLACES_FIRST 64

/* Where things are that have this hash; files may tell of very many. */
struct place {
	uint64_t hash;
	size_t at; /* plus 1; 0 free */
};

struct places {
	struct place *list;
	size_t count;
	size_t room; /* 0 or a power of two, twice the count at least */
};

struct exporters {
	struct record_exporter *known; /* of the new file */
	struct places known_places;
	size_t count;
	size_t cap;
	unsigned free_from; /* no number below is free */
	bool taken[NUMBERS]; /* numbers in use in the new file */
	uint16_t map[NUMBERS]; /* number in the source file: new number */
	bool is_described[NUMBERS]; /* numbers of the source file */
	bool is_identity;
	struct buffer others; /* records written that are no exporters */
	struct places other_places;
	/* Hashes of the names written, with those of their exporters. */
	uint64_t *names;
	size_t names_size; /* 0 or a power of two */
	size_t names_count;
	uint16_t owner; /* of names that follow, in the new file; 0 none */
	uint16_t tail; /* the same of what follows the end of *out ... */
	size_t tail_len; /* ... which is there */
};

#define NAMES_FIRST 1024

/* The first place that has the hash, or the next after one; NULL: none. */
static const struct place *
place_next(const struct places *s, uint64_t hash, const struct place *after)
{
	size_t mask = s->room - 1;
	size_t i = after == NULL ? hash : (size_t)(after - s->list) + 1;

	for (; s->room > 0 && s->list[i & mask].at != 0; i++)
		if (s->list[i & mask].hash == hash)
			return &s->list[i & mask];
	return NULL;
}

static void
place_put(struct places *s, uint64_t hash, size_t at)
{
	size_t i = hash;

	while (s->list[i & (s->room - 1)].at != 0)
		i++;
	s->list[i & (s->room - 1)] = (struct place){ hash, at + 1 };
	s->count++;
}

static int
place_add(struct places *s, uint64_t hash, size_t at, struct err *err)
{
	struct places more = { NULL, 0, s->room == 0 ? PLACES_FIRST :
						       2 * s->room };

	if (2 * (s->count + 1) > s->room) {
		if ((more.list = calloc(more.room, sizeof(*more.list))) == NULL)
			return err_nomem(err);
		for (size_t i = 0; i < s->room; i++)
			if (s->list[i].at != 0)
				place_put(&more, s->list[i].hash,
				    s->list[i].at - 1);
		free(s->list);
		*s = more;
	}
	place_put(s, hash, at);
	return 0;
}

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
	free(e->other_places.list);
	free(e->known_places.list);
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

/* Where the heap lies is not known to who would fill one chain. */
static uint64_t
exporter_hash(const struct exporters *e, const struct record_exporter *x)
{
	uint64_t hash = hash_pair(x->addr.hi ^ (uintptr_t)e, x->addr.lo);

	return hash_pair(hash, (uint64_t)x->version << 32 | x->id);
}

/* NULL: not known yet. */
static const struct record_exporter *
find_exporter(const struct exporters *e, const struct record_exporter *x)
{
	uint64_t hash = exporter_hash(e, x);
	const struct place *p = NULL;

	while ((p = place_next(&e->known_places, hash, p)) != NULL)
		if (same_exporter(&e->known[p->at - 1], x))
			return &e->known[p->at - 1];
	return NULL;
}

/* A number for a new exporter: its old one, or the next that is free. */
static uint16_t
free_number(struct exporters *e, uint16_t wanted)
{
	if (wanted != 0 && !e->taken[wanted])
		return wanted;
	e->taken[0] = true;
	while (e->free_from < NUMBERS && e->taken[e->free_from])
		e->free_from++;
	return e->free_from < NUMBERS ? (uint16_t)e->free_from : 0;
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
	if (place_add(&e->known_places, exporter_hash(e, x), e->count, err) ==
	    -1)
		return -1;
	x->sysid = free_number(e, x->sysid);
	e->taken[x->sysid] = true;
	e->known[e->count++] = *x;
	return write_exporter(e, x, out, err);
}

static int
take_exporter(struct exporters *e, const struct span *record,
    struct buffer *out, struct err *err)
{
	const struct record_exporter *known;
	struct record_exporter x;
	struct reader r;
	uint16_t old;
	int rc = 0;

	reader_init(&r, record->data + RECORD_HEADER_LEN,
	    record->len - RECORD_HEADER_LEN);
	if (record_get_exporter(&r, &x) == -1)
		return 0;
	old = x.sysid;
	if ((known = find_exporter(e, &x)) != NULL)
		x.sysid = known->sysid;
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

/* Note a record as written; 0 when its bytes were before, -1 no memory. */
static int
note_other(struct exporters *e, const char *record, size_t len,
    struct err *err)
{
	uint64_t hash = hash_bytes(record, len, (uintptr_t)e);
	const struct place *p = NULL;
	size_t at = e->others.len;
	const char *other;

	while ((p = place_next(&e->other_places, hash, p)) != NULL) {
		other = e->others.data + p->at - 1;
		if (load_u16(other + 2) == len &&
		    memcmp(other, record, len) == 0)
			return 0;
	}
	buffer_add(&e->others, record, len);
	if (e->others.failed)
		return err_nomem(err);
	return place_add(&e->other_places, hash, at, err) == -1 ? -1 : 1;
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
	int rc;

	if (type == RECORD_EXPORTER)
		return take_exporter(e, record, out, err);
	if (record_is_names(type) && e->owner != 0)
		return take_names(e, record, out, err);
	e->owner = e->tail = 0;
	buffer_add(out, record->data, record->len);
	if (out->failed)
		return err_nomem(err);
	renumber(e, type, out->data + at, record->len);
	if (type == RECORD_EXPORTER_STATS)
		return 1;
	if ((rc = note_other(e, out->data + at, record->len, err)) == 0)
		out->len = at;
	return rc;
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
