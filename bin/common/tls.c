/*
 * Contexts of TLS, and connections in them.
 */

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/addr.h"
#include "common/tls_int.h"

/* Where Debian and others have all that the system trusts in one file. */
#define BUNDLE "ca-certificates.crt"

struct tls_context {
	SSL_CTX *ctx;
};

/* The first error of OpenSSL is that of the cause. */
static int
refuse_file(const char *path, struct err *err)
{
	const unsigned long code = ERR_peek_error();
	const char *reason = ERR_SYSTEM_ERROR(code) ?
	    strerror(ERR_GET_REASON(code)) : ERR_reason_error_string(code);

	return err_set(err, ERR_VALUE, "%s: %s", path,
	    reason != NULL ? reason : "not usable");
}

static struct tls_context *
context_new(const SSL_METHOD *method, struct err *err)
{
	struct tls_context *t = calloc(1, sizeof(*t));

	signal(SIGPIPE, SIG_IGN);
	ERR_clear_error();
	if (t == NULL || (t->ctx = SSL_CTX_new(method)) == NULL) {
		free(t);
		err_nomem(err);
		return NULL;
	}
	SSL_CTX_set_min_proto_version(t->ctx, TLS1_3_VERSION);
	SSL_CTX_set_mode(t->ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
	    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
	/* Reading ends with each record: who sends new keys only holds us not. */
	SSL_CTX_clear_mode(t->ctx, SSL_MODE_AUTO_RETRY);
	/* Messages tell their length: nobody can cut them short unseen. */
	SSL_CTX_set_options(t->ctx, SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_session_cache_mode(t->ctx, SSL_SESS_CACHE_OFF);
	return t;
}

/*
 * Certificates of the system's directory are read when they are needed, which
 * may be in another root directory: those of the file are read now.
 */
static void
trust_system(SSL_CTX *ctx)
{
	char path[1024];

	SSL_CTX_set_default_verify_paths(ctx);
	if (getenv(X509_get_default_cert_dir_env()) != NULL ||
	    getenv(X509_get_default_cert_file_env()) != NULL)
		return;
	snprintf(path, sizeof(path), "%s/" BUNDLE,
	    X509_get_default_cert_dir());
	if (access(path, R_OK) == 0)
		SSL_CTX_load_verify_file(ctx, path);
	ERR_clear_error();
}

struct tls_context *
tls_client(const char *ca_file, struct err *err)
{
	struct tls_context *t = context_new(TLS_client_method(), err);

	if (t == NULL)
		return NULL;
	SSL_CTX_set_verify(t->ctx, SSL_VERIFY_PEER, tls_verify);
	if (ca_file == NULL) {
		trust_system(t->ctx);
	} else if (SSL_CTX_load_verify_file(t->ctx, ca_file) != 1) {
		refuse_file(ca_file, err);
		tls_free(t);
		return NULL;
	}
	return t;
}

static int
load_key(SSL_CTX *ctx, const char *cert_file, const char *key_file,
    struct err *err)
{
	if (SSL_CTX_use_certificate_chain_file(ctx, cert_file) != 1)
		return refuse_file(cert_file, err);
	if (SSL_CTX_use_PrivateKey_file(ctx, key_file, SSL_FILETYPE_PEM) != 1)
		return refuse_file(key_file, err);
	if (SSL_CTX_check_private_key(ctx) != 1)
		return err_set(err, ERR_VALUE, "%s: not the key of the first "
		    "certificate of %s", key_file, cert_file);
	return 0;
}

struct tls_context *
tls_server(const char *cert_file, const char *key_file, struct err *err)
{
	struct tls_context *t = context_new(TLS_server_method(), err);

	if (t == NULL)
		return NULL;
	/* Nobody resumes a session, and clients would have to read them. */
	SSL_CTX_set_num_tickets(t->ctx, 0);
	if (load_key(t->ctx, cert_file, key_file, err) == -1) {
		tls_free(t);
		return NULL;
	}
	return t;
}

void
tls_free(struct tls_context *t)
{
	if (t == NULL)
		return;
	SSL_CTX_free(t->ctx);
	free(t);
}

int
tls_check_host(const char *host, struct err *err)
{
	struct addr a;

	if (addr_parse(host, &a) == 0 || strchr(host, ':') != NULL)
		return err_set(err, ERR_VALUE, "%s: a certificate is verified "
		    "against a name: give that of the host, from DNS or "
		    "/etc/hosts, not its address", host);
	return 0;
}

struct ssl_st *
tls_attach(struct tls_context *t, int fd, const char *host, struct err *err)
{
	struct tls_peer *peer = calloc(1, sizeof(*peer));
	SSL *s = SSL_new(t->ctx);

	if (peer == NULL || s == NULL || SSL_set_fd(s, fd) != 1)
		goto nomem;
	if (host == NULL) {
		SSL_set_accept_state(s);
	} else {
		snprintf(peer->host, sizeof(peer->host), "%s", host);
		SSL_set_connect_state(s);
		SSL_set_hostflags(s, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
		if (SSL_set1_host(s, host) != 1 ||
		    SSL_set_tlsext_host_name(s, peer->host) != 1)
			goto nomem;
	}
	SSL_set_app_data(s, peer);
	return s;
nomem:
	SSL_free(s);
	free(peer);
	err_nomem(err);
	return NULL;
}

void
tls_detach(struct ssl_st *s)
{
	if (s == NULL)
		return;
	free(SSL_get_app_data(s));
	SSL_free(s);
}
