/*
 * Addresses, networks and host names in filters.
 *
 * Families do not mix, with one exception.  A record that lacks an address
 * holds the zero address "::", and filters ask for it as 0.0.0.0 or ::, so a
 * test that accepts one of the two accepts the other.
 */

#include <string.h>

#include "query/filter_forms.h"

static bool
range_has(struct addr lo, struct addr hi, struct addr a)
{
	return addr_compare(lo, a) <= 0 && addr_compare(a, hi) <= 0;
}

static int
add_addresses(struct parser *p, struct node *n, struct addr lo,
    struct addr hi)
{
	struct addr v4 = addr_v4(0), v6 = { 0, 0 };
	bool has_v4 = range_has(lo, hi, v4), has_v6 = range_has(lo, hi, v6);

	if (has_v4 && !has_v6 && parse_add_range(p, n, v6, v6) == -1)
		return -1;
	if (has_v6 && !has_v4 && parse_add_range(p, n, v4, v4) == -1)
		return -1;
	return parse_add_range(p, n, lo, hi);
}

static int
add_prefix(struct parser *p, struct node *n, struct addr a, unsigned len)
{
	struct addr lo = addr_mask(a, len), hi = lo;

	if (len < 64)
		hi.hi |= UINT64_MAX >> len;
	if (len < 128)
		hi.lo |= len <= 64 ? UINT64_MAX : UINT64_MAX >> (len - 64);
	return add_addresses(p, n, lo, hi);
}

/* Decimal octets with dots; their number, 0 if the text is something else. */
static unsigned
read_v4(const struct token *t, uint32_t *value)
{
	unsigned octets = 0, octet = 0;
	bool has_digit = false;

	*value = 0;
	for (size_t i = 0; i <= t->len; i++) {
		char c = i < t->len ? t->text[i] : '.';

		if (c >= '0' && c <= '9') {
			octet = octet * 10 + (unsigned)(c - '0');
			has_digit = true;
			if (octet > 255)
				return 0;
			continue;
		}
		if (c != '.' || !has_digit || ++octets > 4)
			return 0;
		*value = *value << 8 | octet;
		octet = 0;
		has_digit = false;
	}
	*value <<= 8 * (4 - octets);
	return octets;
}

/*
 * An IPv6 address; with "groups" not NULL its end may be left out, and
 * *groups is the number of 16-bit groups that are there.
 */
static bool
read_v6(const struct token *t, struct addr *a, unsigned *groups)
{
	char text[ADDR_TEXT_MAX + 2];

	if (t->len >= ADDR_TEXT_MAX)
		return false;
	memcpy(text, t->text, t->len);
	text[t->len] = '\0';
	if (strchr(text, ':') == NULL)
		return false;
	if (groups == NULL || strstr(text, "::") != NULL)
		return addr_parse(text, a) == 0;
	*groups = 1;
	for (const char *c = text; *c != '\0'; c++)
		*groups += *c == ':';
	if (*groups < 8)
		memcpy(text + t->len, "::", 3);
	return addr_parse(text, a) == 0;
}

/* A complete address. */
static bool
read_address(const struct token *t, struct addr *a, bool *is_v4)
{
	uint32_t v4;

	*is_v4 = read_v4(t, &v4) == 4;
	if (*is_v4)
		*a = addr_v4(v4);
	return *is_v4 || read_v6(t, a, NULL);
}

static bool
is_host_name(const struct token *t)
{
	bool has_letter = false;

	if (t->kind != TOKEN_WORD || t->len > FILTER_TEXT_MAX)
		return false;
	for (size_t i = 0; i < t->len; i++) {
		char c = t->text[i] | 0x20;

		if (c == ':')
			return false;
		has_letter |= c >= 'a' && c <= 'z';
	}
	return has_letter && !word_is_reserved(t);
}

