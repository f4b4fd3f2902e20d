/*
 * Addresses, networks and host names in filters.
 *
 * Families do not mix, with one exception.  A record that lacks an address
 * holds the zero address "::", and filters ask for it as 0.0.0.0 or ::, so a
 * test that accepts one of the two accepts the other.
 */

#include <string.h>

#include "query/filter_int.h"

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

int
parse_address_operand(struct parser *p, struct node *n)
{
	struct addr a;
	bool is_v4;

	if (p->token.kind == TOKEN_WORD &&
	    read_address(&p->token, &a, &is_v4)) {
		parse_advance(p);
		return add_addresses(p, n, a, a);
	}
	if (is_host_name(&p->token) && (n->word->flags & WORD_HOST) != 0)
		return add_host(p, n);
	return parse_expected(p, "an address", n->word->phrase);
}

/* The number behind a slash, which is the current token. */
static int
take_prefix_length(struct parser *p, unsigned max, unsigned *len)
{
	parse_advance(p);
	if (p->token.kind != TOKEN_NUMBER)
		return parse_expected(p, "a prefix length", "/");
	if (p->token.value > max)
		return parse_error(p, &p->token,
		    "prefix length %llu is above %u",
		    (unsigned long long)p->token.value, max);
	*len = (unsigned)p->token.value;
	parse_advance(p);
	return 0;
}

int
parse_address_item(struct parser *p, struct node *n)
{
	struct addr a;
	unsigned len;
	bool is_v4;

	if (is_host_name(&p->token))
		return add_host(p, n);
	if (p->token.kind != TOKEN_WORD ||
	    !read_address(&p->token, &a, &is_v4))
		return parse_expected(p, "an address", "in [");
	parse_advance(p);
	if (p->token.kind != TOKEN_SLASH)
		return add_addresses(p, n, a, a);
	if (take_prefix_length(p, is_v4 ? 32 : 128, &len) == -1)
		return -1;
	return add_prefix(p, n, a, is_v4 ? len + 96 : len);
}

/* "net ADDR NETMASK": any pattern of bits is a mask. */
static int
parse_netmask(struct parser *p, struct node *n, uint32_t v4)
{
	uint32_t mask;
	unsigned len;

	if (p->token.kind != TOKEN_WORD || read_v4(&p->token, &mask) != 4)
		return parse_expected(p, "a prefix length or mask",
		    n->word->phrase);
	parse_advance(p);
	len = (unsigned)__builtin_popcount(mask);
	if (mask == (len == 0 ? 0 : UINT32_MAX << (32 - len)))
		return add_prefix(p, n, addr_v4(v4), 96 + len);
	n->kind = NODE_NETMASK;
	n->addr = addr_v4(v4 & mask);
	n->addr_mask = (struct addr){ UINT64_MAX,
		UINT64_MAX << 32 | mask };
	return 0;
}

int
parse_net_operand(struct parser *p, struct node *n)
{
	struct addr a;
	struct token t = p->token;
	unsigned octets, groups = 8, max, len;
	uint32_t v4;

	if (t.kind != TOKEN_WORD)
		return parse_expected(p, "a network like 192.0.2.0/24",
		    n->word->phrase);
	if ((octets = read_v4(&t, &v4)) > 0) {
		a = addr_v4(v4);
		max = octets * 8;
	} else if (read_v6(&t, &a, &groups))
		max = groups * 16;
	else
		return parse_expected(p, "a network like 192.0.2.0/24",
		    n->word->phrase);
	parse_advance(p);
	if (p->token.kind != TOKEN_SLASH && octets == 4)
		return parse_netmask(p, n, v4);
	if (p->token.kind != TOKEN_SLASH)
		return parse_expected(p, "\"/\" and a prefix length",
		    n->word->phrase);
	if (take_prefix_length(p, max, &len) == -1)
		return -1;
	return add_prefix(p, n, a, octets > 0 ? len + 96 : len);
}
