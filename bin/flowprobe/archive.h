#ifndef FLOWPROBE_ARCHIVE_H
#define FLOWPROBE_ARCHIVE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * Packets as captures of a directory, one for each interval, with the names
 * of flow files and .pcap behind them.  Disks that fail cost packets, which
 * are counted, and stop nothing.  Several threads may put packets.
 */

struct archive_options {
	const char *dir;
	const uint8_t *header; /* of capture_header() */
	uint32_t interval_s;
	unsigned layout;
};

struct archive_counters {
	uint64_t files;
	uint64_t packets; /* that are in files, complete or not */
	uint64_t lost;
	uint64_t astray; /* files that did not get their names */
};

struct archive; /* opaque */

/*
 * Lock the directory, and give the captures that a killed process left there
 * their names.  o->dir is kept by reference.
 */
struct archive *archive_open(const struct archive_options *o,
    struct err *err);

/* A packet of len bytes, caplen of them at data. */
void archive_put(struct archive *a, uint64_t time_us, const uint8_t *data,
    size_t caplen, size_t len);

/*
 * Time goes on without packets: files end, and what waits is written.  If it
 * went back by more than an interval, files end as well.
 */
void archive_set_clock(struct archive *a, uint64_t now_ms);

/* Complete the last file. */
void archive_end(struct archive *a);

void archive_counters(struct archive *a, struct archive_counters *n);

/* NULL is allowed.  What was not completed is left to the next start. */
void archive_close(struct archive *a);

#endif
