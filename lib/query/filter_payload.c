/*
 * Tests of what is inside of payload: regular expressions, TLS hellos and
 * their fingerprints, DNS.  Each is a row that says how its argument is read
 * and what it asks of one payload.
 */

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "packet/dns.h"
#include "packet/tls.h"
#include "query/filter_forms.h"
#include "query/filter_payload.h"

/* Longest server name to look for. */
#define SERVER_NAME_MAX 64

/* What a thread needs for the tests. */
struct payload_room {
	struct tls_digest *digest;
	struct pattern_room *pattern;
};

struct payload_room *
payload_room_new(struct err *err)
{
	struct payload_room *r = calloc(1, sizeof(*r));

	if (r == NULL || (r->pattern = pattern_room_new()) == NULL) {
		err_nomem(err);
		goto fail;
	}
	if ((r->digest = tls_digest_new(err)) == NULL)
		goto fail;
	return r;
fail:
	payload_room_free(r);
	return NULL;
}

void
payload_room_free(struct payload_room *r)
{
	if (r == NULL)
		return;
	tls_digest_free(r->digest);
	pattern_room_free(r->pattern);
	free(r);
}

static int
read_nothing(struct parser *p, struct node *n)
{
	(void)p;
	(void)n;
	return 0;
}

static int
read_name(struct parser *p, struct node *n)
{
	struct token t;

	return parse_free_text(p, n, SERVER_NAME_MAX, &t);
}

static int
read_text(struct parser *p, struct node *n)
{
	struct token t;

	return parse_free_text(p, n, FILTER_TEXT_MAX, &t);
}

static const struct {
	char letter;
	unsigned flag;
} pattern_flags[] = { { 'i', PATTERN_NOCASE }, { 'm', PATTERN_LINES },
	{ 's', PATTERN_DOT_ALL } };

#define PATTERN_FLAGS (sizeof(pattern_flags) / sizeof(pattern_flags[0]))

/* Letters behind an expression, if there are any. */
static int
take_pattern_flags(struct parser *p, struct node *n)
{
	if (p->token.kind != TOKEN_WORD)
		return 0;
	for (size_t i = 0; i < p->token.len; i++) {
		size_t k = 0;

		while (k < PATTERN_FLAGS &&
		    pattern_flags[k].letter != p->token.text[i])
			k++;
		if (k == PATTERN_FLAGS)
			return parse_expected(p,
			    "\"and\", \"or\" or flags of the letters ims",
			    n->word->phrase);
		n->mask |= pattern_flags[k].flag;
	}
	parse_advance(p);
	return 0;
}

static int
read_pattern(struct parser *p, struct node *n)
{
	struct err why = { ERR_NONE, "" };
	struct token t;
	struct pattern *pattern;
	size_t at;

	if (parse_free_text(p, n, FILTER_TEXT_MAX, &t) == -1 ||
	    take_pattern_flags(p, n) == -1)
		return -1;
	pattern = pattern_new(n->text, n->text_len, (unsigned)n->mask, &at,
	    &why);
	if (pattern == NULL) {
		t.text += at;
		t.code = why.code;
		return parse_error(p, &t, "%s: %s", n->word->phrase, why.text);
	}
	pattern_keep(p->patterns, pattern);
	n->pattern = pattern;
	return 0;
}

static void
put_pattern_flags(const struct node *n, struct buffer *out)
{
	if (n->mask != 0)
		buffer_char(out, ' ');
	for (size_t i = 0; i < PATTERN_FLAGS; i++)
		if (n->mask & pattern_flags[i].flag)
			buffer_char(out, pattern_flags[i].letter);
}

static bool
is_value(const struct token *t)
{
	return t->kind == TOKEN_WORD || t->kind == TOKEN_NUMBER ||
	    t->kind == TOKEN_STRING;
}

/*
 * Does the text look like the pattern?  There, x is a hexadecimal digit, 9 a
 * decimal one, a both and letters; everything else stands for itself.
 */
static bool
looks_like(const char *text, size_t len, const char *pattern)
{
	static const char hex[] = "0123456789abcdef";

	if (len != strlen(pattern))
		return false;
	for (size_t i = 0; i < len; i++) {
		bool is_digit = text[i] >= '0' && text[i] <= '9';
		char c = text[i] | 0x20;

		switch (pattern[i]) {
		case 'x':
			if (strchr(hex, text[i]) == NULL)
				return false;
			break;
		case '9':
			if (!is_digit)
				return false;
			break;
		case 'a':
			if (!is_digit && (c < 'a' || c > 'z'))
				return false;
			break;
		default:
			if (text[i] != pattern[i])
				return false;
		}
	}
	return true;
}

