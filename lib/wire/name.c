/*
 * Names that exporters tell of their interfaces, VRFs and applications, kept
 * so that every file can have them.  One that is told again costs a look-up.
 */

#include <stdlib.h>

#include "base/hash.h"
#include "wire/decode_int.h"

#define NAMES_MAX 4096 /* per exporter */

static uint64_t
key_of(const struct wire_decoder *d, const struct wire_name *n)
{
	return hash_bytes(n->app_id.data, n->app_id.len,
	    hash_pair(d->seed ^ n->kind, n->id));
}

static bool
is_equal(const struct span *a, const struct span *b)
{
	return a->len == b->len &&
	    (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

static struct wire_name_entry *
find(const struct wire_peer *peer, const struct wire_name *n, uint64_t key)
{
	struct wire_node *node = wire_table_first(&peer->names, key);
	struct wire_name_entry *e;

	for (; node != NULL; node = node->next) {
		e = (struct wire_name_entry *)(void *)node;
		if (e->pub.kind == n->kind && e->pub.id == n->id &&
		    is_equal(&e->pub.app_id, &n->app_id))
			return e;
	}
	return NULL;
}

bool
wire_name_is_known(const struct wire_packet *p, const struct wire_name *n)
{
	return find(p->peer, n, key_of(p->d, n)) != NULL;
}

static void
drop(struct wire_decoder *d, struct wire_peer *peer,
    struct wire_name_entry *e)
{
	wire_table_remove(&peer->names, &e->node);
	wire_release(d, e->size);
	free(e);
}

static struct span
keep(uint8_t **to, const struct span *s)
{
	struct span copy = { *to, s->len };

	if (s->len > 0)
		memcpy(*to, s->data, s->len);
	*to += s->len;
	return copy;
}

static struct wire_name_entry *
entry_new(struct wire_packet *p, const struct wire_name *n, uint64_t key)
{
	struct wire_name_entry *e;
	uint8_t *to;
	uint32_t size = (uint32_t)sizeof(*e) + n->app_id.len + n->name.len +
	    n->description.len;

	if (p->peer->names.count >= NAMES_MAX ||
	    wire_reserve(p, size) == -1) {
		wire_tell(p, KIND_LIMIT, "no room for another name");
		return NULL;
	}
	if ((e = calloc(1, size)) == NULL ||
	    wire_table_add(&p->peer->names, &e->node, key) == -1) {
		wire_release(p->d, size);
		free(e);
		return NULL;
	}
	e->size = size;
	to = e->bytes;
	e->pub = *n;
	e->pub.app_id = keep(&to, &n->app_id);
	e->pub.name = keep(&to, &n->name);
	e->pub.description = keep(&to, &n->description);
	return e;
}

/* Nobody needs longer ones. */
static void
cut(struct span *s)
{
	if (s->len > WIRE_NAME_MAX)
		s->len = WIRE_NAME_MAX;
}

void
wire_name_put(struct wire_packet *p, const struct wire_name *told)
{
	const struct wire_sink *sink = &p->d->sink;
	struct wire_name n = *told;
	struct wire_name_entry *e;
	uint64_t key;

	if (n.name.len == 0 || n.app_id.len > WIRE_APP_ID_MAX ||
	    (n.kind == WIRE_NAME_APP) != (n.app_id.len > 0))
		return;
	cut(&n.name);
	cut(&n.description);
	key = key_of(p->d, &n);
	e = find(p->peer, &n, key);
	if (e != NULL && is_equal(&e->pub.name, &n.name) &&
	    is_equal(&e->pub.description, &n.description))
		return;
	if (e != NULL)
		drop(p->d, p->peer, e);
	if ((e = entry_new(p, &n, key)) == NULL)
		return;
	p->d->is_changed = true;
	if (sink->name != NULL && !p->is_load)
		sink->name(sink->ctx, &p->peer->pub, &e->pub);
}

void
wire_name_tell_all(struct wire_packet *p)
{
	const struct wire_sink *sink = &p->d->sink;

	if (sink->name != NULL)
		wire_names(&p->peer->pub, sink->name, sink->ctx);
}

void
wire_names(const struct wire_exporter *e,
    void (*fn)(void *ctx, const struct wire_exporter *e,
	const struct wire_name *name), void *ctx)
{
	const struct wire_table *t = &((const struct wire_peer *)
	    (const void *)e)->names;

	for (uint32_t i = 0; i < t->size; i++)
		for (const struct wire_node *n = t->chains[i]; n != NULL;
		     n = n->next)
			fn(ctx, e, &((const struct wire_name_entry *)
				       (const void *)n)->pub);
}

void
wire_name_drop_all(struct wire_decoder *d, struct wire_peer *peer)
{
	struct wire_node *n;

	for (uint32_t i = 0; i < peer->names.size; i++)
		while ((n = peer->names.chains[i]) != NULL)
			drop(d, peer, (struct wire_name_entry *)(void *)n);
	wire_table_fini(&peer->names);
}
