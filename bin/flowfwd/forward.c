/*
 * Flows of files, one after the other: what a block holds is sent while it is
 * decoded, and sending sets the pace.
 */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"
#include "flowfwd/follow.h"
#include "flowfwd/forward.h"
#include "flowfwd/metrics.h"
#include "flowfwd/mirror.h"
#include "record/v3.h"

#define MS_PER_S 1000
/* What is queued may still go out when we are to stop. */
#define STOP_MS 1000
/* A datagram that is not full waits no longer for more flows. */
#define HOLD_MS 100
#define METRICS_MS 500
/* A sleep of --rate is not shorter. */
#define SLEEP_MIN_MS 5

void
forward_warn(void *ctx, const struct err *err)
{
	(void)ctx;
	log_warning("%s", err->text);
}

void
forward_report(const struct forward *f)
{
	struct output_counters n;

	output_counters(f->output, &n);
	log_info("flow_forwarder_pushed_messages %" PRIu64, n.messages);
	log_info("flow_forwarder_errors %" PRIu64, n.errors);
	if (f->mirror != NULL)
		mirror_report(f->mirror);
	if (f->is_live)
		log_info("Removed before they were sent: %" PRIu64
		    " files, %" PRIu64 " flows or more", f->lost_files,
		    f->lost_flows);
	log_info("Flows: %" PRIu64 ", bytes: %" PRIu64 ", not for this "
	    "version: %" PRIu64 ", connections: %" PRIu64 ", of them lost: %"
	    PRIu64, n.flows, n.bytes, n.refused, n.sessions, n.lost);
}

static void
add_targets(const struct forward *f, struct metrics_values *v)
{
	struct metrics_target *t;
	struct output_state s;

	v->target_count = f->config.target_count;
	for (unsigned i = 0; i < v->target_count; i++) {
		output_state(f->output, i, &s);
		t = &v->targets[i];
		*t = (struct metrics_target){ f->config.targets[i].text,
			s.is_connected, s.messages, s.errors, s.queued };
		v->connections += s.is_connected;
		v->queued += s.queued;
	}
}

static void
add_follow(const struct forward *f, struct metrics_values *v)
{
	v->lost_files = f->lost_files;
	v->lost_flows = f->lost_flows;
	if (f->follow == NULL)
		return;
	v->follow = f->config.follow;
	snprintf(v->last_file, sizeof(v->last_file), "%s",
	    follow_last(f->follow));
	follow_waiting(f->follow, &v->waiting_files, &v->waiting_flows);
}

/* Twice a second at most. */
static void
set_metrics(struct forward *f)
{
	uint64_t now = (uint64_t)clock_ms(CLOCK_MONOTONIC);
	struct metrics_values v = { 0 };
	struct output_counters n;

	if (f->metrics == NULL || now - f->metrics_ms < METRICS_MS)
		return;
	f->metrics_ms = now;
	output_counters(f->output, &n);
	v.messages = n.messages;
	v.errors = n.errors;
	v.flows = n.flows;
	v.refused = n.refused;
	v.bytes = n.bytes;
	v.sessions = n.sessions;
	v.lost = n.lost;
	if (f->mirror != NULL)
		mirror_counters(f->mirror, &v.seen, &v.selected);
	add_targets(f, &v);
	add_follow(f, &v);
	metrics_set(f->metrics, &v);
}

bool
forward_serve(struct forward *f)
{
	set_metrics(f);
	if (f->requests->report) {
		f->requests->report = 0;
		forward_report(f);
	}
	if (f->requests->renew) {
		f->requests->renew = 0;
		log_reopen();
		output_renew(f->output);
	}
	return f->requests->stop;
}

static bool
on_idle(void *ctx)
{
	struct forward *f = ctx;

	if (f->follow != NULL)
		follow_idle(f->follow);
	return forward_serve(f);
}

/* Milliseconds until the flow is due by its time. */
static uint64_t
until_time(const struct forward *f, const struct flow *flow, uint64_t since)
{
	double left;

	if (f->config.speed == 0 || flow->last_ms <= f->start_flow_ms)
		return 0;
	left = (double)(flow->last_ms - f->start_flow_ms) / f->config.speed -
	    (double)since;
	/* the factor may be so small that the time fits in no integer */
	return left >= UINT32_MAX ? UINT32_MAX : left > 0 ? (uint64_t)left : 0;
}

/* The same by --rate; time that was lost is made up for within a second. */
static uint64_t
until_rate(struct forward *f, uint64_t since)
{
	uint64_t left;

	if (f->config.rate == 0)
		return 0;
	if (f->rate_ms + MS_PER_S < (double)since)
		f->rate_ms = (double)since - MS_PER_S;
	f->rate_ms += (double)MS_PER_S / f->config.rate;
	if (f->rate_ms < (double)since + SLEEP_MIN_MS)
		return 0;
	left = (uint64_t)(f->rate_ms - (double)since);
	return left;
}

/* 1 when told to stop meanwhile. */
static int
wait_for_turn(struct forward *f, const struct flow *flow)
{
	uint64_t now, since, left, other;

	if (f->config.speed == 0 && f->config.rate == 0)
		return 0;
	now = (uint64_t)clock_ms(CLOCK_MONOTONIC);
	if (f->start_ms == 0) {
		f->start_ms = now;
		f->start_flow_ms = flow->last_ms;
	}
	since = now - f->start_ms;
	left = until_time(f, flow, since);
	other = until_rate(f, since);
	if (other > left)
		left = other;
	if (left == 0)
		return 0;
	if (left >= HOLD_MS && output_flush(f->output, f->now_ms) == 1)
		return 1;
	return output_wait(f->output, (uint32_t)left);
}

