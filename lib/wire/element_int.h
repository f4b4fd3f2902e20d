#ifndef WIRE_ELEMENT_INT_H
#define WIRE_ELEMENT_INT_H

#include <stdbool.h>
#include <stdint.h>

#include "flow/field.h"

/*
 * Information elements: which field or slot one feeds and in what form,
 * from the WIRE rows of fields.def and from special.def.
 */

enum wire_form {
	FORM_UINT,
	FORM_LOW,
	FORM_WORD,
	FORM_UINT6,
	FORM_V4,
	FORM_V6,
	FORM_MAC,
	FORM_MPLS,
	FORM_ACL,
	FORM_TEXT,
	FORM_BYTES,
	FORM_FLOAT,
	FORM_LIST,
	FORM_MULTI,
	FORM_MS, /* from here on: times */
	FORM_SEC,
	FORM_NTP_US,
	FORM_NTP_NS,
	FORM_AGO_US,
	FORM_UPTIME,
	FORM_SPAN_MS,
	FORM_SPAN_US,
	FORM_COUNT
};

enum wire_slot {
#define SLOT(slot) SLOT_##slot,
#include "wire/special.def"
	SLOT_COUNT
};

enum wire_text {
#define TEXT_SLOT(slot) TEXT_##slot,
#include "wire/special.def"
	TEXT_COUNT
};

/* A target is a field, a slot or a text slot; all in one range. */
#define TARGET_SLOT(slot) (FLD_COUNT + (slot))
#define TARGET_TEXT(text) (FLD_COUNT + SLOT_COUNT + (text))
#define TARGET_COUNT TARGET_TEXT(TEXT_COUNT)

struct wire_element {
	uint8_t form; /* enum wire_form */
	uint8_t target;
	uint8_t rank; /* the lowest of a target counts */
};

#define WIRE_PEN_REVERSE 29305
#define WIRE_PEN_NOKIA 637

/* The element with that number in packets of that version, or NULL. */
const struct wire_element *wire_element_find(unsigned version, uint32_t pen,
    uint16_t number);

/* Extension that holds the field; of a pair of families that for IPv4. */
unsigned wire_field_extension(enum field_id id);

#endif
