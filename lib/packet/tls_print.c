/*
 * Fingerprints of hellos.
 *
 * JA3 is the MD5 of "version,ciphers,extensions,curves,point formats" in
 * decimal, the lists joined with dashes; JA3S that of "version,cipher,
 * extensions".  JA4 is made of counts and of SHA-256 sums of sorted lists,
 * cut to twelve digits.  The values of RFC 8701 (GREASE) count nowhere.
 * Nothing is allocated per hello.
 */

#include <stdio.h>
#include <stdlib.h>

#include <openssl/evp.h>

#include "base/bytes.h"
#include "packet/tls.h"

#define EXT_CURVES 10
#define EXT_POINT_FORMATS 11
#define EXT_SIGNATURES 13
#define EXT_VERSIONS 43

#define JA4_SUM_LEN 12

struct tls_digest {
	EVP_MD_CTX *ctx;
	EVP_MD *md5;
	EVP_MD *sha256;
	bool has_failed;
	size_t len;
	char text[512]; /* that is to be added */
};

struct tls_digest *
tls_digest_new(struct err *err)
{
	struct tls_digest *d = calloc(1, sizeof(*d));

	if (d == NULL || (d->ctx = EVP_MD_CTX_new()) == NULL) {
		err_nomem(err);
		goto fail;
	}
	d->md5 = EVP_MD_fetch(NULL, "MD5", NULL);
	d->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	if (d->md5 == NULL || d->sha256 == NULL) {
		err_set(err, ERR_INTERNAL, "OpenSSL has no MD5 or SHA-256");
		goto fail;
	}
	return d;
fail:
	tls_digest_free(d);
	return NULL;
}

void
tls_digest_free(struct tls_digest *d)
{
	if (d == NULL)
		return;
	EVP_MD_free(d->md5);
	EVP_MD_free(d->sha256);
	EVP_MD_CTX_free(d->ctx);
	free(d);
}

static void
digest_begin(struct tls_digest *d, const EVP_MD *md)
{
	d->len = 0;
	d->has_failed = EVP_DigestInit_ex2(d->ctx, md, NULL) != 1;
}

static void
digest_flush(struct tls_digest *d)
{
	if (EVP_DigestUpdate(d->ctx, d->text, d->len) != 1)
		d->has_failed = true;
	d->len = 0;
}

/* Add the text, of a few characters. */
static void
digest_text(struct tls_digest *d, const char *text)
{
	size_t len = strlen(text);

	if (sizeof(d->text) - d->len < len)
		digest_flush(d);
	memcpy(d->text + d->len, text, len);
	d->len += len;
}

/* A number behind its separator, which the first of a list does not have. */
static void
digest_number(struct tls_digest *d, const char *fmt, unsigned v, bool *is_next)
{
	char text[8];

	snprintf(text, sizeof(text), fmt, v);
	digest_text(d, *is_next ? text : text + 1);
	*is_next = true;
}

/* The first "len" digits of the sum. */
static int
digest_end(struct tls_digest *d, size_t len, char *text)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t sum[EVP_MAX_MD_SIZE] = { 0 };

	digest_flush(d);
	if (EVP_DigestFinal_ex(d->ctx, sum, NULL) != 1 || d->has_failed)
		return -1;
	for (size_t i = 0; i < len; i++)
		text[i] = digits[sum[i / 2] >> (i % 2 == 0 ? 4 : 0) & 15];
	text[len] = '\0';
	return 0;
}

static bool
is_grease(unsigned v)
{
	return (v & 0x0f0f) == 0x0a0a && v >> 8 == (v & 0xff);
}

static void
reader_over(struct reader *r, struct span s)
{
	reader_init(r, s.data, s.len);
}

/* The next extension; false at the end. */
static bool
next_extension(struct reader *r, unsigned *type, struct span *body)
{
	size_t len;

	*type = (unsigned)reader_uint(r, 2);
	len = (size_t)reader_uint(r, 2);
	body->data = reader_take(r, len);
	body->len = (uint32_t)len;
	return !r->bad;
}

