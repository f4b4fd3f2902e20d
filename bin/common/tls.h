#ifndef COMMON_TLS_H
#define COMMON_TLS_H

#include <stdbool.h>

#include "base/err.h"

/*
 * TLS 1.3, and no version before it.  A client verifies the chain of a server
 * up to what the system trusts, or up to the certificates of a file, and that
 * the certificate is for the name of the host.  Neither is for choice.
 *
 * All that is read from files is read when a context is made, so it works in
 * another root directory and for another user, too.  OpenSSL writes with
 * write(2): making a context sets SIGPIPE to be ignored.
 */

struct tls_context; /* may be shared by threads */

/*
 * ca_file: certificates in PEM that are trusted in place of the system's, or
 * NULL.  ERR_VALUE names the file and what is wrong with it; ERR_NOMEM.
 */
struct tls_context *tls_client(const char *ca_file, struct err *err);

/*
 * Both in PEM.  Behind the certificate of the key stand the intermediate ones,
 * if there are any; they are sent along ("chain mode").  ERR_VALUE,
 * ERR_NOMEM.
 */
struct tls_context *tls_server(const char *cert_file, const char *key_file,
    struct err *err);

/* NULL is allowed. */
void tls_free(struct tls_context *t);

/*
 * Can the certificate of a host be verified?  An address has none: ERR_VALUE
 * says what to do.
 */
int tls_check_host(const char *host, struct err *err);

/* For channel.c. */

struct ssl_st;

/* A connection; host is that of a server, NULL is for a client of ours. */
struct ssl_st *tls_attach(struct tls_context *t, int fd, const char *host,
    struct err *err);

/* Release it; the descriptor stays open.  NULL is allowed. */
void tls_detach(struct ssl_st *s);

/* Why a call for a connection returned rc; errno is that of the call. */
int tls_fail(struct ssl_st *s, int rc, struct err *err);

#endif
