/*
 * Bytes to messages of Tera Flow.
 *
 * A message is any legal one of Cap'n Proto: with up to SEGMENTS_MAX segments,
 * far pointers to a landing pad of one or two words, and a struct of any size.
 * All pointers that are known are followed, whether or not the message needs
 * what they point to, so that what is broken is found.  A pointer is followed
 * over at most STEPS words, and no object is looked into, so there are no
 * loops.
 */

#include "base/bytes.h"
#include "wire/tera_int.h"

#define SEGMENTS_MAX 512
#define STEPS_MAX 64 /* pointers followed in a message */
#define STEPS 3 /* pointer, far pointer in a landing pad, its tag */

_Static_assert((TERA_POINTERS + 1) * STEPS <= STEPS_MAX, "bounded");
_Static_assert(TERA_MESSAGE_MAX / TERA_WORD <= UINT16_MAX, "words fit");

struct segment {
	uint16_t first; /* word of the message */
	uint16_t words;
};

struct message {
	const uint8_t *data;
	uint32_t count;
	struct segment segments[SEGMENTS_MAX];
};

/* What a pointer leads to. */
struct object {
	uint64_t pointer; /* tells kind and size */
	uint32_t segment;
	int64_t start; /* word of the segment, not checked */
};

static int
cut(struct err *err)
{
	return err_set(err, ERR_MALFORMED, "segment table does not fit");
}

static int
read_table(struct message *m, const uint8_t *data, size_t len,
    struct err *err)
{
	size_t words = len / TERA_WORD, first;

	if (len > TERA_MESSAGE_MAX || len % TERA_WORD != 0 || len == 0)
		return err_set(err, ERR_MALFORMED, "message of %zu bytes", len);
	m->data = data;
	m->count = (uint32_t)load_le(data, 4);
	if (m->count >= SEGMENTS_MAX)
		return err_set(err, ERR_MALFORMED, "%ju segments",
		    (uintmax_t)m->count + 1);
	m->count++;
	first = m->count / 2 + 1; /* of 1 + count numbers, two a word */
	if (first > words)
		return cut(err);
	for (uint32_t i = 0; i < m->count; i++) {
		uint64_t size = load_le(data + 4 + i * 4, 4);

		if (size > words - first)
			return cut(err);
		m->segments[i] =
		    (struct segment){ (uint16_t)first, (uint16_t)size };
		first += size;
	}
	if (first != words)
		return err_set(err, ERR_MALFORMED,
		    "%zu words behind the segments", words - first);
	return 0;
}

/* That many words of a segment from start on, or NULL. */
static const uint8_t *
words_at(const struct message *m, uint32_t segment, int64_t start,
    uint32_t words)
{
	if (segment >= m->count || start < 0 ||
	    start + words > m->segments[segment].words)
		return NULL;
	return m->data +
	    (size_t)(m->segments[segment].first + start) * TERA_WORD;
}

/* Set *o from a pointer that stands in front of "behind". */
static void
resolve_near(struct object *o, uint64_t pointer, uint32_t segment,
    int64_t behind)
{
	/* 30 bits with a sign */
	int32_t offset = (int32_t)((uint32_t)pointer & ~UINT32_C(3)) / 4;

	*o = (struct object){ pointer, segment, behind + offset };
}

static int
resolve_far(const struct message *m, struct object *o, uint64_t pointer,
    struct err *err)
{
	uint32_t segment = (uint32_t)(pointer >> 32);
	uint32_t pad = (uint32_t)pointer >> 3;
	bool is_double = (pointer & 4) != 0;
	const uint8_t *p = words_at(m, segment, pad, is_double ? 2 : 1);
	uint64_t to;

	if (p == NULL)
		return err_set(err, ERR_MALFORMED, "far pointer to word %u of "
		    "segment %u", pad, segment);
	to = load_le(p, TERA_WORD);
	if (!is_double && to != 0 && (to & TERA_KIND) != TERA_FAR) {
		resolve_near(o, to, segment, (int64_t)pad + 1);
		return 0;
	}
	/* A landing pad has no pointer to another one, or to nothing. */
	if (!is_double || (to & 7) != TERA_FAR)
		return err_set(err, ERR_MALFORMED, "wrong landing pad of a far "
		    "pointer");
	*o = (struct object){ load_le(p + TERA_WORD, TERA_WORD),
		(uint32_t)(to >> 32), (uint32_t)to >> 3 };
	if (o->pointer == 0)
		return err_set(err, ERR_MALFORMED, "far pointer to nothing");
	return 0;
}

/* Follow the pointer in a word of a segment, which is there. */
static int
resolve(const struct message *m, struct object *o, uint32_t segment,
    int64_t at, struct err *err)
{
	uint64_t pointer = load_le(words_at(m, segment, at, 1), TERA_WORD);

	if ((pointer & TERA_KIND) == TERA_FAR)
		return resolve_far(m, o, pointer, err);
	resolve_near(o, pointer, segment, at + 1);
	return 0;
}

/* The root is a struct; its pointers follow its data. */
struct root {
	struct object object;
	uint32_t data_words;
	uint32_t pointers;
};

