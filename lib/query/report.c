/*
 * What reports are asked for: names to fields, keys and orders.
 */

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "query/filter_int.h"
#include "query/report.h"

/* Longest name that is looked up, with the terminating NUL. */
#define NAME_MAX_LEN 64

enum key_form {
	KEY_WHOLE,
	KEY_V4,
	KEY_V6,
	KEY_NET,
	KEY_COUNTRY
};

struct key {
	const char *name;
	const char *token;
	enum field_id field;
	enum key_form form;
};

static const struct report_element elements[] = {
#define STAT(name, heading, form, ...) \
	{ name, heading, VALUE_##form, { __VA_ARGS__, FLD_NONE } },
#include "query/keys.def"
};

static const struct key keys[] = {
#define KEY(name, token, field, form) \
	{ name, token, FLD_##field, KEY_##form },
#include "query/keys.def"
};

static const struct {
	const char *name;
	const char *why;
} absent[] = {
#define ABSENT(name, why) { name, why },
#include "query/keys.def"
};

#define ELEMENTS (sizeof(elements) / sizeof(elements[0]))
#define KEYS (sizeof(keys) / sizeof(keys[0]))
#define ABSENTS (sizeof(absent) / sizeof(absent[0]))

const struct report_element *
report_element_at(size_t n)
{
	return n < ELEMENTS ? &elements[n] : NULL;
}

static const struct report_element *
element_find(const char *name)
{
	for (size_t i = 0; i < ELEMENTS; i++)
		if (strcasecmp(elements[i].name, name) == 0)
			return &elements[i];
	return NULL;
}

static const struct key *
key_find(const char *name)
{
	for (size_t i = 0; i < KEYS; i++)
		if (strcasecmp(keys[i].name, name) == 0)
			return &keys[i];
	return NULL;
}

/* The name nearest to a wrong one. */
struct guess {
	const char *wrong;
	const char *near; /* NULL: none is near */
	unsigned distance;
};

static struct guess
guess_start(const char *wrong)
{
	return (struct guess){ wrong, NULL,
	    word_tolerance(strlen(wrong)) + 1 };
}

static void
guess_try(struct guess *g, const char *name)
{
	unsigned d = word_distance(g->wrong, strlen(g->wrong), name,
	    strlen(name));

	if (d < g->distance) {
		g->distance = d;
		g->near = name;
	}
}

static const char *
guess_order(const char *wrong)
{
	struct guess g = guess_start(wrong);

	for (int id = 0; id < ORDER_COUNT; id++)
		guess_try(&g, order_name((enum order_id)id));
	return g.near;
}

static const char *
guess_element(const char *wrong)
{
	struct guess g = guess_start(wrong);

	for (size_t i = 0; i < ELEMENTS; i++)
		guess_try(&g, elements[i].name);
	guess_try(&g, "record");
	return g.near;
}

static const char *
guess_key(const char *wrong, bool is_whole)
{
	struct guess g = guess_start(wrong);

	for (size_t i = 0; i < KEYS; i++)
		if (!is_whole || keys[i].form == KEY_WHOLE)
			guess_try(&g, keys[i].name);
	return g.near;
}

/* Why there is no such field, or NULL. */
static const char *
absence(const char *name)
{
	for (size_t i = 0; i < ABSENTS; i++)
		if (strcasecmp(absent[i].name, name) == 0)
			return absent[i].why;
	return NULL;
}

/* "MESSAGE 'TEXT'", and why it is not there or what may have been meant. */
static int
unknown(struct err *err, const char *message, const char *text,
    const char *name, const char *near)
{
	const char *why = absence(name);

	if (why != NULL)
		return err_set(err, ERR_VALUE,
		    "%s '%.100s': not available, %s", message, text, why);
	if (near == NULL)
		return err_set(err, ERR_VALUE, "%s '%.100s'", message, text);
	return err_set(err, ERR_VALUE, "%s '%.100s'; did you mean '%s'?",
	    message, text, near);
}

static int
unknown_stat(struct err *err, const char *text, const char *name,
    const char *near)
{
	unknown(err, "Unknown stat:", text, name, near);
	if (near == NULL && absence(name) == NULL)
		err_set(err, err->code, "%s!", err->text);
	return -1;
}

/*
 * Take the text up to one of the delimiters or the end off *text.  A part
 * that is too long is cut: it is no name then either.
 */
static void
take_part(const char **text, const char *delimiters, char part[NAME_MAX_LEN])
{
	size_t len = strcspn(*text, delimiters);
	size_t n = len < NAME_MAX_LEN ? len : NAME_MAX_LEN - 1;

	memcpy(part, *text, n);
	part[n] = '\0';
	*text += len;
}

void
report_orders_add(struct report_orders *orders, struct order order)
{
	unsigned i = 0, behind;

	while (i < orders->count && orders->list[i].id < order.id)
		i++;
	behind = orders->count - i;
	if (i == orders->count || orders->list[i].id != order.id) {
		memmove(&orders->list[i + 1], &orders->list[i],
		    behind * sizeof(order));
		orders->count++;
	}
	orders->list[i] = order;
}

/* FIELD[:p]; nfdump takes any letter for the p. */
static int
parse_element(struct report_statistic *s, char *name, const char *text,
    struct err *err)
{
	char *colon = strchr(name, ':');

	if (colon != NULL) {
		if (colon[1] == '\0' || colon[2] != '\0')
			return unknown_stat(err, text, "", NULL);
		*colon = '\0';
		s->is_split = true;
	}
	if (strcasecmp(name, "record") == 0)
		return 0;
	if ((s->element = element_find(name)) == NULL)
		return unknown_stat(err, text, name,
		    guess_element(name));
	if (s->element->field[0] == FLD_PROTO)
		s->is_split = true;
	return 0;
}

int
report_statistic_parse(const char *text, struct report_statistic *s,
    struct err *err)
{
	const char *rest = text;
	char part[NAME_MAX_LEN];
	struct order order;

	memset(s, 0, sizeof(*s));
	take_part(&rest, "/", part);
	if (parse_element(s, part, text, err) == -1)
		return -1;
	while (*rest == '/') {
		rest++;
		take_part(&rest, "/", part);
		if (order_parse(part, &order) == -1)
			return unknown_stat(err, text, "",
			    guess_order(part));
		report_orders_add(&s->orders, order);
	}
	if (s->orders.count == 0) {
		s->is_unordered = true;
		report_orders_add(&s->orders,
		    (struct order){ ORDER_FLOWS, false });
	}
	return 0;
}

static struct group_key *
add_key(struct group_spec *spec, enum field_id field)
{
	struct group_key *key = &spec->keys[spec->nkeys++];

	*key = (struct group_key){ .field = field, .mask = FLD_NONE,
	    .v4_len = 32, .v6_len = 128 };
	return key;
}

static struct group_key *
spec_key(struct group_spec *spec, enum field_id field, bool by_country)
{
	for (unsigned i = 0; i < spec->nkeys; i++)
		if (spec->keys[i].field == field &&
		    spec->keys[i].by_country == by_country)
			return &spec->keys[i];
	return NULL;
}

void
report_statistic_group(const struct report_statistic *s,
    struct group_spec *spec)
{
	const enum field_id *field = s->element->field;

	add_key(spec, *field++)->by_country = s->element->form ==
	    VALUE_COUNTRY;
	while (*field != FLD_NONE)
		spec->sides[spec->nsides++] = *field++;
	if (s->is_split && spec->keys[0].field != FLD_PROTO)
		add_key(spec, FLD_PROTO);
}

void
report_tuple_keys(struct group_spec *spec)
{
	add_key(spec, FLD_PROTO);
	add_key(spec, FLD_SRC_ADDR);
	add_key(spec, FLD_DST_ADDR);
	add_key(spec, FLD_SRC_PORT);
	add_key(spec, FLD_DST_PORT);
}

int
report_order_parse(const char *text, struct order *order, struct err *err)
{
	char name[NAME_MAX_LEN];
	const char *rest = text;

	if (order_parse(text, order) == 0)
		return 0;
	take_part(&rest, ":", name);
	return unknown(err, "Unknown print order", text, "",
	    guess_order(name));
}

/* The length behind "srcip4/". */
static int
parse_length(const char *text, const struct key *key, uint8_t *len,
    struct err *err)
{
	unsigned max = key->form == KEY_V4 ? 32 : 128;
	unsigned long v;
	char *end;

	if (text == NULL || *text == '\0')
		return err_set(err, ERR_VALUE,
		    "'%s' needs number of subnet bits to aggregate",
		    key->name);
	v = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end != '\0' || v == 0 || v > max)
		return err_set(err, ERR_VALUE,
		    "Subnet mask length '%s' out of range for %s", text,
		    max == 32 ? "IPv4" : "IPv6");
	*len = (uint8_t)v;
	return 0;
}

/* A second length for the same address, of the other family; or NULL. */
static struct group_key *
other_family(struct group_spec *spec, const struct key *key)
{
	struct group_key *k = spec_key(spec, key->field, false);

	if (k == NULL || k->mask != FLD_NONE)
		return NULL;
	if (key->form == KEY_V4 && k->v4_len == 0)
		return k;
	return key->form == KEY_V6 && k->v6_len == 0 ? k : NULL;
}

static int
duplicate(const char *name, struct err *err)
{
	return err_set(err, ERR_VALUE, "Duplicate aggregation mask: %s",
	    name);
}

/* Two networks of different lengths are two rows: the mask is a key too. */
static void
add_net_key(struct group_spec *spec, enum field_id field)
{
	enum field_id mask = field == FLD_SRC_ADDR ? FLD_SRC_MASK :
	    FLD_DST_MASK;

	add_key(spec, field)->mask = mask;
	if (spec_key(spec, mask, false) == NULL)
		add_key(spec, mask);
}

/* 1 when it has a column of its own. */
static int
add_group_key(struct group_spec *spec, const struct key *key,
    const char *length, struct err *err)
{
	struct group_key *other = other_family(spec, key);
	uint8_t len = 0;

	if (length != NULL && key->form != KEY_V4 && key->form != KEY_V6)
		return err_set(err, ERR_VALUE, "Need src4/dst4 or src6/dst6 "
		    "for IPv4 or IPv6 to aggregate with explicit netmask: "
		    "'%s/%s'", key->name, length);
	if ((key->form == KEY_V4 || key->form == KEY_V6) &&
	    parse_length(length, key, &len, err) == -1)
		return -1;
	if (other != NULL) {
		if (key->form == KEY_V4)
			other->v4_len = len;
		else
			other->v6_len = len;
		return 0;
	}
	if (spec_key(spec, key->field, key->form == KEY_COUNTRY) != NULL)
		return duplicate(key->name, err);
	if (key->form == KEY_NET) {
		add_net_key(spec, key->field);
		return 1;
	}
	other = add_key(spec, key->field);
	other->by_country = key->form == KEY_COUNTRY;
	if (key->form == KEY_V4) {
		other->v4_len = len;
		other->v6_len = 0;
	} else if (key->form == KEY_V6) {
		other->v4_len = 0;
		other->v6_len = len;
	}
	return 1;
}

/* A mask that came with its network gets its column. */
static bool
is_hidden_mask(const struct group_spec *spec, const struct key *key,
    const struct buffer *tokens)
{
	for (unsigned i = 0; i < spec->nkeys; i++)
		if (spec->keys[i].mask == key->field)
			return memmem(tokens->data, tokens->len, key->token,
			    strlen(key->token)) == NULL;
	return false;
}

static int
parse_key(const char *part, struct group_spec *spec, struct buffer *tokens,
    struct err *err)
{
	char name[NAME_MAX_LEN];
	const char *rest = part;
	const struct key *key;
	int rc = 1;

	take_part(&rest, "/", name);
	if ((key = key_find(name)) == NULL)
		return unknown(err, "Unknown aggregation field", part, name,
		    guess_key(name, false));
	/* a network takes two */
	if (spec->nkeys + 2 > GROUP_KEYS_MAX)
		return err_set(err, ERR_VALUE,
		    "more than %d aggregation fields", GROUP_KEYS_MAX - 2);
	if (!is_hidden_mask(spec, key, tokens))
		rc = add_group_key(spec, key, *rest == '/' ? rest + 1 : NULL,
		    err);
	if (rc == 1) {
		buffer_text(tokens, tokens->len > 0 ? " %" : "%");
		buffer_text(tokens, key->token);
	}
	return rc == -1 ? -1 : 0;
}

/*
 * A row has one address for both, and that of a network may be of another
 * country than its hosts.
 */
static int
check_countries(struct group_spec *spec, struct err *err)
{
	const struct group_key *k;

	for (unsigned i = 0; i < spec->nkeys; i++) {
		k = spec_key(spec, spec->keys[i].field, false);
		if (!spec->keys[i].by_country || k == NULL)
			continue;
		if (k->mask != FLD_NONE || k->v4_len < 32 || k->v6_len < 128)
			return err_set(err, ERR_VALUE, "the country of an "
			    "address is no key beside its network");
	}
	return 0;
}

int
report_keys_parse(const char *text, struct group_spec *spec,
    struct buffer *tokens, struct err *err)
{
	char part[NAME_MAX_LEN];

	if (*text == '\0')
		return err_set(err, ERR_VALUE, "No aggregation specified!");
	for (;; text++) {
		take_part(&text, ",", part);
		if (parse_key(part, spec, tokens, err) == -1)
			return -1;
		if (*text == '\0')
			break;
	}
	if (check_countries(spec, err) == -1)
		return -1;
	return tokens->failed ? err_nomem(err) : 0;
}

static int
add_distinct(struct group_spec *spec, const char *name, struct err *err)
{
	const struct key *key = key_find(name);

	if (key == NULL || key->form != KEY_WHOLE)
		return unknown(err, "Unknown field to count:", name, name,
		    guess_key(name, true));
	if (spec->ndistinct == GROUP_DISTINCT_MAX)
		return err_set(err, ERR_VALUE,
		    "more than %d fields to count", GROUP_DISTINCT_MAX);
	for (unsigned i = 0; i < spec->ndistinct; i++)
		if (spec->distinct[i] == key->field)
			return err_set(err, ERR_VALUE,
			    "Duplicate field to count: %s", name);
	spec->distinct[spec->ndistinct++] = key->field;
	return 0;
}

int
report_distinct_parse(const char *text, struct group_spec *spec,
    struct err *err)
{
	char part[NAME_MAX_LEN];

	for (;; text++) {
		take_part(&text, ",", part);
		if (add_distinct(spec, part, err) == -1)
			return -1;
		if (*text == '\0')
			return 0;
	}
}
