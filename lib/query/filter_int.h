#ifndef QUERY_FILTER_INT_H
#define QUERY_FILTER_INT_H

#include <stdarg.h>

#include "base/buffer.h"
#include "query/filter.h"
#include "query/filter_facts.h"

/*
 * What the stages of the filter share.
 *
 * Tokens are found on demand (filter_lex.c).  The parser (filter_parse.c,
 * operands in filter_operand.c) looks words up in the table of words.def
 * (filter_word.c) and builds a tree in negation normal form: only tests are
 * negated, AND and OR are never nested in their own kind, equal tests are
 * merged (filter_tree.c), what says nothing is dropped (filter_fold.c).  The
 * compiler (filter_code.c) turns the tree into an array of operations, which
 * filter_run.c runs over a batch.
 */

/* Parentheses inside parentheses; bounds every recursion. */
#define FILTER_DEPTH_MAX 200

/* Addresses of one host name. */
#define FILTER_HOST_MAX 512

/* Text arguments, bytes. */
#define FILTER_TEXT_MAX 255

/* Included files: inside each other, altogether, and their bytes. */
#define FILTER_INCLUDE_DEPTH 10
#define FILTER_INCLUDE_MAX 1000
#define FILTER_INCLUDE_BYTES (64U * 1024 * 1024)

/* Tokens */

enum token_kind {
	TOKEN_END,
	TOKEN_WORD,
	TOKEN_NUMBER,
	TOKEN_STRING,
	TOKEN_COMPARE,
	TOKEN_AND,
	TOKEN_OR,
	TOKEN_NOT,
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_LIST_OPEN,
	TOKEN_LIST_CLOSE,
	TOKEN_COMMA,
	TOKEN_SLASH,
	TOKEN_PERCENT,
	TOKEN_BAD
};

enum compare {
	COMPARE_EQ,
	COMPARE_GT,
	COMPARE_LT,
	COMPARE_GE,
	COMPARE_LE,
	COMPARE_NE
};

struct token {
	enum token_kind kind;
	enum compare compare;
	const char *text; /* in the filter text; a string without its quotes */
	size_t len;
	uint64_t value; /* of a number */
	const char *why; /* it is bad, or NULL ... */
	enum err_code code; /* ... and the error that this makes, or none */
};

/* What stands between tokens. */
#define LEX_BLANKS " \t\r\n"

/* A text of the filter (filter_input.c). */
struct input {
	struct input *next;
	const char *name;
	const char *text;
	size_t len;
	unsigned depth;
	const struct input *outer; /* that includes it, or NULL */
	const char *directive; /* there ... */
	const char *resume; /* ... and where it goes on */
	struct buffer buffer; /* owns the text, unless given */
};

struct inputs {
	const struct filter_options *options; /* or NULL */
	struct input given;
	struct input *included;
	uint32_t count; /* of them, and their bytes */
	size_t bytes;
	char why[ERR_TEXT_MAX]; /* of the last refused directive */
};

/* A position in the texts; a copy is a bookmark. */
struct lexer {
	const char *pos;
	const struct input *input;
	struct inputs *inputs;
};

/* All arguments must outlive *s. */
void inputs_init(struct inputs *s, const char *text, const char *name,
    const struct filter_options *options);
void inputs_fini(struct inputs *s);

/* Place *l at the start of the filter. */
void input_begin(struct inputs *s, struct lexer *l);

/* The text that the place lies in. */
const struct input *input_of(const struct inputs *s, const char *place);

/* At the end of a text: go on behind its directive; false if it has none. */
bool input_leave(struct lexer *l);

/* Does "@include" stand there? */
bool input_is_directive(const char *pos);

/* Go to the start of the text that the directive names; -1 with a bad *t. */
int input_enter(struct lexer *l, struct token *t);

void lex_next(struct lexer *l, struct token *t);

/*
 * As lex_next(), where free text is expected: an unquoted word reaches to the
 * next blank or parenthesis and is never a keyword or number.
 */
void lex_text(struct lexer *l, struct token *t);

/* The word characters behind a "%", if any; never a keyword or number. */
void lex_label(struct lexer *l, struct token *t);

