/*
 * flowfwd: send stored flows on.
 */

#include <stdio.h>
#include <syslog.h>

#include "common/log.h"
#include "common/notify.h"
#include "flowfwd/control.h"
#include "flowfwd/forward.h"

static struct requests requests;

static int
start_log(const struct config *c, struct err *err)
{
	log_init(c->name);
	log_limit(c->verbose ? LOG_DEBUG : LOG_INFO);
	if (c->facility == NULL)
		return 0;
	if (!log_facility(c->facility))
		return err_set(err, ERR_VALUE,
		    "option -L: '%s' is no facility of syslog", c->facility);
	log_to_syslog();
	return 0;
}

/* The exit status. */
static int
work(struct forward *f)
{
	struct err err;
	int rc;

	if ((rc = start_log(&f->config, &err)) == 0 &&
	    (rc = forward_open(f, &err)) == 0) {
		requests_catch(&requests);
		notify_send("READY=1");
		rc = forward_run(f, &err);
		notify_send("STOPPING=1");
		forward_report(f);
	}
	if (rc == -1) {
		log_error("%s", err.text);
		return err_status(&err);
	}
	return f->result.files_failed > 0 ||
	    f->selection.members_missing > 0 ? 250 : 0;
}

/* The exit status. */
static int
print_status(const struct config *c)
{
	struct buffer out = BUFFER_EMPTY;
	struct err err;
	int rc = control_ask(c->control, &out, &err);

	if (rc != -1 && (fwrite(out.data, 1, out.len, stdout) != out.len ||
	    fflush(stdout) == EOF))
		rc = err_system(&err, "standard output");
	if (rc == -1)
		fprintf(stderr, "%s: %s\n", c->name, err.text);
	buffer_fini(&out);
	return rc == -1;
}

int
main(int argc, char **argv)
{
	static struct forward f = { .requests = &requests };
	const char *name = options_program(argc, argv, "flowfwd");
	struct err err;
	int status;

	if (args_parse(&f.config, name, argc, argv, &err) == -1) {
		fprintf(stderr, "%s: %s\n", name, err.text);
		if (err.code == ERR_USAGE)
			args_usage(name, stderr);
		return err_status(&err);
	}
	if (f.config.help || f.config.show_version) {
		if (f.config.help)
			args_usage(name, stdout);
		else
			printf("%s: Version: 1.7.1-compatible, flowfwd %s\n",
			    name, PACKAGE_VERSION);
		return 0;
	}
	if (f.config.status)
		return print_status(&f.config);
	status = work(&f);
	forward_close(&f);
	return status;
}
