/*
 * The threads that answer have a copy of the numbers.
 */

#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/http.h"
#include "common/log.h"
#include "flowfwd/control.h"
#include "flowfwd/metrics.h"
#include "output/json.h"

struct metrics {
	struct http_server *http; /* NULL: none */
	struct control *control; /* NULL: none */
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

static void
copy_values(struct metrics *m, struct metrics_values *v)
{
	pthread_mutex_lock(&m->lock);
	*v = m->values;
	pthread_mutex_unlock(&m->lock);
}

/* An http_fn. */
static int
render(void *ctx, enum exposition format, struct buffer *out, struct err *err)
{
	struct metrics *m = ctx;
	struct metrics_values v;

	copy_values(m, &v);
#define METRIC(name, member, help) put(out, format, name, help, v.member);
#include "flowfwd/metrics.def"
	if (format == EXPOSITION_OPENMETRICS)
		buffer_text(out, "# EOF\n");
	return out->failed ? err_nomem(err) : 0;
}

static void
put_targets(struct json *j, const struct metrics_values *v)
{
	const struct metrics_target *t;
	struct json list;

	json_key(j, "targets");
	json_init(&list, JSON_MEMBER, j->out);
	json_list_begin(&list);
	for (unsigned i = 0; i < v->target_count; i++) {
		t = &v->targets[i];
		json_object_begin(&list);
		json_string(&list, "target", t->text);
		json_u64(&list, "connected", t->is_connected);
		json_u64(&list, "messages", t->messages);
		json_u64(&list, "errors", t->errors);
		json_u64(&list, "queued_bytes", t->queued);
		json_object_end(&list);
	}
	json_list_end(&list);
}

/* An ask_fn. */
static int
render_status(void *ctx, struct buffer *out, struct err *err)
{
	struct metrics *m = ctx;
	struct metrics_values v;
	struct json j;

	copy_values(m, &v);
	json_init(&j, JSON_ARRAY, out);
	json_object_begin(&j);
	json_u64(&j, "pid", (uint64_t)getpid());
	if (v.follow != NULL) {
		json_string(&j, "follow", v.follow);
		json_string(&j, "last_file", v.last_file);
	}
#define METRIC(name, member, help) json_u64(&j, name, v.member);
#include "flowfwd/metrics.def"
	put_targets(&j, &v);
	json_object_end(&j);
	buffer_text(out, "\n");
	return out->failed ? err_nomem(err) : 0;
}

/* Signals are for the thread that sends. */
static int
serve(struct metrics *m, const char *address, struct err *err)
{
	sigset_t all, old;
	int rc;

	if ((m->http = http_open(address, err)) == NULL)
		return -1;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = http_serve(m->http, render, m, err);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (rc == 0 && http_port(m->http) != 0)
		log_info("Metrics on port: %u", http_port(m->http));
	return rc;
}

struct metrics *
metrics_open(const char *address, const char *control, struct err *err)
{
	struct metrics *m = calloc(1, sizeof(*m));

	if (m == NULL) {
		err_nomem(err);
		return NULL;
	}
	pthread_mutex_init(&m->lock, NULL);
	if ((address != NULL && serve(m, address, err) == -1) ||
	    (control != NULL && (m->control = control_open(control,
		render_status, m, err)) == NULL)) {
		metrics_close(m);
		return NULL;
	}
	return m;
}

void
metrics_close(struct metrics *m)
{
	if (m == NULL)
		return;
	http_close(m->http);
	control_close(m->control);
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
