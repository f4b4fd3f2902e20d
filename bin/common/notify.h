#ifndef COMMON_NOTIFY_H
#define COMMON_NOTIFY_H

#include <stdint.h>

/*
 * What a service manager is told, by the protocol of sd_notify(3): a datagram
 * of text to the socket that the environment names.  It is stable and this
 * small, so libsystemd is not needed.  Without a manager all of it does
 * nothing.
 */

/* "READY=1", "STOPPING=1", "WATCHDOG=1", ...; several in lines. */
void notify_send(const char *state) __attribute__((nonnull));

/* "RELOADING=1" with the time that the protocol wants; READY=1 follows. */
void notify_reloading(void);

/* How often the manager wants to hear WATCHDOG=1, 0: not from us. */
uint64_t notify_watchdog_ms(void);

#endif
