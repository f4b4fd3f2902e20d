#ifndef FLOWPROBE_PROBE_H
#define FLOWPROBE_PROBE_H

#include <pthread.h>

#include "base/err.h"
#include "common/capture.h"
#include "common/daemon.h"
#include "common/requests.h"
#include "flowprobe/archive.h"
#include "flowprobe/args.h"
#include "flowprobe/files.h"
#include "flowprobe/lane.h"
#include "flowprobe/sender.h"
#include "flowprobe/tally.h"

/* From where packets come to where flows go. */

struct probe {
	struct config config;
	struct requests *requests;
	struct capture *captures[THREADS_MAX]; /* that share a device */
	struct lane *lanes[THREADS_MAX];
	unsigned lane_count;
	struct archive *archive; /* of packets; NULL: none */
	uint64_t begin_ms; /* all of them are there */
	uint64_t start_ms; /* we are */
	struct control *control; /* NULL: none */
	struct pidfile pidfile;
	int ready; /* for daemon_ready(); -1 in the foreground */
	bool is_live; /* a device, not a capture */

	/* Where flows go.  Lanes share it, and take turns. */
	pthread_mutex_t lock;
	struct files *files; /* NULL: none are written */
	struct sender *sender; /* NULL: nothing is sent */
	struct tally tally;
	bool has_begun; /* encoders are made */
	uint64_t flushed_ms; /* when datagrams were last sent as they were */
	struct err trouble; /* of a flow; its code is ERR_NONE without */
};

/*
 * Open what there is to open, and give up root.  ERR_SYSTEM, ERR_VALUE,
 * ERR_NOMEM; ERR_MALFORMED for what is no capture.
 */
int probe_open(struct probe *p, struct err *err);

/*
 * Work until the capture ends or somebody asks for that.  Then let all flows
 * out, complete the files, log what was counted.
 */
int probe_run(struct probe *p, struct err *err);

void probe_close(struct probe *p);

/* What all lanes have counted. */
void probe_count(const struct probe *p, struct lane_counters *n);

/* report_start.c: log what was asked for, as fprobe does. */
void report_start(const struct probe *p);

/* report.c: log what was counted. */
void report_log(struct probe *p);

#endif
