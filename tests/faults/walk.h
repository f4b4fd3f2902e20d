/*
 * Programs walked through faults: a command is run once on a sound system, and
 * then again and again with one call after the other failing.  What it leaves
 * each time must be right, or what was there before, and it must say so.
 *
 * $FAULTS=all walks every call; else some of each kind are taken.  $WALK is the
 * name of the only one to be walked.
 */
#ifndef TESTS_FAULTS_WALK_H
#define TESTS_FAULTS_WALK_H

#include <stdbool.h>
#include <stddef.h>

#include "faults/snapshot.h"
#include "faults/tracer.h"

#define WALK_ARGS 20
#define WALK_FILES 10

struct walk_file {
	const char *data; /* below tests/data */
	const char *name;
};

struct walk_run;

struct walk {
	const char *name;
	/* The first is a program of ours; "@" stands for the directory. */
	const char *argv[WALK_ARGS];
	struct walk_file files[WALK_FILES]; /* that it finds */
	/* Makes more of what it finds, in the present directory; or NULL. */
	void (*set_up)(void);
	void (*tick)(pid_t pid, void *context); /* as that of a plan */
	/*
	 * In place of the usual look at what is left: NULL if it is right, else
	 * what is not.
	 */
	const char *(*check)(const struct walk_run *run);
	/*
	 * Its files of hidden names are its own.  What is left after a failure
	 * is for the next run, which comes to the same end.
	 */
	bool has_books;
	bool has_sums; /* what cannot be read changes what is printed */
	int failure; /* exit status, if not 250 or 255 */
	unsigned more_lines; /* of messages for one fault than one */
	unsigned whole; /* kinds of calls of which all are taken */
	unsigned kinds; /* of calls; 0: TRACER_FILES and memory */
};

/* One run, and what there was before and is to come out. */
struct walk_run {
	const struct walk *walk;
	const struct tracer_plan *plan;
	struct tracer_result result;
	const struct snapshot *before, *want;
	const char *want_out;
	struct snapshot after;
	const char *out, *err; /* what it printed */
	int status; /* exit status, -1: it was killed */
	int want_status;
	unsigned want_lines; /* of messages on a sound system */
};

/* The messages of the program at work, for a tick; to be freed. */
char *walk_messages(void);

/*
 * Run the command of w in the directory as it is, on a sound system.  Its exit
 * status, and what there is then.
 */
int walk_again(const struct walk *w, struct snapshot *s);

/*
 * Each command with every kind of fault, a check for each.  Returns the exit
 * status of the test.
 */
int walk_all(const struct walk *walks, size_t count);

/* To be called first; gives up the test where programs cannot be traced. */
void walk_begin(void);

#endif