static int
add_host(struct parser *p, struct node *n)
{
	struct addr addrs[FILTER_HOST_MAX];
	const struct filter_options *o = p->inputs.options;
	struct err why = { ERR_NONE, "no addresses" };
	char name[FILTER_TEXT_MAX + 1];
	int count;

	memcpy(name, p->token.text, p->token.len);
	name[p->token.len] = '\0';
	if (o == NULL || o->resolve == NULL)
		return parse_error(p, &p->token,
		    "\"%s\" is not an address, and names are not looked up",
		    name);
	count = o->resolve(o->ctx, name, addrs, FILTER_HOST_MAX, &why);
	if (count == -1)
		return parse_error(p, &p->token, "cannot look up \"%s\": %s",
		    name, why.text);
	for (int i = 0; i < count && i < FILTER_HOST_MAX; i++)
		if (add_addresses(p, n, addrs[i], addrs[i]) == -1)
			return -1;
	parse_advance(p);
	return 0;
}

/* A network as it is written, before its length is known. */
struct network {
	struct addr addr;
	unsigned bits; /* that are written */
	bool is_v4;
};

/* An address whose end may be left out. */
static bool
read_network(const struct token *t, struct network *net)
{
	unsigned octets, groups = 8;
	uint32_t v4;

	if (t->kind != TOKEN_WORD && t->kind != TOKEN_NUMBER)
		return false;
	octets = read_v4(t, &v4);
	net->is_v4 = octets > 0;
	if (net->is_v4) {
		net->addr = addr_v4(v4);
		net->bits = octets * 8;
		return true;
	}
	if (!read_v6(t, &net->addr, NULL) &&
	    !read_v6(t, &net->addr, &groups))
		return false;
	net->bits = groups * 16;
	return true;
}

static bool
is_complete(const struct network *net)
{
	return net->bits == (net->is_v4 ? 32 : 128);
}

/* "10.0.0.1-10.0.0.9" */
static bool
read_range(const struct token *t, struct addr *lo, struct addr *hi)
{
	const char *dash = memchr(t->text, '-', t->len);
	struct token first = *t, last = *t;
	bool is_v4, is_v4_too;

	if (t->kind != TOKEN_WORD || dash == NULL)
		return false;
	first.len = (size_t)(dash - t->text);
	last.text = dash + 1;
	last.len = t->len - first.len - 1;
	return read_address(&first, lo, &is_v4) &&
	    read_address(&last, hi, &is_v4_too) && is_v4 == is_v4_too;
}

bool
address_begins(const struct token *t, struct lexer behind)
{
	struct network net;
	struct addr lo, hi;
	struct token next;

	if (read_range(t, &lo, &hi))
		return true;
	if (!read_network(t, &net))
		return false;
	lex_next(&behind, &next);
	return next.kind == TOKEN_SLASH ||
	    (t->kind == TOKEN_WORD && is_complete(&net));
}

bool
host_begins(const struct word *w, const struct token *t, struct lexer behind)
{
	struct token next;

	if ((w->flags & WORD_HOST) == 0 || !is_host_name(t) || word_is_like(t))
		return false;
	lex_next(&behind, &next);
	return token_ends_test(&next) || next.kind == TOKEN_COMMA;
}

static unsigned
mask_length(uint32_t mask)
{
	return (unsigned)__builtin_popcount(mask);
}

/* Are its bits in one piece at the top? */
static bool
is_prefix_mask(uint32_t mask)
{
	return (~mask & (~mask + 1)) == 0;
}

/* A complete address of the current token as mask; -1 if it is none. */
static int
take_mask(struct parser *p, uint32_t *mask)
{
	if (p->token.kind != TOKEN_WORD || read_v4(&p->token, mask) != 4)
		return -1;
	parse_advance(p);
	return 0;
}

/* Any pattern of bits is a mask; in a list it must be that of a prefix. */
static int
add_masked(struct parser *p, struct node *n, const struct token *at,
    struct addr a, uint32_t mask)
{
	if (is_prefix_mask(mask))
		return add_prefix(p, n, a, 96 + mask_length(mask));
	if (p->in_list || n->nitems > 0)
		return parse_error(p, at,
		    "a mask with gaps cannot be in a list");
	if (n->word->operand != OPERAND_NET)
		return parse_error(p, at,
		    "a mask with gaps is written with \"net\"");
	n->kind = NODE_NETMASK;
	n->addr = addr_v4((uint32_t)a.lo & mask);
	n->addr_mask = (struct addr){ UINT64_MAX, UINT64_MAX << 32 | mask };
	return 0;
}

