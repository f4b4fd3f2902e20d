/*
 * Blocks of layout 1 records.
 *
 * What a flow record holds is said by an extension map, which may stand in
 * any block before, while blocks are loaded by any thread in any order.  So
 * whoever loads a block hands in its maps, and converts it when those of all
 * blocks before it have been taken, in the order of the file.  A block that
 * nobody is loading is expanded by the first who needs its maps.  One waits
 * only for those who expand a block, and they wait for nobody.
 *
 * Kept are the blocks that are ahead of the front, which are no more than
 * there are threads, and where the maps in force changed.
 */

#include <pthread.h>
#include <stdlib.h>

#include "record/v1.h"
#include "record/v3.h"
#include "store/layout1.h"

/* A block ahead of the front that was asked for. */
struct arrival {
	uint64_t offset;
	bool is_here; /* its maps are; else it is being expanded */
	struct buffer maps; /* whole records */
};

/* The maps in force for the block with this header, and behind. */
struct turn {
	uint64_t header;
	const struct record_v1_state *state;
};

struct blocks {
	struct blocks *self; /* for those who have it as constant */
	const struct store_file *f;
	pthread_mutex_t lock; /* of all that follows */
	pthread_cond_t arrived;
	struct record_v1_maps *maps;
	uint64_t front; /* header of the first block whose maps are not taken */
	struct arrival *arrivals;
	size_t narrivals, arrivals_room;
	struct turn *turns;
	size_t nturns, turns_room;
};

/* The first block prepared need not be the first one: an index skips some. */
static struct blocks *
blocks_new(const struct store_file *f, struct err *err)
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
	b->self = b;
	b->f = f;
	b->front = f->layout == &store_layout_1 ? STORE_V1_HEADER_LEN :
						  STORE_HEADER_LEN;
	pthread_mutex_init(&b->lock, NULL);
	pthread_cond_init(&b->arrived, NULL);
	return b;
}

void
store_v1_close(struct store_file *f)
{
	struct blocks *b = f->context;

	if (b == NULL)
		return;
	for (size_t i = 0; i < b->narrivals; i++)
		buffer_fini(&b->arrivals[i].maps);
	pthread_cond_destroy(&b->arrived);
	pthread_mutex_destroy(&b->lock);
	record_v1_maps_free(b->maps);
	free(b->arrivals);
	free(b->turns);
	free(b);
	f->context = NULL;
}

/* Room for one more item of an array. */
static int
make_room(void **items, size_t *room, size_t count, size_t size)
{
	size_t more = *room == 0 ? 8 : *room * 2;
	void *p;

	if (count < *room)
		return 0;
	if ((p = realloc(*items, more * size)) == NULL)
		return -1;
	*items = p;
	*room = more;
	return 0;
}

static struct arrival *
find_arrival(const struct blocks *b, uint64_t offset)
{
	for (size_t i = 0; i < b->narrivals; i++)
		if (b->arrivals[i].offset == offset)
			return &b->arrivals[i];
	return NULL;
}

/* The arrival of a block; a new one unless it is known.  NULL: no memory. */
static struct arrival *
add_arrival(struct blocks *b, uint64_t offset)
{
	struct arrival *a = find_arrival(b, offset);
	void *items = b->arrivals;

	if (a != NULL)
		return a;
	if (make_room(&items, &b->arrivals_room, b->narrivals, sizeof(*a)) ==
	    -1)
		return NULL;
	b->arrivals = items;
	a = &b->arrivals[b->narrivals++];
	*a = (struct arrival){ .offset = offset };
	return a;
}

static void
drop_arrival(struct blocks *b, struct arrival *a)
{
	buffer_fini(&a->maps);
	*a = b->arrivals[--b->narrivals];
}

/* Hand in the maps of a block, which are ours then. */
static int
hand_in(struct blocks *b, uint64_t offset, struct buffer *maps)
{
	struct arrival *a = NULL;
	int rc = 0;

	if (offset > b->front && (a = add_arrival(b, offset)) == NULL)
		rc = -1;
	if (a != NULL && !a->is_here) {
		a->is_here = true;
		a->maps = *maps;
		pthread_cond_broadcast(&b->arrived);
	} else {
		buffer_fini(maps);
	}
	return rc;
}

/* The records of maps in a payload. */
static struct buffer
find_maps(const struct store_block *block)
{
	struct record_cursor c = { .data = block->plain, .len = block->bytes };
	struct buffer maps = BUFFER_EMPTY;
	struct span record;
	uint16_t type;

	while (record_next(&c, &type, &record, NULL) == 1)
		if (type == RECORD_V1_MAP)
			buffer_add(&maps, record.data, record.len);
	return maps;
}

/*
 * Get the maps of a block that nobody is loading: 1, -1.  One that cannot be
 * read has none: that is an error of whoever wants its flows.
 */
static int
fetch(struct blocks *b, const struct store_ref *ref, struct err *err)
{
	struct store_block block = { 0 };
	struct buffer maps = BUFFER_EMPTY;
	struct err why = { .code = ERR_MALFORMED };

	if (add_arrival(b, ref->offset) == NULL)
		return err_nomem(err);
	pthread_mutex_unlock(&b->lock);
	if (store_block_load(b->f, ref, &block, &why) == 0)
		maps = find_maps(&block);
	store_block_fini(&block);
	pthread_mutex_lock(&b->lock);
	if (maps.failed || why.code == ERR_NOMEM) {
		buffer_fini(&maps);
		hand_in(b, ref->offset, &maps);
		return err_nomem(err);
	}
	hand_in(b, ref->offset, &maps);
	return 1;
}

