#ifndef FLOWCAPD_INTAKE_H
#define FLOWCAPD_INTAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "common/inlet.h"
#include "common/udp.h"

/*
 * Where datagrams come from: a socket, a capture file or device, a file of
 * IPFIX messages.  The receiver takes them in batches and knows no more.
 */

#define INTAKE_END (-2)

/*
 * What carries messages of Tera Flow; a message is then what is taken as a
 * datagram here.  Other protocols are told apart by their bytes.
 */
enum intake_tera {
	INTAKE_NO_TERA,
	INTAKE_TERA_UDP,
	INTAKE_TERA_TCP,
	INTAKE_TERA_TLS,
	INTAKE_TERAS
};

struct intake {
	int fd; /* to poll for reading, -1: it never waits */
	/*
	 * The times of arrival are the clock, not ours: slots follow them,
	 * and nothing is dropped when all blocks are in use, since what is
	 * in a file can wait.
	 */
	bool is_replay;
	enum intake_tera tera; /* what comes is Tera Flow, and nothing else */
	/*
	 * Take what has arrived, up to UDP_BATCH datagrams, without waiting.
	 * Their number, 0 when there is nothing now, INTAKE_END when nothing
	 * more will come, -1 on error.  *list lives until the next call.
	 */
	int (*receive)(struct intake *in, const struct udp_datagram **list,
	    struct err *err);
	/* Datagrams that the system dropped since the start; NULL: none. */
	uint64_t (*dropped)(struct intake *in);
	/* Add what its connections have counted; NULL: there are none. */
	void (*count)(const struct intake *in, struct inlet_counters *n);
	/*
	 * From another thread: a receive() that waits for the other end of a
	 * pipe returns.  NULL: it never waits.
	 */
	void (*interrupt)(struct intake *in);
	/* Ends a capture that ended in the middle; NULL: nothing to close. */
	void (*close)(struct intake *in);
};

#endif
