/*
 * Random numbers for tests that compare with a naive twin.  The seed is new
 * in each run and printed, so that a failure can be repeated with
 * SEED=number in the environment.
 */
#ifndef TESTS_DICE_H
#define TESTS_DICE_H

#include <stddef.h>
#include <stdint.h>

struct dice {
	uint64_t state;
};

/* Seed from the environment or the clock; prints the seed. */
void dice_init(struct dice *d);

uint64_t dice_next(struct dice *d);

/* 0 to n - 1; n is not 0. */
uint64_t dice_below(struct dice *d, uint64_t n);

/* A number of random width, so that small and large ones are met alike. */
uint64_t dice_any(struct dice *d);

void dice_fill(struct dice *d, void *data, size_t len);

#endif
