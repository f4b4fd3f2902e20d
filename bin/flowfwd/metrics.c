/*
 * The thread that answers has a copy of the numbers.
 */

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "common/http.h"
#include "common/log.h"
#include "flowfwd/metrics.h"

struct metrics {
	struct http_server *http;
	pthread_mutex_t lock; /* of values */
	struct metrics_values values;
};

/*
 * The names are known without the _total that counters of OpenMetrics have, so
 * their type is not told.
 */
static void
put(struct buffer *out, enum exposition format, const char *name,
    const char *help, uint64_t value)
{
	buffer_printf(out, "# HELP %s %s\n# TYPE %s %s\n%s %" PRIu64 "\n",
	    name, help, name,
	    format == EXPOSITION_OPENMETRICS ? "unknown" : "untyped", name,
	    value);
}

static int
render(void *ctx, enum exposition format, struct buffer *out, struct err *err)
{
	struct metrics *m = ctx;
	struct metrics_values v;

	pthread_mutex_lock(&m->lock);
	v = m->values;
	pthread_mutex_unlock(&m->lock);
#define METRIC(name, member, help) put(out, format, name, help, v.member);
#include "flowfwd/metrics.def"
	if (format == EXPOSITION_OPENMETRICS)
		buffer_text(out, "# EOF\n");
	return out->failed ? err_nomem(err) : 0;
}

/* Signals are for the thread that sends. */
static int
serve(struct metrics *m, struct err *err)
{
	sigset_t all, old;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = http_serve(m->http, render, m, err);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return rc;
}

struct metrics *
metrics_open(const char *address, struct err *err)
{
	struct metrics *m = calloc(1, sizeof(*m));

	if (m == NULL) {
		err_nomem(err);
		return NULL;
	}
	pthread_mutex_init(&m->lock, NULL);
	if ((m->http = http_open(address, err)) == NULL ||
	    serve(m, err) == -1) {
		metrics_close(m);
		return NULL;
	}
	if (http_port(m->http) != 0)
		log_info("Metrics on port: %u", http_port(m->http));
	return m;
}

void
metrics_close(struct metrics *m)
{
	if (m == NULL)
		return;
	http_close(m->http);
	pthread_mutex_destroy(&m->lock);
	free(m);
}

void
metrics_set(struct metrics *m, const struct metrics_values *v)
{
	if (m == NULL)
		return;
	pthread_mutex_lock(&m->lock);
	m->values = *v;
	pthread_mutex_unlock(&m->lock);
}
