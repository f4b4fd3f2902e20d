/*
 * Why a certificate or a connection is refused, in words that say what to do.
 */

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "common/tls_int.h"

#define PRIVATE_CA "(--tls-ca FILE for a private one)"
#define NAMES_MAX 256

/* The common name, or all of the name if it has none. */
static void
name_text(const X509_NAME *name, char *to, size_t room)
{
	BIO *bio;
	int n;

	if (X509_NAME_get_text_by_NID(name,
		NID_commonName, to, (int)room) > 0)
		return;
	*to = '\0';
	if ((bio = BIO_new(BIO_s_mem())) == NULL)
		return;
	X509_NAME_print_ex(bio, name, 0, XN_FLAG_ONELINE);
	n = BIO_read(bio, to, (int)room - 1);
	to[n > 0 ? n : 0] = '\0';
	BIO_free(bio);
}

static void
date_text(const ASN1_TIME *time, char *to, size_t room)
{
	struct tm tm;

	if (ASN1_TIME_to_tm(time, &tm) != 1 ||
	    strftime(to, room, "%Y-%m-%d %H:%M:%S UTC", &tm) == 0)
		snprintf(to, room, "an unknown time");
}

/* Names of hosts that a certificate is for. */
static void
hosts_text(X509 *cert, char *to, size_t room)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name,
	    NULL, NULL);
	const GENERAL_NAME *one;
	size_t used = 0;

	*to = '\0';
	for (int i = 0; i < sk_GENERAL_NAME_num(names) && used < room; i++) {
		one = sk_GENERAL_NAME_value(names, i);
		if (one->type == GEN_DNS)
			used += (size_t)snprintf(to + used, room - used,
			    "%s%.*s", used == 0 ? "" : ", ",
			    ASN1_STRING_length(one->d.dNSName),
			    (const char *)ASN1_STRING_get0_data(
				one->d.dNSName));
	}
	if (used == 0)
		name_text(X509_get_subject_name(cert), to, room);
	GENERAL_NAMES_free(names);
}

static void
explain_time(X509 *cert, bool is_expired, struct tls_peer *p)
{
	char name[NAMES_MAX], date[64];

	name_text(X509_get_subject_name(cert), name, sizeof(name));
	date_text(is_expired ? X509_get0_notAfter(cert) :
			       X509_get0_notBefore(cert), date, sizeof(date));
	snprintf(p->why, sizeof(p->why), is_expired ?
	    "the certificate of %s expired at %s" :
	    "the certificate of %s is not valid before %s: is our clock "
	    "right?", name, date);
}

static void
explain_issuer(X509 *cert, struct tls_peer *p)
{
	char name[NAMES_MAX], issuer[NAMES_MAX];

	name_text(X509_get_subject_name(cert), name, sizeof(name));
	name_text(X509_get_issuer_name(cert), issuer, sizeof(issuer));
	snprintf(p->why, sizeof(p->why), "the issuer of the certificate of "
	    "%s, %s, is not known: the server has to send the intermediate "
	    "certificates, and the CA has to be trusted " PRIVATE_CA, name,
	    issuer);
}

static void
explain(int error, X509 *cert, struct tls_peer *p)
{
	char name[NAMES_MAX];

	switch (error) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
	case X509_V_ERR_CERT_NOT_YET_VALID:
		explain_time(cert, error == X509_V_ERR_CERT_HAS_EXPIRED, p);
		return;
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
		snprintf(p->why, sizeof(p->why), "the certificate is "
		    "self-signed: it has to be issued by a CA " PRIVATE_CA);
		return;
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		explain_issuer(cert, p);
		return;
	case X509_V_ERR_HOSTNAME_MISMATCH:
		hosts_text(cert, name, sizeof(name));
		snprintf(p->why, sizeof(p->why), "the certificate is for %s, "
		    "not for %s", name, p->host);
		return;
	default:
		break;
	}
	name_text(X509_get_subject_name(cert), name, sizeof(name));
	if (error == X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN)
		snprintf(p->why, sizeof(p->why), "the CA %s is not trusted "
		    PRIVATE_CA, name);
	else
		snprintf(p->why, sizeof(p->why), "the certificate of %s: %s",
		    name, X509_verify_cert_error_string(error));
}

/* One that signed itself proves nothing, whoever lists it as a CA. */
int
tls_verify(int is_fine, X509_STORE_CTX *store)
{
	SSL *s = X509_STORE_CTX_get_ex_data(store,
	    SSL_get_ex_data_X509_STORE_CTX_idx());
	X509 *cert = X509_STORE_CTX_get_current_cert(store);

	if (is_fine && X509_STORE_CTX_get_error_depth(store) == 0 &&
	    X509_self_signed(cert, 0) == 1) {
		X509_STORE_CTX_set_error(store,
		    X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT);
		is_fine = 0;
	}
	if (!is_fine && cert != NULL)
		explain(X509_STORE_CTX_get_error(store), cert,
		    SSL_get_app_data(s));
	return is_fine;
}

static int
fail_protocol(unsigned long code, struct err *err)
{
	int reason = ERR_GET_REASON(code);
	const char *text = ERR_reason_error_string(code);

	switch (reason) {
	case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
	case SSL_R_UNSUPPORTED_PROTOCOL:
	case SSL_R_WRONG_SSL_VERSION:
		return err_set(err, ERR_SYSTEM,
		    "the other side has no TLS 1.3, only older versions");
	case SSL_R_WRONG_VERSION_NUMBER:
	case SSL_R_HTTP_REQUEST:
		return err_set(err, ERR_SYSTEM,
		    "the other side does not speak TLS");
	default:
		break;
	}
	if (reason >= SSL_AD_REASON_OFFSET)
		return err_set(err, ERR_SYSTEM, "the other side refuses: %s",
		    SSL_alert_desc_string_long(reason - SSL_AD_REASON_OFFSET));
	return err_set(err, ERR_SYSTEM, "TLS: %s",
	    text == NULL ? "unknown error" : text);
}

int
tls_fail(struct ssl_st *s, int rc, struct err *err)
{
	const struct tls_peer *p = SSL_get_app_data(s);
	int system_error = errno;
	unsigned long code = ERR_peek_error();

	if (p->why[0] != '\0')
		return err_set(err, ERR_SYSTEM, "%s", p->why);
	if (SSL_get_error(s, rc) != SSL_ERROR_SYSCALL && code != 0)
		return fail_protocol(code, err);
	if (system_error == 0)
		return err_set(err, ERR_SYSTEM, "the connection was closed%s",
		    SSL_is_init_finished(s) ? "" : " during the handshake");
	errno = system_error;
	return err_system(err, "TLS connection");
}