static void
set_clock(struct forward *f, const struct flow *flow)
{
	if (f->is_live)
		f->now_ms = (uint64_t)clock_ms(CLOCK_REALTIME);
	else if (flow->last_ms > f->now_ms)
		f->now_ms = flow->last_ms;
}

/* 1 when told to stop. */
static int
send_flow(struct forward *f, struct flow *flow, struct err *err)
{
	struct output_origin from = {
	    .exporter = origins_exporter(f->origins, flow) };

	if ((flow->record_flags & FLOW_SAMPLED) == 0)
		from.rate = origins_rate(f->origins, flow);
	set_clock(f, flow);
	if (wait_for_turn(f, flow) == 1)
		return 1;
	return output_put(f->output, flow, &from, f->now_ms, err);
}

static int
part_rows(void *part, const struct batch *b, struct err *err)
{
	struct forward *f = part;
	struct flow flow;
	int rc;

	for (uint32_t i = 0; i < b->nsel && !f->is_stopped; i++) {
		batch_flow(b, b->sel[i], &flow);
		if ((rc = send_flow(f, &flow, err)) == -1)
			return -1;
		f->is_stopped = rc == 1;
	}
	output_work(f->output);
	/* a block that is live is finished */
	if (forward_serve(f) && !f->is_live)
		f->is_stopped = true;
	return 0;
}

static int
part_record(void *part, uint16_t type, const struct span *record,
    struct err *err)
{
	struct forward *f = part;

	(void)err;
	origins_record(f->origins, type, record);
	return 0;
}

static void
part_begin(void *part, uint64_t file)
{
	struct forward *f = part;

	if (f->file != file)
		origins_clear(f->origins);
	f->file = file;
}

static int
deliver(void *ctx, void *part, struct err *err)
{
	struct forward *f = ctx;

	(void)part;
	(void)err;
	return f->is_stopped ? 1 : 0;
}

/* All fields are wanted that a flow may have when it is stored. */
static void
set_plan(struct forward *f)
{
	selection_plan(&f->selection, &f->plan);
	for (int id = 0; id < FLD_COUNT; id++)
		if (id == FLD_EXTENSIONS ||
		    field_extensions((enum field_id)id) != 0)
			fieldset_add(&f->plan.want, (enum field_id)id);
	f->plan.limit = f->config.limit;
	f->plan.threads = 1;
	f->plan.warn = forward_warn;
	f->plan.warn_ctx = f;
	f->sink = (struct scan_sink){ .ctx = f, .part_new = scan_part_only,
		.part_free = scan_part_keep, .begin = part_begin,
		.rows = part_rows, .record = part_record,
		.deliver = deliver };
}

/* What is selected of files, or of the store that is followed. */
static int
open_flows(struct forward *f, struct err *err)
{
	struct config *c = &f->config;
	struct selection *s = &f->selection;

	s->reads_stdin = !f->is_live;
	if (selection_read_filter(s, c->words, c->nwords, err) == -1 ||
	    selection_read_window(s, err) == -1 ||
	    (!f->is_live && selection_find_files(s, err) == -1) ||
	    (f->origins = origins_new(err)) == NULL)
		return -1;
	if (!f->is_live && s->files.count == 0 && s->members_missing == 0)
		log_warning("Empty file list. No files to process");
	set_plan(f);
	return 0;
}

int
forward_open(struct forward *f, struct err *err)
{
	const struct config *c = &f->config;

	f->is_live = c->follow != NULL;
	selection_init(&f->selection, &c->input, forward_warn, f);
	if (c->interface != NULL || c->capture != NULL) {
		if ((f->mirror = mirror_open(f, err)) == NULL)
			return -1;
	} else if (open_flows(f, err) == -1)
		return -1;
	if ((c->metrics != NULL || c->control != NULL) &&
	    (f->metrics = metrics_open(c->metrics, c->control, err)) == NULL)
		return -1;
	f->output = output_open(c, on_idle, f, err);
	if (f->output == NULL)
		return -1;
	set_metrics(f);
	return 0;
}

int
forward_finish(struct forward *f, bool *is_empty, struct err *err)
{
	struct output_counters n;

	if (!f->is_stopped)
		(void)output_flush(f->output, f->now_ms);
	*is_empty = output_drain(f->output,
	    f->is_stopped || f->requests->stop ? STOP_MS :
	    f->config.drain_s * MS_PER_S,
	    f->requests->stop ? NULL : &f->requests->stop);
	output_counters(f->output, &n);
	if (!*is_empty)
		return err_set(err, ERR_SYSTEM,
		    "not all of what was queued could be sent");
	if (n.errors > 0)
		return err_set(err, ERR_SYSTEM,
		    "%" PRIu64 " messages could not be sent", n.errors);
	return 0;
}

int
forward_run(struct forward *f, struct err *err)
{
	bool is_empty;
	int rc;

	if (f->is_live)
		return follow_run(f, err);
	rc = f->mirror != NULL ? mirror_run(f->mirror, err) :
	    scan_run(&f->plan, &f->sink, &f->result, err);
	if (rc == -1)
		return -1;
	return forward_finish(f, &is_empty, err);
}

void
forward_close(struct forward *f)
{
	metrics_close(f->metrics);
	mirror_close(f->mirror);
	output_close(f->output);
	origins_free(f->origins);
	selection_fini(&f->selection);
}
