/*
 * Salvage of layout 1: its header, and its records, each of which is
 * converted to tell whether it can be read.
 */

#include <string.h>

#include "base/bytes.h"
#include "record/check.h"
#include "record/v1.h"
#include "store/layout1.h"
#include "store/salvage.h"

#define RECORD_TEXT "record 0: "

static bool
is_of_layout_1(uint16_t type)
{
	return type <= RECORD_V1_SAMPLER_INFO || type == RECORD_V1_SAMPLER ||
	    type == RECORD_V1_FLOW;
}

static int
take_map(struct salvage *s, const struct span *record, struct err *why)
{
	if (s->maps == NULL && (s->maps = record_v1_maps_new(why)) == NULL)
		return -1;
	if (record_v1_maps_take(s->maps, record->data, record->len, why) ==
	    -1)
		return -1;
	s->state = record_v1_maps_state(s->maps);
	return 0;
}

static int
convert(struct salvage *s, const struct span *record, struct err *why)
{
	uint32_t records;

	if (record_v1_convert(s->state, 0, record->data, record->len,
	    &s->converted, &records, why) == 0)
		return 0;
	/* it counts from the start of what it got */
	if (strncmp(why->text, RECORD_TEXT, sizeof(RECORD_TEXT) - 1) == 0)
		err_set(why, why->code, "%s",
		    why->text + sizeof(RECORD_TEXT) - 1);
	return -1;
}

enum record_state
salvage_check_v1(struct salvage *s, uint16_t type, const struct span *record,
    struct err *why)
{
	enum record_state state;

	if (is_of_layout_1(type)) {
		if (convert(s, record, why) == -1 ||
		    (type == RECORD_V1_MAP && take_map(s, record, why) == -1))
			return RECORD_BAD;
		return RECORD_SOUND;
	}
	state = record_check(type, record, why);
	if (state < RECORD_ODD)
		buffer_add(&s->converted, record->data, record->len);
	return state;
}

int
salvage_header_v1(struct salvage *s, struct err *err)
{
	uint8_t data[STORE_V1_HEADER_LEN];
	ssize_t len = store_pread(s->file.fd, data, sizeof(data), 0);
	struct store_v1_header h = { .codec = CODEC_NONE };
	struct err why;

	if (len == -1)
		return err_system(err, "%s: reading", s->file.path);
	if ((size_t)len < sizeof(data))
		return err_set(err, ERR_MALFORMED,
		    "%s: %zd bytes of a header of %d", s->file.path, len,
		    STORE_V1_HEADER_LEN);
	if (store_file_measure(&s->file, err) == -1)
		return err_context(err, "%s", s->file.path);
	salvage_start(s, data);
	if (store_v1_header_get(data, sizeof(data), &h, &why) == -1)
		salvage_tell(s, FINDING_DAMAGE, "%s", why.text);
	s->h.compression = (uint8_t)h.codec;
	s->h.blocks = h.blocks;
	s->start = STORE_V1_HEADER_LEN;
	s->v->v1_flags = h.flags;
	s->v->has_stats = h.is_closed;
	s->v->is_unfinished = !h.is_closed;
	s->v->stats = h.stats;
	store_ident_get(s->v->ident, (const uint8_t *)h.ident,
	    strnlen(h.ident, STORE_IDENT_MAX - 1));
	return 0;
}

void
salvage_compare_v1(struct salvage *s)
{
	if (s->v->is_unfinished)
		salvage_tell(s, FINDING_DAMAGE, "not complete: it is being "
		    "written, or a crash left it");
	else if (s->number != s->h.blocks)
		salvage_tell(s, FINDING_DAMAGE, "%u data blocks, the header "
		    "says %u", s->number, s->h.blocks);
}
