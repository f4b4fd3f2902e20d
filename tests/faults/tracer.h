/*
 * Whole programs whose system calls fail.  The program is traced, and those of
 * its calls that a plan speaks of are counted, of all its threads and
 * children, from its start on:
 *
 *	struct tracer_plan plan = { .calls = TRACER_WRITE, .first = 3,
 *		.count = 1, .error = ENOSPC, .dir = dir };
 *	struct tracer_result result;
 *
 *	tracer_run(argv, &plan, &result);
 *	if (!result.was_hit)
 *		... it makes less than three such calls ...
 *
 * Calls on files count if they are below the directory of the plan, or its
 * standard output.
 */
#ifndef TESTS_FAULTS_TRACER_H
#define TESTS_FAULTS_TRACER_H

#include <stdbool.h>
#include <sys/types.h>

/* Kinds of calls. */
enum {
	TRACER_OPEN = 1,
	TRACER_READ = 2, /* directories, too */
	TRACER_WRITE = 4,
	TRACER_SYNC = 8,
	TRACER_SIZE = 16, /* cut and extend */
	TRACER_NAME = 32, /* rename, link; make a directory */
	TRACER_STAT = 64, /* look at what is there, set its times, lock it */
	TRACER_MAP = 128, /* files into memory */
	TRACER_REMOVE = 4096,
	TRACER_FILES = 255 | TRACER_REMOVE,
	TRACER_SOCKET = 256, /* make, set up */
	TRACER_TRAFFIC = 512, /* send, receive, poll */
	TRACER_THREAD = 1024,
	TRACER_MEMORY = 2048 /* allocations; with no other kind */
};

/* In place of an error number. */
enum {
	TRACER_KILL = -1, /* the program dies instead of making the call */
	TRACER_SHORT = -2, /* the call reads or writes half of it */
	TRACER_FULL = -3 /* as that, and further ones find no room */
};

#define TRACER_FOR_GOOD 0x40000000 /* a count: all from the first on */

struct tracer_plan {
	unsigned calls;
	unsigned first; /* that fails, from 1; 0: none */
	unsigned count;
	int error;
	/* Absolute paths, without links in them. */
	const char *dir; /* the present one of the program */
	const char *out, *err; /* its standard output and error */
	const char *library; /* for TRACER_MEMORY */
	/*
	 * Called every few milliseconds with the id of the program; NULL is
	 * allowed.
	 */
	void (*tick)(pid_t pid, void *context);
	void *context;
};

#define TRACER_KINDS 13 /* bits of them */

struct tracer_result {
	unsigned calls; /* how many there were */
	unsigned counts[TRACER_KINDS]; /* of each kind, by its bit */
	bool was_hit;
	bool is_late; /* did not end; was killed */
	int status; /* of waitpid() */
	char what[160]; /* the call that failed first, and on what */
};

/* Can programs be traced here?  In this directory one is. */
bool tracer_works(const char *dir);

/*
 * Run a program as the plan says, with empty standard input.
 */
void tracer_run(char *const argv[], const struct tracer_plan *plan,
    struct tracer_result *result);

#endif
