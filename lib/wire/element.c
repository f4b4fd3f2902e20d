/*
 * The table of information elements.  Standard elements below 512 are found
 * by index, the few others by search.
 */

#include <stddef.h>

#include "flow/flow.h"
#include "wire/decode.h"
#include "wire/element_int.h"

#define STANDARD_MAX 512

_Static_assert(TARGET_COUNT <= UINT8_MAX, "a target is a byte");
_Static_assert(SLOT_COUNT <= 64, "slots present are the bits of a word");

/* Slots of both kinds by name: TARGET_START, TARGET_VRF_NAME. */
enum {
#define SLOT(slot) TARGET_##slot = TARGET_SLOT(SLOT_##slot),
#define TEXT_SLOT(slot) TARGET_##slot = TARGET_TEXT(TEXT_##slot),
#include "wire/special.def"
};

#define SKIP(pen, element, form, target, rank)

/*
 * Known elements of both protocols without an enterprise; rank + 1, so that
 * zero means unknown.
 */
#define DENSE(pen, element, form, target, rank) \
	[element] = { form, target, rank + 1 },

#define ROW_0 DENSE
#define ROW_V9 SKIP
#define ROW_IPFIX SKIP
#define ROW_9 SKIP
#define ROW_637 SKIP
#define ROW_6871 SKIP
#define ROW_29305 SKIP
#define ROW_35632 SKIP

static const struct wire_element standard[STANDARD_MAX] = {
#define WIRE(id, pen, element, form) \
	ROW_##pen(pen, element, FORM_##form, FLD_##id, 0)
#include "flow/fields.def"
#define ALT(id, pen, element, form, rank) \
	ROW_##pen(pen, element, FORM_##form, FLD_##id, rank)
#define FEED(slot, pen, element, form, rank) \
	ROW_##pen(pen, element, FORM_##form, TARGET_##slot, rank)
#include "wire/special.def"
};

#undef ROW_0
#undef ROW_V9
#undef ROW_IPFIX
#undef ROW_9
#undef ROW_637
#undef ROW_6871
#undef ROW_29305
#undef ROW_35632

/* Elements of one protocol, and of enterprises (IPFIX). */
struct other {
	uint32_t pen;
	uint16_t version;
	uint16_t number;
	struct wire_element e;
};

#define VENDOR(pen, element, form, target, rank) \
	{ pen, 10, element, { form, target, rank + 1 } },
#define ONLY_V9(pen, element, form, target, rank) \
	{ 0, 9, element, { form, target, rank + 1 } },
#define ONLY_IPFIX(pen, element, form, target, rank) \
	{ 0, 10, element, { form, target, rank + 1 } },

#define ROW_0 SKIP
#define ROW_V9 ONLY_V9
#define ROW_IPFIX ONLY_IPFIX
#define ROW_9 VENDOR
#define ROW_637 VENDOR
#define ROW_6871 VENDOR
#define ROW_29305 VENDOR
#define ROW_35632 VENDOR

static const struct other others[] = {
#define WIRE(id, pen, element, form) \
	ROW_##pen(pen, element, FORM_##form, FLD_##id, 0)
#include "flow/fields.def"
#define ALT(id, pen, element, form, rank) \
	ROW_##pen(pen, element, FORM_##form, FLD_##id, rank)
#define FEED(slot, pen, element, form, rank) \
	ROW_##pen(pen, element, FORM_##form, TARGET_##slot, rank)
#include "wire/special.def"
};

#define OTHERS (sizeof(others) / sizeof(others[0]))

const struct wire_element *
wire_element_find(unsigned version, uint32_t pen, uint16_t number)
{
	if (pen == 0 && number < STANDARD_MAX && standard[number].rank != 0)
		return &standard[number];
	for (size_t i = 0; i < OTHERS; i++)
		if (others[i].number == number && others[i].pen == pen &&
		    others[i].version == version)
			return &others[i].e;
	return NULL;
}

unsigned
wire_field_extension(enum field_id id)
{
	uint64_t bits = field_extensions(id);

	return bits == 0 ? EXT_HEADER : (unsigned)__builtin_ctzll(bits);
}

static unsigned
count_elements(unsigned version)
{
	unsigned n = 0;

	for (size_t i = 0; i < STANDARD_MAX; i++)
		n += standard[i].rank != 0;
	for (size_t i = 0; i < OTHERS; i++)
		n += others[i].version == version;
	return n;
}

unsigned
wire_elements_v9(void)
{
	return count_elements(9);
}

unsigned
wire_elements_ipfix(void)
{
	return count_elements(10);
}
