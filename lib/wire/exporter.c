/*
 * Exporters and what they own.
 *
 * An exporter is found by a hash over sender, version, agent and domain or
 * engine.
 * Senders and, within a sender, exporters are in order of last use.  All state
 * is accounted for in bytes.
 *
 * Whoever can send a datagram can invent senders, so at a limit it is the
 * exporters not known for long that make room: one is young until a datagram
 * of it comes YOUNG_MS after the first.  The least recently used one that was
 * silent for SILENT_MS goes first, then a young one, of those one that has
 * not sent a flow rather than one that has.  If there is neither, the new
 * exporter is refused.  A flood pushes out itself and what is as young, never
 * an exporter that was there before it.
 */

#include <stdlib.h>

#include "base/hash.h"
#include "wire/decode_int.h"

#define SYSID_MAX 65535
#define SILENT_MS 600000
#define YOUNG_MS 60000
#define LOOK_MAX 16 /* candidates looked at */

/* What memory costs besides its bytes: the allocator's, chains of tables. */
#define OVERHEAD 48

/* A step back in the sequence that, with the uptime, tells of a restart. */
#define RESTART_STEP 1000

#define OF_NODE(type, n) \
	((type *)(void *)((uint8_t *)(n) - offsetof(type, node)))

int
wire_charge(struct wire_decoder *d, size_t bytes)
{
	if (bytes + OVERHEAD > d->limits.state_bytes - d->used_bytes)
		return -1;
	d->used_bytes += bytes + OVERHEAD;
	return 0;
}

void
wire_release(struct wire_decoder *d, size_t bytes)
{
	d->used_bytes -= bytes + OVERHEAD;
}

static uint64_t
addr_hash(const struct wire_decoder *d, struct addr a)
{
	return hash_pair(a.hi ^ d->seed, a.lo);
}

static uint64_t
peer_hash(const struct wire_packet *p, uint32_t id)
{
	uint64_t hash = hash_pair(addr_hash(p->d, p->sender),
	    (uint64_t)p->version << 32 | id);

	return hash_pair(hash ^ p->agent.hi, p->agent.lo);
}

struct wire_peer *
wire_peer_find(const struct wire_packet *p, uint32_t id)
{
	uint64_t hash = peer_hash(p, id);
	struct wire_peer *peer;

	for (struct wire_node *n = wire_table_first(&p->d->peers, hash);
	     n != NULL; n = n->next) {
		peer = OF_NODE(struct wire_peer, n);
		if (n->hash == hash && peer->pub.id == id &&
		    peer->pub.version == p->version &&
		    addr_equal(peer->pub.addr, p->sender) &&
		    addr_equal(peer->pub.agent, p->agent))
			return peer;
	}
	return NULL;
}

static struct wire_sender *
sender_find(const struct wire_packet *p, uint64_t hash)
{
	for (struct wire_node *n = wire_table_first(&p->d->senders, hash);
	     n != NULL; n = n->next)
		if (n->hash == hash &&
		    addr_equal(OF_NODE(struct wire_sender, n)->addr,
			p->sender))
			return OF_NODE(struct wire_sender, n);
	return NULL;
}

static struct wire_sender *
sender_get(struct wire_packet *p)
{
	uint64_t hash = addr_hash(p->d, p->sender);
	struct wire_sender *s = sender_find(p, hash);

	if (s != NULL)
		return s;
	if (wire_charge(p->d, sizeof(*s)) == -1)
		return NULL;
	if ((s = calloc(1, sizeof(*s))) == NULL ||
	    wire_table_add(&p->d->senders, &s->node, hash) == -1) {
		wire_release(p->d, sizeof(*s));
		free(s);
		return NULL;
	}
	s->addr = p->sender;
	TAILQ_INIT(&s->peers);
	TAILQ_INSERT_TAIL(&p->d->sender_lru, s, entry);
	return s;
}

static void
sender_drop(struct wire_decoder *d, struct wire_sender *s)
{
	wire_table_remove(&d->senders, &s->node);
	TAILQ_REMOVE(&d->sender_lru, s, entry);
	wire_release(d, sizeof(*s));
	free(s);
}

