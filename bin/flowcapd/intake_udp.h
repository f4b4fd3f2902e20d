#ifndef FLOWCAPD_INTAKE_UDP_H
#define FLOWCAPD_INTAKE_UDP_H

#include "flowcapd/intake.h"

/*
 * Datagrams of a bound socket, which is closed with the intake.  NULL with
 * ERR_NOMEM: it is not.
 */
struct intake *intake_udp(int fd, struct err *err);

#endif
