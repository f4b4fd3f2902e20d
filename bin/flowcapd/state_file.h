#ifndef FLOWCAPD_STATE_FILE_H
#define FLOWCAPD_STATE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "flowcapd/block.h"

/*
 * The file that keeps what the decoders know of exporters, so that a restart
 * does not have to wait for templates.  One for the collector: in its data
 * directory, that of its first source, or the base of its dynamic ones.
 */

/* Readers of all versions pass over these names. */
#define STATE_FILE_NAME ".flowcapd.state.stat"
#define STATE_FILE_NEW ".flowcapd.state.new.stat"

struct state_file;

/*
 * In this directory, which is opened (common/place.h); its name is kept by
 * reference.  NULL: ERR_SYSTEM, ERR_NOMEM.
 */
struct state_file *state_file_open(const char *dir, unsigned receivers,
    bool is_synced, struct err *err);

/* NULL is allowed. */
void state_file_close(struct state_file *f);

/*
 * All of the file, for free().  1, 0 when there is none, -1 with ERR_SYSTEM,
 * ERR_NOMEM, or ERR_MALFORMED when it is larger than max or no file.
 */
int state_file_read(const struct state_file *f, size_t max, uint8_t **data,
    size_t *len, struct err *err);

/*
 * From now on keep it in that directory, which is ours; its name is kept by
 * reference.  It is written there, and no longer where it was.  Logs.
 */
void state_file_follow(struct state_file *f, const char *dir);

/*
 * Keep the state of a receiver, which is taken over, and write those of all
 * once there is one of each.  The old file stays until the new one is whole;
 * trouble is logged once until a file was written again.
 */
void state_file_put(struct state_file *f, struct state_item *state);

#endif
