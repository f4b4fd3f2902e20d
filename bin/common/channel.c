/*
 * Connections that never wait.
 */

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/channel.h"

#define WRITE_MAX (1 << 30) /* lengths of OpenSSL are int */

int
channel_open(struct channel *c, int fd, struct tls_context *tls,
    const char *host, struct err *err)
{
	*c = (struct channel){ .fd = fd, .events = POLLIN };
	if (tls == NULL)
		return 0;
	c->ssl = tls_attach(tls, fd, host, err);
	return c->ssl == NULL ? -1 : 0;
}

/* Bytes, 0 to wait, CHANNEL_END, -1: what a call of OpenSSL returned. */
static ssize_t
outcome(struct channel *c, int rc, struct err *err)
{
	if (rc > 0)
		return rc;
	switch (SSL_get_error(c->ssl, rc)) {
	case SSL_ERROR_WANT_READ:
		c->events = POLLIN;
		return 0;
	case SSL_ERROR_WANT_WRITE:
		c->events = POLLOUT;
		return 0;
	case SSL_ERROR_ZERO_RETURN:
		return CHANNEL_END;
	default:
		return tls_fail(c->ssl, rc, err);
	}
}

static bool
has_to_wait(void)
{
	return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

int
channel_handshake(struct channel *c, struct err *err)
{
	ssize_t rc;

	if (c->ssl == NULL)
		return 1;
	ERR_clear_error();
	errno = 0;
	rc = outcome(c, SSL_do_handshake(c->ssl), err);
	if (rc == CHANNEL_END)
		return err_set(err, ERR_SYSTEM,
		    "the connection was closed during the handshake");
	return (int)rc;
}

ssize_t
channel_read(struct channel *c, void *buf, size_t len, struct err *err)
{
	ssize_t n;

	if (c->ssl != NULL) {
		ERR_clear_error();
		errno = 0;
		return outcome(c, SSL_read(c->ssl, buf, (int)(len > WRITE_MAX ?
		    WRITE_MAX : len)), err);
	}
	n = recv(c->fd, buf, len, MSG_DONTWAIT);
	if (n > 0)
		return n;
	if (n == 0)
		return CHANNEL_END;
	c->events = POLLIN;
	return has_to_wait() ? 0 : err_system(err, "receiving");
}

ssize_t
channel_write(struct channel *c, const void *buf, size_t len, struct err *err)
{
	ssize_t n;

	if (c->ssl != NULL) {
		ERR_clear_error();
		errno = 0;
		n = outcome(c, SSL_write(c->ssl, buf, (int)(len > WRITE_MAX ?
		    WRITE_MAX : len)), err);
		return n == CHANNEL_END ? err_set(err, ERR_SYSTEM,
		    "the connection was closed") : n;
	}
	n = send(c->fd, buf, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n >= 0)
		return n;
	c->events = POLLOUT;
	return has_to_wait() ? 0 : err_system(err, "sending");
}

void
channel_shutdown(struct channel *c)
{
	if (c->ssl != NULL && SSL_is_init_finished(c->ssl)) {
		ERR_clear_error();
		SSL_shutdown(c->ssl);
	}
	shutdown(c->fd, SHUT_WR);
}

void
channel_close(struct channel *c)
{
	tls_detach(c->ssl);
	if (c->fd != -1)
		close(c->fd);
	*c = (struct channel)CHANNEL_NONE;
}