static int
read_ja3(struct parser *p, struct node *n)
{
	if (!is_value(&p->token) || p->token.len != TLS_JA3_LEN)
		return parse_expected(p, "\"defined\" or 32 digits of MD5",
		    n->word->phrase);
	if (parse_keep_text(p, n, &p->token) == -1)
		return -1;
	for (size_t i = 0; i < n->text_len; i++)
		if (n->text[i] >= 'A' && n->text[i] <= 'F')
			n->text[i] |= 0x20;
	if (!looks_like(n->text, n->text_len,
		"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"))
		return parse_expected(p, "\"defined\" or 32 digits of MD5",
		    n->word->phrase);
	parse_advance(p);
	return 0;
}

static int
read_ja4(struct parser *p, struct node *n)
{
	static const char *const forms[] = {
		"99d9999aa_xxxxxxxxxxxx_xxxxxxxxxxxx",
		"99i9999aa_xxxxxxxxxxxx_xxxxxxxxxxxx",
		"s9d9999aa_xxxxxxxxxxxx_xxxxxxxxxxxx",
		"s9i9999aa_xxxxxxxxxxxx_xxxxxxxxxxxx",
	};
	const struct token *t = &p->token;

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		if (!is_value(t) || t->len != TLS_JA4_LEN ||
		    strchr("tqd", *t->text) == NULL ||
		    !looks_like(t->text + 1, t->len - 1, forms[i]))
			continue;
		if (parse_keep_text(p, n, t) == -1)
			return -1;
		parse_advance(p);
		return 0;
	}
	return parse_expected(p,
	    "\"defined\" or a JA4 like t13d1516h2_8daaf6152771_e5627efa2ab1",
	    n->word->phrase);
}

static int
read_version(struct parser *p, struct node *n)
{
	static const struct {
		char protocol; /* of "payload tls" or "payload ssl" */
		char text[4];
		uint16_t version;
	} versions[] = {
		{ 't', "1.0", TLS_1_0 },
		{ 't', "1.1", TLS_1_1 },
		{ 't', "1.2", TLS_1_2 },
		{ 't', "1.3", TLS_1_3 },
		{ 's', "1.0", 1 },
		{ 's', "2.0", TLS_SSL2 },
		{ 's', "3.0", TLS_SSL3 },
	};
	bool is_new = n->word->max == PAYLOAD_TLS_VERSION;

	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		if ((versions[i].protocol == 't') != is_new ||
		    p->token.kind == TOKEN_BAD ||
		    !token_is(&p->token, versions[i].text))
			continue;
		n->mask = versions[i].version;
		if (parse_keep_text(p, n, &p->token) == -1)
			return -1;
		parse_advance(p);
		return 0;
	}
	return parse_expected(p,
	    is_new ? "1.0, 1.1, 1.2 or 1.3" : "1.0, 2.0 or 3.0",
	    n->word->phrase);
}

static bool
has_inside(const struct op *o, const void *text, size_t len)
{
	return o->u.text.len <= len &&
	    memmem(text, len, o->u.text.data, o->u.text.len) != NULL;
}

static bool
is_pattern(struct payload_room *r, const struct op *o, struct span s)
{
	return pattern_matches(o->u.text.pattern, r->pattern, s);
}

static bool
is_tls(struct payload_room *r, const struct op *o, struct span s)
{
	struct tls_hello h;

	(void)r;
	(void)o;
	return tls_hello_read(&h, s.data, s.len) == 0;
}

static bool
is_tls_version(struct payload_room *r, const struct op *o, struct span s)
{
	struct tls_hello h;

	(void)r;
	return tls_hello_read(&h, s.data, s.len) == 0 &&
	    h.version == o->u.text.value;
}

static bool
is_tls_name(struct payload_room *r, const struct op *o, struct span s)
{
	struct tls_hello h;

	(void)r;
	return tls_hello_read(&h, s.data, s.len) == 0 &&
	    has_inside(o, h.server_name.data, h.server_name.len);
}

/* Any fingerprint, or the one asked for. */
static bool
is_fingerprint(const struct op *o, const char *text)
{
	return o->u.text.len == 0 || (strlen(text) == o->u.text.len &&
		memcmp(text, o->u.text.data, o->u.text.len) == 0);
}

