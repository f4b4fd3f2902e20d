#ifndef TWIN_INPUT_H
#define TWIN_INPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "dice.h"
#include "flow/flow.h"

/*
 * Made-up flows of one round: few distinct values, so that keys are met
 * again; both families and none, directions turned, counters of every width,
 * extensions that come and go.  They are written to a few files in blocks of
 * random size, in the order in which they stand here.
 */

#define INPUT_FLOWS_MAX 5000
#define INPUT_FILES_MAX 3
#define INPUT_NAME_MAX 16

struct input {
	struct flow flows[INPUT_FLOWS_MAX];
	unsigned count;
	uint64_t begin_ms; /* times are in begin to begin + span, about */
	uint64_t span_ms;
	unsigned files;
	unsigned ends[INPUT_FILES_MAX]; /* flows before the end of a file */
	char names[INPUT_FILES_MAX][INPUT_NAME_MAX]; /* paths and idents */
};

void input_make(struct dice *d, struct input *in);

/* In the present directory; files that are there are replaced. */
void input_write(struct dice *d, const struct input *in);

/* Number of the file, from 0, that holds the flow. */
unsigned input_file_of(const struct input *in, unsigned flow);

/* True once in n times. */
static inline bool
one_in(struct dice *d, unsigned n)
{
	return dice_below(d, n) == 0;
}

/* v * factor / by, at most UINT64_MAX; by is not 0. */
static inline uint64_t
scaled(uint64_t v, uint64_t factor, uint64_t by)
{
	__extension__ unsigned __int128 wide = v;

	wide = wide * factor / by;
	return wide > UINT64_MAX ? UINT64_MAX : (uint64_t)wide;
}

#endif
