/*
 * Requests by signals.
 */

#include <string.h>

#include "common/requests.h"

static struct requests *requests;

static void
on_signal(int number)
{
	switch (number) {
	case SIGHUP:
		requests->renew = 1;
		break;
	case SIGUSR1:
		requests->report = 1;
		break;
	default:
		requests->stop = 1;
	}
}

void
requests_catch(struct requests *r)
{
	struct sigaction sa;

	requests = r;
	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &sa, NULL);
	sa.sa_handler = on_signal;
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sa.sa_flags = SA_RESTART;
	sigaction(SIGHUP, &sa, NULL);
	sigaction(SIGUSR1, &sa, NULL);
}
