/*
 * What a receiver's decoder knows of exporters, to and from bytes.
 */

#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "flowcapd/capture_int.h"
#include "wire/state.h"

#define STATE_EVERY_MS 10000

static bool
is_ours(void *ctx, struct addr sender)
{
	return capture_owns(ctx, sender);
}

int
capture_load_state(struct capture *c, const uint8_t *data, size_t len,
    struct err *err)
{
	return wire_state_load(c->decoder, data, len, is_ours, c, err);
}

/* Without memory there is none this time. */
static void
put_state(struct capture *c, bool is_stop)
{
	struct state_item *item = NULL;
	struct buffer out = BUFFER_EMPTY;

	if (wire_state_save(c->decoder, NULL, NULL, is_stop, &out, NULL) == 0)
		item = malloc(sizeof(*item) + out.len);
	if (item != NULL) {
		item->item = (struct item){ NULL, ITEM_STATE,
			c->options.receiver, 0 };
		item->len = out.len;
		if (out.len > 0)
			memcpy(item->bytes, out.data, out.len);
		blocks_put(c->options.blocks, &item->item);
	}
	buffer_fini(&out);
}

void
capture_save_state(struct capture *c, enum state_moment moment)
{
	if (!c->options.keeps_state)
		return;
	c->state_changed |= wire_state_is_changed(c->decoder);
	if (moment != STATE_STOP && (!c->state_changed ||
	    (moment == STATE_ROUND && c->round_ms < c->state_due_ms)))
		return;
	c->state_changed = false;
	c->state_due_ms = c->round_ms + STATE_EVERY_MS;
	put_state(c, moment == STATE_STOP);
}
