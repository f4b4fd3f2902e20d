/*
 * The field table, walked: names, members of struct flow, and the places in
 * a V3 record.
 */
#include "flow/field.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "flow/flow.h"
#include "tap.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* clang-format off */

/* Size and sign of the members, as the compiler has them. */
static const struct {
	size_t size;
	bool is_signed;
} members[FLD_COUNT] = {
#define FIELD(id, member, type) \
	[FLD_##id] = { sizeof(((struct flow *)0)->member), \
	    _Generic(((struct flow *)0)->member, int8_t: true, \
	    int16_t: true, int32_t: true, int64_t: true, default: false) },
#include "flow/fields.def"
};

/* Type of the members, as the compiler has them; MAC addresses are U64. */
static const enum field_type member_types[FLD_COUNT] = {
#define FIELD(id, member, type) \
	[FLD_##id] = _Generic(((struct flow *)0)->member, \
	    uint8_t: FIELD_U8, uint16_t: FIELD_U16, uint32_t: FIELD_U32, \
	    uint64_t: FIELD_U64, struct addr: FIELD_ADDR, \
	    struct span: FIELD_SPAN),
#include "flow/fields.def"
};

static const struct {
	enum field_id id;
	const char *text;
} names[] = {
#define JSON(id, text) { FLD_##id, text },
#include "flow/fields.def"
};

/* Forms of REC rows: bytes on disk, 0 up to the end, and the field's type. */
enum form { U8, U16, U32, U64, V4, V6, BE32, TEXT, TAIL, FORMS };

/* clang-format on */

static const struct {
	size_t size;
	enum field_type type;
} forms[FORMS] = {
	[U8] = { 1, FIELD_U8 },
	[U16] = { 2, FIELD_U16 },
	[U32] = { 4, FIELD_U32 },
	[U64] = { 8, FIELD_U64 },
	[V4] = { 4, FIELD_ADDR },
	[V6] = { 16, FIELD_ADDR },
	[BE32] = { 4, FIELD_U32 },
	[TEXT] = { 0, FIELD_SPAN },
	[TAIL] = { 0, FIELD_SPAN },
};

static const struct rec {
	enum field_id id;
	unsigned ext;
	unsigned offset;
	enum form form;
} recs[] = {
#define REC(id, ext, offset, form) { FLD_##id, ext, offset, form },
#include "flow/fields.def"
};

/*
 * Payload of each extension: bytes of the fixed part (file-format.md 2.3,
 * less the four bytes of the element header; 18 is the shorter form), and
 * whether more may follow.
 */
static const struct {
	unsigned size;
	bool has_tail;
} exts[EXT_NAT_EVENT_OLD + 1] = {
	[EXT_HEADER] = { 12, false },
	[EXT_GENERIC] = { 48, false },
	[EXT_IPV4] = { 8, false },
	[EXT_IPV6] = { 32, false },
	[EXT_MISC] = { 16, false },
	[EXT_COUNTERS] = { 24, false },
	[EXT_VLAN] = { 8, false },
	[EXT_AS] = { 8, false },
	[EXT_BGP_V4] = { 4, false },
	[EXT_BGP_V6] = { 16, false },
	[EXT_NEXT_HOP_V4] = { 4, false },
	[EXT_NEXT_HOP_V6] = { 16, false },
	[EXT_EXPORTER_V4] = { 4, false },
	[EXT_EXPORTER_V6] = { 16, false },
	[EXT_MPLS] = { 40, false },
	[EXT_MAC] = { 32, false },
	[EXT_AS_ADJACENT] = { 8, false },
	[EXT_LATENCY] = { 24, false },
	[EXT_SAMPLER] = { 12, false },
	[EXT_FW_EVENT] = { 16, false },
	[EXT_XLATE_V4] = { 8, false },
	[EXT_XLATE_V6] = { 32, false },
	[EXT_XLATE_PORT] = { 4, false },
	[EXT_ACL] = { 24, false },
	[EXT_USER] = { 68, true },
	[EXT_NAT_EVENT] = { 16, false },
	[EXT_PORT_BLOCK] = { 8, false },
	[EXT_APP_ID] = { 0, true },
	[EXT_LABEL] = { 0, true },
	[EXT_IN_PAYLOAD] = { 0, true },
	[EXT_OUT_PAYLOAD] = { 0, true },
	[EXT_TUNNEL_V4] = { 12, false },
	[EXT_TUNNEL_V6] = { 40, false },
	[EXT_OBSERVATION] = { 16, false },
	[EXT_FRAME_META] = { 4, false },
	[EXT_FRAME] = { 0, true },
	[EXT_VRF] = { 8, false },
	[EXT_PF_LOG] = { 20, true },
	[EXT_LAYER2] = { 32, false },
	[EXT_FLOW_ID] = { 8, false },
	[EXT_NOKIA_SERVICE] = { 4, false },
	[EXT_NOKIA_STRING] = { 4, true },
	[EXT_IP_INFO] = { 4, false },
	[EXT_NAT_EVENT_OLD] = { 24, false },
};

