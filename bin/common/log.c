/*
 * Messages to standard error or syslog.  A message is one line and one
 * write, so lines of two threads do not mix.
 */

#include <stdarg.h>
#include <stdio.h>
#include <strings.h>
#include <syslog.h>

#include "base/text.h"
#include "common/clock.h"
#include "common/log.h"

#define LINE_MAX_LEN 2048
#define PAUSE_S 60

static struct {
	const char *name;
	bool to_syslog;
	atomic_bool to_stderr; /* besides syslog, while starting */
	atomic_int least; /* priority that is told */
	int facility;
} log_state = { "daemon", false, true, LOG_DEBUG, LOG_DAEMON };

static const struct {
	const char *name;
	int number;
} facilities[] = {
	{ "daemon", LOG_DAEMON }, { "user", LOG_USER },
	{ "local0", LOG_LOCAL0 }, { "local1", LOG_LOCAL1 },
	{ "local2", LOG_LOCAL2 }, { "local3", LOG_LOCAL3 },
	{ "local4", LOG_LOCAL4 }, { "local5", LOG_LOCAL5 },
	{ "local6", LOG_LOCAL6 }, { "local7", LOG_LOCAL7 },
};

void
log_init(const char *name)
{
	log_state.name = name;
}

void
log_limit(int level)
{
	atomic_store(&log_state.least, level);
}

void
log_quiet(void)
{
	log_limit(LOG_WARNING);
}

bool
log_facility(const char *name)
{
	for (size_t i = 0; i < sizeof(facilities) / sizeof(facilities[0]); i++)
		if (strcasecmp(facilities[i].name, name) == 0) {
			log_state.facility = facilities[i].number;
			return true;
		}
	return false;
}

void
log_facility_names(struct buffer *out)
{
	for (size_t i = 0; i < sizeof(facilities) / sizeof(facilities[0]);
	    i++)
		buffer_word(out, facilities[i].name);
}

/* Connect now: the socket is not there in another root directory. */
static void
connect_now(void)
{
	openlog(log_state.name, LOG_PID | LOG_NDELAY, log_state.facility);
}

void
log_to_syslog(void)
{
	connect_now();
	log_state.to_syslog = true;
}

void
log_detach(void)
{
	atomic_store(&log_state.to_stderr, false);
}

void
log_reopen(void)
{
	closelog();
	if (log_state.to_syslog)
		connect_now();
}

bool
log_is_due(struct log_pause *p)
{
	int_fast64_t last = atomic_load(&p->told_s);
	int64_t now_s = clock_ms(CLOCK_MONOTONIC_COARSE) / 1000 + 1;

	return (last == 0 || now_s - last >= PAUSE_S) &&
	    atomic_compare_exchange_strong(&p->told_s, &last, now_s);
}

static void
put(int priority, const char *fmt, va_list ap)
{
	char line[LINE_MAX_LEN];

	if (priority > atomic_load(&log_state.least))
		return;
	vsnprintf(line, sizeof(line), fmt, ap);
	text_clean(line, '?'); /* text from the network may be in it */
	if (log_state.to_syslog)
		syslog(priority, "%s", line);
	if (!log_state.to_syslog ||
	    (priority <= LOG_WARNING && atomic_load(&log_state.to_stderr)))
		fprintf(stderr, "%s\n", line);
}

#define DEFINE_LOG(function, priority) \
	void function(const char *fmt, ...) \
	{ \
		va_list ap; \
\
		va_start(ap, fmt); \
		put(priority, fmt, ap); \
		va_end(ap); \
	}

DEFINE_LOG(log_debug, LOG_DEBUG)
DEFINE_LOG(log_info, LOG_INFO)
DEFINE_LOG(log_warning, LOG_WARNING)
DEFINE_LOG(log_error, LOG_ERR)
