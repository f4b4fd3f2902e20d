#ifndef PACKET_DATAGRAMS_H
#define PACKET_DATAGRAMS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "packet/headers.h"
#include "packet/sum.h"

/*
 * Which datagram a fragment is of, and so which flow: the ports are in the
 * first one, which may come last.  Fragments before it wait, but only as
 * sums; nothing is put together (that is packet/fragments.h).
 */

struct datagrams;

/*
 * Room for so many datagrams, each of which is forgotten after timeout_ms.
 * The seed keeps others from choosing what collides.
 */
struct datagrams *datagrams_new(uint32_t room, uint32_t timeout_ms,
    uint64_t seed, struct err *err);

/* NULL is allowed. */
void datagrams_free(struct datagrams *d);

/*
 * Call this until it returns 0, before each datagrams_add() and now and then.
 * 1: the first fragment did not come in time or there is no room to wait for
 * it: *p is a packet without ports that stands for *sum.  now_ms does not go
 * back.
 */
int datagrams_give_up(struct datagrams *d, uint64_t now_ms, struct packet *p,
    struct packet_sum *sum);

/* As at the end: no datagram is waited for any longer. */
int datagrams_drain(struct datagrams *d, struct packet *p,
    struct packet_sum *sum);

/*
 * Add a fragment that counts as *sum.  True: *p has the ports of its datagram
 * now, and *sum those that waited as well.  False: it waits.
 */
bool datagrams_add(struct datagrams *d, uint64_t now_ms, struct packet *p,
    struct packet_sum *sum);

#endif