/* A check over all rows: one result, and a comment for each bad row. */
#define BAD(...) (note(__VA_ARGS__), good = 0)

static void
test_members(void)
{
	int good = 1;

	for (int id = 0; id < FLD_COUNT; id++) {
		const struct field *f = &field_table[id];

		if (f->id == NULL || f->type >= FIELD_TYPES)
			BAD("row %d is empty", id);
		else if (f->size != members[id].size ||
		    f->offset + f->size > sizeof(struct flow))
			BAD("%s: size or offset", f->id);
		else if (f->type != member_types[id] &&
		    (f->type != FIELD_MAC || member_types[id] != FIELD_U64))
			BAD("%s: type", f->id);
		else if (members[id].is_signed)
			BAD("%s: signed", f->id);
	}
	ok(good, "types and sizes are those of the members");
	ok(sizeof(struct flow) <= UINT16_MAX, "offsets fit their type");
}

static void
test_member_once(void)
{
	static char owner[sizeof(struct flow)];
	int good = 1;

	for (int id = 0; id < FLD_COUNT; id++) {
		const struct field *f = &field_table[id];

		for (size_t i = f->offset; i < f->offset + f->size; i++)
			if (owner[i]++ != 0)
				BAD("%s: byte %zu is taken", f->id, i);
	}
	ok(good, "no member serves two fields");
}

static void
test_names(void)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz_0123456789";
	int good = 1;
	const char *name;

	for (int id = 0; id < FLD_COUNT; id++) {
		name = field_name((enum field_id)id);
		if (name == NULL)
			BAD("%s has no name", field_table[id].id);
		else if (field_by_name(name) != (enum field_id)id)
			BAD("%s is not %s", name, field_table[id].id);
		else if (name[strspn(name, letters)] != '\0')
			BAD("%s: odd letters", name);
	}
	ok(good, "every field has a name that finds it");
	good = 1;
	for (size_t i = 0; i < COUNT(names); i++)
		for (size_t j = 0; j < i; j++)
			if (names[i].id == names[j].id)
				BAD("%s has two names",
				    field_table[names[i].id].id);
	ok(good, "no field has two names");
	is_int(field_by_name("Src_Addr"), FLD_SRC_ADDR, "Src_Addr");
	is_int(field_by_name(""), FLD_NONE, "the empty name");
	is_int(field_by_name("src_add"), FLD_NONE, "part of a name");
	is_int(field_by_name("src_addrx"), FLD_NONE, "more than a name");
	is_int(field_by_name("mpls_10"), FLD_MPLS_10, "mpls_10");
}

static void
test_record_places(void)
{
	int good = 1;

	for (size_t i = 0; i < COUNT(recs); i++) {
		const struct rec *r = &recs[i];
		const char *name = field_table[r->id].id;
		enum field_type type = field_table[r->id].type;
		size_t end = r->offset + forms[r->form].size;

		if (r->ext >= COUNT(exts) || end > exts[r->ext].size)
			BAD("%s: beyond extension %u", name, r->ext);
		else if (forms[r->form].size == 0 && !exts[r->ext].has_tail)
			BAD("%s: extension %u is fixed", name, r->ext);
		else if (type != forms[r->form].type &&
		    (type != FIELD_MAC || r->form != U64))
			BAD("%s: form and type differ", name);
	}
	ok(good, "every place lies inside its extension");
}

/* What is variable comes last and alone. */
static bool
overlap(const struct rec *a, const struct rec *b)
{
	size_t a_size = forms[a->form].size, b_size = forms[b->form].size;

	if (a->ext != b->ext)
		return false;
	return (b_size == 0 || a->offset < b->offset + b_size) &&
	    (a_size == 0 || b->offset < a->offset + a_size);
}

