/*
 * The state of a decoder from bytes.  They are walked twice: first only to
 * see that all of them can be read.
 */

#include <stdlib.h>

#include "base/hash.h"
#include "wire/decode_int.h"
#include "wire/state.h"
#include "wire/state_int.h"

struct load {
	struct wire_decoder *d; /* NULL: only look */
	wire_sender_fn wants;
	void *ctx;
	struct wire_packet packet; /* peer NULL: not wanted, or no room */
};

/* An exporter as it is saved. */
struct saved {
	struct addr addr;
	uint16_t version;
	uint32_t id;
	uint8_t flags;
	uint64_t seen_ms;
	uint32_t next_sequence;
	uint32_t last_sequence;
	uint32_t uptime;
	uint64_t init_time_ms;
	uint32_t names;
	uint32_t templates;
	uint32_t samplers;
};

static void
read_saved(struct reader *in, struct saved *s)
{
	s->addr.hi = reader_uint(in, 8);
	s->addr.lo = reader_uint(in, 8);
	s->version = (uint16_t)reader_uint(in, 2);
	s->id = (uint32_t)reader_uint(in, 4);
	s->flags = (uint8_t)reader_uint(in, 1);
	s->seen_ms = reader_uint(in, 8);
	s->next_sequence = (uint32_t)reader_uint(in, 4);
	s->last_sequence = (uint32_t)reader_uint(in, 4);
	s->uptime = (uint32_t)reader_uint(in, 4);
	s->init_time_ms = reader_uint(in, 8);
	s->names = (uint32_t)reader_uint(in, 4);
	s->templates = (uint32_t)reader_uint(in, 4);
	s->samplers = (uint32_t)reader_uint(in, 4);
}

static bool
is_sound(const struct saved *s)
{
	return (s->version == 5 || s->version == 7 || s->version == 9 ||
		   s->version == 10) &&
	    s->templates <= STATE_TEMPLATES_MAX &&
	    s->samplers <= STATE_SAMPLERS_MAX && s->names <= STATE_NAMES_MAX;
}

/* The peer to load into, with what it lacks. */
static void
begin_peer(struct load *l, const struct saved *s)
{
	struct wire_packet *p = &l->packet;
	struct wire_peer *peer;

	*p = (struct wire_packet){ .d = l->d, .sender = s->addr,
		.version = s->version, .received_ms = s->seen_ms,
		.is_load = true };
	if (l->wants != NULL && !l->wants(l->ctx, s->addr))
		return;
	if ((p->peer = wire_peer_find(p, s->id)) != NULL)
		return;
	if ((peer = p->peer = wire_peer_get(p, s->id)) == NULL)
		return;
	peer->is_restored = peer->has_sequence =
	    (s->flags & STATE_HAS_SEQUENCE) != 0;
	peer->next_sequence = peer->furthest = s->next_sequence;
	peer->last_sequence = s->last_sequence;
	peer->uptime = s->uptime;
	peer->has_init_time = (s->flags & STATE_HAS_INIT_TIME) != 0;
	peer->init_time_ms = s->init_time_ms;
	if ((s->flags & STATE_IS_YOUNG) == 0)
		wire_peer_grow_up(l->d, peer);
}

/* All fields of the definition, and no byte more. */
static bool
is_whole(const struct wire_definition *def)
{
	struct wire_spec spec;
	struct reader r;

	reader_init(&r, def->def, def->def_len);
	for (unsigned i = 0; i < def->fields && !r.bad; i++)
		wire_spec_read(&r, def->version, &spec);
	return def->fields > 0 && def->scopes <= def->fields && !r.bad &&
	    r.left == 0;
}

static bool
load_template(struct load *l, uint16_t version, struct reader *in)
{
	struct wire_definition def = { .version = version };
	struct wire_peer *peer = l->packet.peer;

	def.id = (uint16_t)reader_uint(in, 2);
	def.fields = (uint16_t)reader_uint(in, 2);
	def.scopes = (uint16_t)reader_uint(in, 2);
	def.is_options = reader_uint(in, 1) != 0;
	def.def_len = (size_t)reader_uint(in, 4);
	def.def = reader_take(in, def.def_len);
	if (in->bad || !is_whole(&def))
		return false;
	if (l->d != NULL && peer != NULL &&
	    wire_template_find(&peer->templates, def.id) == NULL)
		wire_definition_take(&l->packet, &def);
	return true;
}