/* Flows of the template say which sampler took them. */
static bool
has_sampler_id(const struct wire_template *t)
{
	return !t->is_options && wire_shape_has(&t->shape, FLD_SAMPLER_ID);
}

void
wire_template_drop(struct wire_decoder *d, struct wire_peer *peer,
    struct wire_template *t)
{
	d->is_changed = true;
	peer->id_templates -= has_sampler_id(t);
	wire_table_remove(&peer->templates, &t->node);
	TAILQ_REMOVE(&peer->template_lru, t, lru);
	wire_release(d, t->size);
	free(t);
}

void
wire_peer_grow_up(struct wire_decoder *d, struct wire_peer *peer)
{
	if (peer->is_young)
		TAILQ_REMOVE(&d->young, peer, in_young);
	peer->is_young = false;
}

void
wire_peer_drop(struct wire_decoder *d, struct wire_peer *peer)
{
	struct wire_sender *s = peer->sender;
	struct wire_template *t;

	peer->pub.counters.sets_dropped += peer->held_sets;
	wire_counters_add(&d->others.counters, &peer->pub.counters);
	wire_counters_add(&d->others.earlier, &peer->pub.earlier);
	while ((t = TAILQ_FIRST(&peer->template_lru)) != NULL)
		wire_template_drop(d, peer, t);
	wire_table_fini(&peer->templates);
	wire_sampler_drop_all(d, peer);
	wire_name_drop_all(d, peer);
	wire_held_drop_all(d, peer);
	wire_source_drop_all(d, peer);
	wire_table_remove(&d->peers, &peer->node);
	wire_peer_grow_up(d, peer);
	TAILQ_REMOVE(&d->all, peer, in_decoder);
	TAILQ_REMOVE(&s->peers, peer, in_sender);
	wire_release(d, sizeof(*peer));
	free(peer);
	if (--s->count == 0)
		sender_drop(d, s);
}

static bool
is_silent(const struct wire_packet *p, const struct wire_peer *peer)
{
	return p->received_ms > peer->seen_ms &&
	    p->received_ms - peer->seen_ms >= SILENT_MS;
}

static bool
has_flows(const struct wire_peer *peer)
{
	return peer->pub.counters.flows + peer->pub.earlier.flows > 0;
}

/* Which of two may go rather: one is a new candidate, may be NULL. */
static struct wire_peer *
rather(const struct wire_packet *p, struct wire_peer *best,
    struct wire_peer *peer)
{
	if (!peer->is_young || peer == p->peer ||
	    (best != NULL && (!has_flows(best) || has_flows(peer))))
		return best;
	return peer;
}

/* The exporter of a sender that makes room for another one, or NULL. */
static struct wire_peer *
victim_of(const struct wire_packet *p, const struct wire_sender *s)
{
	struct wire_peer *peer = TAILQ_FIRST(&s->peers);
	struct wire_peer *best = NULL;

	if (peer != NULL && is_silent(p, peer))
		return peer;
	for (unsigned i = 0; peer != NULL && i < LOOK_MAX; i++) {
		best = rather(p, best, peer);
		peer = TAILQ_NEXT(peer, in_sender);
	}
	return best;
}

/* The exporter of any sender that makes room, or NULL. */
static struct wire_peer *
victim(const struct wire_packet *p)
{
	struct wire_decoder *d = p->d;
	struct wire_sender *s = TAILQ_FIRST(&d->sender_lru);
	struct wire_peer *peer = s == NULL ? NULL : TAILQ_FIRST(&s->peers);
	struct wire_peer *best = NULL;

	if (peer != NULL && peer != p->peer && is_silent(p, peer))
		return peer;
	peer = TAILQ_FIRST(&d->young);
	for (unsigned i = 0; peer != NULL && i < LOOK_MAX; i++) {
		best = rather(p, best, peer);
		peer = TAILQ_NEXT(peer, in_young);
	}
	return best;
}

int
wire_reserve(struct wire_packet *p, size_t bytes)
{
	struct wire_peer *peer;

	while (wire_charge(p->d, bytes) == -1) {
		if ((peer = victim(p)) == NULL)
			return -1;
		wire_peer_drop(p->d, peer);
	}
	return 0;
}

