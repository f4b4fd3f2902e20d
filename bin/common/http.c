/*
 * The server of metrics.  The socket is ours and made before privileges are
 * dropped; libmicrohttpd speaks HTTP on it in one thread, so requests are
 * answered one after the other and the receivers are asked by one at a time.
 */

#include "common/http.h"

#ifdef HAVE_MICROHTTPD

#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/listen.h"
#include "common/log.h"
#include "common/sockaddr.h"
#include "common/unix.h"

#define UNIX_PREFIX "unix:"
#define UNIX_MODE 0660
#define LOOPBACK "127.0.0.1"
#define HOST_MAX 256
#define BACKLOG 16
#define CONNECTIONS_MAX 32
#define IDLE_S 10
#define REQUEST_BYTES_MAX 16384

struct http_server {
	int fd;
	uint16_t port;
	struct unix_socket socket; /* if it is one; its descriptor is fd */
	struct MHD_Daemon *daemon;
	http_fn render;
	void *ctx;
};

static void
log_microhttpd(void *ctx, const char *fmt, va_list ap)
{
	char text[512];

	(void)ctx;
	vsnprintf(text, sizeof(text), fmt, ap);
	log_debug("metrics: %s", text);
}

/* Queue a response that was made, and forget it. */
static enum MHD_Result
queue(struct MHD_Connection *to, unsigned code, struct MHD_Response *r)
{
	enum MHD_Result rc;

	if (r == NULL)
		return MHD_NO;
	rc = MHD_queue_response(to, code, r);
	MHD_destroy_response(r);
	return rc;
}

static enum MHD_Result
answer_text(struct MHD_Connection *to, unsigned code, const char *text,
    const char *header, const char *value)
{
	struct MHD_Response *r = MHD_create_response_from_buffer(strlen(text),
	    (void *)(uintptr_t)text, MHD_RESPMEM_MUST_COPY);

	if (r != NULL)
		MHD_add_response_header(r, header, value);
	return queue(to, code, r);
}

static enum MHD_Result
answer_metrics(const struct http_server *h, struct MHD_Connection *to)
{
	struct buffer out = BUFFER_EMPTY;
	struct MHD_Response *r;
	enum exposition format;
	struct err err;

	format = exposition_negotiate(MHD_lookup_connection_value(to,
	    MHD_HEADER_KIND, MHD_HTTP_HEADER_ACCEPT));
	if (h->render(h->ctx, format, &out, &err) == -1) {
		log_warning("metrics: %s", err.text);
		buffer_fini(&out);
		return answer_text(to, MHD_HTTP_SERVICE_UNAVAILABLE,
		    "there is no answer\n",
		    MHD_HTTP_HEADER_RETRY_AFTER, "1");
	}
	r = MHD_create_response_from_buffer(out.len, out.data,
	    MHD_RESPMEM_MUST_FREE);
	if (r == NULL) {
		buffer_fini(&out);
		return MHD_NO;
	}
	MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE,
	    exposition_content_type(format));
	MHD_add_response_header(r, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	return queue(to, MHD_HTTP_OK, r);
}

/*
 * The first call of a request has only its head; a body, which none of ours
 * has, is read and forgotten.
 */
static enum MHD_Result
on_request(void *ctx, struct MHD_Connection *to, const char *url,
    const char *method, const char *version, const char *body,
    size_t *body_len, void **seen)
{
	static char mark;

	(void)version;
	(void)body;
	if (*seen == NULL) {
		*seen = &mark;
		return MHD_YES;
	}
	if (*body_len > 0) {
		*body_len = 0;
		return MHD_YES;
	}
	if (strcmp(url, "/metrics") != 0)
		return answer_text(to, MHD_HTTP_NOT_FOUND,
		    "metrics are at /metrics\n", MHD_HTTP_HEADER_CONTENT_TYPE,
		    "text/plain");
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 &&
	    strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
		return answer_text(to, MHD_HTTP_METHOD_NOT_ALLOWED,
		    "GET and HEAD are allowed\n", MHD_HTTP_HEADER_ALLOW,
		    "GET, HEAD");
	return answer_metrics(ctx, to);
}

/* "HOST:PORT", "[HOST]:PORT", "PORT" in their parts. */
static int
split(const char *address, char host[HOST_MAX], const char **port,
    struct err *err)
{
	const char *colon = strrchr(address, ':');
	size_t len = colon == NULL ? 0 : (size_t)(colon - address);
	bool is_bracketed = len > 1 && *address == '[' && colon[-1] == ']';

