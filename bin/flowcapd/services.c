/*
 * Who is told how the collector does.
 */

#include <string.h>

#include "common/log.h"
#include "common/notify.h"
#include "flowcapd/services.h"

int
services_bind(struct services *s, const struct config *o, struct err *err)
{
	if (o->metrics == NULL)
		return 0;
	if ((s->http = http_open(o->metrics, err)) == NULL)
		return -1;
	if (http_port(s->http) != 0)
		log_info("Metrics on port: %u", http_port(s->http));
	return 0;
}

int
services_start(struct services *s, const struct config *o, const char *dir,
    status_fn ask, void *ctx, struct err *err)
{
	struct attendant_options options = {
		.metric_socket = o->metric_socket,
		.metric_interval_s = o->metric_interval_s,
		.ask = ask,
		.ctx = ctx,
	};

	if ((s->attendant = attendant_new(err)) == NULL)
		return -1;
	if (attendant_listen(s->attendant, dir, err) == -1)
		log_warning("--status will not be answered: %s", err->text);
	if (attendant_start(s->attendant, &options, err) == -1)
		return -1;
	s->source = (struct openmetrics_source){ ask, ctx };
	return s->http == NULL ? 0 :
	    http_serve(s->http, openmetrics_answer, &s->source, err);
}

void
services_ready(void)
{
	notify_send("READY=1\nSTATUS=receiving");
}

void
services_reloading(void)
{
	notify_reloading();
}

void
services_stop(struct services *s)
{
	notify_send("STOPPING=1\nSTATUS=stopping");
	http_close(s->http);
	attendant_close(s->attendant);
	memset(s, 0, sizeof(*s));
}
