/*
 * A made-up status of a collector, with a value of its own for every member
 * that status.def names.
 */
#ifndef TESTS_STATUSKIT_H
#define TESTS_STATUSKIT_H

#include "flowcapd/status.h"

#define STATUSKIT_STARTED_S 1700000000

/* Two sources, so many exporters, an interface of the first. */
void statuskit_make(struct status *s, uint32_t exporters);

/* A status_fn; ctx points to how many exporters there are. */
int statuskit_ask(void *ctx, struct status *s, struct err *err);

/* One that fails: "the receivers do not answer". */
int statuskit_refuse(void *ctx, struct status *s, struct err *err);

#endif
