/*
 * System calls by kind, and the files that they are made on.
 */
#ifndef TESTS_FAULTS_CALLS_H
#define TESTS_FAULTS_CALLS_H

#include <limits.h>
#include <linux/filter.h>
#include <stdint.h>
#include <sys/types.h>

#include "faults/tracer.h"

#define CALLS_MAX 128

struct call;

/* NULL if the tracer does not know it. */
const struct call *calls_find(uint64_t number);

const char *calls_name(const struct call *c);
unsigned calls_kind(const struct call *c);

/*
 * The path of the file that the call of a stopped process is about, "" if
 * there is none.
 */
void calls_path(const struct call *c, pid_t pid, const uint64_t *args,
    char path[PATH_MAX]);

/*
 * A program for seccomp that traces the calls of these kinds; the number of
 * its instructions.
 */
unsigned short calls_program(unsigned kinds,
    struct sock_filter program[CALLS_MAX]);

#endif