/* What is behind a slash, which is the current token: a length or a mask. */
static int
parse_prefix(struct parser *p, struct node *n, const struct network *net)
{
	struct token at;
	uint32_t mask;

	parse_advance(p);
	at = p->token;
	if (net->is_v4 && is_complete(net) && take_mask(p, &mask) == 0)
		return add_masked(p, n, &at, net->addr, mask);
	if (at.kind != TOKEN_NUMBER)
		return parse_expected(p, "a prefix length", "/");
	if (at.value > net->bits)
		return parse_error(p, &at, "prefix length %llu is above %u",
		    (unsigned long long)at.value, net->bits);
	parse_advance(p);
	return add_prefix(p, n, net->addr,
	    (unsigned)at.value + (net->is_v4 ? 96 : 0));
}

/* "net ADDR MASK", perhaps with "mask" between. */
static int
parse_netmask(struct parser *p, struct node *n, const struct network *net,
    const struct token *at)
{
	struct token mask_at;
	uint32_t mask;

	if (p->token.kind == TOKEN_WORD && (token_is(&p->token, "mask") ||
	    token_is(&p->token, "netmask")))
		parse_advance(p);
	mask_at = p->token;
	if (take_mask(p, &mask) == 0)
		return add_masked(p, n, &mask_at, net->addr, mask);
	if (token_ends_test(&p->token))
		return parse_error(p, &p->token,
		    "expected a prefix length or mask after \"%s\" %.*s, like "
		    "%.*s/24; a single address is \"ip %.*s\"",
		    n->word->phrase, token_quote(at), at->text,
		    token_quote(at), at->text, token_quote(at), at->text);
	return parse_expected(p, "a prefix length or mask", n->word->phrase);
}

static int
no_address(struct parser *p, const struct node *n)
{
	bool is_net = n->word->operand == OPERAND_NET && !p->in_list;

	return parse_expected(p,
	    is_net ? "a network like 192.0.2.0/24" : "an address",
	    p->in_list ? "in [" : n->word->phrase);
}

/* "ip 10.0.0.0 255.0.0.0" would be a list of two addresses. */
static int
refuse_mask(struct parser *p, const struct node *n, const struct token *at)
{
	uint32_t v4;

	if (p->in_list || n->nitems == 0 || read_v4(at, &v4) != 4 ||
	    v4 == 0 || v4 == UINT32_MAX)
		return 0;
	if (v4 >> 24 == 0)
		v4 = ~v4;
	if (v4 >> 24 != 255 || !is_prefix_mask(v4))
		return 0;
	return parse_error(p, at,
	    "%.*s looks like a mask; a network is written with \"net\"",
	    token_quote(at), at->text);
}

static int
parse_range(struct parser *p, struct node *n, struct addr lo, struct addr hi)
{
	if (addr_compare(lo, hi) > 0)
		return parse_error(p, &p->token, "the range %.*s is empty",
		    token_quote(&p->token), p->token.text);
	parse_advance(p);
	return add_addresses(p, n, lo, hi);
}

int
parse_address(struct parser *p, struct node *n)
{
	struct token at = p->token;
	struct network net;
	struct addr lo, hi;

	if (read_range(&at, &lo, &hi))
		return parse_range(p, n, lo, hi);
	if (!read_network(&at, &net)) {
		bool is_host = n->word->operand == OPERAND_ADDR &&
		    (p->in_list || (n->word->flags & WORD_HOST) != 0);

		return is_host && is_host_name(&at) ? add_host(p, n) :
						      no_address(p, n);
	}
	if (!address_begins(&at, p->lex) &&
	    (n->word->operand == OPERAND_ADDR || at.kind == TOKEN_NUMBER))
		return no_address(p, n);
	if (refuse_mask(p, n, &at) == -1)
		return -1;
	parse_advance(p);
	if (p->token.kind == TOKEN_SLASH)
		return parse_prefix(p, n, &net);
	if (n->word->operand == OPERAND_NET && !p->in_list && net.is_v4 &&
	    is_complete(&net))
		return parse_netmask(p, n, &net, &at);
	if (n->word->operand == OPERAND_NET && (!p->in_list ||
	    !is_complete(&net)))
		return parse_expected(p, "\"/\" and a prefix length",
		    n->word->phrase);
	return add_addresses(p, n, net.addr, net.addr);
}
