/*
 * The state of a decoder to bytes.
 */

#include "base/hash.h"
#include "wire/decode_int.h"
#include "wire/state.h"
#include "wire/state_int.h"

static void
put_template(struct buffer *b, const struct wire_template *t)
{
	buffer_uint(b, t->id, 2);
	buffer_uint(b, t->fields, 2);
	buffer_uint(b, t->scopes, 2);
	buffer_uint(b, t->is_options, 1);
	buffer_uint(b, t->def_len, 4);
	buffer_add(b, t->def, t->def_len);
}

static void
put_sampler(struct buffer *b, const struct wire_sampler_entry *e)
{
	buffer_uint(b, (uint64_t)e->pub.id, 8);
	buffer_uint(b, e->pub.algorithm, 2);
	buffer_uint(b, e->pub.interval, 4);
	buffer_uint(b, e->pub.space, 4);
	buffer_uint(b, e->rate.total, 8);
	buffer_uint(b, e->rate.taken, 8);
}

static void
put_bytes(struct buffer *b, const struct span *s)
{
	buffer_uint(b, s->len, 1);
	buffer_add(b, s->data, s->len);
}

static void
put_name(void *ctx, const struct wire_exporter *e, const struct wire_name *n)
{
	struct buffer *b = ctx;

	(void)e;
	buffer_uint(b, n->kind, 1);
	buffer_uint(b, n->id, 4);
	put_bytes(b, &n->app_id);
	put_bytes(b, &n->name);
	put_bytes(b, &n->description);
}

static void
put_peer(struct buffer *b, const struct wire_peer *peer, bool is_stop)
{
	const struct wire_exporter *e = &peer->pub;
	const struct wire_sampler_entry *s;
	const struct wire_template *t;
	uint8_t flags = 0;

	if (is_stop && peer->has_sequence)
		flags |= STATE_HAS_SEQUENCE;
	if (peer->has_init_time)
		flags |= STATE_HAS_INIT_TIME;
	if (peer->is_young)
		flags |= STATE_IS_YOUNG;
	buffer_uint(b, e->addr.hi, 8);
	buffer_uint(b, e->addr.lo, 8);
	buffer_uint(b, e->version, 2);
	buffer_uint(b, e->id, 4);
	buffer_uint(b, flags, 1);
	buffer_uint(b, peer->seen_ms, 8);
	buffer_uint(b, peer->next_sequence, 4);
	buffer_uint(b, peer->last_sequence, 4);
	buffer_uint(b, peer->uptime, 4);
	buffer_uint(b, peer->init_time_ms, 8);
	buffer_uint(b, peer->names.count, 4);
	buffer_uint(b, peer->templates.count, 4);
	buffer_uint(b, peer->samplers.count, 4);
	TAILQ_FOREACH(t, &peer->template_lru, lru)
		put_template(b, t);
	TAILQ_FOREACH(s, &peer->sampler_list, entry)
		put_sampler(b, s);
	wire_names(e, put_name, b);
}

/* sFlow and Tera Flow have nothing that would have to be waited for. */
static bool
is_kept(const struct wire_peer *peer)
{
	switch (peer->pub.version) {
	case 5:
	case 7:
	case 9:
	case 10:
		return true;
	default:
		return false;
	}
}

int
wire_state_save(const struct wire_decoder *d, wire_sender_fn wants, void *ctx,
    bool is_stop, struct buffer *out, struct err *err)
{
	const struct wire_peer *peer;
	size_t start = out->len;
	struct writer w;
	size_t body;

	if (buffer_room(out, STATE_HEADER_LEN) == NULL)
		return err_nomem(err);
	out->len += STATE_HEADER_LEN;
	TAILQ_FOREACH(peer, &d->all, in_decoder)
		if (is_kept(peer) &&
		    (wants == NULL || wants(ctx, peer->pub.addr)))
			put_peer(out, peer, is_stop);
	body = out->len - start - STATE_HEADER_LEN;
	if (out->failed || body > UINT32_MAX) {
		out->len = start;
		return err_nomem(err);
	}
	writer_init(&w, out->data + start, STATE_HEADER_LEN);
	writer_uint(&w, STATE_MAGIC, 4);
	writer_uint(&w, STATE_VERSION, 2);
	writer_uint(&w, 0, 2);
	writer_uint(&w, body, 4);
	writer_uint(&w, hash_bytes(out->data + start + STATE_HEADER_LEN, body,
	    STATE_VERSION), 8);
	return 0;
}

bool
wire_state_is_changed(struct wire_decoder *d)
{
	bool is_changed = d->is_changed;

	d->is_changed = false;
	return is_changed;
}
