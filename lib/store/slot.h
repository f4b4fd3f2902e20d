#ifndef STORE_SLOT_H
#define STORE_SLOT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/*
 * Names of rotated files (collector.md section 4, file-format.md section 7):
 * nfcapd.YYYYmmddHHMM[SS] in local time of the slot start, below one of nine
 * sub-directory layouts.
 */

#define SLOT_LAYOUTS 9
#define SLOT_NAME_MAX 128

/* Names of files that are being written, and of two that are being joined. */
#define SLOT_CURRENT "nfcapd.current."
#define SLOT_APPEND ".append"

/* Is that the name of a file that is being written?  Not of joined ones. */
bool slot_is_current(const char *name);

/* strftime pattern of a sub-directory layout, "" for 0; NULL above 8. */
const char *slot_layout(unsigned n);

/* Start of the slot that holds now_s. */
int64_t slot_start(int64_t now_s, uint32_t interval_s);

/*
 * Name of a slot relative to the data directory, sub-directories included.
 * Seconds are in the name when interval_s is below 60.
 */
void slot_name(int64_t start_s, uint32_t interval_s, unsigned layout,
    char name[SLOT_NAME_MAX]);

/* Append the offset to UTC at that time to a name: +hhmm or -hhmm. */
void slot_add_zone(int64_t start_s, char name[SLOT_NAME_MAX]);

/*
 * The slot start that the name of a file tells: nfcapd., 12 or 14 digits in
 * local time, the later one if the clock showed that twice, or in the zone
 * that follows as +hhmm or -hhmm.  -1 if it tells none, or one before 1970.
 */
int slot_time(const char *path, int64_t *start_s);

/*
 * Is the time that the name tells, start_s, one that the clock showed twice?
 * Not when a zone follows it.
 */
bool slot_is_repeated(const char *path, int64_t start_s);

/*
 * Move the complete file current of the open directory to its slot below it:
 * makes sub-directories (0755 less the umask), renames, or appends when the
 * slot's file exists.  When the sub-directories cannot be made, or one is a
 * symbolic link, the file stays in dir itself and *in_base is set.
 */
int slot_commit(int dir, const char *current, const char *name,
    bool *in_base, struct err *err);

/*
 * The same for a file that is none of flows: its name is that of the slot and
 * the suffix, with a number between them when there is such a file.
 */
int slot_commit_other(int dir, const char *current, const char *name,
    const char *suffix, bool *in_base, struct err *err);

/*
 * Put the directories that hold this name on stable storage: dir, which is
 * open for reading, and those below it.  ERR_SYSTEM.
 */
int slot_sync(int dir, const char *name, struct err *err);

#endif
