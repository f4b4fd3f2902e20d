#ifndef FLOWPROBE_PROBE_H
#define FLOWPROBE_PROBE_H

#include <signal.h>

#include "base/err.h"
#include "common/daemon.h"
#include "flowprobe/args.h"
#include "flowprobe/capture.h"
#include "flowprobe/files.h"
#include "flowprobe/sender.h"
#include "packet/meter.h"

/* From where packets come to where flows go. */

/* Set by signals, unset when that is done. */
struct probe_requests {
	volatile sig_atomic_t stop;
	volatile sig_atomic_t report;
	volatile sig_atomic_t renew;
};

struct probe {
	struct config config;
	struct probe_requests *requests;
	struct capture *capture;
	struct meter *meter;
	struct files *files; /* NULL: none are written */
	struct sender *sender; /* NULL: nothing is sent */
	struct pidfile pidfile;
	int ready; /* for daemon_ready(); -1 in the foreground */
	bool is_live; /* a device, not a capture */
	bool has_begun; /* encoders are made */
	uint64_t first_ms; /* of the packets; 0: none yet */
	uint64_t flushed_ms;
	struct err trouble; /* of a flow; its code is ERR_NONE without */
};

/* Open what there is to open, and give up root.  ERR_SYSTEM, ERR_VALUE. */
int probe_open(struct probe *p, struct err *err);

/*
 * Work until the capture ends or somebody asks for that.  Then let all flows
 * out, complete the files, log what was counted.
 */
int probe_run(struct probe *p, struct err *err);

void probe_close(struct probe *p);

/* report.c: log what was counted. */
void report_log(const struct probe *p);

#endif