/*
 * The list in an extension, whose length comes first, in "size" bytes; empty
 * if there is none.
 */
static struct reader
extension_list(const struct tls_hello *h, unsigned type, size_t size)
{
	struct reader r, list;
	struct span body;
	unsigned found;

	reader_over(&r, h->extensions);
	while (next_extension(&r, &found, &body)) {
		size_t len;

		if (found != type)
			continue;
		reader_over(&list, body);
		len = (size_t)reader_uint(&list, size);
		if (len < list.left)
			list.left = len;
		return list;
	}
	reader_init(&list, NULL, 0);
	return list;
}

/* Values of "size" bytes in decimal, joined with dashes. */
static void
digest_list(struct tls_digest *d, struct reader r, size_t size)
{
	bool is_next = false;

	while (r.left >= size) {
		unsigned v = (unsigned)reader_uint(&r, size);

		if (size == 1 || !is_grease(v))
			digest_number(d, "-%u", v, &is_next);
	}
}

static void
digest_extensions(struct tls_digest *d, const struct tls_hello *h)
{
	struct reader r;
	struct span body;
	unsigned type;
	bool is_next = false;

	reader_over(&r, h->extensions);
	while (next_extension(&r, &type, &body))
		if (!is_grease(type))
			digest_number(d, "-%u", type, &is_next);
}

int
tls_ja3(struct tls_digest *d, const struct tls_hello *h,
    char text[TLS_JA3_LEN + 1])
{
	struct reader r;
	bool is_next = false;

	if (!h->is_whole)
		return -1;
	digest_begin(d, d->md5);
	digest_number(d, ",%u", h->version, &is_next);
	digest_text(d, ",");
	reader_over(&r, h->ciphers);
	digest_list(d, r, 2);
	digest_text(d, ",");
	digest_extensions(d, h);
	if (!h->is_server) {
		digest_text(d, ",");
		digest_list(d, extension_list(h, EXT_CURVES, 2), 2);
		digest_text(d, ",");
		digest_list(d, extension_list(h, EXT_POINT_FORMATS, 1), 1);
	}
	return digest_end(d, TLS_JA3_LEN, text);
}

/* Lists of JA4, without GREASE. */
struct ja4 {
	unsigned ciphers;
	unsigned extensions;
	unsigned told; /* extensions that have a place of their own */
	uint16_t cipher[TLS_LIST_MAX];
	uint16_t extension[TLS_LIST_MAX];
};

/* Server name and protocol show elsewhere in a JA4. */
static bool
is_told(unsigned extension)
{
	return extension == TLS_EXT_SERVER_NAME || extension == TLS_EXT_ALPN;
}

static int
ja4_collect(struct ja4 *j, const struct tls_hello *h)
{
	struct reader r;
	struct span body;
	unsigned v;

	j->ciphers = j->extensions = j->told = 0;
	reader_over(&r, h->ciphers);
	while (r.left >= 2) {
		if (is_grease(v = (unsigned)reader_uint(&r, 2)))
			continue;
		if (j->ciphers == TLS_LIST_MAX)
			return -1;
		j->cipher[j->ciphers++] = (uint16_t)v;
	}
	reader_over(&r, h->extensions);
	while (next_extension(&r, &v, &body)) {
		if (is_grease(v))
			continue;
		if (j->extensions == TLS_LIST_MAX)
			return -1;
		j->told += is_told(v);
		j->extension[j->extensions++] = (uint16_t)v;
	}
	return 0;
}