static void
test_record_overlap(void)
{
	int good = 1;

	for (size_t i = 0; i < COUNT(recs); i++)
		for (size_t j = 0; j < i; j++) {
			if (overlap(&recs[i], &recs[j]))
				BAD("%s and %s overlap",
				    field_table[recs[i].id].id,
				    field_table[recs[j].id].id);
			if (recs[i].ext == recs[j].ext &&
			    recs[i].id == recs[j].id)
				BAD("%s: twice in extension %u",
				    field_table[recs[i].id].id, recs[i].ext);
		}
	ok(good, "no places overlap");
}

/* IPv4 and IPv6 in the pairs of extensions that flow.h lists. */
static bool
is_pair(unsigned v4, unsigned v6)
{
	static const unsigned pairs[][2] = { { 2, 3 }, { 8, 9 }, { 10, 11 },
		{ 12, 13 }, { 20, 21 }, { 31, 32 } };

	for (size_t i = 0; i < COUNT(pairs); i++)
		if (pairs[i][0] == v4 && pairs[i][1] == v6)
			return true;
	return false;
}

static void
test_extensions(void)
{
	is_uint(field_extensions(FLD_EXTENSIONS), 0, "in no extension");
	is_uint(field_extensions(FLD_EXPORTER_ID), FLOW_EXT(EXT_HEADER),
	    "in the header");
	is_uint(field_extensions(FLD_PROTO), FLOW_EXT(EXT_GENERIC), "in one");
	is_uint(field_extensions(FLD_SRC_ADDR),
	    FLOW_EXT(EXT_IPV4) | FLOW_EXT(EXT_IPV6), "in a pair");
	is_uint(field_extensions(FLD_INGRESS_VRF),
	    FLOW_EXT(EXT_VRF) | FLOW_EXT(EXT_NAT_EVENT_OLD), "in two others");
}

static void
test_record_complete(void)
{
	unsigned places[FLD_COUNT] = { 0 }, rows[COUNT(exts)] = { 0 };
	int good = 1;

	for (size_t i = 0; i < COUNT(recs); i++) {
		places[recs[i].id]++;
		rows[recs[i].ext]++;
		if (field_table[recs[i].id].type == FIELD_ADDR &&
		    recs[i].form == V4 &&
		    (i + 1 == COUNT(recs) || recs[i + 1].id != recs[i].id ||
			recs[i + 1].form != V6 ||
			!is_pair(recs[i].ext, recs[i + 1].ext)))
			BAD("%s: no pair", field_table[recs[i].id].id);
	}
	ok(good, "addresses have a place in both extensions of a pair");
	good = 1;
	for (int id = 0; id < FLD_COUNT; id++)
		if (places[id] == 0 && id < FLD_EXTENSIONS)
			BAD("%s has no place", field_table[id].id);
	for (unsigned ext = 0; ext < EXT_COUNT; ext++)
		if (rows[ext] == 0)
			BAD("extension %u has no field", ext);
	ok(good, "every stored field has a place, every extension a field");
	ok(EXT_COUNT <= 64, "extensions fit the bits of a word");
}

static void
test_fieldset(void)
{
	struct fieldset a = { 0 }, b = { 0 }, all = { 0 };
	int good = 1;

	for (int id = 0; id < FLD_COUNT; id++) {
		struct fieldset one = { 0 };

		fieldset_add(&one, (enum field_id)id);
		for (int j = 0; j < FLD_COUNT; j++)
			good &=
			    fieldset_has(&one, (enum field_id)j) == (id == j);
		fieldset_add(id % 3 == 0 ? &a : &b, (enum field_id)id);
		fieldset_merge(&all, &one);
	}
	ok(good, "a set of one field holds that field");
	fieldset_merge(&a, &b);
	is_mem(&a, &all, sizeof(a), "two halves merge to all fields");
	good = 1;
	for (int id = 0; id < FLD_COUNT; id++)
		good &= fieldset_has(&a, (enum field_id)id);
	ok(good, "that holds every field");
}

int
main(void)
{
	test_members();
	test_member_once();
	test_names();
	test_record_places();
	test_record_overlap();
	test_record_complete();
	test_extensions();
	test_fieldset();
	return done_testing();
}
