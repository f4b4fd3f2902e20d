#ifndef FLOWPROBE_FANOUT_H
#define FLOWPROBE_FANOUT_H

#include "base/err.h"

/*
 * Packet sockets that share a device: the kernel gives each packet to one of
 * them, by its outermost IP addresses.  So both directions, all fragments
 * and all that is in a tunnel come to the same one.
 */

/* ERR_SYSTEM. */
int fanout_join(const int *fds, unsigned count, struct err *err);

#endif