static inline bool
lex_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The number with one more digit; it stops at the largest one. */
static inline uint64_t
lex_append_digit(uint64_t v, unsigned base, unsigned digit)
{
	return v > (UINT64_MAX - digit) / base ? UINT64_MAX : v * base + digit;
}

/* The number that the text is to nfdump, if it is one. */
bool lex_number(const char *p, size_t len, uint64_t *value);

bool token_is(const struct token *t, const char *word);

/* Is a test over before the token? */
bool token_ends_test(const struct token *t);

/* Memory that lives as long as the filter. */

struct arena {
	struct arena_chunk *chunks;
};

/* Zeroed, or NULL. */
void *arena_alloc(struct arena *a, size_t size);
void arena_fini(struct arena *a);

/* Values derived from fields. */

enum calc_id {
#define CALC(id, function, ...) CALC_##id,
#include "query/calcs.def"
	CALC_COUNT
};

/* Sources of values: a field, or SOURCE_CALC plus a derived value. */
#define SOURCE_CALC FLD_COUNT
#define SOURCE_MAX 10

struct calc_args {
	const struct batch *batch;
	enum field_id field; /* of those that are made from any field */
};

/* Store the value of every selected row at out[row]. */
typedef void (*calc_function)(const struct calc_args *args,
    const uint16_t *sel, uint32_t n, uint64_t *out);

struct calc {
	calc_function function;
	unsigned fields;
	uint8_t field[SOURCE_MAX]; /* that it reads */
};

extern const struct calc calc_table[CALC_COUNT];

/* Named values */

enum names {
#define NAMES(id, title) NAMES_##id,
#include "query/names.def"
	NAMES_COUNT
};

const char *names_title(enum names set);

/* First name for the number, or NULL. */
const char *names_text(enum names set, uint64_t number);

/* Number of the name, or -1. */
int names_find(enum names set, const struct token *t);

/* The name most like the token, or NULL. */
const char *names_near(enum names set, const struct token *t);

/* Words */

enum operand {
	OPERAND_ALWAYS, /* nothing follows: true */
	OPERAND_BITS, /* nothing follows: any of the bits in "max" is set */
	OPERAND_FIXED, /* nothing follows: equals "max" */
	OPERAND_NUMBER,
	OPERAND_NAMED, /* number or name */
	OPERAND_ADDR,
	OPERAND_NET,
	OPERAND_MAC,
	OPERAND_FLAGS,
	OPERAND_BLOCK, /* nothing follows: lies in the port block */
	OPERAND_SAME, /* nothing follows: both sources are equal */
	OPERAND_TIME, /* date, in local time */
	OPERAND_IDENT,
	OPERAND_TEXT,
	OPERAND_GEO, /* country code */
	OPERAND_PAYLOAD /* what the test in "max" takes */
};

/* What an operand may look like. */
#define WORD_COMPARE 0x01 /* a comparator */
#define WORD_LIST 0x02 /* in [ ... ] */
#define WORD_HOST 0x04 /* a host name instead of an address */
#define WORD_NOCASE 0x08 /* text: not case sensitive */
#define WORD_INSIDE 0x10 /* text: occurs in the value */
#define WORD_LABEL 0x20 /* value without its lower four bits */
#define WORD_DSCP 0x40 /* number: the upper six bits of the value */
#define WORD_ASN 0x80 /* number: also AS3303, 1.10 */
#define WORD_BYTES 0x10000 /* number: also 1kB, 1KiB */
#define WORD_MS 0x20000 /* number: milliseconds, also 10s */
#define WORD_US 0x40000 /* number: microseconds, also 10s */
#define WORD_FORM 0x80000 /* unknown to nfdump (forms.def) */

/* What else must hold. */
#define WORD_TCP 0x100
#define WORD_ICMP 0x200
#define WORD_DENIED 0x400
#define WORD_PRESENT 0x800 /* the record has one of the fields */
#define WORD_DNS 0x1000 /* port 53 on either side */
#define WORD_GUARDS 0x1f00

struct sources {
	uint8_t count;
	bool all; /* all must match, else one */
	uint8_t id[SOURCE_MAX];
};

