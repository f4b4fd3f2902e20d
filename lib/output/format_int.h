#ifndef OUTPUT_FORMAT_INT_H
#define OUTPUT_FORMAT_INT_H

#include "base/civil.h"
#include "output/format.h"
#include "output/schema_int.h"
#include "packet/tls.h"

/*
 * What the format compiler and the tables of tokens share.  A token is a row
 * of tokens.def or of the table of another mode: a name, a heading, the fields
 * it reads and the function that prints it.
 */

#define TOKEN_FIELDS 10 /* most fields that a token reads */

/*
 * Most bytes that a printer writes, spans left aside.  A span of n bytes
 * takes at most n * TOKEN_SPAN_FACTOR more: a dump needs 71 for 16, and the
 * payload and a name in it may stand before it as text.
 */
#define TOKEN_ROOM 256
_Static_assert(FORMAT_NAME_MAX < TOKEN_ROOM, "a name and a blank");
#define TOKEN_SPAN_FACTOR 7

/* Most of an ident that is printed: room also when csv doubles its quotes. */
#define TOKEN_IDENT_MAX ((TOKEN_ROOM - 2) / 2)

struct cell;

/* Write the value of a row at p; returns the position behind it. */
typedef char *(*print_fn)(char *p, struct cell *c, uint32_t row);

enum token_kind {
	TOKEN_PLAIN,
	TOKEN_WIDE, /* address: with -6 the heading is wider by TOKEN_WIDER */
	TOKEN_COUNT, /* needs the number of the record */
	TOKEN_TLS, /* prints fingerprints */
	TOKEN_NAMED, /* prints a name; the second field is the exporter */

	/* members of JSON */
	TOKEN_OUTSIDE, /* added to rows that stand in their order */
	TOKEN_EVERY, /* in rows of any kind */
	TOKEN_COUNTRY, /* needs countries */
	TOKEN_FILE, /* tells of the file, which rows of reports have none of */
	TOKEN_LONG, /* longer than rows of reports keep */
	TOKEN_ASKED /* found out when asked for */
};

#define TOKEN_ADDR_WIDTH 16
#define TOKEN_ADDR_WIDTH_LONG 39
#define TOKEN_TAG '\1' /* of -T, in front of an address */
#define TOKEN_WIDER (TOKEN_ADDR_WIDTH_LONG - TOKEN_ADDR_WIDTH)

struct token {
	const char *name;
	const char *heading;
	enum token_kind kind;
	print_fn print;
	/* width, or for addresses the extension of IPv6 */
	unsigned arg;
	uint64_t extensions; /* of which a row needs one; 0: none */
	enum field_id field[TOKEN_FIELDS + 1]; /* up to FLD_NONE */
};

/* A member of a flow in JSON, a row of json.def. */
struct member {
	struct token token; /* without a heading */
	const char *lead; /* comma, name and colon */
	enum json_type type;
};

/*
 * What a row of JSON has, besides the bits of its extensions: no protocol of
 * ICMP, or one; a NAT event and no other; a VRF, which comes with no NAT
 * event.
 */
#define ROW_PORTS FLOW_EXT(EXT_COUNT)
#define ROW_ICMP FLOW_EXT(EXT_COUNT + 1)
#define ROW_NAT_ALONE FLOW_EXT(EXT_COUNT + 2)
#define ROW_VRF_ALONE FLOW_EXT(EXT_COUNT + 3)

/* A hello of TLS, that is whole, a client's, with the name of a server. */
#define ROW_HELLO FLOW_EXT(EXT_COUNT + 4)
#define ROW_JA3 FLOW_EXT(EXT_COUNT + 5)
#define ROW_JA4 FLOW_EXT(EXT_COUNT + 6)
#define ROW_SERVER_NAME FLOW_EXT(EXT_COUNT + 7)

/* The file says who wrote it. */
#define ROW_IDENT FLOW_EXT(EXT_COUNT + 8)

/* A compiled format. */
struct column {
	const char *text; /* stands before the value */
	size_t text_len;
	const struct token *token; /* NULL behind the last token */
	uint64_t extensions; /* of which a row needs one; 0: always there */
};

