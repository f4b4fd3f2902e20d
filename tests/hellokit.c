/*
 * TLS hellos for tests.
 */
#include <string.h>

#include "base/bytes.h"
#include "hellokit.h"
#include "tap.h"

#define END 0xffff

static const uint16_t browser_ciphers[] = { 0x1a1a, 0x1301, 0x1302, 0x1303,
	0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013, 0xc014, 0x009c,
	0x009d, 0x002f, 0x0035, END };
static const uint16_t browser_extensions[] = { 0x2a2a, 0x001b, 0x0000, 0x0033,
	0x0010, 0x4469, 0x0017, 0x002d, 0x000d, 0x0005, 0x0023, 0x0012, 0x002b,
	0xff01, 0x000b, 0x000a, 0x0015, END };
static const uint16_t browser_curves[] = { 0x3a3a, 29, 23, 24, END };
static const uint8_t browser_formats[] = { 1, 0 };
static const uint16_t browser_signatures[] = { 0x0403, 0x0804, 0x0401, 0x0503,
	0x0805, 0x0501, 0x0806, 0x0601, END };
static const uint16_t browser_versions[] = { 0x4a4a, 0x0304, 0x0303, END };

const struct hello hello_browser = {
	.type = 1,
	.version = 0x0303,
	.ciphers = browser_ciphers,
	.extensions = browser_extensions,
	.curves = browser_curves,
	.formats = browser_formats,
	.signatures = browser_signatures,
	.versions = browser_versions,
	.name = "www.example.com",
	.protocol = "h2",
};

static size_t
count_of(const uint16_t *list)
{
	size_t n = 0;

	while (list != NULL && list[n] != END)
		n++;
	return n;
}

static void
put_list(struct writer *w, const uint16_t *list, size_t size)
{
	size_t n = count_of(list);

	writer_uint(w, n * 2, size);
	for (size_t i = 0; i < n; i++)
		writer_uint(w, list[i], 2);
}

static void
put_name(struct writer *w, const char *name)
{
	size_t len = name == NULL ? 0 : strlen(name);

	writer_uint(w, len + 3, 2);
	writer_uint(w, 0, 1);
	writer_uint(w, len, 2);
	writer_bytes(w, name, len);
}

static void
put_protocol(struct writer *w, const char *name)
{
	size_t len = name == NULL ? 0 : strlen(name);

	writer_uint(w, len + 1, 2);
	writer_uint(w, len, 1);
	writer_bytes(w, name, len);
}

static void
put_extension(struct writer *w, const struct hello *h, unsigned type)
{
	uint8_t body[HELLO_MAX];
	struct writer b;

	writer_init(&b, body, sizeof(body));
	if (type == 0)
		put_name(&b, h->name);
	else if (type == 10)
		put_list(&b, h->curves, 2);
	else if (type == 11 && h->formats != NULL)
		writer_bytes(&b, h->formats, h->formats[0] + 1U);
	else if (type == 13)
		put_list(&b, h->signatures, 2);
	else if (type == 16)
		put_protocol(&b, h->protocol);
	else if (type == 43)
		put_list(&b, h->versions, 1);
	writer_uint(w, type, 2);
	writer_uint(w, b.used, 2);
	writer_bytes(w, body, b.used);
}

static void
put_extensions(struct writer *w, const struct hello *h)
{
	uint8_t list[HELLO_MAX];
	struct writer l;

	writer_init(&l, list, sizeof(list));
	for (size_t i = 0; i < count_of(h->extensions); i++)
		put_extension(&l, h, h->extensions[i]);
	writer_uint(w, l.used, 2);
	writer_bytes(w, list, l.used);
}

size_t
hello_make(const struct hello *h, uint8_t out[HELLO_MAX])
{
	struct writer w;

	writer_init(&w, out, HELLO_MAX);
	writer_uint(&w, 0x160301, 3);
	writer_zero(&w, 2); /* length of the record */
	writer_uint(&w, h->type, 1);
	writer_zero(&w, 3); /* and of the hello */
	writer_uint(&w, h->version, 2);
	writer_zero(&w, 32);
	writer_uint(&w, 0, 1); /* no session */
	if (h->type == 1)
		put_list(&w, h->ciphers, 2);
	else
		writer_uint(&w, h->ciphers[0], 2);
	writer_uint(&w, h->type == 1 ? 0x0100 : 0, h->type == 1 ? 2 : 1);
	if (h->extensions != NULL)
		put_extensions(&w, h);
	if (w.bad)
		bail("the hello is too long");
	store_be16(out + 3, (uint16_t)(w.used - 5));
	store_be16(out + 7, (uint16_t)(w.used - 9));
	return w.used;
}