	*port = colon == NULL ? address : colon + 1;
	if (len >= HOST_MAX || **port == '\0' ||
	    (!is_bracketed && memchr(address, ':', len) != NULL))
		return err_set(err, ERR_VALUE, "--metrics %s: not "
		    "[address:]port or unix:path", address);
	if (is_bracketed)
		snprintf(host, HOST_MAX, "%.*s", (int)len - 2, address + 1);
	else
		snprintf(host, HOST_MAX, "%.*s", (int)len, address);
	if (len == 0)
		snprintf(host, HOST_MAX, LOOPBACK);
	return 0;
}

static int
listen_tcp(struct http_server *h, const char *address, struct err *err)
{
	struct addrinfo hints = { .ai_flags = AI_PASSIVE,
		.ai_socktype = SOCK_STREAM }, *list;
	char host[HOST_MAX];
	const char *port;
	int rc;

	if (split(address, host, &port, err) == -1)
		return -1;
	if ((rc = getaddrinfo(host, port, &hints, &list)) != 0)
		return err_set(err, ERR_VALUE, "--metrics %s: %s", address,
		    gai_strerror(rc));
	for (const struct addrinfo *a = list; a != NULL && h->fd == -1;
	    a = a->ai_next)
		h->fd = listen_at(a, 0, BACKLOG);
	if (h->fd == -1)
		err_system(err, "--metrics %s", address);
	freeaddrinfo(list);
	if (h->fd == -1)
		return -1;
	h->port = sockaddr_bound_port(h->fd);
	return 0;
}

static int
listen_unix(struct http_server *h, const char *path, struct err *err)
{
	if (unix_socket_open(&h->socket, path, UNIX_MODE, err) == -1)
		return err_context(err, "--metrics");
	h->fd = h->socket.fd;
	h->socket.fd = -1;
	return 0;
}

struct http_server *
http_open(const char *address, struct err *err)
{
	size_t prefix = strlen(UNIX_PREFIX);
	struct http_server *h = calloc(1, sizeof(*h));
	int rc;

	if (h == NULL) {
		err_nomem(err);
		return NULL;
	}
	h->fd = -1;
	h->socket = (struct unix_socket)UNIX_SOCKET_NONE;
	rc = strncmp(address, UNIX_PREFIX, prefix) == 0 ?
	    listen_unix(h, address + prefix, err) :
	    listen_tcp(h, address, err);
	if (rc == 0)
		return h;
	http_close(h);
	return NULL;
}

int
http_serve(struct http_server *h, http_fn render, void *ctx, struct err *err)
{
	h->render = render;
	h->ctx = ctx;
	h->daemon = MHD_start_daemon(MHD_USE_POLL_INTERNAL_THREAD |
	    MHD_USE_ERROR_LOG, 0, NULL, NULL, on_request, h,
	    MHD_OPTION_EXTERNAL_LOGGER, log_microhttpd, NULL,
	    MHD_OPTION_LISTEN_SOCKET, h->fd,
	    MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
	    MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)REQUEST_BYTES_MAX,
	    MHD_OPTION_END);
	if (h->daemon == NULL)
		return err_system(err, "cannot start to serve metrics");
	return 0;
}

uint16_t
http_port(const struct http_server *h)
{
	return h->port;
}

void
http_close(struct http_server *h)
{
	if (h == NULL)
		return;
	/* It stays if we may not remove it; the next start does. */
	unix_socket_remove(&h->socket);
	if (h->daemon != NULL)
		MHD_stop_daemon(h->daemon); /* closes the socket */
	else if (h->fd != -1)
		close(h->fd);
	unix_socket_close(&h->socket);
	free(h);
}

#else

struct http_server *
http_open(const char *address, struct err *err)
{
	err_set(err, ERR_USAGE, "--metrics %s: this program was built without "
	    "libmicrohttpd", address);
	return NULL;
}

int
http_serve(struct http_server *h, http_fn render, void *ctx, struct err *err)
{
	(void)h;
	(void)render;
	(void)ctx;
	return err_set(err, ERR_USAGE, "built without libmicrohttpd");
}

uint16_t
http_port(const struct http_server *h)
{
	(void)h;
	return 0;
}

void
http_close(struct http_server *h)
{
	(void)h;
}

#endif