struct word {
	const char *phrase;
	struct sources from;
	enum operand operand;
	uint64_t max;
	enum names names;
	unsigned flags;
};

/* The word of the phrase, which must exist. */
const struct word *word_named(const char *phrase);

/* All words in turn, NULL behind the last; and the names of a set. */
const struct word *word_each(size_t i);
const char *names_each(enum names set, size_t i);

/* The word to write for it: the first one that means the same. */
const struct word *word_canonical(const struct word *w);

/* Length of the phrase without its #, for messages. */
int word_said_len(const struct word *w);

/* True if some phrase begins with the word. */
bool word_is_reserved(const struct token *t);

/* Extensions that hold one of the sources. */
uint64_t word_extensions(const struct word *w);

/*
 * In how many letters the words differ, and in how many a word may differ
 * from another one that is meant.
 */
unsigned word_distance(const char *a, size_t alen, const char *b, size_t blen);
unsigned word_tolerance(size_t len);

/* Tree */

enum node_kind {
	NODE_TRUE,
	NODE_FALSE,
	NODE_AND,
	NODE_OR,
	NODE_ITEMS, /* the value lies in one of the items */
	NODE_BITS, /* all bits of "mask" are set; negated: none is */
	NODE_NETMASK, /* the address, masked, is "addr" */
	NODE_BLOCK,
	NODE_SAME,
	NODE_IDENT,
	NODE_TEXT,
	NODE_GEO,
	NODE_PAYLOAD
};

struct node {
	enum node_kind kind;
	bool negate;
	unsigned number; /* for the # of the phrase */
	const struct word *word;
	struct node *next; /* sibling */
	struct node *child; /* AND, OR: first and last */
	struct node *last;
	struct node *mergeable; /* AND, OR: tests that can grow ... */
	struct node *next_mergeable;
	bool unsorted; /* ... and have grown */
	struct item *items;
	uint32_t nitems;
	uint32_t capacity;
	uint64_t mask;
	struct addr addr;
	struct addr addr_mask;
	char *text;
	uint32_t text_len;
	const struct pattern *pattern; /* of a regular expression */
};

/* Append an item.  -1 when out of memory. */
int node_add_item(struct arena *a, struct node *n, struct addr lo,
    struct addr hi);

/* Sort the items and join those that overlap or touch. */
void node_sort_items(struct node *n);

/* As above; a test that is always or never true becomes so. */
void node_settle(struct node *n);

/* Add a settled node to an AND or OR.  -1 when out of memory. */
int junction_add(struct arena *a, struct node *group, struct node *n);

/* What remains of an AND or OR after all is added. */
struct node *junction_finish(struct node *group);

/*
 * Drop tests that say nothing beyond the others.  True if some tests decide
 * the group: an AND that is never, an OR that is always true.
 */
bool junction_fold(struct node *group);

/* Largest value of the word's first source. */
uint64_t source_max(const struct word *w);

/* A copy that shares only texts; NULL when out of memory. */
struct node *node_copy(struct arena *a, const struct node *n);

/* Number of bits that all values of the item share at the top, or -1. */
int item_prefix(const struct item *it);

static inline struct addr
addr_next(struct addr a)
{
	return (struct addr){ a.hi + (a.lo == UINT64_MAX), a.lo + 1 };
}

void tree_text(const struct node *n, struct buffer *out);

/* The phrase of the word with the number of its #. */
void text_phrase(const struct node *n, struct buffer *out);

void text_time(uint64_t ms, struct buffer *out);

/* An address, and how many of its bits count unless all 128 do. */
void text_prefix(struct addr a, unsigned len, struct buffer *out);

/* The phrase and the text, in quotes if it needs them. */
void tree_put_text(const struct node *n, struct buffer *out);

/* Parser */

/* How the values of a test were compared. */
enum manner {
	MANNER_EQUAL,
	MANNER_ORDERED,
	MANNER_NOT
};

