#ifndef FLOWCAPD_INTAKE_PACKETS_H
#define FLOWCAPD_INTAKE_PACKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "common/udp.h"
#include "packet/headers.h"

/*
 * Packets of a capture to the datagrams that they carry, over IPv4 and IPv6,
 * whole or in fragments, also in tunnels.
 */

struct packets;

/* Datagrams to one port, or to any for 0. */
struct packets *packets_new(enum packet_link link, uint16_t port,
    struct err *err);
void packets_free(struct packets *p);

/* Begin another batch. */
void packets_clear(struct packets *p);

/* Is there room for the datagram of any packet? */
bool packets_have_room(const struct packets *p);

/* A packet of len bytes, captured at ns since 1970. */
void packets_add(struct packets *p, const void *data, size_t len, uint64_t ns);

/* The batch.  *list and its bytes live until the next one is begun. */
int packets_list(const struct packets *p, const struct udp_datagram **list);

/* Log what was passed over of the capture. */
void packets_report(const struct packets *p, const char *name);

#endif
