/*
 * The server of metrics, over TCP and over a unix socket.
 */
#include "common/http.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buffer.h"
#include "common/log.h"
#include "common/unix.h"
#include "flowcapd/openmetrics.h"
#include "statuskit.h"
#include "tap.h"

static uint32_t exporters = 2;

/* Send a request and read until the server closes. */
static char *
talk(int fd, const char *request)
{
	static char answer[1 << 20];
	size_t len = 0;
	ssize_t n;

	*answer = '\0';
	unix_set_timeout(fd, 20000);
	if (unix_send(fd, request, strlen(request), 20000) == -1)
		note("cannot send");
	while ((n = recv(fd, answer + len, sizeof(answer) - 1 - len, 0)) > 0)
		len += (size_t)n;
	answer[len] = '\0';
	close(fd);
	return answer;
}

static char *
request(uint16_t port, const char *text)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == -1)
		bail("connect");
	return talk(fd, text);
}

static struct http_server *
start(const char *address, status_fn ask)
{
	static struct openmetrics_source from;
	struct err err;
	struct http_server *h = http_open(address, &err);

	from = (struct openmetrics_source){ ask, &exporters };
	if (h == NULL ||
	    http_serve(h, openmetrics_answer, &from, &err) == -1)
		bail("%s", err.text);
	return h;
}

static int
begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

#define END " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"

static void
test_answers(void)
{
	struct http_server *h = start("0", statuskit_ask);
	uint16_t port = http_port(h);
	char *a;

	ok(port != 0, "a port");
	a = request(port, "GET /metrics" END "\r\n");
	ok(begins(a, "HTTP/1.1 200 "), "GET");
	ok(strstr(a, "text/plain; version=0.0.4") != NULL, "plain");
	ok(strstr(a, "\nflowcapd_datagrams_total 101\n") != NULL, "a metric");
	a = request(port, "GET /metrics" END
	    "Accept: application/openmetrics-text;version=1.0.0\r\n\r\n");
	ok(strstr(a, "application/openmetrics-text; version=1.0.0") != NULL,
	    "OpenMetrics");
	is_str(strlen(a) > 6 ? a + strlen(a) - 6 : a, "# EOF\n", "its end");
	a = request(port, "HEAD /metrics" END "\r\n");
	ok(begins(a, "HTTP/1.1 200 "), "HEAD");
	is_str(strstr(a, "\r\n\r\n"), "\r\n\r\n", "HEAD: no body");
	a = request(port, "GET /" END "\r\n");
	ok(begins(a, "HTTP/1.1 404 "), "another path");
	a = request(port, "POST /metrics" END "Content-Length: 3\r\n\r\nabc");
	ok(begins(a, "HTTP/1.1 405 "), "POST");
	ok(strstr(a, "Allow: GET, HEAD\r\n") != NULL, "what is allowed");
	a = request(port, "nonsense\r\n\r\n");
	ok(!begins(a, "HTTP/1.1 200 "), "nonsense");
	http_close(h);
	h = start("127.0.0.1:0", statuskit_refuse);
	a = request(http_port(h), "GET /metrics" END "\r\n");
	ok(begins(a, "HTTP/1.1 503 "), "no status");
	ok(strstr(a, "Retry-After: 1\r\n") != NULL, "try again");
	http_close(h);
}

static void
test_unix(const char *dir)
{
	char path[4096], address[8192];
	struct http_server *h;
	struct stat st;
	const char *name;
	struct err err;
	int parent, fd;

	/* Longer than an address has room for. */
	snprintf(path, sizeof(path), "%s/%0100d", dir, 0);
	mkdir(path, 0700);
	snprintf(path + strlen(path), 100, "/m.sock");
	snprintf(address, sizeof(address), "unix:%s", path);
	umask(022);
	h = start(address, statuskit_ask);
	ok(lstat(path, &st) == 0 && (st.st_mode & 07777) == 0640, "mode");
	parent = unix_open_parent(path, &name, &err);
	fd = unix_connect(parent, name, 1000, &err);
	ok(begins(talk(fd, "GET /metrics" END "\r\n"), "HTTP/1.1 200 "),
	    "over a unix socket");
	ok(http_open(address, &err) == NULL, "in use: %s", err.text);
	http_close(h);
	ok(lstat(path, &st) == -1, "it is removed");

	fd = unix_listen(parent, name, 0600, UNIX_STALE_UNUSED, &err);
	close(fd);
	ok(lstat(path, &st) == 0, "one that was left behind");
	h = start(address, statuskit_ask);
	ok(h != NULL, "is replaced");
	http_close(h);
	close(open(path, O_CREAT | O_WRONLY, 0600));
	ok(http_open(address, &err) == NULL, "a file stays: %s", err.text);
	unlink(path);
	if (symlink("elsewhere", path) == -1)
		bail("symlink");
	ok(http_open(address, &err) == NULL, "a link stays: %s", err.text);
	unlink(path);
	close(parent);
	*strrchr(path, '/') = '\0';
	rmdir(path);
}

static void
test_refused(void)
{
	static const char *const bad[] = { "", ":", "::1:9000", "127.0.0.1:",
		"nonsense", "[::1]", "unix:", "unix:/no/such/dir/x",
		"unix:/tmp/", "127.0.0.1:nonsense", "256.0.0.1:80" };
	struct err err;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct http_server *h = http_open(bad[i], &err);

		ok(h == NULL, "'%s': %s", bad[i], err.text);
		http_close(h);
	}
}

int
main(void)
{
	char dir[] = "/tmp/http-test-XXXXXX";
	struct err err;
	struct http_server *h = http_open("0", &err);

	log_init("test");
	if (h == NULL)
		skip_all("%s", err.text);
	http_close(h); /* before it serves */
	if (mkdtemp(dir) == NULL)
		bail("mkdtemp");
	test_answers();
	test_unix(dir);
	test_refused();
	rmdir(dir);
	return done_testing();
}
