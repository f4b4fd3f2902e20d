/*
 * Checks of single records.
 */

#include <string.h>

#include "base/bytes.h"
#include "record/check.h"
#include "record/info.h"
#include "record/names.h"
#include "record/v3_int.h"

/* Records of other versions that have one length. */
#define RECORD_SAMPLER_OLD 9
#define RECORD_SAMPLER_OLD_LEN 16
#define RECORD_FILLER 256

/* Up to nfdump 1.7.1; no collector writes it. */
#define SAMPLER_OLD_PAYLOAD 12

struct element {
	const uint8_t *data; /* with its header */
	uint16_t ext;
	uint16_t len;
};

struct elements {
	unsigned stated; /* as the record has it */
	unsigned count; /* those that are whole */
	struct element at[RECORD_V3_ELEMENTS_MAX];
	size_t rest; /* bytes behind them that are no element */
};

/* The elements as their lengths have them; -1 if there are too many. */
static int
walk_elements(const struct span *record, struct elements *e)
{
	const uint8_t *p = record->data + RECORD_V3_HEADER_LEN;
	size_t left = record->len - RECORD_V3_HEADER_LEN;
	uint16_t len;

	e->stated = load_u16(record->data + 4);
	for (e->count = 0; left >= RECORD_ELEMENT_HEADER_LEN; e->count++) {
		len = load_u16(p + 2);
		if (len < RECORD_ELEMENT_HEADER_LEN || len > left)
			break;
		if (e->count == RECORD_V3_ELEMENTS_MAX)
			return -1;
		e->at[e->count] = (struct element){ p, load_u16(p), len };
		p += len;
		left -= len;
	}
	e->rest = left;
	return 0;
}

static bool
is_known(unsigned ext)
{
	return ext != EXT_HEADER && ext < EXT_COUNT;
}

/* Is the length one that this extension may have? */
static bool
has_right_length(const struct element *e)
{
	unsigned payload = e->len - (unsigned)RECORD_ELEMENT_HEADER_LEN;
	const struct rec_ext *row;

	if (!is_known(e->ext))
		return true;
	row = &rec_exts[e->ext];
	if (e->ext == EXT_NAT_EVENT &&
	    payload == rec_exts[EXT_NAT_EVENT_OLD].size)
		return true;
	if (e->ext == EXT_SAMPLER && payload == SAMPLER_OLD_PAYLOAD)
		return true;
	return payload == row->size ||
	    (row->is_variable && payload > row->size);
}

/* Does an element behind it have the same number? */
static bool
is_repeated(const struct elements *e, unsigned i)
{
	for (unsigned k = i + 1; is_known(e->at[i].ext) && k < e->count; k++)
		if (e->at[k].ext == e->at[i].ext)
			return true;
	return false;
}

static enum record_state
check_element(const struct elements *e, unsigned i, struct err *err)
{
	const struct element *at = &e->at[i];

	if (!has_right_length(at)) {
		err_set(err, ERR_MALFORMED, "extension %u of %u bytes",
		    at->ext, at->len);
		return RECORD_ODD;
	}
	if (is_repeated(e, i)) {
		err_set(err, ERR_MALFORMED, "extension %u twice", at->ext);
		return RECORD_ODD;
	}
	if (!is_known(at->ext)) {
		err_set(err, ERR_MALFORMED, "extension %u", at->ext);
		return RECORD_FOREIGN;
	}
	return RECORD_SOUND;
}

static enum record_state
check_elements(const struct elements *e, struct err *err)
{
	enum record_state state, worst = RECORD_SOUND;
	struct err why;

	for (unsigned i = 0; i < e->count; i++) {
		state = check_element(e, i, &why);
		if (state > worst) {
			worst = state;
			err_set(err, why.code, "%s", why.text);
		}
	}
	return worst;
}

