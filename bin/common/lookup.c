/*
 * Addresses of hosts.  A look-up has a thread, which nobody waits for: who of
 * the two is last releases what they share.
 */

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/lookup.h"

struct lookup {
	pthread_mutex_t lock;
	char *host;
	char *port;
	int socktype;
	int fd; /* readable when there is an answer */
	bool is_answered;
	bool is_abandoned;
	struct addrinfo *list;
	struct err err; /* why there is none */
};

struct addrinfo *
lookup_now(const char *host, const char *port, int family, int socktype,
    int flags, struct err *err)
{
	struct addrinfo hints = { .ai_family = family, .ai_flags = flags,
		.ai_socktype = socktype };
	struct addrinfo *list;
	int rc = getaddrinfo(host, port, &hints, &list);

	if (rc == 0)
		return list;
	err_set(err, ERR_VALUE, "%s%s%s: %s", host == NULL ? "" : host,
	    port == NULL ? "" : ":", port == NULL ? "" : port,
	    rc == EAI_SYSTEM ? strerror(errno) : gai_strerror(rc));
	return NULL;
}

static void
release(struct lookup *l)
{
	if (l->list != NULL)
		freeaddrinfo(l->list);
	if (l->fd != -1)
		close(l->fd);
	pthread_mutex_destroy(&l->lock);
	free(l->host);
	free(l->port);
	free(l);
}

static void *
answer(void *arg)
{
	struct lookup *l = arg;
	struct addrinfo *list;
	struct err err;
	bool is_last;

	list = lookup_now(l->host, l->port, AF_UNSPEC, l->socktype, 0, &err);
	pthread_mutex_lock(&l->lock);
	l->list = list;
	if (list == NULL)
		l->err = err;
	l->is_answered = true;
	is_last = l->is_abandoned;
	eventfd_write(l->fd, 1);
	pthread_mutex_unlock(&l->lock);
	if (is_last)
		release(l);
	return NULL;
}

/* A thread that takes no signals: they are for those who wait. */
static int
start(struct lookup *l)
{
	pthread_attr_t attr;
	pthread_t thread;
	sigset_t all, before;
	int rc;

	sigfillset(&all);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&thread, &attr, answer, l);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attr);
	return rc;
}

struct lookup *
lookup_start(const char *host, const char *port, int socktype,
    struct err *err)
{
	struct lookup *l = calloc(1, sizeof(*l));

	if (l == NULL) {
		err_nomem(err);
		return NULL;
	}
	pthread_mutex_init(&l->lock, NULL);
	l->socktype = socktype;
	l->host = strdup(host);
	l->port = strdup(port);
	l->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (l->host == NULL || l->port == NULL) {
		err_nomem(err);
	} else if (l->fd == -1) {
		err_system(err, "eventfd");
	} else {
		if ((errno = start(l)) == 0)
			return l;
		err_system(err, "a thread to look up %s", host);
	}
	release(l);
	return NULL;
}

int
lookup_fd(const struct lookup *l)
{
	return l->fd;
}

int
lookup_answer(struct lookup *l, struct addrinfo **list, struct err *err)
{
	int rc = 0;

	pthread_mutex_lock(&l->lock);
	if (l->is_answered) {
		*list = l->list;
		l->list = NULL;
		rc = *list != NULL ? 1 : -1;
		if (rc == -1)
			err_set(err, l->err.code, "%s", l->err.text);
	}
	pthread_mutex_unlock(&l->lock);
	return rc;
}

void
lookup_free(struct lookup *l)
{
	bool is_last;

	if (l == NULL)
		return;
	pthread_mutex_lock(&l->lock);
	is_last = l->is_answered;
	l->is_abandoned = true;
	pthread_mutex_unlock(&l->lock);
	if (is_last)
		release(l);
}
