#ifndef COMMON_TLS_INT_H
#define COMMON_TLS_INT_H

#include <openssl/ssl.h>

#include "common/tls.h"

/* What we know of the other side of a connection. */
struct tls_peer {
	char host[256]; /* the name that its certificate has to be for */
	char why[768]; /* the certificate was refused; "": it was not */
};

/* tls_reason.c: called by OpenSSL for each certificate of a chain. */
int tls_verify(int is_fine, X509_STORE_CTX *store);

#endif