struct format {
	struct format_options options;
	enum format_kind kind;
	bool has_heading;
	bool has_extensions; /* some column needs one */
	char *source; /* the caller's text; columns point into it */
	struct column *columns;
	size_t ncolumns;
	size_t row_max; /* bytes of a row, spans left aside */
};

/* A column of one running format. */
struct cell {
	print_fn print;
	const void *col[TOKEN_FIELDS]; /* of token->field[] in the batch */
	const char *text; /* stands before the value */
	size_t text_len;
	unsigned arg;
	bool long_ipv6;
	bool plain_numbers;
	bool exact_flows;
	bool tags_addresses;
	uint64_t extensions; /* of the column */
	uint64_t first_row;
	const char *ident; /* NULL: none */
	struct civil_cache civil;
	struct tls_digest *digest; /* NULL but for TOKEN_TLS */
	void (*country)(void *ctx, struct addr a, char code[2]);
	void *ctx;
	const char *(*name)(void *ctx, struct addr exporter,
	    enum format_name kind, struct span id);
	void *name_ctx;
};

/* The value of a cell's nth field. */
#define CELL(c, n, ctype) (((const ctype *)(c)->col[n])[row])

/* Tokens of fmt:, and the columns of the other modes in their order. */
extern const struct token token_table[];
extern const size_t token_count;
extern const struct token csv_table[];
extern const size_t csv_count;
extern const struct token csv_fast_table[];
extern const size_t csv_fast_count;
extern const struct token pipe_table[];
extern const size_t pipe_count;
extern const struct token pipe_table_1_6[];
extern const size_t pipe_count_1_6;

/* The columns that a csv of the user's own may have. */
extern const struct token csv_own_table[];
extern const size_t csv_own_count;

/* The lines of raw; the heading of each stands before its value. */
extern const struct token raw_table[];
extern const size_t raw_count;
extern const struct token raw_table_1_6[];
extern const size_t raw_count_1_6;

/* Rows of a dialect in place of those of the same name in a table above. */
struct token_changes {
	const struct token *tokens;
	size_t count;
};

extern const struct token_changes token_changes_1_6;
extern const struct token_changes csv_changes_1_6;

/* Members of -o json and -o ndjson. */
extern const struct member json_table[];
extern const size_t json_count;
extern const struct member ndjson_table[];
extern const size_t ndjson_count;

/* Do rows of a format ever have the member? */
bool member_is_wanted(const struct member *m, const struct format_options *o);

/* What a row needs one of to have it; is_array in -o json. */
uint64_t member_need(const struct member *m, const struct format_options *o,
    bool is_array);

/* What ROW_* is found out from, besides the extensions. */
struct member_source {
	bool is_keyed; /* see format_options */
	const uint8_t *proto; /* column of the batch */
	const struct cell *hello; /* one of TOKEN_TLS, or NULL */
	size_t ident_len; /* of the file; 0: it has none */
};

void member_source_bind(struct member_source *s, const struct batch *b);

/* Extensions of a row and its ROW_*. */
uint64_t member_bits(const struct member_source *s, uint64_t extensions,
    uint32_t row);

/*
 * Is it an IPv6 address?  v6 is the extension that holds it when it is: with
 * that alone a record's zero is "::" and ::ffff:1.2.3.4 no IPv4 address.
 */
bool print_is_v6(struct addr a, uint64_t extensions, unsigned v6);

/* Text of an address to buf of ADDR_TEXT_MAX; absent is "0.0.0.0". */
size_t print_addr_text(struct addr a, uint64_t extensions, unsigned v6,
    char *buf);

/*
 * The network by a record's mask.  Exporters leave the mask 0 when they do not
 * know it: then, as when it is too long, the address stays whole.
 */
struct addr print_addr_net(struct addr a, uint64_t extensions, unsigned v6,
    uint8_t mask);

/* Four words of 32 bits, with bars between them. */
char *print_words(char *p, struct addr a);

/* Cut a long text of an address to TOKEN_ADDR_WIDTH; returns its length. */
size_t print_addr_cut(char *text, size_t len);

/* "label-exp-bos", right-aligned. */
char *print_mpls_text(char *p, uint32_t label, unsigned width);

/* Name of a protocol or NULL; nfdump pads the numbers above the last name. */
#define PROTO_NAMED_MAX 137
const char *print_proto_name(uint8_t proto);

