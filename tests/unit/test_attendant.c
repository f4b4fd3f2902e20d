/*
 * The attendant: --status, the metric socket, the watchdog.
 */
#include "flowcapd/attendant.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/bytes.h"
#include "common/log.h"
#include "common/notify.h"
#include "common/unix.h"
#include "flowcapd/metric.h"
#include "statuskit.h"
#include "tap.h"

static uint32_t exporters = 2;

static struct attendant *
start(const char *dir, status_fn ask)
{
	struct attendant_options o = { NULL, 60, ask, &exporters };
	struct attendant *a;
	struct err err;

	if ((a = attendant_new(&err)) == NULL ||
	    attendant_listen(a, dir, &err) == -1 ||
	    attendant_start(a, &o, &err) == -1)
		bail("%s", err.text);
	return a;
}

static void
test_status(const char *dir)
{
	struct buffer b = BUFFER_EMPTY;
	struct attendant *a;
	char path[4096];
	struct stat st;
	struct err err;

	snprintf(path, sizeof(path), "%s/" ATTENDANT_SOCKET, dir);
	is_int(attendant_ask(dir, &b, &err), -1, "nobody: %s", err.text);
	is_int(err.code, ERR_VALUE, "nobody: code");
	a = start(dir, statuskit_ask);
	ok(lstat(path, &st) == 0 && (st.st_mode & 07777) == 0600, "mode");
	is_int(attendant_ask(dir, &b, &err), 0, "an answer");
	ok(b.len > 0 && *b.data == '{', "an object");
	attendant_close(a);
	b.len = 0;
	exporters = 2000; /* more than fits into a socket */
	a = start(dir, statuskit_ask);
	is_int(attendant_ask(dir, &b, &err), 0, "a long answer");
	ok(b.len > 500000, "all of it: %zu bytes", b.len);
	attendant_close(a);
	exporters = 2;
	ok(lstat(path, &st) == -1, "the socket is removed");
	a = start(dir, statuskit_refuse);
	is_int(attendant_ask(dir, &b, &err), -1, "no status: %s", err.text);
	ok(strstr(err.text, "do not answer") != NULL, "and why");
	attendant_close(a);
	is_int(attendant_ask("/nonexistent", &b, &err), -1, "no directory: %s",
	    err.text);
	buffer_fini(&b);
}

/* What is left of a dead collector goes, what is no socket stays. */
static void
test_stale(const char *dir)
{
	int d = open(dir, O_PATH), fd;
	struct attendant *a;
	struct err err;

	fd = unix_listen(d, ATTENDANT_SOCKET, 0600, UNIX_STALE_OURS, &err);
	close(fd);
	a = start(dir, statuskit_ask);
	ok(a != NULL, "a socket left behind");
	attendant_close(a);
	if (symlinkat("elsewhere", d, ATTENDANT_SOCKET) == -1)
		bail("symlink");
	a = attendant_new(&err);
	is_int(attendant_listen(a, dir, &err), -1, "a link: %s", err.text);
	attendant_close(a);
	ok(faccessat(d, "elsewhere", F_OK, 0) == -1, "is not followed");
	unlinkat(d, ATTENDANT_SOCKET, 0);
	close(d);
}

static uint64_t
number(const struct buffer *b, size_t at)
{
	return load_u64(b->data + at);
}

static void
test_metric(void)
{
	struct buffer b = BUFFER_EMPTY;
	struct status s;
	struct err err;
	struct metric *m = metric_new(60, &err);
	const struct status_exporter *e;

	statuskit_make(&s, 2);
	is_int(metric_take(m, &s, &err), 0, "taken");
	is_int(metric_next(m, &b, &err), 1, "a message");
	is_uint(b.len, METRIC_HEADER_LEN + 2 * METRIC_RECORD_LEN, "length");
	is_mem(b.data, "@\1", 2, "mark and version");
	is_uint(load_u16(b.data + 2), 2 * METRIC_RECORD_LEN, "its length");
	is_uint(load_u16(b.data + 4), 2, "records");
	is_uint(load_u16(b.data + 6), 60, "interval");
	is_uint(number(&b, 8), s.taken_ms, "time");
	is_uint(number(&b, 16), 61, "uptime");
	is_str(b.data + 24, "none", "ident");
	is_uint(number(&b, 24 + 128), UINT64_C(1) << 16 | 256, "id");
	e = &s.exporters[0];
	is_uint(number(&b, 24 + 136), e->flows[0], "flows");
	is_uint(number(&b, 24 + 136 + 32), e->bytes[0], "bytes");
	is_uint(number(&b, 24 + 136 + 88), e->packets[3], "packets");
	is_int(metric_next(m, &b, &err), 0, "no more");

	s.exporters[1].flows[2] += 7;
	b.len = 0;
	metric_take(m, &s, &err);
	metric_next(m, &b, &err);
	is_uint(load_u16(b.data + 4), 2, "silent ones, too");
	is_uint(number(&b, 24 + 136), 0, "nothing was sent");
	is_uint(number(&b, 24 + METRIC_RECORD_LEN + 136 + 16), 7,
	    "since the last time");
	s.exporters[1].flows[2] = 3;
	b.len = 0;
	metric_take(m, &s, &err);
	metric_next(m, &b, &err);
	is_uint(number(&b, 24 + METRIC_RECORD_LEN + 136 + 16), 3,
	    "one that was forgotten begins anew");
	status_fini(&s);
	statuskit_make(&s, 0);
	metric_take(m, &s, &err);
	is_int(metric_next(m, &b, &err), 0, "no exporters, no message");
	status_fini(&s);

	metric_free(m);
	m = metric_new(60, &err);
	statuskit_make(&s, 1000);
	metric_take(m, &s, &err);
	b.len = 0;
	for (unsigned i = 0; metric_next(m, &b, &err) == 1; i++)
		ok(i < 4, "message %u", i);
	is_uint(b.len, 4 * METRIC_HEADER_LEN + 1000 * METRIC_RECORD_LEN,
	    "many exporters");
	is_uint(load_u16(b.data + 4), METRIC_RECORDS_MAX, "a full one");
	status_fini(&s);
	metric_free(m);
	buffer_fini(&b);
}

