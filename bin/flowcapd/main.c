/*
 * flowcapd: receives flow records from exporters and writes rotated flow
 * files.  The main thread waits for signals, others receive, one writes.
 */

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/daemon.h"
#include "common/datadir.h"
#include "common/log.h"
#include "common/options.h"
#include "flowcapd/args.h"
#include "flowcapd/extensions.h"
#include "flowcapd/intakes.h"
#include "flowcapd/receivers.h"
#include "flowcapd/services.h"
#include "flowcapd/setup.h"
#include "flowcapd/storer.h"
#include "flowcapd/tuning.h"
#include "store/slot.h"
#include "wire/decode.h"

#define POOL_BLOCKS 64
#define STOP_TIMEOUT_MS 2500
#define POLL_STEP_NS 100000000 /* before it is tried again */
#define STOP_MS 4500 /* what all may take; somebody waits 5 seconds */

struct collector {
	struct config config;
	const char *name; /* as in the messages of the programs we replace */
	const struct codec *codec;
	uint64_t extensions;
	struct pidfile pidfile;
	struct intakes intakes;
	struct sources *sources;
	struct tuning tuning;
	struct datadir base; /* of dynamic sources */
	struct repeater *repeater; /* NULL: nothing is sent on */
	struct keeper keeper;
	int ready; /* for daemon_ready(), -1 in the foreground */
	struct printer *printer;
	struct blocks *blocks;
	struct slots *slots;
	struct state_file *state; /* NULL: none is kept */
	struct storer *storer;
	struct receivers *receivers;
	struct services services;
	int64_t started_s;
	bool has_threads; /* that are at work on all this */
	int signals; /* signalfd */
};

/* The signals that we wait for; others are ignored or do what they do. */
static int
catch_signals(struct collector *c, struct err *err)
{
	struct sigaction sa;
	sigset_t caught;

	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &sa, NULL);
	sigaction(SIGALRM, &sa, NULL);
	sigaction(SIGXFSZ, &sa, NULL); /* a limit on files is an error of write */
	sigemptyset(&caught);
	sigaddset(&caught, SIGTERM);
	sigaddset(&caught, SIGINT);
	sigaddset(&caught, SIGHUP);
	sigaddset(&caught, SIGUSR1);
	sigaddset(&caught, SIGUSR2);
	sigprocmask(SIG_BLOCK, &caught, NULL);
	c->signals = signalfd(-1, &caught, SFD_CLOEXEC | SFD_NONBLOCK);
	return c->signals == -1 ? err_system(err, "signalfd") : 0;
}