/* Where the block at the front is. */
static int
read_front(const struct blocks *b, struct store_ref *ref, uint16_t *type,
    struct err *err)
{
	uint8_t data[STORE_BLOCK_HEADER_LEN];
	struct store_block_header h;
	ssize_t len = store_pread(b->f->fd, data, sizeof(data), b->front);

	if (len == -1)
		return err_system(err, "reading");
	if (len < (ssize_t)sizeof(data))
		return err_set(err, ERR_MALFORMED, "truncated");
	if ((b->f->layout == &store_layout_1 ?
		store_v1_block_header_get(data, &h, err) :
		store_block_header_get(data, &h, err)) == -1)
		return -1;
	*ref = (struct store_ref){
		.offset = b->front + sizeof(data),
		.stored = h.stored,
		.codec = b->f->info.codec,
	};
	*type = h.type;
	return 0;
}

/* Take the maps of the block at the front, which ends at "next": 1, -1. */
static int
pass(struct blocks *b, struct arrival *a, uint64_t next, struct err *err)
{
	const struct record_v1_state *state;
	void *items = b->turns;

	if (a->maps.len > 0) {
		if (make_room(&items, &b->turns_room, b->nturns,
			sizeof(*b->turns)) == -1)
			return err_nomem(err);
		b->turns = items;
		if (record_v1_maps_take(b->maps, (uint8_t *)a->maps.data,
			a->maps.len, err) == -1)
			return -1;
		state = record_v1_maps_state(b->maps);
		if (b->nturns == 0 || b->turns[b->nturns - 1].state != state)
			b->turns[b->nturns++] = (struct turn){ next, state };
	}
	drop_arrival(b, a);
	b->front = next;
	return 1;
}

/*
 * Move the front behind one block, or wait; others may move it meanwhile.  1,
 * -1; 0 when there would be something to wait for and the caller does not.
 */
static int
step(struct blocks *b, bool may_wait, struct err *err)
{
	struct store_ref ref;
	struct arrival *a;
	uint16_t type = 0;

	if (read_front(b, &ref, &type, err) == -1)
		return -1;
	if (type != STORE_V1_BLOCK_RECORDS) {
		b->front = ref.offset + ref.stored;
		return 1;
	}
	a = find_arrival(b, ref.offset);
	if (a != NULL && a->is_here)
		return pass(b, a, ref.offset + ref.stored, err);
	if (!may_wait)
		return 0;
	if (a == NULL)
		return fetch(b, &ref, err);
	pthread_cond_wait(&b->arrived, &b->lock);
	return 1;
}

/* The maps in force at a block that the front has passed. */
static const struct record_v1_state *
state_at(const struct blocks *b, uint64_t header)
{
	size_t low = 0, high = b->nturns, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (b->turns[mid].header <= header)
			low = mid + 1;
		else
			high = mid;
	}
	return low == 0 ? NULL : b->turns[low - 1].state;
}

/*
 * The front cannot be moved to a block: nobody will take its maps, which
 * must not pile up.
 */
static void
give_up(struct blocks *b, uint64_t offset)
{
	struct arrival *a = find_arrival(b, offset);

	if (a != NULL && a->is_here)
		drop_arrival(b, a);
}

/* The maps in force for a block, whose own are handed in. */
static int
find_state(struct blocks *b, const struct store_ref *ref,
    const struct store_block *block, const struct record_v1_state **state,
    struct err *err)
{
	uint64_t header = ref->offset - STORE_BLOCK_HEADER_LEN;
	struct buffer maps = find_maps(block);
	bool has_failed = maps.failed;
	int rc = 1;

	pthread_mutex_lock(&b->lock);
	if (hand_in(b, ref->offset, &maps) == -1 || has_failed)
		rc = err_nomem(err);
	while (rc == 1 && b->front <= header)
		rc = step(b, true, err);
	if (rc == 1)
		*state = state_at(b, header);
	else
		give_up(b, ref->offset);
	pthread_mutex_unlock(&b->lock);
	return rc == 1 ? 0 : -1;
}

static int
convert(const struct store_ref *ref, struct store_block *b, struct err *err)
{
	const struct blocks *blocks = ref->context;
	uint8_t flags = blocks->f->is_anonymised ? FLOW_ANONYMISED : 0;
	struct buffer out = { (char *)b->converted, 0, b->converted_room,
		false };
	const struct record_v1_state *state = NULL;
	int rc;

	b->len = 0;
	if (find_state(blocks->self, ref, b, &state, err) == -1)
		return -1;
	rc = record_v1_convert(
	    state, flags, b->plain, b->bytes, &out, &b->records, err);
	b->converted = (uint8_t *)out.data;
	b->converted_room = out.cap;
	b->raw = b->converted;
	b->len = out.len;
	return rc;
}

/* Without memory for it, others will expand the block, too. */
static void
loading(const struct store_ref *ref, bool has_failed)
{
	const struct blocks *blocks = ref->context;
	struct blocks *b = blocks->self;
	struct buffer none = BUFFER_EMPTY;
	int rc = 1;

	pthread_mutex_lock(&b->lock);
	if (!has_failed && ref->offset > b->front)
		add_arrival(b, ref->offset);
	if (has_failed && hand_in(b, ref->offset, &none) == 0)
		while ((rc = step(b, false, NULL)) == 1)
			;
	if (rc == -1)
		give_up(b, ref->offset);
	pthread_mutex_unlock(&b->lock);
}

int
store_v1_prepare(struct store_file *f, struct store_ref *ref, struct err *err)
{
	if (f->context == NULL &&
	    (f->context = blocks_new(f, err)) == NULL)
		return -1;
	ref->has_records = true;
	ref->convert = convert;
	ref->loading = loading;
	ref->context = f->context;
	return 0;
}