/* The highest version offered, in two characters. */
static const char *
ja4_version(const struct tls_hello *h)
{
	static const struct {
		uint16_t version;
		char text[3];
	} names[] = { { TLS_1_3, "13" }, { TLS_1_2, "12" }, { TLS_1_1, "11" },
		{ TLS_1_0, "10" }, { TLS_SSL3, "s3" }, { TLS_SSL2, "s2" } };
	struct reader r = extension_list(h, EXT_VERSIONS, 1);
	unsigned best = r.left >= 2 ? 0 : h->version;

	while (r.left >= 2) {
		unsigned v = (unsigned)reader_uint(&r, 2);

		if (!is_grease(v) && v > best)
			best = v;
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].version == best)
			return names[i].text;
	return "00";
}

static bool
is_alnum(uint8_t c)
{
	return (c >= '0' && c <= '9') ||
	    ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* First and last character of the protocol, or of its hexadecimal form. */
static void
ja4_protocol(struct span p, char text[3])
{
	static const char digits[] = "0123456789abcdef";

	memcpy(text, "00", 3);
	if (p.len == 0)
		return;
	if (is_alnum(p.data[0]) && is_alnum(p.data[p.len - 1])) {
		text[0] = (char)p.data[0];
		text[1] = (char)p.data[p.len - 1];
	} else {
		text[0] = digits[p.data[0] >> 4];
		text[1] = digits[p.data[p.len - 1] & 15];
	}
}

static int
compare_u16(const void *a, const void *b)
{
	const uint16_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static int
ja4_cipher_sum(struct tls_digest *d, struct ja4 *j, char *text)
{
	bool is_next = false;

	if (j->ciphers == 0) {
		memset(text, '0', JA4_SUM_LEN);
		return 0;
	}
	qsort(j->cipher, j->ciphers, sizeof(*j->cipher), compare_u16);
	digest_begin(d, d->sha256);
	for (unsigned i = 0; i < j->ciphers; i++)
		digest_number(d, ",%04x", j->cipher[i], &is_next);
	return digest_end(d, JA4_SUM_LEN, text);
}

/* The other extensions, then the signatures in their order. */
static int
ja4_extension_sum(struct tls_digest *d, struct ja4 *j,
    const struct tls_hello *h, char *text)
{
	struct reader r = extension_list(h, EXT_SIGNATURES, 2);
	bool is_next = false, is_behind = false;

	if (j->extensions == j->told) {
		memset(text, '0', JA4_SUM_LEN + 1);
		text[JA4_SUM_LEN] = '\0';
		return 0;
	}
	qsort(j->extension, j->extensions, sizeof(*j->extension), compare_u16);
	digest_begin(d, d->sha256);
	for (unsigned i = 0; i < j->extensions; i++)
		if (!is_told(j->extension[i]))
			digest_number(d, ",%04x", j->extension[i], &is_next);
	while (r.left >= 2) {
		unsigned v = (unsigned)reader_uint(&r, 2);

		if (is_grease(v))
			continue;
		if (!is_behind)
			digest_text(d, "_");
		digest_number(d, ",%04x", v, &is_behind);
	}
	return digest_end(d, JA4_SUM_LEN, text);
}

static unsigned
at_most_99(unsigned v)
{
	return v < 99 ? v : 99;
}

int
tls_ja4(struct tls_digest *d, const struct tls_hello *h,
    char text[TLS_JA4_LEN + 1])
{
	struct ja4 j;
	char protocol[3];
	bool has_name = false;

	if (!h->is_whole || h->is_server || ja4_collect(&j, h) == -1)
		return -1;
	for (unsigned i = 0; i < j.extensions; i++)
		has_name |= j.extension[i] == TLS_EXT_SERVER_NAME;
	ja4_protocol(h->protocol, protocol);
	snprintf(text, TLS_JA4_LEN + 1, "t%s%c%02u%02u%s_%12s_",
	    ja4_version(h), has_name ? 'd' : 'i', at_most_99(j.ciphers),
	    at_most_99(j.extensions), protocol, "");
	if (ja4_cipher_sum(d, &j, text + 11) == -1 ||
	    ja4_extension_sum(d, &j, h, text + 24) == -1)
		return -1;
	text[23] = '_';
	return 0;
}