static int
read_root(const struct message *m, struct root *r, struct err *err)
{
	struct object *o = &r->object;

	if (m->segments[0].words == 0)
		return err_set(err, ERR_MALFORMED, "no root pointer");
	if (resolve(m, o, 0, 0, err) == -1)
		return -1;
	if ((o->pointer & TERA_KIND) != TERA_STRUCT)
		return err_set(err, ERR_MALFORMED, "root is no struct");
	r->data_words = (uint32_t)(o->pointer >> 32 & UINT16_MAX);
	r->pointers = (uint32_t)(o->pointer >> 48);
	if (words_at(m, o->segment, o->start,
	    r->data_words + r->pointers) == NULL)
		return err_set(err, ERR_MALFORMED, "struct of %u words and %u "
		    "pointers outside its segment", r->data_words,
		    r->pointers);
	return 0;
}

/* Bytes that the pointer in a word of a segment leads to; none for null. */
static int
read_bytes(const struct message *m, uint32_t segment, int64_t at,
    struct span *s, struct err *err)
{
	struct object o;
	uint32_t count;

	if (resolve(m, &o, segment, at, err) == -1)
		return -1;
	if (o.pointer == 0)
		return 0;
	if ((o.pointer & TERA_KIND) != TERA_LIST ||
	    (o.pointer >> 32 & 7) != TERA_LIST_BYTES)
		return err_set(err, ERR_MALFORMED, "pointer to no bytes");
	count = (uint32_t)(o.pointer >> 35);
	s->data = words_at(m, o.segment, o.start,
	    (count + TERA_WORD - 1) / TERA_WORD);
	if (s->data == NULL)
		return err_set(err, ERR_MALFORMED, "%u bytes outside their "
		    "segment", count);
	s->len = count;
	return 0;
}

/* As much of the data section as is known. */
static void
read_known(const struct message *m, const struct root *r,
    uint8_t known[TERA_DATA_LEN])
{
	const struct object *o = &r->object;
	size_t len = (size_t)r->data_words * TERA_WORD;

	memset(known, 0, TERA_DATA_LEN);
	memcpy(known, words_at(m, o->segment, o->start, r->data_words),
	    len < TERA_DATA_LEN ? len : TERA_DATA_LEN);
}

static int
read_pointers(const struct message *m, const struct root *r,
    struct span bytes[TERA_POINTERS], struct err *err)
{
	int64_t first = r->object.start + r->data_words;

	for (uint32_t i = 0; i < r->pointers && i < TERA_POINTERS; i++)
		if (read_bytes(m, r->object.segment, first + i, &bytes[i],
		    err) == -1)
			return -1;
	return 0;
}

static void
read_numbers(struct tera *t, const uint8_t *data)
{
	const struct tera_number *n = tera_numbers;

	for (; n < tera_numbers + TERA_NUMBERS; n++)
		store_host((uint8_t *)t + n->member,
		    load_le(data + n->at, n->len), n->len);
	t->is_fragmented = (data[TERA_FLAGS_AT] & TERA_FRAGMENTED) != 0;
	t->dont_fragment = (data[TERA_FLAGS_AT] & TERA_DONT_FRAGMENT) != 0;
	t->agent = load_be32(data + TERA_AGENT_AT);
	t->src_addr = addr_v4(load_be32(data + TERA_SRC_IP_AT));
	t->dst_addr = addr_v4(load_be32(data + TERA_DST_IP_AT));
}

static int
check(const struct tera *t, struct err *err)
{
	if (t->ip_version != 4 && t->ip_version != 6)
		return err_set(err, ERR_MALFORMED, "IP version %u",
		    t->ip_version);
	if (t->proto > UINT8_MAX)
		return err_set(err, ERR_MALFORMED, "IP protocol %u", t->proto);
	return 0;
}

static int
set_addr6(struct addr *a, const struct span *s, struct err *err)
{
	if (s->len != TERA_ADDR6_LEN)
		return err_set(err, ERR_MALFORMED, "IPv6 address of %u bytes",
		    s->len);
	*a = addr_from_bytes(s->data);
	return 0;
}

static int
set_mac(uint64_t *mac, const struct span *s, struct err *err)
{
	if (s->len == 0)
		return 0;
	if (s->len != TERA_MAC_LEN)
		return err_set(err, ERR_MALFORMED, "MAC address of %u bytes",
		    s->len);
	*mac = load_be(s->data, TERA_MAC_LEN);
	return 0;
}

static int
set_bytes(struct tera *t, const struct span bytes[TERA_POINTERS],
    struct err *err)
{
	if (t->ip_version == 6 &&
	    (set_addr6(&t->src_addr, &bytes[TERA_SRC_ADDR6], err) == -1 ||
		set_addr6(&t->dst_addr, &bytes[TERA_DST_ADDR6], err) == -1))
		return -1;
	if (set_mac(&t->src_mac, &bytes[TERA_SRC_MAC], err) == -1)
		return -1;
	return set_mac(&t->dst_mac, &bytes[TERA_DST_MAC], err);
}

int
tera_decode(const uint8_t *data, size_t len, struct tera *t, struct err *err)
{
	struct span bytes[TERA_POINTERS] = { { NULL, 0 } };
	uint8_t known[TERA_DATA_LEN];
	struct message m;
	struct root root;

	*t = (struct tera){ 0 };
	if (read_table(&m, data, len, err) == -1 ||
	    read_root(&m, &root, err) == -1)
		return -1;
	read_known(&m, &root, known);
	read_numbers(t, known);
	if (read_pointers(&m, &root, bytes, err) == -1 || check(t, err) == -1)
		return -1;
	return set_bytes(t, bytes, err);
}
