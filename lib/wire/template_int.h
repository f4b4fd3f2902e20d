#ifndef WIRE_TEMPLATE_INT_H
#define WIRE_TEMPLATE_INT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/bytes.h"
#include "flow/flow.h"
#include "wire/element_int.h"
#include "wire/table_int.h"

/*
 * Templates, compiled to copy programs.
 *
 * The program of a template whose fields all have a fixed length is a list
 * of {offset in the record, length, conversion, offset in struct
 * wire_record}, ordered by conversion.  With fields of variable length the
 * list is in field order and "src" is the number of the field.
 */

/* The IPv6 side of a record that has fields for both families. */
struct wire_six {
	struct addr src_addr;
	struct addr dst_addr;
	struct addr next_hop;
	struct addr bgp_next_hop;
	struct addr xlate_src_addr;
	struct addr xlate_dst_addr;
	uint8_t src_mask;
	uint8_t dst_mask;
};

/* Groups of addresses that may be there for both families. */
#define DUAL_ADDR 0x01
#define DUAL_NEXT_HOP 0x02
#define DUAL_BGP 0x04
#define DUAL_XLATE 0x08

/* What there is to do after the copy. */
#define STEP_PORTS 0x0001 /* ports by protocol */
#define STEP_ICMP 0x0002 /* ICMP elements */
#define STEP_LATENCY 0x0004
#define STEP_SAMPLER 0x0008 /* rate by sampler id */
#define STEP_INLINE 0x0010 /* rate in the record */
#define STEP_EVENT 0x0020 /* it is an event record */
#define STEP_NOKIA 0x0040 /* NAT event from the times it has */
#define STEP_FRAME 0x0080 /* packet headers in the record */

/* Slots whose unit the element tells. */
enum wire_timed { TIMED_START, TIMED_END, TIMED_DURATION, TIMED_OBSERVED,
	TIMED_COUNT };

#define CLAIM_WORDS ((TARGET_COUNT + 63) / 64)

/* What a record of the template holds. */
struct wire_shape {
	uint64_t claims[CLAIM_WORDS]; /* targets that are fed */
	uint64_t extensions;
	uint64_t slots; /* bit n: slot n */
	uint32_t steps;
	uint8_t dual;
	uint8_t unit[TIMED_COUNT]; /* enum wire_form */
};

static inline bool
wire_shape_has(const struct wire_shape *s, unsigned target)
{
	return s->claims[target / 64] >> target % 64 & 1;
}

static inline void
wire_shape_claim(struct wire_shape *s, unsigned target)
{
	s->claims[target / 64] |= UINT64_C(1) << target % 64;
}

static inline bool
wire_shape_slot(const struct wire_shape *s, enum wire_slot slot)
{
	return s->slots >> slot & 1;
}

/* Where records are decoded to. */
struct wire_record {
	struct flow flow;
	struct wire_shape shape;
	struct wire_six six;
	struct span text[TEXT_COUNT];
	uint64_t slot[SLOT_COUNT]; /* valid if the shape has them */
};

enum wire_conv {
	CONV_U8, /* exact sizes, for fixed records */
	CONV_U16,
	CONV_U32,
	CONV_U64,
	CONV_U16_U32,
	CONV_U32_U64,
	CONV_V4,
	CONV_V6,
	CONV_NUM8, /* any length, saturating */
	CONV_NUM16,
	CONV_NUM32,
	CONV_NUM64,
	CONV_LOW,
	CONV_MAC,
	CONV_MPLS,
	CONV_ACL,
	CONV_TEXT,
	CONV_BYTES,
	CONV_FLOAT,
	CONV_LIST,
	CONV_MULTI,
	CONV_NONE, /* dropped again */
	CONV_COUNT
};

struct wire_op {
	uint16_t src;
	uint16_t dst;
	uint16_t len;
	uint8_t conv; /* enum wire_conv */
	uint8_t target;
};

#define WIRE_VARIABLE 65535 /* length of a field */
#define WIRE_RECORD_MAX 65531 /* longer records do not fit in a set */

struct wire_template {
	struct wire_node node;
	TAILQ_ENTRY(wire_template) lru;
	uint16_t id;
	uint16_t fields;
	uint16_t scopes;
	bool is_options;
	bool is_known; /* has an element that we understand */
	bool is_variable;
	bool is_reset; /* clear the flow before each record */
	uint16_t unknown; /* elements */
	uint16_t ops;
	uint16_t group[CONV_COUNT + 1]; /* first op of a conversion */
	uint32_t record_len; /* the shortest possible when variable */
	uint32_t size; /* in memory */
	uint32_t def_len;
	struct wire_shape shape;
	uint16_t *lens; /* per field when variable */
	uint8_t *def; /* fields as they were sent */
	struct wire_op op[];
};

TAILQ_HEAD(wire_template_list, wire_template);

#define WIRE_TEMPLATE_FIRST 256 /* ids below it are those of other sets */

/* A template as it stands in a packet. */
struct wire_definition {
	uint16_t version; /* 9, 10 */
	uint16_t id;
	uint16_t fields;
	uint16_t scopes; /* of them, at the front */
	bool is_options;
	const uint8_t *def;
	size_t def_len;
};

/* One field of a definition. */
struct wire_spec {
	uint32_t pen;
	uint16_t number;
	uint16_t len;
};

/* Read a field specifier; r latches bad when it is cut. */
void wire_spec_read(struct reader *r, uint16_t version, struct wire_spec *s);

/* Sum of the lengths is zero: no record can exist. */
bool wire_definition_empty(const struct wire_definition *def);

/* Compile; NULL when out of memory.  Release with free(). */
struct wire_template *wire_template_new(const struct wire_definition *def);

/* Was t made from the same definition? */
bool wire_template_is(const struct wire_template *t,
    const struct wire_definition *def);

/* Work out steps and what else follows from the claims of *s. */
void wire_shape_derive(struct wire_shape *s);

/* Extension bit for a target of the conversion, 0 if none. */
uint64_t wire_target_extension(unsigned target, enum wire_conv conv);

/* May a field of len bytes go through the conversion? */
bool wire_conv_accepts(enum wire_conv conv, size_t len);

/* Run one operation on len bytes at p, which wire_conv_accepts(). */
void wire_op_run(const struct wire_op *op, struct wire_record *r,
    const uint8_t *p, size_t len);

/*
 * An IPv4 address that the record lacks is 0.0.0.0 when it has the other of the
 * pair, or a field for it that is empty.
 */
void wire_fill_addresses(struct wire_record *r);

/* Copy one record of a template without variable fields. */
void wire_copy_fixed(const struct wire_template *t, struct wire_record *r,
    const uint8_t *p);

/* Templates to find those of sub template lists in. */
struct wire_template *wire_template_find(const struct wire_table *t,
    uint16_t id);

/*
 * Copy one record of a template with variable fields.  -1 when it does not
 * fit.  Adds to *malformed what was refused inside of it.
 */
int wire_copy_variable(const struct wire_template *t, struct wire_record *r,
    struct reader *in, const struct wire_table *templates,
    unsigned *malformed);

#endif
