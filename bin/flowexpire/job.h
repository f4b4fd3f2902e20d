#ifndef FLOWEXPIRE_JOB_H
#define FLOWEXPIRE_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "flowexpire/args.h"
#include "flowexpire/places.h"

/* What a run is about. */
struct job {
	const char *name; /* of the program */
	const struct config *config;
	struct places places;
	int64_t now_s;
	bool has_trouble; /* told, and to be seen from the exit status */
};

/* Tell on standard error what goes wrong and does not end the run. */
void job_warn(void *job, const struct err *why);

/* Print a line about the way, if lines are wanted. */
void job_note(const struct job *j, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Before the files of a directory are counted: what a running nfcapd has
 * counted of them counts no more.
 */
void job_clear_pending(struct job *j, uint32_t dir);

/* Put the limits that the command line has into the books. */
void job_set_limits(const struct job *j, struct books *b);

/* Print the books of all directories together; r is NULL or for -e. */
int job_report(const struct job *j, const struct expire_result *r,
    struct err *err);

/* -l, -L, -r and -u. */
int job_keep_books(struct job *j, struct err *err);

/* -e */
int job_expire(struct job *j, struct err *err);

#endif