static bool
is_directory(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool
is_file(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static bool
is_command(const char *word)
{
	return is_file(word) && access(word, X_OK) == 0;
}

static void
log_extensions(uint64_t chosen)
{
	for (unsigned i = 0; i < EXTENSION_LINES; i++)
		if (chosen >> i & 1)
			log_info("Add extension: %s", extension_lines[i]);
}

/* A directory that we have by another name is not that of another program. */
static int
tell_twin(const struct collector *c, uint32_t number, struct err *err)
{
	const char *path = sources_get(c->sources, number)->path;
	const struct source *other;
	struct stat st;

	if (stat(path, &st) == -1)
		return -1;
	for (uint32_t i = 0; i < number; i++) {
		other = sources_get(c->sources, i);
		if (place_is(&other->dir.place, &st))
			return err_set(err, ERR_VALUE, "'%s' and '%s' are "
			    "one directory", other->path, path);
	}
	return -1;
}

/* Take the directories, for as long as we live. */
static int
lock_directories(struct collector *c, struct err *err)
{
	struct source *source;

	if (c->config.base != NULL &&
	    datadir_lock(&c->base, c->config.base, err) == -1)
		return -1;
	for (uint32_t i = 0; i < sources_count(c->sources); i++) {
		source = sources_get(c->sources, i);
		if (datadir_lock(&source->dir, source->path, err) == -1)
			return tell_twin(c, i, err);
	}
	return 0;
}

/* What is done as root and with the caller's terminal. */
static int
start_outside(struct collector *c, struct err *err)
{
	const struct config *o = &c->config;
	struct settings settings;

	log_extensions(c->extensions);
	if (o->pidfile != NULL &&
	    pidfile_open(&c->pidfile, o->pidfile, err) == -1)
		return -1;
	place_allow_many();
	if ((c->sources = setup_sources(o, &settings, err)) == NULL)
		return -1;
	tuning_set(&c->tuning, &settings);
	if (intakes_open(o, &c->intakes, err) == -1 ||
	    (o->repeaters.count > 0 &&
		(c->repeater = setup_repeater(o, err)) == NULL) ||
	    services_bind(&c->services, o, err) == -1 ||
	    privileges_drop(o->user, o->group, err) == -1 ||
	    lock_directories(c, err) == -1)
		return -1;
	return o->background ? daemon_fork(&c->ready, err) : 0;
}

/* By the writer: take over what files say now. */
static int
read_again(void *ctx)
{
	struct collector *c = ctx;
	struct settings before, now;
	struct sources *s;
	struct err err;
	int rc = -1;

	tuning_get(&c->tuning, &before);
	if ((s = setup_sources(&c->config, &now, &err)) != NULL)
		rc = sources_replace(c->sources, s, &err);
	if (rc == 0) {
		tuning_set(&c->tuning, &now);
		setup_log_rates(&before, &now);
	} else {
		log_error("sources and settings stay as they are: %s",
		    err.text);
	}
	services_ready();
	return rc;
}

/* What is left of earlier lives, and the first file of each source. */
static int
begin_sources(struct collector *c, int64_t now_s, struct err *err)
{
	const struct config *o = &c->config;
	int64_t start_s = slot_start(now_s, o->interval_s);
	struct source *source;

	if (o->base != NULL && datadir_claim(&c->base, err) == -1)
		return -1;
	if (o->base != NULL)
		storer_recover_base(c->storer);
	for (uint32_t i = 0; i < sources_count(c->sources); i++) {
		source = sources_get(c->sources, i);
		if (storer_begin(c->storer, source, start_s, now_s, err) == -1)
			return -1;
		/* The start lines of one source for all are those of 1.6. */
		if (o->dir == NULL)
			setup_log_source(source);
	}
	return 0;
}

static int
make_storer(struct collector *c, struct err *err)
{
	const struct config *o = &c->config;
	struct storer_options storer = {
		.spool = { .codec = c->codec, .interval_s = o->interval_s,
			.flush_s = o->flush_s, .layout = o->layout,
			.sync = o->sync, .no_index = o->no_index,
			.has_zone = o->has_zone },
		.printer = c->printer,
		.keeper = &c->keeper,
		.log_exporters = o->verbosity >= 2,
		.sources = c->sources,
		.base = o->base != NULL ? &c->base : NULL,
		.blocks = c->blocks,
		.state = c->state,
		.receivers = c->intakes.receivers,
		.reload = read_again,
		.ctx = c,
	};

	c->storer = storer_new(&storer, err);
	return c->storer == NULL ? -1 : 0;
}

static void
set_limits(const struct config *o, struct wire_limits *l)
{
	l->exporters_per_sender = o->max_exporters;
	l->templates_per_exporter = o->max_templates;
	l->state_bytes = (uint64_t)o->max_memory << 20;
	l->strict_domain = o->strict_domain;
}

static int
make_receivers(struct collector *c, int64_t now_s, struct err *err)
{
	const struct config *o = &c->config;
	struct capture_options capture = {
		.intakes = c->intakes.list,
		.intake_count = c->intakes.each,
		.buffer = c->intakes.buffer,
		.interval_s = o->interval_s,
		.flush_s = o->flush_s,
		.enough_blocks = POOL_BLOCKS / 2,
		.reserve = POOL_BLOCKS / 2,
		.keeps_state = c->state != NULL,
		.limits = WIRE_LIMITS_DEFAULT,
		.repeater = c->repeater,
		.sources = c->sources,
		.tuning = &c->tuning,
		.slots = c->slots,
		.blocks = c->blocks,
	};

	set_limits(o, &capture.limits);
	c->receivers = receivers_new(&capture, c->intakes.receivers, now_s,
	    err);
	return c->receivers == NULL ? -1 : 0;
}

/* Where what belongs to all sources is kept. */
static const char *
main_directory(const struct collector *c)
{
	return c->config.base != NULL ? c->config.base :
	    sources_get(c->sources, 0)->path;
}

static int
make_state(struct collector *c, struct err *err)
{
	if (c->config.no_state || c->intakes.list[0]->is_replay)
		return 0;
	c->state = state_file_open(main_directory(c), c->intakes.receivers,
	    c->config.sync != SPOOL_SYNC_NEVER, err);
	return c->state == NULL ? -1 : 0;
}

/* Know the exporters that were known before; what is damaged is left. */
static void
load_state(struct collector *c)
{
	size_t max = (size_t)c->config.max_memory << 20, len = 0;
	uint8_t *data = NULL;
	struct err err;
	int rc;

	if (c->state == NULL)
		return;
	rc = state_file_read(c->state, max, &data, &len, &err);
	if (rc == 1)
		rc = receivers_load_state(c->receivers, data, len, &err);
	if (rc == -1)
		log_warning("starting without what was known of exporters: %s",
		    err.text);
	free(data);
}

/* What there is without asking anybody. */
static void
tell_helpers(const struct collector *c, struct status *s)
{
	s->jobs_skipped = atomic_load(&c->keeper.counts->skipped);
	s->jobs_failed = atomic_load(&c->keeper.counts->failed);
	if (c->repeater != NULL)
		s->repeater_count = repeat_targets(c->repeater);
	for (uint32_t i = 0; i < s->repeater_count; i++)
		repeat_counts(c->repeater, i, &s->repeaters[i]);
}

/* A status_fn. */
static int
tell_status(void *ctx, struct status *s, struct err *err)
{
	struct collector *c = ctx;

	memset(s, 0, sizeof(*s));
	if (storer_status(c->storer, s, err) == -1 ||
	    receivers_status(c->receivers, s, err) == -1) {
		status_fini(s);
		return -1;
	}
	tell_helpers(c, s);
	s->started_s = c->started_s;
	s->taken_ms = (uint64_t)clock_ms(CLOCK_REALTIME);
	blocks_room(c->blocks, &s->blocks_free, &s->blocks, &s->queue_bytes);
	return 0;
}

/* What is done with the final pid. */
static int
start_inside(struct collector *c, struct err *err)
{
	const struct config *o = &c->config;
	int64_t now_s;

	if (catch_signals(c, err) == -1 ||
	    pidfile_write(&c->pidfile, err) == -1 ||
	    setup_keeper(o, &c->keeper, err) == -1)
		return -1;
	if (o->print && (c->printer = printer_new(err)) == NULL)
		return -1;
	if ((c->blocks = blocks_new(POOL_BLOCKS, !o->no_index, err)) == NULL ||
	    (c->slots = slots_new(c->intakes.receivers, err)) == NULL ||
	    make_state(c, err) == -1 || make_storer(c, err) == -1)
		return -1;
	now_s = time(NULL);
	if (begin_sources(c, now_s, err) == -1 ||
	    make_receivers(c, now_s, err) == -1)
		return -1;
	load_state(c);
	if (storer_start(c->storer, err) == -1)
		return -1;
	c->has_threads = true;
	c->started_s = now_s;
	return receivers_start(c->receivers, err);
}

static int
announce(struct collector *c, struct err *err)
{
	static const struct settings defaults = SETTINGS_DEFAULT;
	struct settings now;

	if (services_start(&c->services, &c->config, main_directory(c),
	    tell_status, c, err) == -1)
		return -1;
	log_info("Startup.");
	services_ready();
	log_debug("Init v9: Max number of v9 tags: %u", wire_elements_v9());
	log_debug("Init IPFIX: Max number of IPFIX tags: %u",
	    wire_elements_ipfix());
	tuning_get(&c->tuning, &now);
	setup_log_rates(&defaults, &now);
	if (c->ready == -1)
		return 0;
	log_detach();
	return daemon_ready(c->ready, err);
}

/* Free everything, or leave it to the kernel when threads use it. */
static void
release(struct collector *c)
{
	if (!c->has_threads) {
		receivers_free(c->receivers);
		storer_free(c->storer);
		state_file_close(c->state);
		slots_free(c->slots);
		blocks_free(c->blocks);
		printer_free(c->printer);
		repeat_close(c->repeater);
		intakes_close(&c->intakes);
		sources_free(c->sources);
		datadir_unlock(&c->base);
	}
	pidfile_close(&c->pidfile);
}

/* HUP reads files again when there are some. */
static bool
reload(struct collector *c)
{
	struct item *item;

	if (!setup_is_reloadable(&c->config))
		return false;
	if ((item = calloc(1, sizeof(*item))) == NULL) {
		log_error("sources and settings stay as they are: out of memory");
		return true;
	}
	item->kind = ITEM_RELOAD;
	services_reloading();
	blocks_put(c->blocks, item);
	return true;
}

/* Do what a signal asks for.  False: stop. */
static bool
serve_signal(struct collector *c, uint32_t number)
{
	if (number == SIGUSR1 || number == SIGUSR2) {
		receivers_ask(c->receivers, CAPTURE_REPORT);
		return true;
	}
	return number == SIGHUP && reload(c);
}

/* Until told to stop: true, or until a receiver has ended. */
static bool
wait_for_stop(struct collector *c)
{
	struct pollfd fds[2] = { { c->signals, POLLIN, 0 },
		{ receivers_fd(c->receivers), POLLIN, 0 } };
	const struct timespec step = { .tv_nsec = POLL_STEP_NS };
	struct signalfd_siginfo info;

	for (;;) {
		if (poll(fds, 2, -1) == -1) {
			fds[1].revents = 0;
			nanosleep(&step, NULL); /* no memory, or a signal */
		}
		if (fds[1].revents != 0)
			return false;
		if (read(c->signals, &info, sizeof(info)) == sizeof(info) &&
		    !serve_signal(c, info.ssi_signo))
			return true;
	}
}

/* What is left of the time to stop in. */
static unsigned
ms_left(int64_t since_ms)
{
	int64_t ms = since_ms + STOP_MS - clock_ms(CLOCK_MONOTONIC);

	return ms > 0 ? (unsigned)ms : 0;
}

/*
 * The writer gets some time when we are told to stop, less if receivers had
 * to wait for it.  At the end of a file it gets all it needs, unless we are
 * told then, or it was not told of the end because a receiver gave up.
 */
static bool
wait_for_writer(struct collector *c, bool is_hasty, int64_t since_ms)
{
	struct pollfd told = { c->signals, POLLIN, 0 };
	bool waits = !is_hasty && c->intakes.list[0]->is_replay;
	unsigned ms = ms_left(since_ms);

	if (waits || ms > STOP_TIMEOUT_MS)
		ms = STOP_TIMEOUT_MS;
	while (!storer_wait(c->storer, ms))
		if (!waits || poll(&told, 1, 0) != 0)
			return false;
	return true;
}

/*
 * What receivers and the writer used does no longer change.  The last launch
 * command may have the time that is left.
 */
static void
end_helpers(struct collector *c, int64_t since_ms)
{
	if (!keeper_stop(&c->keeper, ms_left(since_ms)))
		log_info("books, expiry, launch commands go on without us");
	repeat_close(c->repeater);
	c->repeater = NULL;
}

/* Receive until told to stop.  The exit status. */
static int
serve(struct collector *c, bool is_started)
{
	struct err err;
	int64_t since_ms;
	int status = 0;
	bool is_told = !is_started;

	if (is_started)
		is_told = wait_for_stop(c);
	since_ms = clock_ms(CLOCK_MONOTONIC);
	services_stop(&c->services);
	intakes_interrupt(&c->intakes);
	if (receivers_stop(c->receivers, &err) == -1) {
		log_error("%s", err.text);
		log_error("Terminated due to errors.");
		status = 1;
	}
	c->has_threads = !wait_for_writer(c, is_told || status != 0, since_ms);
	if (c->has_threads)
		log_error("the disk is slow: the last file is left behind "
			  "for the next start, up to %llu flows are lost",
		    (unsigned long long)blocks_flows(c->blocks));
	else
		end_helpers(c, is_told ? since_ms : clock_ms(CLOCK_MONOTONIC));
	log_info("Terminating %s.", c->name);
	release(c);
	return status;
}

/* Refuse to start. */
static int
fail(struct collector *c, const struct err *err)
{
	log_error("%s", err->text);
	log_error("Terminated due to errors.");
	services_stop(&c->services);
	release(c);
	return 1;
}

static int
misuse(const char *name, const struct err *err)
{
	fprintf(stderr, "%s: %s\n", name, err->text);
	args_usage(name, stderr);
	return 1;
}

static int
run(struct collector *c)
{
	struct err err;

	if (c->config.background)
		log_to_syslog();
	for (unsigned i = 0; i < c->config.warnings; i++)
		log_warning("%s", c->config.warning[i]);
	if (start_outside(c, &err) == -1 || start_inside(c, &err) == -1)
		return fail(c, &err);
	if (announce(c, &err) == -1) {
		log_error("%s", err.text);
		serve(c, false);
		return 1;
	}
	return serve(c, true);
}

/* --status */
static int
print_status(const struct config *o)
{
	struct buffer out = BUFFER_EMPTY;
	struct sources *sources = NULL;
	struct settings settings;
	struct err err;
	int rc = -1;

	if (o->base != NULL)
		rc = attendant_ask(o->base, &out, &err);
	else if ((sources = setup_sources(o, &settings, &err)) != NULL)
		rc = attendant_ask(sources_get(sources, 0)->path, &out, &err);
	if (rc != -1 && (fwrite(out.data, 1, out.len, stdout) != out.len ||
	    fflush(stdout) == EOF))
		rc = err_system(&err, "standard output");
	if (rc == -1)
		log_error("%s", err.text);
	sources_free(sources);
	buffer_fini(&out);
	return rc == -1;
}

int
main(int argc, char **argv)
{
	static const struct args_probe probe = { is_directory, is_command,
		is_file };
	struct collector c = { .pidfile = PIDFILE_NONE, .base = DATADIR_NONE,
		.tuning = TUNING_INIT, .keeper = KEEPER_NONE, .ready = -1 };
	const char *name = options_program(argc, argv, "flowcapd");
	struct err err;
	int status;

	if (args_parse(&c.config, argc, argv, &probe, &err) == -1)
		return misuse(name, &err);
	if (c.config.help) {
		args_usage(name, stdout);
		return fflush(stdout) == EOF;
	}
	if (c.config.version) {
		printf("%s: Version: 1.7.1-compatible, flowcapd %s\n", name,
		    PACKAGE_VERSION);
		return fflush(stdout) == EOF;
	}
	if (c.config.extensions != NULL &&
	    extensions_parse(c.config.extensions, &c.extensions, &err) == -1)
		return misuse(name, &err);
	c.codec = codec_by_name(c.config.compression, &err);
	if (c.codec == NULL)
		return misuse(name, &err);
	log_init(name);
	if (c.config.verbosity == 0)
		log_quiet();
	if (c.config.status)
		return print_status(&c.config);
	c.name = c.config.is_sfcapd ? "sfcapd" : "nfcapd";
	status = run(&c);
	if (c.has_threads)
		_exit(status); /* they work on our stack */
	return status;
}
