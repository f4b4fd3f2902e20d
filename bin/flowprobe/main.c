/*
 * flowprobe: packets of an interface or a capture to flows, which are
 * exported or written to flow files.
 */

#include <stdio.h>
#include <syslog.h>

#include "common/log.h"
#include "flowprobe/probe.h"

#define STATUS_ERROR 1
#define STATUS_USAGE 2

static struct requests requests;

static int
work(struct probe *p, struct err *err)
{
	log_init(p->config.name);
	log_limit((int)p->config.level);
	if (p->config.log_to == 0 && p->config.level > LOG_WARNING)
		log_quiet(); /* but for why it does not start */
	requests_catch(&requests);
	if (probe_open(p, err) == -1)
		return requests.stop ? 0 : -1; /* a pipe gave nothing yet */
	if (p->config.log_to == 0)
		log_limit(-1);
	return probe_run(p, err);
}

int
main(int argc, char **argv)
{
	static struct probe p = { .requests = &requests,
		.pidfile = PIDFILE_NONE, .ready = -1,
		.lock = PTHREAD_MUTEX_INITIALIZER };
	const char *name = options_program(argc, argv, "flowprobe");
	struct err err;
	int rc;

	if (args_parse(&p.config, name, argc, argv, &err) == -1) {
		fprintf(stderr, "%s: %s\n", name, err.text);
		if (err.code == ERR_USAGE)
			args_usage(name, stderr);
		return err.code == ERR_USAGE ? STATUS_USAGE : STATUS_ERROR;
	}
	if (p.config.help || p.config.show_version) {
		if (!p.config.show_version)
			args_usage(name, stdout);
		else
			printf("%s: Version: 1.1-compatible, flowprobe %s\n",
			    name, PACKAGE_VERSION);
		return 0;
	}
	rc = work(&p, &err);
	if (rc == -1)
		log_error("%s", err.text);
	probe_close(&p);
	return rc == -1 ? STATUS_ERROR : 0;
}