/* Make room for one more exporter of the sender; -1 if that cannot be. */
static int
make_room(struct wire_packet *p)
{
	struct wire_decoder *d = p->d;
	struct wire_sender *s = sender_find(p, addr_hash(d, p->sender));
	size_t need = sizeof(struct wire_peer) + sizeof(struct wire_sender) +
	    OVERHEAD;
	struct wire_peer *peer;

	if (s != NULL && s->count >= d->limits.exporters_per_sender) {
		if ((peer = victim_of(p, s)) == NULL)
			return -1;
		wire_peer_drop(d, peer);
	}
	if (wire_reserve(p, need) == -1)
		return -1;
	wire_release(d, need);
	return 0;
}

static struct wire_peer *
peer_new(struct wire_packet *p, uint32_t id)
{
	struct wire_decoder *d = p->d;
	struct wire_sender *s = sender_get(p);
	struct wire_peer *peer = NULL;

	if (s == NULL)
		return NULL;
	if (wire_charge(d, sizeof(*peer)) == -1)
		goto fail;
	if ((peer = calloc(1, sizeof(*peer))) == NULL ||
	    wire_table_add(&d->peers, &peer->node, peer_hash(p, id)) == -1) {
		wire_release(d, sizeof(*peer));
		goto fail;
	}
	if (d->next_sysid <= SYSID_MAX) {
		peer->pub.sysid = (uint16_t)d->next_sysid;
		d->next_sysid += d->limits.sysid_step;
	}
	peer->pub.version = p->version;
	peer->pub.addr = p->sender;
	peer->pub.agent = p->agent;
	peer->pub.id = id;
	peer->pub.first_rate = p->first_rate;
	peer->sender = s;
	TAILQ_INIT(&peer->template_lru);
	TAILQ_INIT(&peer->sampler_list);
	TAILQ_INIT(&peer->held);
	peer->is_young = true;
	peer->born_ms = p->received_ms;
	TAILQ_INSERT_TAIL(&d->young, peer, in_young);
	TAILQ_INSERT_TAIL(&d->all, peer, in_decoder);
	TAILQ_INSERT_TAIL(&s->peers, peer, in_sender);
	s->count++;
	d->is_changed = true;
	return peer;
fail:
	free(peer);
	if (s->count == 0)
		sender_drop(d, s);
	return NULL;
}

void
wire_peer_touch(struct wire_decoder *d, struct wire_peer *peer)
{
	struct wire_sender *s = peer->sender;

	TAILQ_REMOVE(&s->peers, peer, in_sender);
	TAILQ_INSERT_TAIL(&s->peers, peer, in_sender);
	TAILQ_REMOVE(&d->sender_lru, s, entry);
	TAILQ_INSERT_TAIL(&d->sender_lru, s, entry);
	if (peer->is_young) {
		TAILQ_REMOVE(&d->young, peer, in_young);
		TAILQ_INSERT_TAIL(&d->young, peer, in_young);
	}
}

/* The first datagram of an exporter, perhaps one that a state had. */
static void
tell(struct wire_packet *p, struct wire_peer *peer)
{
	const struct wire_sink *sink = &p->d->sink;

	peer->is_untold = false;
	if (sink->exporter != NULL)
		sink->exporter(sink->ctx, &peer->pub);
	p->peer = peer;
	wire_name_tell_all(p);
	wire_sampler_tell_all(p);
}

struct wire_peer *
wire_peer_get(struct wire_packet *p, uint32_t id)
{
	struct wire_peer *peer = wire_peer_find(p, id);
	struct wire_decoder *d = p->d;

	p->peer = NULL;
	if (peer == NULL) {
		if (make_room(p) == -1 || (peer = peer_new(p, id)) == NULL) {
			wire_tell(p, KIND_LIMIT,
			    "no room for exporter id %u, packet dropped", id);
			return NULL;
		}
		peer->is_untold = true;
	}
	if (peer->is_untold && !p->is_load)
		tell(p, peer);
	peer->seen_ms = p->received_ms;
	wire_peer_touch(d, peer);
	if (p->received_ms > peer->born_ms &&
	    p->received_ms - peer->born_ms >= YOUNG_MS)
		wire_peer_grow_up(d, peer);
	return peer;
}

