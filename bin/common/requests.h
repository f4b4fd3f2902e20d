#ifndef COMMON_REQUESTS_H
#define COMMON_REQUESTS_H

#include <signal.h>

/*
 * What signals ask of a program that sends: INT and TERM to stop, USR1 to
 * report, HUP to look up names again.  Set by signals, unset by who has done it.
 */
struct requests {
	volatile sig_atomic_t stop;
	volatile sig_atomic_t report;
	volatile sig_atomic_t renew;
};

/*
 * From now on signals are noted in *r, which is kept by reference.  Reading
 * goes on after one that is not to stop.  SIGPIPE is ignored.
 */
void requests_catch(struct requests *r);

#endif
