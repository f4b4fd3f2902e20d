#ifndef FLOWCAPD_CAPTURE_INT_H
#define FLOWCAPD_CAPTURE_INT_H

#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "flowcapd/capture.h"
#include "flowcapd/correct.h"
#include "flowcapd/eventlog.h"
#include "flowcapd/slotclock.h"
#include "flowcapd/tally.h"
#include "record/info.h"
#include "record/v3.h"

/*
 * What the files of a receiver share: capture.c receives, lane.c fills
 * blocks, slot_end.c closes slots.
 */

/* What a receiver has of a source. */
struct lane {
	struct source *source;
	struct block *current; /* NULL: none yet, or none is free */
	struct correct *correct; /* of current; NULL: there is no memory */
	/* Lanes with something in their block, by the age of that. */
	struct lane *older, *newer;
	bool is_timed; /* in that list */
	int64_t since_ms; /* when the block got its first record */
	struct slot_counters counters; /* of this slot */
	bool is_active; /* had a datagram in this slot */
	bool is_called; /* for these records */
	bool needs_exporters; /* records about them are missing in the file */
	uint32_t exporters_wanted; /* what the source said last */
	/* Records at this length of the block follow those of an exporter. */
	uint16_t tail_sysid;
	size_t tail_len;
	/* At the end of a slot: its statistics in a list of all. */
	uint32_t stats_first, stats_count, stats_put;
};

#define SENDERS 1024 /* remembered; a power of two */

struct sender {
	struct addr addr;
	struct lane *lane; /* NULL: it has none */
	bool is_known;
};

struct capture {
	struct capture_options options;
	struct wire_decoder *decoder;
	struct record_encoder *encoder;
	struct lane *lane; /* of the datagram in work; NULL between them */
	struct lane **lanes; /* by number of source; NULL: none yet */
	uint32_t lane_room;
	uint32_t lane_count;
	struct lane *oldest, *newest; /* of those that are timed */
	int64_t round_ms; /* monotonic, of this round */
	int64_t round_s; /* the same by the wall clock */
	uint64_t now_ms; /* arrival of the datagram in work */
	struct slotclock clock;
	bool has_slot; /* false before the first datagram of a replay */
	uint64_t slot; /* number of it */
	uint64_t datagrams; /* in this slot */
	uint64_t ignored;
	uint64_t drops_told; /* kernel drops of earlier slots */
	uint32_t generation; /* of the sources */
	uint32_t tuned; /* generation of the settings in use */
	uint32_t exporters_wanted;
	struct record_exporter_stats *stats; /* of a slot's end */
	uint32_t stats_room;
	bool state_changed; /* what is kept of exporters */
	int64_t state_due_ms; /* when it may be saved again */
	struct tally tally;
	struct eventlog events;
	bool is_replay;
	atomic_uint requests;
	int wake; /* eventfd */
	struct pollfd *polled; /* intakes, then wake */
	struct sender senders[SENDERS];
};

/* Is the sender one of this receiver's? */
bool capture_owns(const struct capture *c, struct addr sender);

/* The lane of a sender, or NULL when it has no source. */
struct lane *lane_of(struct capture *c, struct addr sender);

/*
 * The lane of a sender that has had one, or NULL.  No source is made for what
 * is only known from a time before.
 */
struct lane *lane_met(struct capture *c, struct addr sender);

/* Forget which senders have which source. */
void lanes_forget_senders(struct capture *c);

/* Another default rate: flows of two are not in one block. */
void lanes_set_rate(struct capture *c, uint32_t rate);

/* A block with room for len bytes, or NULL when none is free. */
struct block *lane_block(struct capture *c, struct lane *l, size_t len);

/* Send the current block off unless it is empty. */
void lane_hand_over(struct capture *c, struct lane *l);

/* Something may have been put into the block: it gets an age. */
void lane_touch(struct capture *c, struct lane *l);

/* Send off the blocks that have waited long enough. */
void lanes_flush(struct capture *c);

/*
 * Put records about all exporters known into the blocks of those lanes that
 * are called, or of this one.
 */
void lanes_put_exporters(struct capture *c);
void lane_put_exporters(struct capture *c, struct lane *l);

/*
 * A slot begins: lanes that were active are likely to be so again, and get
 * their records about exporters now, the others with their next datagram.
 */
void lanes_begin_slot(struct capture *c);

/* Take up what the writer says is missing in files. */
void lanes_take_wants(struct capture *c);

void lanes_free(struct capture *c);

/* What a decoder tells us. */
extern const struct wire_sink lane_sink;

/*
 * Close the slot: statistics of exporters, then the mark.  Fails when no block
 * is free; then the slot goes on and this is tried again.
 */
int slot_close(struct capture *c, int64_t next_s, bool is_last);

/* Log the counters of this slot so far. */
void slot_report(struct capture *c);

/* Put our part of a status on the board; without memory, none. */
void capture_tell(struct capture *c);

/* When the state of exporters may be saved, for a change or anyhow. */
enum state_moment { STATE_ROUND, STATE_SLOT_END, STATE_STOP };

void capture_save_state(struct capture *c, enum state_moment moment);

/* Datagrams dropped by the system since the start. */
uint64_t capture_dropped(const struct capture *c);

#endif