/* The exporter began to count anew: far back, with a smaller uptime. */
static bool
is_restart(const struct wire_packet *p, uint32_t sequence)
{
	const struct wire_peer *peer = p->peer;

	if (p->version == 10 || p->uptime >= peer->uptime)
		return false;
	return peer->is_restored || (sequence < peer->last_sequence &&
	    peer->last_sequence - sequence > RESTART_STEP);
}

/* Some exporters never count: the number stays 0. */
static bool
is_uncounted(const struct wire_packet *p, uint32_t sequence)
{
	return p->version == 10 && sequence == 0 &&
	    p->peer->last_sequence == 0;
}

/*
 * Does the packet in front of that number come late?  What came before it is
 * not missing then.
 */
static bool
is_late(const struct wire_peer *peer, uint32_t next)
{
	return peer->furthest - next <= RESTART_STEP;
}

/* A gap; numbers of the past are no gap but late or sent twice. */
static void
count_gap(struct wire_packet *p, uint32_t sequence)
{
	struct wire_counters *c = &p->peer->pub.counters;
	uint32_t missing = sequence - p->peer->furthest;

	if (p->peer->is_restored) {
		if (missing <= INT32_MAX && p->version == 9)
			c->downtime_datagrams += missing;
		else if (missing <= INT32_MAX)
			c->downtime_flows += missing;
		return;
	}
	c->sequence_failures++;
	if (missing > INT32_MAX)
		return;
	if (p->version == 9)
		c->missing_datagrams += missing;
	else
		c->missing_flows += missing;
}

void
wire_sequence(struct wire_packet *p, uint32_t sequence, uint32_t step)
{
	struct wire_peer *peer = p->peer;
	uint32_t next = sequence + step;
	bool is_new = !peer->has_sequence || is_restart(p, sequence);

	if (!is_new && sequence != peer->next_sequence &&
	    !is_uncounted(p, sequence))
		count_gap(p, sequence);
	if (is_new || peer->is_restored || !is_late(peer, next))
		peer->furthest = next;
	peer->has_sequence = true;
	peer->is_restored = false;
	peer->last_sequence = sequence;
	peer->next_sequence = next;
	peer->uptime = p->uptime;
}

/* Room for a new template of that size in the exporter; -1 if none. */
static int
make_template_room(struct wire_packet *p, size_t size)
{
	struct wire_peer *peer = p->peer;
	struct wire_template *t;
	bool is_full;

	while ((is_full = (peer->templates.count >=
		       p->d->limits.templates_per_exporter)) ||
	    wire_reserve(p, size) == -1) {
		wire_tell(p, KIND_LIMIT, is_full ?
			"too many templates, least recently used dropped" :
			"no memory for templates, least recently used dropped");
		if ((t = TAILQ_FIRST(&peer->template_lru)) == NULL)
			return -1;
		wire_template_drop(p->d, peer, t);
	}
	return 0;
}

void
wire_template_put(struct wire_packet *p, const struct wire_definition *def)
{
	struct wire_peer *peer = p->peer;
	struct wire_template *old;
	struct wire_template *t;

	peer->pub.counters.template_records++;
	old = wire_template_find(&peer->templates, def->id);
	if (old != NULL && wire_template_is(old, def)) {
		TAILQ_REMOVE(&peer->template_lru, old, lru);
		TAILQ_INSERT_TAIL(&peer->template_lru, old, lru);
		return;
	}
	if (old != NULL)
		wire_template_drop(p->d, peer, old);
	if ((t = wire_template_new(def)) == NULL)
		return;
	if (make_template_room(p, t->size) == -1) {
		free(t);
		return;
	}
	if (wire_table_add(&peer->templates, &t->node, t->id) == -1) {
		wire_release(p->d, t->size);
		free(t);
		return;
	}
	TAILQ_INSERT_TAIL(&peer->template_lru, t, lru);
	peer->id_templates += has_sampler_id(t);
	peer->pub.counters.unknown_elements += t->unknown;
	peer->has_new_template = true;
	p->d->is_changed = true;
}
