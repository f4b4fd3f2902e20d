/*
 * What the library of tests/faults/memory.c, loaded before all others, and
 * the test that runs the program share: a piece of memory whose descriptor is
 * in the environment.
 */
#ifndef TESTS_FAULTS_MEMORY_H
#define TESTS_FAULTS_MEMORY_H

#include <stdatomic.h>

#define MEMORY_VARIABLE "FAULTS_MEMORY"

struct memory {
	unsigned first; /* the first that fails, from 1; 0: none */
	unsigned count; /* how many fail */
	atomic_uint calls; /* since main() began, of all threads */
};

#endif
