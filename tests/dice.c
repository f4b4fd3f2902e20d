/*
 * SplitMix64.
 */
#include "dice.h"

#include <stdlib.h>
#include <time.h>

#include "tap.h"

void
dice_init(struct dice *d)
{
	const char *text = getenv("SEED");
	struct timespec ts;

	if (text != NULL)
		d->state = strtoull(text, NULL, 10);
	else {
		clock_gettime(CLOCK_REALTIME, &ts);
		d->state =
		    (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
	}
	note("SEED=%ju", (uintmax_t)d->state);
}

uint64_t
dice_next(struct dice *d)
{
	uint64_t v = d->state += UINT64_C(0x9e3779b97f4a7c15);

	v = (v ^ v >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	v = (v ^ v >> 27) * UINT64_C(0x94d049bb133111eb);
	return v ^ v >> 31;
}

uint64_t
dice_below(struct dice *d, uint64_t n)
{
	return dice_next(d) % n;
}

uint64_t
dice_any(struct dice *d)
{
	unsigned shift = (unsigned)dice_below(d, 64);

	return dice_next(d) >> shift;
}

void
dice_fill(struct dice *d, void *data, size_t len)
{
	unsigned char *p = data;

	while (len-- > 0)
		*p++ = (unsigned char)dice_next(d);
}