static bool
is_ja3(struct payload_room *r, const struct op *o, struct span s)
{
	char text[TLS_JA3_LEN + 1];
	struct tls_hello h;

	return tls_hello_read(&h, s.data, s.len) == 0 &&
	    tls_ja3(r->digest, &h, text) == 0 && is_fingerprint(o, text);
}

static bool
is_ja4(struct payload_room *r, const struct op *o, struct span s)
{
	char text[TLS_JA4_LEN + 1];
	struct tls_hello h;

	return tls_hello_read(&h, s.data, s.len) == 0 &&
	    tls_ja4(r->digest, &h, text) == 0 && is_fingerprint(o, text);
}

static bool
is_dns(struct payload_room *r, const struct op *o, struct span s)
{
	struct dns_message m;

	(void)r;
	(void)o;
	return dns_open(&m, s.data, s.len) == 0;
}

static bool
is_dns_name(struct payload_room *r, const struct op *o, struct span s)
{
	struct dns_message m;
	struct dns_entry e;

	(void)r;
	if (dns_open(&m, s.data, s.len) == -1)
		return false;
	while (dns_next(&m, &e) == 1)
		if (has_inside(o, e.name, e.name_len))
			return true;
	return false;
}

static bool
is_dns_address(struct payload_room *r, const struct op *o, struct span s)
{
	char text[ADDR_TEXT_MAX];
	struct dns_message m;
	struct dns_entry e;

	(void)r;
	if (dns_open(&m, s.data, s.len) == -1)
		return false;
	while (dns_next(&m, &e) == 1) {
		if (e.type == DNS_TYPE_A && e.data.len == 4)
			addr_format_v4(load_be32(e.data.data), text);
		else if (e.type == DNS_TYPE_AAAA && e.data.len == 16)
			addr_format(addr_from_bytes(e.data.data), text);
		else
			continue;
		if (has_inside(o, text, strlen(text)))
			return true;
	}
	return false;
}

static const struct {
	int (*read)(struct parser *p, struct node *n);
	bool (*matches)(struct payload_room *r, const struct op *o,
	    struct span s);
} tests[PAYLOAD_TESTS] = {
	[PAYLOAD_REGEX] = { read_pattern, is_pattern },
	[PAYLOAD_TLS] = { read_nothing, is_tls },
	[PAYLOAD_TLS_VERSION] = { read_version, is_tls_version },
	[PAYLOAD_SSL_VERSION] = { read_version, is_tls_version },
	[PAYLOAD_TLS_NAME] = { read_name, is_tls_name },
	[PAYLOAD_JA3] = { read_ja3, is_ja3 },
	[PAYLOAD_HAS_JA3] = { read_nothing, is_ja3 },
	[PAYLOAD_JA4] = { read_ja4, is_ja4 },
	[PAYLOAD_HAS_JA4] = { read_nothing, is_ja4 },
	[PAYLOAD_DNS] = { read_nothing, is_dns },
	[PAYLOAD_DNS_NAME] = { read_text, is_dns_name },
	[PAYLOAD_DNS_ADDRESS] = { read_text, is_dns_address },
};

int
payload_parse(struct parser *p, struct node *n)
{
	n->kind = NODE_PAYLOAD;
	return tests[n->word->max].read(p, n);
}

void
payload_text(const struct node *n, struct buffer *out)
{
	if (n->text == NULL) {
		buffer_text(out, n->word->phrase);
		return;
	}
	tree_put_text(n, out);
	if (n->pattern != NULL)
		put_pattern_flags(n, out);
}

void
payload_fill(struct op *o, const struct node *n)
{
	o->kind = OP_PAYLOAD;
	o->payload = (uint8_t)n->word->max;
	o->u.text.data = n->text;
	o->u.text.len = n->text_len;
	o->u.text.value = (uint16_t)n->mask;
	o->u.text.pattern = n->pattern;
}

/* A payload that is not there passes no test. */
static bool
passes(struct payload_room *r, const struct op *o, struct span s)
{
	return s.len > 0 && tests[o->payload].matches(r, o, s);
}

uint32_t
payload_run(struct payload_room *r, const struct op *o, const struct span *a,
    const struct span *b, const uint16_t *in, uint32_t n, uint16_t *out)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < n; i++) {
		uint16_t row = in[i];
		bool is_hit = passes(r, o, a[row]) ||
		    (o->shape == SHAPE_EITHER && passes(r, o, b[row]));

		if (is_hit != o->negate)
			out[kept++] = row;
	}
	return kept;
}
