#ifndef WIRE_STATE_H
#define WIRE_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/buffer.h"
#include "base/err.h"
#include "wire/decode.h"

/*
 * What a decoder knows of exporters and would have to wait for after a
 * restart: templates, sampling rates, names, the time they were started,
 * sequence numbers.  Bytes in, bytes out; where they are kept is the caller's
 * choice.
 *
 * The format has a version and a checksum, and is ours alone: one that is
 * not understood is refused whole, and costs a collector no more than waiting.
 * Templates are kept as they were sent, and are checked and compiled again.
 *
 * Sequence numbers are kept at an orderly stop only: those of a state that
 * was saved before would make received flows look like missing ones after a
 * crash.  What an exporter sent between stop and start is counted once, with
 * its next packet, as missed while stopped: it is no failure of the network,
 * so neither a sequence failure nor a missing flow.  An exporter that began
 * to count anew meanwhile missed nothing that could be told.
 */

/* Of which senders? */
typedef bool (*wire_sender_fn)(void *ctx, struct addr sender);

/*
 * Append the state of the exporters of all senders that wants() is true for
 * (NULL: all).  States of several decoders may follow each other.
 * ERR_NOMEM, and then nothing was appended.
 */
int wire_state_save(const struct wire_decoder *d, wire_sender_fn wants,
    void *ctx, bool is_stop, struct buffer *out, struct err *err);

/*
 * Take over states that follow each other, of the senders that wants() is
 * true for, within the limits of the decoder.  What the decoder has already
 * is newer and stays.  ERR_MALFORMED: nothing was taken over.  Exporters that
 * come with it, and their rates, are told with their first datagram, as if
 * they were new; until then they are in no list.
 */
int wire_state_load(struct wire_decoder *d, const uint8_t *data, size_t len,
    wire_sender_fn wants, void *ctx, struct err *err);

/*
 * Has anything that is saved changed since the last call?  Costs nothing;
 * sequence numbers do not count.
 */
bool wire_state_is_changed(struct wire_decoder *d);

#endif
