#ifndef FLOWCAPD_INTAKES_H
#define FLOWCAPD_INTAKES_H

#include "base/err.h"
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
};

/* Open them, and say so.  On failure *in is to be closed, too. */
int intakes_open(const struct config *o, struct intakes *in, struct err *err);

/* What waits for its input waits no more. */
void intakes_interrupt(const struct intakes *in);

void intakes_close(struct intakes *in);

/* Where to listen, from a URL: SCHEME://[HOST][:PORT]. */
struct listen_url {
	char host[256]; /* "": any */
	char port[32];
	enum intake_tera tera;
};

/*
 * Schemes are netflow, ipfix, sflow and udp; they only tell the port of a URL
 * without one, each of these protocols is taken everywhere; and tera+udp, for
 * that one alone.  ERR_USAGE.
 */
int listen_url_parse(const char *text, struct listen_url *url,
    struct err *err);

#endif
