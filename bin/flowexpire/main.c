/*
 * flowexpire: keep directories of flow files within limits.
 */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/options.h"
#include "flowexpire/job.h"

#define STATUS_ERROR 250 /* of every error, as nfexpire */

static int
run(struct job *j, struct err *err)
{
	const struct config *c = j->config;

	if (c->profile && c->action == ACTION_UPDATE)
		return 0;
	if (places_open(&j->places, c->dir, c->profile, err) == -1)
		return -1;
	if (!c->force && places_check(&j->places, getenv("HOME"), err) == -1)
		return -1;
	return c->action == ACTION_EXPIRE ? job_expire(j, err) :
	    job_keep_books(j, err);
}

/* Who reads no further has seen what he wanted. */
static int
flush_output(struct err *err)
{
	if ((fflush(stdout) == EOF || ferror(stdout)) && errno != EPIPE)
		return err_system(err, "standard output");
	return 0;
}

/* Called as nfexpire it does what that does with limits. */
static bool
is_nfexpire(const char *name)
{
	return strcmp(name, "nfexpire") == 0;
}

int
main(int argc, char **argv)
{
	struct config config = { .wait_s = 0 };
	struct job j = { .name = options_program(argc, argv, "flowexpire"),
		.config = &config, .now_s = (int64_t)time(NULL) };
	struct err err;
	int rc;

	signal(SIGPIPE, SIG_IGN); /* nobody may read, the work is done */
	tzset();
	config.store = is_nfexpire(j.name);
	rc = args_parse(&config, argc, argv, &err);
	if (rc == -1) {
		fprintf(stderr, "%s: %s\n", j.name, err.text);
		if (err.code == ERR_USAGE)
			args_usage(j.name, stderr);
		return STATUS_ERROR;
	}
	if (config.help)
		args_usage(j.name, stdout);
	else if (config.version)
		printf("%s: Version: 1.7.1-compatible, flowexpire %s\n",
		    j.name, PACKAGE_VERSION);
	else
		rc = run(&j, &err);
	if (rc == 0)
		rc = flush_output(&err);
	if (rc == -1)
		fprintf(stderr, "%s: %s\n", j.name, err.text);
	places_close(&j.places);
	return rc == -1 || j.has_trouble ? STATUS_ERROR : 0;
}
