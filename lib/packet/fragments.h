#ifndef PACKET_FRAGMENTS_H
#define PACKET_FRAGMENTS_H

#include "base/err.h"
#include "packet/headers.h"

/*
 * Fragments of datagrams to whole ones.  A fixed number of datagrams is kept
 * in work; one that is not complete in time, or the oldest when a new one
 * finds no room, is given up.
 */

#define FRAGMENTS_DATAGRAMS 64
#define FRAGMENTS_TIMEOUT_MS 30000

struct fragments;

struct fragments *fragments_new(struct err *err);
void fragments_free(struct fragments *f);

/*
 * Add a fragment that came at now_ms.  1 when it was the last that lacked:
 * *p becomes the whole datagram, its bytes live until the next call.  0 when
 * others lack.  What overlaps, is cut or has no place in a datagram is
 * passed over.
 */
int fragments_add(struct fragments *f, struct packet *p, uint64_t now_ms);

/* Datagrams given up, and those that still lack something. */
uint64_t fragments_lost(const struct fragments *f);

#endif
