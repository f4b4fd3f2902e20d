#ifndef FLOW_FIELD_H
#define FLOW_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The fields of a flow, from fields.def: ids, types, where struct flow holds
 * them, and every name that a user may call them by.
 */

enum field_id {
#define FIELD(id, member, type) FLD_##id,
#include "flow/fields.def"
	FLD_COUNT,
	FLD_NONE = FLD_COUNT
};

enum field_type {
	FIELD_U8,
	FIELD_U16,
	FIELD_U32,
	FIELD_U64,
	FIELD_MAC, /* uint64_t, 48 bits used */
	FIELD_ADDR, /* struct addr */
	FIELD_SPAN, /* struct span */
	FIELD_TYPES
};

/* Bytes owned by somebody else: the packet or the block they came in. */
struct span {
	const uint8_t *data;
	uint32_t len;
};

struct field {
	const char *id; /* "SRC_PORT", for diagnostics */
	enum field_type type;
	uint16_t offset; /* in struct flow */
	uint8_t size; /* of one value, bytes */
};

extern const struct field field_table[FLD_COUNT];

/* Field of that name in machine output, not case sensitive; or FLD_NONE. */
enum field_id field_by_name(const char *name);

/* The name; of FLD_NONE there is none. */
const char *field_name(enum field_id id);

/*
 * Extensions that hold the field, bit n for extension n; of a pair for both
 * families that for IPv4 is the lower one.  Bit 0 is the record header.
 */
uint64_t field_extensions(enum field_id id);

/* A set of fields, which may be asked for FLD_NONE. */
struct fieldset {
	uint64_t bits[FLD_NONE / 64 + 1];
};

static inline void
fieldset_add(struct fieldset *s, enum field_id id)
{
	s->bits[id / 64] |= UINT64_C(1) << id % 64;
}

static inline bool
fieldset_has(const struct fieldset *s, enum field_id id)
{
	return s->bits[id / 64] >> id % 64 & 1;
}

/* Take the members of *other out of *s. */
static inline void
fieldset_remove(struct fieldset *s, const struct fieldset *other)
{
	for (size_t i = 0; i < sizeof(s->bits) / sizeof(s->bits[0]); i++)
		s->bits[i] &= ~other->bits[i];
}

static inline bool
fieldset_is_empty(const struct fieldset *s)
{
	uint64_t any = 0;

	for (size_t i = 0; i < sizeof(s->bits) / sizeof(s->bits[0]); i++)
		any |= s->bits[i];
	return any == 0;
}

static inline void
fieldset_merge(struct fieldset *s, const struct fieldset *other)
{
	for (size_t i = 0; i < sizeof(s->bits) / sizeof(s->bits[0]); i++)
		s->bits[i] |= other->bits[i];
}

#endif