static enum record_state
check_flow(const struct span *record, struct err *err)
{
	struct elements e;

	if (record->len < RECORD_V3_HEADER_LEN) {
		err_set(err, ERR_MALFORMED, "flow record of %u bytes",
		    record->len);
		return RECORD_BAD;
	}
	if (walk_elements(record, &e) == -1) {
		err_set(err, ERR_MALFORMED, "flow record of more than %d "
		    "elements", RECORD_V3_ELEMENTS_MAX);
		return RECORD_BAD;
	}
	if (e.rest > 0 && e.count < e.stated) {
		err_set(err, ERR_MALFORMED,
		    "element %u of a flow record does not fit", e.count);
		return RECORD_BAD;
	}
	if (e.rest > 0 || e.count != e.stated) {
		err_set(err, ERR_MALFORMED, "flow record of %u elements and "
		    "%zu bytes, it says %u elements", e.count, e.rest,
		    e.stated);
		return RECORD_ODD;
	}
	return check_elements(&e, err);
}

/* Length of a record of names: elements of one size behind a header. */
static bool
is_names_length(const struct span *record, size_t header)
{
	size_t count, size;

	if (record->len < 8)
		return false;
	count = load_u16(record->data + 4);
	size = load_u16(record->data + 6);
	if (count == 0 || size == 0) /* the form of 1.7.0, or a filler */
		return true;
	return record->len == header + count * size;
}

static bool
is_stats_length(const struct span *record)
{
	return record->len >= RECORD_EXPORTER_STATS_HEADER_LEN &&
	    record->len == RECORD_EXPORTER_STATS_HEADER_LEN +
	    (uint64_t)RECORD_EXPORTER_STATS_ENTRY_LEN *
	    load_u32(record->data + 4);
}

/* Of a record that is no flow; *known tells whether we know the type. */
static bool
has_its_length(uint16_t type, const struct span *record, bool *known)
{
	*known = true;
	switch (type) {
	case RECORD_EXPORTER:
		return record->len == RECORD_EXPORTER_LEN;
	case RECORD_EXPORTER_STATS:
		return is_stats_length(record);
	case RECORD_SAMPLER_OLD:
		return record->len == RECORD_SAMPLER_OLD_LEN;
	case RECORD_APP_NAMES:
		return is_names_length(record,
		    RECORD_APP_NAMES_HEADER_LEN);
	case RECORD_IF_NAMES:
	case RECORD_VRF_NAMES:
		return is_names_length(record, RECORD_NAMES_HEADER_LEN);
	case RECORD_SAMPLER:
		return record->len == RECORD_SAMPLER_LEN;
	case RECORD_FILLER:
		return true;
	default:
		*known = false;
		return true;
	}
}

enum record_state
record_check(uint16_t type, const struct span *record, struct err *err)
{
	bool known;

	if (type == RECORD_FLOW_V3)
		return check_flow(record, err);
	if (!has_its_length(type, record, &known)) {
		err_set(err, ERR_MALFORMED, "record of type %u has %u bytes",
		    type, record->len);
		return RECORD_BAD;
	}
	if (known)
		return RECORD_SOUND;
	err_set(err, ERR_MALFORMED, "record of type %u", type);
	return RECORD_FOREIGN;
}

uint16_t
record_mend(const struct span *record, uint8_t *out)
{
	struct elements e;
	size_t len = RECORD_V3_HEADER_LEN;
	uint16_t kept = 0;

	memcpy(out, record->data, RECORD_V3_HEADER_LEN);
	if (walk_elements(record, &e) == 0) {
		if (e.rest > 0 && e.count > e.stated)
			e.count = e.stated; /* what follows is no element */
		for (unsigned i = 0; i < e.count; i++) {
			if (!has_right_length(&e.at[i]) || is_repeated(&e, i))
				continue;
			memcpy(out + len, e.at[i].data, e.at[i].len);
			len += e.at[i].len;
			kept++;
		}
	}
	store_u16(out + 2, (uint16_t)len);
	store_u16(out + 4, kept);
	return (uint16_t)len;
}