/* The beginning of a test, up to its values. */
struct term {
	const struct word *word; /* or NULL, then one of those below */
	unsigned number; /* for the # of the phrase */
	bool negated; /* the word, not what must match too */
	int proto; /* must match too; -1 is none */
	const char *text; /* filter that must hold too, or NULL */
	enum manner manner;
	uint16_t flags_mask; /* tcp[13] & 2; 0 is none */
};

struct parser {
	struct lexer lex;
	struct lexer before; /* the current token */
	struct token token; /* the current one */
	struct inputs inputs;
	struct arena *arena;
	struct pattern **patterns; /* that the filter owns */
	bool may_label; /* the text may have labels */
	struct label *label; /* outline of what was just read, or NULL */
	struct err *err;
	unsigned depth;
	struct term last; /* before the sign, if that was a test */
	enum token_kind sign; /* the last AND or OR */
	enum manner manner; /* of the test that is read ... */
	bool has_compare; /* ... with a comparator */
	bool in_list;
};

/* The tree, or NULL. */
struct node *filter_parse(struct parser *p);

void parse_advance(struct parser *p);

/* Report an error at the token.  Always -1. */
int parse_error(struct parser *p, const struct token *at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Report that something else was expected than the current token. */
int parse_expected(struct parser *p, const char *what, const char *after);

/* The token behind the current one. */
void parse_peek(const struct parser *p, struct token *t);

/* Tokens are quoted up to this length. */
int token_quote(const struct token *t);

/* Add the values from lo to hi to the test.  -1 when out of memory. */
int parse_add_range(struct parser *p, struct node *n, struct addr lo,
    struct addr hi);

/* Sets of addresses or numbers (filter_set.c). */

/*
 * Where among ranges sorted by a key to look for a value: buckets of equal
 * width over the keys from the first to the last, about two for each range.
 */
struct bucket_index {
	uint64_t first; /* key of the first range */
	uint64_t last; /* largest key that a range holds */
	unsigned shift; /* from key to bucket */
	/* by bucket: the last range whose key is in a bucket before it, or 0 */
	uint32_t *place;
};

struct set {
	uint64_t *sieve; /* a bit per hash: most misses end here */
	uint64_t sieve_mask; /* words - 1 */
	struct addr *slots; /* hashed members; zero is free */
	uint64_t slot_mask;
	uint64_t members; /* hashed ones */
	bool has_zero;
	uint32_t nlow; /* ranges without an upper half: numbers, IPv4 */
	uint64_t *low_from; /* ascending, apart from each other */
	uint64_t *low_to;
	struct bucket_index low_index;
	uint32_t nhigh; /* the other ranges, likewise; keys: upper halves */
	struct item *high;
	struct bucket_index high_index;
};

/* Are the values of the item hashed one by one?  Otherwise it is a range. */
bool set_is_hashed(const struct item *it);

struct set *set_new(const struct item *items, uint32_t n);
void set_free(struct set *s);
bool set_search_slots(const struct set *s, uint64_t hash, struct addr a);
bool set_search_high(const struct set *s, struct addr a);

/* The top bits choose from the sieve, the bottom bits a slot. */
static inline uint64_t
set_hash(struct addr a)
{
	uint64_t h = a.lo ^ a.hi * UINT64_C(0x9e3779b97f4a7c15);

	h *= UINT64_C(0xd6e8feb86659fd93);
	return h ^ h >> 32;
}

static inline bool
set_in_sieve(const struct set *s, uint64_t hash)
{
	return s->sieve[hash >> 38 & s->sieve_mask] >> (hash >> 32 & 63) & 1;
}

/*
 * The ranges to search for a value with this key, of which the last that
 * begins at or below the value is the only one to hold it.  False: none does.
 */
static inline bool
bucket_find(const struct bucket_index *x, uint64_t key, uint32_t *at,
    uint32_t *n)
{
	const uint32_t *place = x->place;

	if (key < x->first || key > x->last)
		return false;
	place += (key - x->first) >> x->shift;
	*at = place[0];
	*n = place[1] - place[0] + 1;
	return true;
}

static inline bool
set_search_low(const struct set *s, uint64_t v)
{
	const uint64_t *from;
	uint32_t at, n;

	if (!bucket_find(&s->low_index, v, &at, &n))
		return false;
	from = s->low_from + at;
	while (n > 1) {
		uint32_t half = n / 2;

		from += half & -(uint32_t)(from[half] <= v);
		n -= half;
	}
	return (*from <= v) & (v <= s->low_to[from - s->low_from]);
}

static inline bool
set_has(const struct set *s, struct addr a)
{
	if (s->members > 0) {
		uint64_t hash = set_hash(a);

		if (set_in_sieve(s, hash) && set_search_slots(s, hash, a))
			return true;
	}
	if (s->nlow > 0 && a.hi == 0 && set_search_low(s, a.lo))
		return true;
	return s->nhigh > 0 && set_search_high(s, a);
}

/* Program */

enum shape {
	SHAPE_ONE,
	SHAPE_EITHER,
	SHAPE_BOTH
};

struct op;

/*
 * Copy those rows of in[] that pass to out[], which may be the same; returns
 * their number.  Columns are a and, unless the shape is ONE, b.
 */
typedef uint32_t (*kernel)(const struct op *o, const void *a, const void *b,
    const uint16_t *in, uint32_t n, uint16_t *out);

enum op_kind {
	OP_AND,
	OP_OR,
	OP_TEST,
	OP_PAYLOAD,
	OP_GEO,
	OP_IDENT,
	OP_ALL,
	OP_NONE
};

struct op {
	enum op_kind kind;
	uint32_t next; /* operation behind this one and its parts */
	kernel run;
	uint8_t source[2];
	uint8_t calc_field;
	uint8_t shape;
	uint8_t negate;
	uint8_t fold_case;
	uint8_t payload; /* the test */
	union {
		struct {
			uint64_t lo;
			uint64_t span;
		} range;
		struct {
			uint64_t mask;
			uint64_t value;
		} bits;
		struct {
			struct addr mask;
			struct addr value;
			bool zero; /* the zero address matches too */
		} net;
		const uint64_t *bitmap;
		const struct set *set;
		struct {
			const char *data;
			uint32_t len;
			uint16_t value;
			const struct pattern *pattern;
		} text;
	} u;
};

enum kernel_kind {
	KERNEL_RANGE,
	KERNEL_BITS,
	KERNEL_BITMAP,
	KERNEL_SET,
	KERNEL_NET,
	KERNEL_ORDER, /* a <= b */
	KERNEL_EQUAL, /* text */
	KERNEL_INSIDE,
	KERNEL_KINDS
};

extern const kernel kernel_table[KERNEL_KINDS][FIELD_TYPES];

/* Countries (filter_geo.c). */

#define GEO_CODE_LEN 2

struct geo {
	void (*country)(void *ctx, struct addr a, char code[GEO_CODE_LEN]);
	void *ctx;
};

/* Read the code behind the word. */
int geo_parse(struct parser *p, struct node *n);

/* As a kernel. */
uint32_t geo_run(const struct geo *g, const struct op *o,
    const struct addr *a, const struct addr *b, const uint16_t *in, uint32_t n,
    uint16_t *out);

struct filter {
	struct arena arena;
	struct node *tree;
	struct op *ops;
	uint32_t nops;
	uint32_t ops_capacity;
	unsigned or_depth; /* OR inside OR */
	bool has_calc;
	bool has_payload;
	bool counts_records;
	bool tests_ident;
	struct fieldset want;
	struct set **sets; /* owned */
	uint32_t nsets;
	struct filter_facts facts;
	struct pattern *patterns; /* owned */
	struct geo geo;
	struct label *label; /* outline of the labels, or NULL */
	struct label_filters *label_filters; /* owned */
};

/*
 * Fill in the facts about f->tree, which becomes "not any" if they exclude
 * each other, as in "flags S and proto udp".  -1 when out of memory.
 */
int filter_collect_facts(struct filter *f);

/* Fill in the program for f->tree.  -1 when out of memory. */
int filter_code(struct filter *f);

/* The rows of in[] that match go to out[], which may be the same. */
uint32_t filter_run_rows(struct filter_run *r, const struct batch *b,
    const uint16_t *in, uint32_t n, uint16_t *out);

#endif
