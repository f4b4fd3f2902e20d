/*
 * The field table and look-ups by name.  Names are resolved once, before the
 * first record, so a linear search serves.
 */

#include <strings.h>

#include "flow/field.h"
#include "flow/flow.h"

#define SIZE_U8 1
#define SIZE_U16 2
#define SIZE_U32 4
#define SIZE_U64 8
#define SIZE_MAC 8
#define SIZE_ADDR sizeof(struct addr)
#define SIZE_SPAN sizeof(struct span)

const struct field field_table[FLD_COUNT] = {
#define FIELD(id, member, type) \
	[FLD_##id] = { #id, FIELD_##type, offsetof(struct flow, member), \
	    SIZE_##type },
#include "flow/fields.def"
};

struct name {
	const char *text;
	enum field_id id;
	unsigned uses;
};

#define STAT FIELD_STAT
#define GROUP FIELD_GROUP
#define ORDER FIELD_ORDER

static const struct name names[] = {
#define JSON(id, text) { text, FLD_##id, FIELD_JSON },
#define KEY(id, text, uses) { text, FLD_##id, uses },
#include "flow/fields.def"
};

#define NAMES (sizeof(names) / sizeof(names[0]))

static const struct {
	uint8_t field;
	uint8_t extension;
} places[] = {
#define REC(id, ext, offset, form) { FLD_##id, ext },
#include "flow/fields.def"
};

#define PLACES (sizeof(places) / sizeof(places[0]))

enum field_id
field_by_name(const char *name, unsigned uses)
{
	for (size_t i = 0; i < NAMES; i++)
		if ((names[i].uses & uses) != 0 &&
		    strcasecmp(names[i].text, name) == 0)
			return names[i].id;
	return FLD_NONE;
}

const char *
field_name(enum field_id id, unsigned uses)
{
	for (size_t i = 0; i < NAMES; i++)
		if (names[i].id == id && (names[i].uses & uses) != 0)
			return names[i].text;
	return NULL;
}

uint64_t
field_extensions(enum field_id id)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < PLACES; i++)
		if (places[i].field == id)
			bits |= FLOW_EXT(places[i].extension);
	return bits;
}
