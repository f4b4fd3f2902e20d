#ifndef COMMON_LOG_H
#define COMMON_LOG_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/buffer.h"

/*
 * Messages of a daemon: lines on standard error in the foreground, syslog
 * (facility daemon) in the background.  Set up before threads start; after
 * that any thread may log, and log_limit(), log_detach() and log_reopen() may
 * be called beside them.
 */

/* Name for syslog, kept by reference.  Messages go to standard error. */
void log_init(const char *name);

/* From now on nothing is told but warnings and errors. */
void log_quiet(void);

/* Leave out messages above a level of syslog, of 0 to 7; -1: all of them. */
void log_limit(int level);

/* Another facility of syslog than daemon, by name; false: there is none. */
bool log_facility(const char *name);

/* Append the names of facilities, each with a blank behind. */
void log_facility_names(struct buffer *out);

/*
 * Messages go to syslog.  Until log_detach() warnings and errors go to
 * standard error as well, so that a failing start is seen by its caller.
 */
void log_to_syslog(void);
void log_detach(void);

/* The descriptor to syslog was closed with all others: use a new one. */
void log_reopen(void);

/* Trouble that lasts and is told once a minute; { 0 } at first. */
struct log_pause {
	atomic_int_fast64_t told_s; /* 0: never */
};

/* Is it to be told now?  One thread is told so. */
bool log_is_due(struct log_pause *p);

void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warning(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
