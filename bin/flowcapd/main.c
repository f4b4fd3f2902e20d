/*
 * flowcapd: receives flow records from exporters and writes rotated flow
 * files.  The main thread receives, a second one writes.
 */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/daemon.h"
#include "common/log.h"
#include "common/options.h"
#include "common/udp.h"
#include "flowcapd/args.h"
#include "flowcapd/capture.h"
#include "flowcapd/datadir.h"
#include "flowcapd/extensions.h"
#include "flowcapd/spool.h"
#include "store/slot.h"
#include "wire/decode.h"

#define POOL_BLOCKS 64
#define STOP_TIMEOUT_MS 2500

struct collector {
	struct config config;
	const char *name; /* as in the messages of the programs we replace */
	const struct codec *codec;
	uint64_t extensions;
	struct pidfile pidfile;
	struct udp_bound bound;
	struct datadir dir;
	int ready; /* for daemon_ready(), -1 in the foreground */
	struct printer *printer;
	struct blocks *blocks;
	struct spool *spool;
	struct capture *capture;
	sigset_t wait_mask;
};

static struct capture_signals signals;

static void
on_signal(int number)
{
	if (number == SIGUSR1 || number == SIGUSR2)
		signals.report = 1;
	else
		signals.stop = 1;
}

/* Signals arrive only while we wait; *wait_mask lets them through. */
static void
catch_signals(sigset_t *wait_mask)
{
	static const int caught[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1,
		SIGUSR2 };
	struct sigaction sa;
	sigset_t block;

	memset(&sa, 0, sizeof(sa));
	sigemptyset(&sa.sa_mask);
	sigemptyset(&block);
	sa.sa_handler = on_signal;
	for (size_t i = 0; i < sizeof(caught) / sizeof(caught[0]); i++) {
		sigaction(caught[i], &sa, NULL);
		sigaddset(&block, caught[i]);
	}
	sa.sa_handler = SIG_IGN;
	sigaction(SIGPIPE, &sa, NULL);
	sigaction(SIGALRM, &sa, NULL);
	sigaction(SIGXFSZ, &sa, NULL); /* a limit on files is an error of write */
	sigprocmask(SIG_BLOCK, &block, wait_mask);
	for (size_t i = 0; i < sizeof(caught) / sizeof(caught[0]); i++)
		sigdelset(wait_mask, caught[i]);
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

/* Bind, and say so. */
static int
open_socket(struct collector *c, struct err *err)
{
	const struct config *o = &c->config;
	struct udp_listen how = { .host = o->host, .port = o->port,
		.v4 = o->v4, .v6 = o->v6, .buffer = o->buffer,
		.multicast = o->multicast };
	unsigned tries = 0;

	while (udp_listen(&how, &c->bound, err) == -1)
		if (err->code != ERR_SYSTEM || errno != EADDRINUSE ||
		    !process_wait_dying(&tries))
			return -1;
	log_info("Bound to %s host/IP: %s, Port: %u",
	    c->bound.family == AF_INET6 ? "IPv6" : "IPv4",
	    o->host == NULL ? "any" : o->host, c->bound.port);
	if (c->bound.buffer < o->buffer)
		log_warning("receive buffer: %u bytes wanted, %u granted",
		    o->buffer, c->bound.buffer);
	return 0;
}

/* What is done as root and with the caller's terminal. */
static int
start_outside(struct collector *c, struct err *err)
{
	const struct config *o = &c->config;

	log_extensions(c->extensions);
	if (o->pidfile != NULL &&
	    pidfile_open(&c->pidfile, o->pidfile, err) == -1)
		return -1;
	if (open_socket(c, err) == -1 ||
	    privileges_drop(o->user, o->group, err) == -1 ||
	    datadir_lock(&c->dir, o->dir, err) == -1)
		return -1;
	return o->background ? daemon_fork(&c->ready, err) : 0;
}

/* What is done with the final pid. */
static int
start_inside(struct collector *c, struct err *err)
{
	const struct config *o = &c->config;
	struct datadir_slots slots = { o->ident, o->interval_s, o->layout,
		o->sync != SPOOL_SYNC_NEVER };
	struct capture_options capture = { c->bound.fd,
		c->bound.buffer, o->interval_s, o->flush_s, o->sampling,
		POOL_BLOCKS / 2 };
	struct spool_options spool = { &c->dir, o->ident, c->codec,
		o->interval_s, o->flush_s, o->layout, o->sync, NULL,
		o->no_index };
	int64_t now_s;

	catch_signals(&c->wait_mask);
	if (pidfile_write(&c->pidfile, err) == -1)
		return -1;
	datadir_recover(&c->dir, &slots);
	if (datadir_claim(&c->dir, err) == -1 ||
	    (c->blocks = blocks_new(POOL_BLOCKS, !o->no_index, err)) == NULL)
		return -1;
	if (o->print && (c->printer = printer_new(err)) == NULL)
		return -1;
	spool.printer = c->printer;
	now_s = time(NULL);
	c->spool = spool_open(&spool, slot_start(now_s, o->interval_s), now_s,
	    err);
	if (c->spool == NULL)
		return -1;
	c->capture = capture_new(&capture, c->blocks, now_s, err);
	if (c->capture == NULL)
		return -1;
	return spool_start(c->spool, c->blocks, err);
}

static int
announce(struct collector *c, struct err *err)
{
	log_info("Startup.");
	log_debug("Init v9: Max number of v9 tags: %u", wire_elements_v9());
	log_debug("Init IPFIX: Max number of IPFIX tags: %u",
	    wire_elements_ipfix());
	if (c->ready == -1)
		return 0;
	log_detach();
	return daemon_ready(c->ready, err);
}

/*
 * Free everything, or leave it to the kernel when the writer thread is still
 * at work on it.
 */
static void
release(struct collector *c, bool writer_ended)
{
	if (writer_ended) {
		capture_free(c->capture);
		spool_close(c->spool);
		blocks_free(c->blocks);
		printer_free(c->printer);
	}
	pidfile_close(&c->pidfile);
}

/* Receive until told to stop.  The exit status. */
static int
serve(struct collector *c)
{
	struct err err;
	int status = 0;
	bool ended;

	if (capture_run(c->capture, &signals, &c->wait_mask, &err) == -1) {
		log_error("%s", err.text);
		log_error("Terminated due to errors.");
		status = 1;
	}
	if (!(ended = spool_wait(c->spool, STOP_TIMEOUT_MS)))
		log_error("the disk is slow: the last file is left behind "
			  "for the next start, up to %llu flows are lost",
		    (unsigned long long)blocks_flows(c->blocks));
	log_info("Terminating %s.", c->name);
	release(c, ended);
	return status;
}

/* Refuse to start. */
static int
fail(struct collector *c, const struct err *err)
{
	log_error("%s", err->text);
	log_error("Terminated due to errors.");
	release(c, true);
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
		signals.stop = 1;
		serve(c);
		return 1;
	}
	return serve(c);
}

int
main(int argc, char **argv)
{
	static const struct args_probe probe = { is_directory, is_command,
		is_file };
	struct collector c = { .pidfile = PIDFILE_NONE, .ready = -1 };
	const char *name = options_program(argc, argv, "flowcapd");
	struct err err;

	if (args_parse(&c.config, argc, argv, &probe, &err) == -1)
		return misuse(name, &err);
	if (c.config.help) {
		args_usage(name, stdout);
		return fflush(stdout) == EOF;
	}
	if (c.config.version) {
		printf("%s: Version: 1.7.1-compatible (%s)\n", name,
		    PACKAGE_STRING);
		return fflush(stdout) == EOF;
	}
	if (c.config.extensions != NULL &&
	    extensions_parse(c.config.extensions, &c.extensions, &err) == -1)
		return misuse(name, &err);
	c.codec = codec_by_name(c.config.compression, &err);
	if (c.codec == NULL)
		return misuse(name, &err);
	c.name = c.config.is_sfcapd ? "sfcapd" : "nfcapd";
	log_init(name);
	return run(&c);
}