static bool
load_sampler(struct load *l, struct reader *in)
{
	struct wire_peer *peer = l->packet.peer;
	struct wire_sampler s;
	struct wire_rate rate;

	s.id = (int64_t)reader_uint(in, 8);
	s.algorithm = (uint16_t)reader_uint(in, 2);
	s.interval = (uint32_t)reader_uint(in, 4);
	s.space = (uint32_t)reader_uint(in, 4);
	rate.total = reader_uint(in, 8);
	rate.taken = reader_uint(in, 8);
	if (in->bad || s.id < -1 || rate.taken == 0 || rate.total < rate.taken)
		return false;
	if (l->d != NULL && peer != NULL && !wire_sampler_is_known(&l->packet, s.id))
		wire_sampler_put(&l->packet, &s, &rate);
	return true;
}

static struct span
read_bytes(struct reader *in)
{
	struct span s = { NULL, (uint32_t)reader_uint(in, 1) };

	s.data = reader_take(in, s.len);
	return s;
}

static bool
load_name(struct load *l, struct reader *in)
{
	struct wire_name n;
	unsigned kind = (unsigned)reader_uint(in, 1);

	n.id = (uint32_t)reader_uint(in, 4);
	n.app_id = read_bytes(in);
	n.name = read_bytes(in);
	n.description = read_bytes(in);
	if (in->bad || kind > WIRE_NAME_APP)
		return false;
	n.kind = (enum wire_name_kind)kind;
	if (l->d != NULL && l->packet.peer != NULL &&
	    !wire_name_is_known(&l->packet, &n))
		wire_name_put(&l->packet, &n);
	return true;
}

static bool
load_peer(struct load *l, struct reader *in)
{
	struct wire_counters before = { 0 };
	struct saved s;

	read_saved(in, &s);
	if (in->bad || !is_sound(&s))
		return false;
	if (l->d != NULL)
		begin_peer(l, &s);
	if (l->packet.peer != NULL)
		before = l->packet.peer->pub.counters;
	for (uint32_t i = 0; i < s.templates; i++)
		if (!load_template(l, s.version, in))
			return false;
	for (uint32_t i = 0; i < s.samplers; i++)
		if (!load_sampler(l, in))
			return false;
	for (uint32_t i = 0; i < s.names; i++)
		if (!load_name(l, in))
			return false;
	/* Nothing of it was received. */
	if (l->packet.peer != NULL)
		l->packet.peer->pub.counters = before;
	return true;
}

static int
walk(struct load *l, const uint8_t *data, size_t len, struct err *err)
{
	struct reader in;
	struct reader body;
	uint32_t body_len;
	uint64_t hash;

	reader_init(&in, data, len);
	while (in.left > 0) {
		if (reader_uint(&in, 4) != STATE_MAGIC)
			return err_set(err, ERR_MALFORMED, "no state");
		if (reader_uint(&in, 2) != STATE_VERSION)
			return err_set(err, ERR_MALFORMED,
			    "state of another version");
		reader_take(&in, 2);
		body_len = (uint32_t)reader_uint(&in, 4);
		hash = reader_uint(&in, 8);
		reader_init(&body, reader_take(&in, body_len), body_len);
		if (in.bad ||
		    hash_bytes(body.pos, body.left, STATE_VERSION) != hash)
			return err_set(err, ERR_MALFORMED,
			    "state is cut or damaged");
		while (body.left > 0)
			if (!load_peer(l, &body))
				return err_set(err, ERR_MALFORMED,
				    "exporter or template in the state");
	}
	return 0;
}

static int
by_use(const void *a, const void *b)
{
	const struct wire_peer *x = *(struct wire_peer *const *)a;
	const struct wire_peer *y = *(struct wire_peer *const *)b;

	return x->seen_ms < y->seen_ms ? -1 : x->seen_ms > y->seen_ms;
}

/*
 * Put exporters and senders in order of last use; they came in another one.
 * Without memory for it they stay as they are.
 */
static void
order_by_use(struct wire_decoder *d)
{
	struct wire_peer **list = NULL;
	struct wire_peer *peer;
	size_t n = 0;

	if (d->peers.count > 0)
		list = calloc(d->peers.count, sizeof(struct wire_peer *));
	if (list == NULL)
		return;
	TAILQ_FOREACH(peer, &d->all, in_decoder)
		list[n++] = peer;
	qsort(list, n, sizeof(struct wire_peer *), by_use);
	for (size_t i = 0; i < n; i++)
		wire_peer_touch(d, list[i]);
	free(list);
}

int
wire_state_load(struct wire_decoder *d, const uint8_t *data, size_t len,
    wire_sender_fn wants, void *ctx, struct err *err)
{
	struct load l = { .wants = wants, .ctx = ctx };

	if (walk(&l, data, len, err) == -1)
		return -1;
	l.d = d;
	if (walk(&l, data, len, err) == -1)
		return -1;
	order_by_use(d);
	return 0;
}