/* Names of events. */
const char *print_fw_name(uint8_t event);
const char *print_nat_name(uint8_t event);
char *print_xevent_text(char *p, uint16_t event, unsigned width);

/* Eight letters, "...AP.SF". */
char *print_flags(char *p, uint8_t flags);

/* Six letters, ".AP.SF"; with the two that have none hexadecimal, "  0xc2". */
char *print_flags_short(char *p, uint8_t flags);

/*
 * Text from outside, with a dot for each byte of a control character, which
 * would reach the terminal.
 */
char *print_clean(char *p, const struct span *s);

/* ROW_HELLO and what follows, for a cell of TOKEN_TLS. */
uint64_t print_hello_bits(const struct cell *c, uint32_t row);

/* The lines of raw about the hello in a payload, if it has one. */
char *print_hello_lines(char *p, const struct cell *c,
    const struct span *payload, uint8_t proto);

/* Stands where a packet filter logged nothing. */
#define PF_ABSENT "<no-pf>"

/* Printers that several tables name; c->arg is the width. */
char *print_u8(char *p, struct cell *c, uint32_t row);
char *print_u16(char *p, struct cell *c, uint32_t row);
char *print_u32(char *p, struct cell *c, uint32_t row);
char *print_u64(char *p, struct cell *c, uint32_t row);
char *print_hex_u32(char *p, struct cell *c, uint32_t row);
char *print_hex_u64(char *p, struct cell *c, uint32_t row);
char *print_bpp(char *p, struct cell *c, uint32_t row);
char *print_bps(char *p, struct cell *c, uint32_t row);
char *print_count(char *p, struct cell *c, uint32_t row);
char *print_date(char *p, struct cell *c, uint32_t row);
char *print_duration_s(char *p, struct cell *c, uint32_t row);
char *print_family(char *p, struct cell *c, uint32_t row);
char *print_flags_1_6(char *p, struct cell *c, uint32_t row);
char *print_flows(char *p, struct cell *c, uint32_t row);
char *print_fragment(char *p, struct cell *c, uint32_t row);
char *print_icmp_code(char *p, struct cell *c, uint32_t row);
char *print_icmp_type(char *p, struct cell *c, uint32_t row);
char *print_ident(char *p, struct cell *c, uint32_t row);
char *print_mac(char *p, struct cell *c, uint32_t row);
char *print_milli(char *p, struct cell *c, uint32_t row);
char *print_mpls(char *p, struct cell *c, uint32_t row);
char *print_fw_event(char *p, struct cell *c, uint32_t row);
char *print_pf_action(char *p, struct cell *c, uint32_t row);
char *print_pf_direction(char *p, struct cell *c, uint32_t row);
char *print_pf_reason(char *p, struct cell *c, uint32_t row);
char *print_pf_reason_number(char *p, struct cell *c, uint32_t row);
char *print_pf_rule(char *p, struct cell *c, uint32_t row);
char *print_pps(char *p, struct cell *c, uint32_t row);
char *print_tcp_flags(char *p, struct cell *c, uint32_t row);
char *print_version(char *p, struct cell *c, uint32_t row);

/* Names; print_name.c. */
char *print_app_name(char *p, struct cell *c, uint32_t row);
char *print_interface_name(char *p, struct cell *c, uint32_t row);
char *print_vrf_name(char *p, struct cell *c, uint32_t row);

/* Printers of spans. */
char *print_app_id(char *p, struct cell *c, uint32_t row);
char *json_server_name(char *p, struct cell *c, uint32_t row);
char *print_ja3(char *p, struct cell *c, uint32_t row);
char *print_ja4(char *p, struct cell *c, uint32_t row);
char *print_label_text(char *p, struct cell *c, uint32_t row);
char *print_payload(char *p, struct cell *c, uint32_t row);
char *print_payload_lines(char *p, struct cell *c, uint32_t row);
char *print_pf_interface(char *p, struct cell *c, uint32_t row);
char *print_server_name(char *p, struct cell *c, uint32_t row);
char *print_text(char *p, struct cell *c, uint32_t row);
char *print_tls_version(char *p, struct cell *c, uint32_t row);
char *print_user(char *p, struct cell *c, uint32_t row);

#endif
