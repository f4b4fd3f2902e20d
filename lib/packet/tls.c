/*
 * TLS and SSL hellos (RFC 8446, 5246, 6101; SSL 2.0 as in RFC 5246 E.2).
 * Only the first record is looked at.
 */

#include "base/bytes.h"
#include "packet/tls.h"

#define RECORD_HANDSHAKE 22
#define RECORD_LEN_MAX (16384 + 2048)
#define HELLO_CLIENT 1
#define HELLO_SERVER 2
#define RANDOM_LEN 32
#define SESSION_LEN_MAX 32
#define NAME_HOST 0

/* The next "len" bytes as a reader of its own; fewer if they are cut off. */
static struct reader
reader_part(struct reader *r, size_t len)
{
	struct reader part;
	bool is_cut = len > r->left;
	size_t there = is_cut ? r->left : len;
	const uint8_t *data = reader_take(r, there);

	reader_init(&part, data, data == NULL ? 0 : there);
	if (is_cut)
		r->bad = true;
	return part;
}

static struct span
span_of(const struct reader *r)
{
	return (struct span){ r->pos, (uint32_t)r->left };
}

/* Sizes of an SSL 2.0 hello are narrow enough to tell it from other data. */
static int
read_ssl2(struct tls_hello *h, struct reader *r)
{
	unsigned len = (unsigned)reader_uint(r, 2);
	unsigned type = (unsigned)reader_uint(r, 1);
	unsigned version = (unsigned)reader_uint(r, 2);
	unsigned ciphers = (unsigned)reader_uint(r, 2);
	unsigned session = (unsigned)reader_uint(r, 2);
	unsigned challenge = (unsigned)reader_uint(r, 2);

	if (r->bad || (len & 0x8000) == 0 || type != HELLO_CLIENT)
		return -1;
	if (version != TLS_SSL2 && version >> 8 != TLS_SSL3 >> 8)
		return -1;
	if (ciphers == 0 || ciphers % 3 != 0 || challenge < 16 ||
	    challenge > 32 || (session != 0 && session != 16) ||
	    (len & 0x7fff) != 9 + ciphers + session + challenge)
		return -1;
	h->version = (uint16_t)version;
	return 0;
}

/* The first host name of the list. */
static void
read_server_name(struct tls_hello *h, struct reader r)
{
	size_t len = (size_t)reader_uint(&r, 2);

	if (len > r.left || reader_uint(&r, 1) != NAME_HOST)
		return;
	len = (size_t)reader_uint(&r, 2);
	r = reader_part(&r, len);
	if (r.left == len)
		h->server_name = span_of(&r);
}

static void
read_alpn(struct tls_hello *h, struct reader r)
{
	size_t len;

	reader_take(&r, 2);
	len = (size_t)reader_uint(&r, 1);
	r = reader_part(&r, len);
	if (r.left == len)
		h->protocol = span_of(&r);
}

static void
read_extensions(struct tls_hello *h, struct reader r)
{
	while (r.left > 0 && !r.bad) {
		unsigned type = (unsigned)reader_uint(&r, 2);
		size_t len = (size_t)reader_uint(&r, 2);
		const uint8_t *data = reader_take(&r, len);
		struct reader body;

		if (data == NULL)
			break;
		reader_init(&body, data, len);
		if (type == TLS_EXT_SERVER_NAME && !h->is_server)
			read_server_name(h, body);
		else if (type == TLS_EXT_ALPN && !h->is_server)
			read_alpn(h, body);
	}
	if (r.bad)
		h->is_whole = false;
}

/* What follows the version. */
static void
read_body(struct tls_hello *h, struct reader *r)
{
	struct reader part;
	size_t len;

	reader_take(r, RANDOM_LEN);
	if ((len = (size_t)reader_uint(r, 1)) > SESSION_LEN_MAX)
		return;
	reader_take(r, len);
	len = h->is_server ? 2 : (size_t)reader_uint(r, 2);
	part = reader_part(r, len);
	h->ciphers = span_of(&part);
	len = h->is_server ? 1 : (size_t)reader_uint(r, 1);
	reader_take(r, len); /* compression */
	if (r->bad)
		return;
	h->is_whole = h->ciphers.len % 2 == 0;
	if (r->left == 0) /* before RFC 3546 there were no extensions */
		return;
	len = (size_t)reader_uint(r, 2);
	part = reader_part(r, len);
	h->extensions = span_of(&part);
	h->is_whole = h->is_whole && !r->bad && r->left == 0;
	read_extensions(h, part);
}

int
tls_hello_read(struct tls_hello *h, const void *data, size_t len)
{
	struct reader r, start, body;
	unsigned type, version, hello;
	size_t record, size;
	bool goes_on;

	memset(h, 0, sizeof(*h));
	reader_init(&r, data, len);
	start = r;
	type = (unsigned)reader_uint(&r, 1);
	version = (unsigned)reader_uint(&r, 2);
	record = (size_t)reader_uint(&r, 2);
	hello = (unsigned)reader_uint(&r, 1);
	size = (size_t)reader_uint(&r, 3);
	h->version = (uint16_t)reader_uint(&r, 2);
	if (r.bad || type != RECORD_HANDSHAKE || version >> 8 != 3 ||
	    record > RECORD_LEN_MAX || h->version >> 8 != 3 || size < 2 ||
	    (hello != HELLO_CLIENT && hello != HELLO_SERVER)) {
		memset(h, 0, sizeof(*h));
		return read_ssl2(h, &start);
	}
	h->is_server = hello == HELLO_SERVER;
	goes_on = record < size + 4; /* in the next record */
	if (goes_on)
		size = record < 6 ? 2 : record - 4;
	body = reader_part(&r, size - 2);
	read_body(h, &body);
	if (goes_on || r.bad || body.bad)
		h->is_whole = false;
	return 0;
}
