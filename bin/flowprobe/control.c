/*
 * Commands.  The main thread reads and answers them; who is slow is hung up
 * on.
 */

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "common/unix.h"
#include "flowprobe/control.h"

#define MODE 0600
#define COMMAND_MS 500
#define ANSWER_MS 2000
#define COMMAND_MAX 128
#define LEVEL_MAX 7

struct control {
	struct unix_socket socket;
};

void
control_close(struct control *c)
{
	if (c == NULL)
		return;
	unix_socket_close(&c->socket);
	free(c);
}

struct control *
control_open(const char *path, struct err *err)
{
	struct control *c = calloc(1, sizeof(*c));

	if (c == NULL)
		err_nomem(err);
	else if (unix_socket_open(&c->socket, path, MODE, err) == 0)
		return c;
	free(c);
	return NULL;
}

int
control_fd(const struct control *c)
{
	return c->socket.fd;
}

static void
say(FILE *out, const char *text)
{
	fprintf(out, "flowprobe[%ld]: %s\n", (long)getpid(), text);
}

static void
end_flows(struct lane *l, struct meter *m, void *ctx)
{
	struct meter_counters n;
	struct cache_counters flows;

	(void)l;
	meter_counters(m, &n, &flows);
	*(uint64_t *)ctx += flows.live;
	meter_flush(m);
}

static void
delete_flows(struct lane *l, struct meter *m, void *ctx)
{
	(void)l;
	*(uint64_t *)ctx += meter_clear(m);
}

static void
pause_lane(struct lane *l, struct meter *m, void *ctx)
{
	(void)m;
	lane_pause(l, *(bool *)ctx);
}

static void
ask_all(struct probe *p, lane_job job, void *ctx)
{
	for (unsigned i = 0; i < p->lane_count; i++)
		lane_ask(p->lanes[i], job, ctx);
}

static void
expire_all(struct probe *p, FILE *out)
{
	uint64_t count = 0;

	ask_all(p, end_flows, &count);
	fprintf(out, "flowprobe[%ld]: Expired %" PRIu64 " flows.\n",
	    (long)getpid(), count);
}

static void
delete_all(struct probe *p, FILE *out)
{
	uint64_t count = 0;

	ask_all(p, delete_flows, &count);
	fprintf(out, "flowprobe[%ld]: Deleted %" PRIu64 " flows.\n",
	    (long)getpid(), count);
}

static void
stop_gather(struct probe *p, FILE *out)
{
	bool is_paused = true;

	ask_all(p, pause_lane, &is_paused);
	say(out, "Data collection stopped.");
}

static void
start_gather(struct probe *p, FILE *out)
{
	bool is_paused = false;

	ask_all(p, pause_lane, &is_paused);
	say(out, "Data collection resumed.");
}

/* Who wants no messages gets none of any level. */
static void
set_level(struct probe *p, uint32_t level)
{
	p->config.level = level;
	if (p->config.log_to != 0)
		log_limit((int)level);
}

static void
debug_more(struct probe *p, FILE *out)
{
	if (p->config.level < LEVEL_MAX)
		set_level(p, p->config.level + 1);
	say(out, "Debug level increased.");
}

static void
debug_less(struct probe *p, FILE *out)
{
	if (p->config.level > 0)
		set_level(p, p->config.level - 1);
	say(out, "Debug level decreased.");
}

static void
send_template(struct probe *p, FILE *out)
{
	pthread_mutex_lock(&p->lock);
	if (p->sender != NULL)
		sender_renew(p->sender);
	pthread_mutex_unlock(&p->lock);
	say(out, "Template will be sent at next flow export");
}

static void
shut_down(struct probe *p, FILE *out)
{
	p->requests->stop = 1;
	say(out, "Shutting down gracefully...");
}

/* Without the flows that live. */
static void
leave(struct probe *p, FILE *out)
{
	uint64_t count = 0;
	bool is_paused = true;

	ask_all(p, pause_lane, &is_paused);
	ask_all(p, delete_flows, &count);
	p->requests->stop = 1;
	say(out, "Exiting now...");
}

static void
help(struct probe *p, FILE *out)
{
	(void)p;
	fputs("Valid control words are:\n"
	      "\tdebug+ debug- delete-all dump-flows exit expire-all\n"
	      "\tshutdown start-gather statistics stop-gather timeouts\n"
	      "\tsend-template\n", out);
}

static void
obey(struct probe *p, const char *command, FILE *out)
{
	static const struct {
		const char *name;
		void (*fn)(struct probe *p, FILE *out);
	} commands[] = {
		{ "debug+", debug_more },
		{ "debug-", debug_less },
		{ "delete-all", delete_all },
		{ "dump-flows", control_dump },
		{ "exit", leave },
		{ "expire-all", expire_all },
		{ "help", help },
		{ "send-template", send_template },
		{ "shutdown", shut_down },
		{ "start-gather", start_gather },
		{ "statistics", control_statistics },
		{ "stop-gather", stop_gather },
		{ "timeouts", control_timeouts },
	};

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].name, command) == 0) {
			commands[i].fn(p, out);
			return;
		}
	}
	fprintf(out, "Unknown control command \"%s\"\n", command);
}

/* A line, or what comes before the end; false if neither does in time. */
static bool
read_command(int fd, char command[COMMAND_MAX])
{
	int64_t end_ms = clock_ms(CLOCK_MONOTONIC) + COMMAND_MS;
	size_t len = 0;
	ssize_t n;

	do {
		if (unix_wait(fd, POLLIN, end_ms) == -1)
			return false;
		n = recv(fd, command + len, COMMAND_MAX - 1 - len, 0);
		if (n == -1)
			return false;
		len += (size_t)n;
		command[len] = '\0';
	} while (n > 0 && len < COMMAND_MAX - 1 &&
	    strchr(command, '\n') == NULL);
	command[strcspn(command, "\r\n")] = '\0';
	return true;
}

static void
answer(int fd, struct probe *p, const char *command)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (out == NULL)
		return;
	obey(p, command, out);
	if (fclose(out) == 0)
		unix_send(fd, text, len, ANSWER_MS); /* or they are gone */
	free(text);
}

void
control_serve(struct control *c, struct probe *p)
{
	char command[COMMAND_MAX];
	int fd = accept4(c->socket.fd, NULL, NULL, SOCK_CLOEXEC);

	if (fd == -1)
		return;
	if (read_command(fd, command)) {
		log_info("Control: %s", command);
		answer(fd, p, command);
	}
	close(fd);
}
