#ifndef FLOWCAPD_INTAKES_H
#define FLOWCAPD_INTAKES_H

#include "base/err.h"
#include "common/tls.h"
#include "flowcapd/args.h"
#include "flowcapd/intake.h"

/*
 * Whatever the command line tells to receive from: sockets, each of them once
 * for every receiver, or a capture.
 */

struct intakes {
	struct intake **list; /* those of the first receiver first */
	unsigned receivers;
	unsigned each; /* of a receiver */
	uint32_t buffer; /* the smallest receive buffer, bytes */
	struct tls_context *tls; /* NULL: nobody needs it */
};

/* Open them, and say so.  On failure *in is to be closed, too. */
int intakes_open(const struct config *o, struct intakes *in, struct err *err);

/* What waits for its input waits no more. */
void intakes_interrupt(const struct intakes *in);

void intakes_close(struct intakes *in);

#endif