static void
test_agents(void)
{
	struct buffer b = BUFFER_EMPTY;
	struct status s;
	struct err err;
	struct metric *m = metric_new(60, &err);

	statuskit_make(&s, 2);
	s.exporters[1].exporter.addr = s.exporters[0].exporter.addr;
	s.exporters[1].exporter.id = s.exporters[0].exporter.id;
	s.exporters[1].exporter.agent = addr_v4(1);
	for (unsigned i = 0; i < 2; i++) {
		b.len = 0;
		metric_take(m, &s, &err);
		metric_next(m, &b, &err);
	}
	is_uint(number(&b, 24 + 136) + number(&b, 24 + METRIC_RECORD_LEN + 136),
	    0, "two agents of a sender are two");
	status_fini(&s);
	metric_free(m);
	buffer_fini(&b);
}

static void
test_watch(void)
{
	struct watch w = { 0, 0 };
	struct status s = { .queue_bytes = 0 };

	ok(watch_is_alive(&w, &s), "nothing to do");
	s.queue_bytes = 3;
	ok(watch_is_alive(&w, &s), "work has come");
	ok(!watch_is_alive(&w, &s), "it is not done");
	s.blocks_written = 1;
	ok(watch_is_alive(&w, &s), "one is done");
	ok(!watch_is_alive(&w, &s), "no further one");
	s.queue_bytes = 0;
	ok(watch_is_alive(&w, &s), "all is done");
}

/* A service manager's end. */
static int
manager(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path);
	if (bind(fd, (struct sockaddr *)&sun, sizeof(sun)) == -1)
		bail("bind");
	unix_set_timeout(fd, 20000);
	setenv("NOTIFY_SOCKET", path, 1);
	return fd;
}

static const char *
hear(int fd)
{
	static char text[512];
	ssize_t n = recv(fd, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void
test_notify(const char *dir)
{
	struct attendant *a;
	char path[100], pid[32];
	int fd;

	notify_send("READY=1"); /* to nobody */
	snprintf(path, sizeof(path), "%s/notify", dir);
	fd = manager(path);
	notify_send("READY=1");
	is_str(hear(fd), "READY=1", "ready");
	notify_reloading();
	ok(strncmp(hear(fd), "RELOADING=1\nMONOTONIC_USEC=", 27) == 0,
	    "reloading");
	is_uint(notify_watchdog_ms(), 0, "nobody watches");
	setenv("WATCHDOG_USEC", "200000", 1);
	is_uint(notify_watchdog_ms(), 200, "somebody does");
	setenv("WATCHDOG_PID", "1", 1);
	is_uint(notify_watchdog_ms(), 0, "but not us");
	snprintf(pid, sizeof(pid), "%ld", (long)getpid());
	setenv("WATCHDOG_PID", pid, 1);
	a = start(dir, statuskit_ask);
	ok(strncmp(hear(fd), "WATCHDOG=1\nSTATUS=2 exporters, ", 31) == 0,
	    "the watchdog is fed");
	attendant_close(a);
	unsetenv("WATCHDOG_USEC");
	unlink(path);
	close(fd);
}

int
main(void)
{
	char dir[] = "/tmp/attendant-XXXXXX", path[200];

	log_init("test");
	if (mkdtemp(dir) == NULL)
		bail("mkdtemp");
	/* Longer than an address has room for. */
	snprintf(path, sizeof(path), "%s/%0120d", dir, 0);
	mkdir(path, 0700);
	test_status(path);
	test_stale(path);
	test_metric();
	test_agents();
	test_watch();
	test_notify(dir);
	rmdir(path);
	rmdir(dir);
	return done_testing();
}
