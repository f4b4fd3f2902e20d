#ifndef FLOWCAPD_INTAKE_INLET_H
#define FLOWCAPD_INTAKE_INLET_H

#include "common/inlet.h"
#include "flowcapd/intake.h"

/* Messages that come by TCP or TLS, each taken as a datagram. */

/* Listen, waiting for who was just killed and has the port.  See inlet.h. */
struct intake *intake_inlet(const struct inlet_options *o, struct err *err);

uint16_t intake_inlet_port(const struct intake *in);

/*
 * When all that share a port are open, for one of them: the system chooses by
 * the address of the sender, as udp_shard() does.
 */
int intake_inlet_shard(const struct intake *in, struct err *err);

#endif
