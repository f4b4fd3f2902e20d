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

static const char *const names[FLD_COUNT] = {
#define JSON(id, text) [FLD_##id] = text,
#include "flow/fields.def"
};

static const struct {
	uint8_t field;
	uint8_t extension;
} places[] = {
#define REC(id, ext, offset, form) { FLD_##id, ext },
#include "flow/fields.def"
};

#define PLACES (sizeof(places) / sizeof(places[0]))

enum field_id
field_by_name(const char *name)
{
	int id = 0;

	while (id < FLD_COUNT && strcasecmp(names[id], name) != 0)
		id++;
	return (enum field_id)id;
}

const char *
field_name(enum field_id id)
{
	return names[id];
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
