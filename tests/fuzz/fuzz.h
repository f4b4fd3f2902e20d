#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/*
 * A fuzz target is a function that takes any bytes, returns 0 and ends the
 * program when a promise is broken.  Each is defined in fuzz_NAME.c as
 *
 *	int
 *	FUZZ_TARGET(NAME)(const uint8_t *data, size_t size)
 *
 * and listed in targets.def.  After ./configure --enable-fuzzing each is a
 * program of libFuzzer (scripts/fuzz runs them); else one program, replay.c,
 * has them all, for the inputs that are stored below corpus/.
 */
#ifdef FUZZING
#define FUZZ_TARGET(name) LLVMFuzzerTestOneInput
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
#else
#define FUZZ_TARGET(name) fuzz_##name
#define TARGET(name) int fuzz_##name(const uint8_t *data, size_t size);
#include "fuzz/targets.def"
#undef TARGET
#endif

static inline void
require(bool held)
{
	if (!held)
		abort();
}

#endif
