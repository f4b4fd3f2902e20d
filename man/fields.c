/*
 * Print flow-fields(7): every field, what it means and every name that it has
 * anywhere, from the tables that the programs are made of.  A row of a table
 * that belongs to no entry is an error, so that none is forgotten.
 */

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flow/field.h"

#define SOURCE_WIDTH 78
#define USE_FIELDS 12 /* most that a name reads, and FLD_NONE behind them */

/* Entries besides the fields: values that are found from them. */
enum derived {
	DERIVED_FIRST = FLD_NONE, /* the next one is the first */
#define CALC(name, function, ...) DERIVED_##name,
#include "query/calcs.def"
	ENTRIES
};

struct entry {
	const char *name;
	const char *means;
};

struct use {
	const char *name;
	const char *more; /* printer, or second name */
	int entry[USE_FIELDS]; /* up to FLD_NONE */
};

/* clang-format off */
static const struct entry entries[ENTRIES] = {
#define JSON(id, key) [FLD_##id].name = key,
#include "flow/fields.def"
#define MEANS(id, text) [FLD_##id].means = text,
#include "flow/fields.def"
	[DERIVED_DURATION] = { "duration", "from first to last, in milliseconds" },
	[DERIVED_PPS] = { "pps", "packets per second" },
	[DERIVED_BPS] = { "bps", "bits per second" },
	[DERIVED_BPP] = { "bpp", "bytes per packet" },
	[DERIVED_ICMP_TYPE] = { "icmp_type",
	    "type of ICMP or ICMPv6, from the destination port" },
	[DERIVED_ICMP_CODE] = { "icmp_code",
	    "code of ICMP or ICMPv6, from the destination port" },
	[DERIVED_MPLS_EXP] = { "mpls_exp",
	    "experimental bits of a label, of which the number follows" },
	[DERIVED_MPLS_EOS] = { "mpls_eos", "label at the bottom of the stack" },
	[DERIVED_ORDINAL] = { "count", "number of the flow in the input, from 1" },
};

static const char *const types[FIELD_TYPES] = {
	[FIELD_U8] = "number of 8 bits",
	[FIELD_U16] = "number of 16 bits",
	[FIELD_U32] = "number of 32 bits",
	[FIELD_U64] = "number of 64 bits",
	[FIELD_MAC] = "MAC address",
	[FIELD_ADDR] = "IPv4 or IPv6 address",
	[FIELD_SPAN] = "bytes",
};

/* Filters */
#define NOTHING FLD_NONE
#define ONE(a) FLD_##a
#define EITHER(a, b) FLD_##a, FLD_##b
#define BOTH(a, b) FLD_##a, FLD_##b
#define THREE(a, b, c) FLD_##a, FLD_##b, FLD_##c
#define FOUR(a, b, c, d) FLD_##a, FLD_##b, FLD_##c, FLD_##d
#define LABELS FLD_MPLS_1, FLD_MPLS_2, FLD_MPLS_3, FLD_MPLS_4, FLD_MPLS_5, \
	FLD_MPLS_6, FLD_MPLS_7, FLD_MPLS_8, FLD_MPLS_9, FLD_MPLS_10
#define DERIVED(name) DERIVED_##name
#define WORD(phrase, sources, ...) { phrase, NULL, { sources, FLD_NONE } },
#define LOOSE WORD
#define PAIR(phrase, a, b, ...) \
	{ "src " phrase, NULL, { FLD_##a, FLD_NONE } }, \
	{ "dst " phrase, NULL, { FLD_##b, FLD_NONE } }, \
	{ phrase, NULL, { FLD_##a, FLD_##b, FLD_NONE } },
static const struct use words[] = {
#include "query/words.def"
	{ .name = NULL }
};
#undef WORD
#undef BOTH

/* Output: the printer tells what is derived */
static const struct use tokens[] = {
#define TOKEN(name, heading, kind, printer, arg, ...) \
	{ "%" name, #printer, { __VA_ARGS__, FLD_NONE } },
#include "output/tokens.def"
	{ .name = NULL }
};

static const struct use columns[] = {
#define CSV(name, printer, arg, ...) \
	{ name, #printer, { __VA_ARGS__, FLD_NONE } },
#include "output/csv.def"
	{ .name = NULL }
};

static const struct use own[] = {
#define OWN(name, heading, printer, arg, ...) \
	{ heading, #printer, { __VA_ARGS__, FLD_NONE } },
#define COUNT(name, heading) { heading, "count", { FLD_NONE } },
#include "output/csv_own.def"
	{ .name = NULL }
};

static const struct use json[] = {
#define JSON(name, need, kind, type, printer, arg, ...) \
	{ name, #printer, { __VA_ARGS__, FLD_NONE } },
#define BOTH JSON
#include "output/json.def"
	{ .name = NULL }
};

static const struct use ndjson[] = {
#define LINE(name, need, kind, type, printer, arg, ...) \
	{ name, #printer, { __VA_ARGS__, FLD_NONE } },
#define BOTH LINE
#include "output/json.def"
	{ .name = NULL }
};

/* Reports */
static const struct use statistics[] = {
#define STAT(name, heading, form, ...) \
	{ name, NULL, { __VA_ARGS__, FLD_NONE } },
#include "query/keys.def"
	{ .name = NULL }
};

static const struct use keys[] = {
#define KEY(name, token, field, form) { name, NULL, { FLD_##field, FLD_NONE } },
#include "query/keys.def"
	{ .name = NULL }
};

enum order {
#define ORDER(id, name, value, is_ascending) ORDER_##id,
#include "query/orders.def"
	ORDERS
};

static const struct {
	const char *name;
	const char *value; /* its expression */
	const char *alias;
} orders[ORDERS] = {
#define ORDER(id, text, expression, is_ascending) \
	[ORDER_##id].name = text, [ORDER_##id].value = #expression,
#define ORDER_ALIAS(id, text) [ORDER_##id].alias = text,
#include "query/orders.def"
};

static const char *const members[FLD_COUNT] = {
#define FIELD(id, member, type) [FLD_##id] = "->" #member,
#include "flow/fields.def"
};

/* Where values come from: elements, and the slots that they go through */
struct element {
	int entry;
	const char *pen;
	unsigned number;
};

static const struct element elements[] = {
#define WIRE(id, pen, number, form) { FLD_##id, #pen, number },
#include "flow/fields.def"
#define ALT(id, pen, number, form, rank) { FLD_##id, #pen, number },
#include "wire/special.def"
	{ .pen = NULL }
};

/* Slots; those of option records, which have sampling, are no fields */
static const struct {
	const char *slot;
	int entry;
} slots[] = {
	{ "UDP_SRC_PORT", FLD_SRC_PORT }, { "UDP_DST_PORT", FLD_DST_PORT },
	{ "TCP_SRC_PORT", FLD_SRC_PORT }, { "TCP_DST_PORT", FLD_DST_PORT },
	{ "START", FLD_FIRST }, { "END", FLD_LAST },
	{ "DURATION", DERIVED_DURATION }, { "OBSERVED", FLD_EVENT_TIME },
	{ "INIT_TIME", FLD_FIRST },
	{ "ICMP4", FLD_DST_PORT }, { "ICMP6", FLD_DST_PORT },
	{ "TYPE4", DERIVED_ICMP_TYPE }, { "CODE4", DERIVED_ICMP_CODE },
	{ "TYPE6", DERIVED_ICMP_TYPE }, { "CODE6", DERIVED_ICMP_CODE },
	{ "CLIENT_SEC", FLD_CLIENT_LATENCY },
	{ "CLIENT_USEC", FLD_CLIENT_LATENCY },
	{ "SERVER_SEC", FLD_SERVER_LATENCY },
	{ "SERVER_USEC", FLD_SERVER_LATENCY },
	{ "APP_SEC", FLD_APP_LATENCY }, { "APP_USEC", FLD_APP_LATENCY },
	{ "INTERVAL", FLD_NONE }, { "ALGORITHM", FLD_NONE },
	{ "RANDOM_INTERVAL", FLD_NONE }, { "PACKET_INTERVAL", FLD_NONE },
	{ "PACKET_SPACE", FLD_NONE }, { "SAMPLE_SIZE", FLD_NONE },
	{ "POPULATION", FLD_NONE }, { "PROBABILITY", FLD_NONE },
	{ "SUB_LIST", FLD_NONE }, { "SUB_MULTI", FLD_NONE },
	{ "INTERFACE_NAME", FLD_NONE }, { "INTERFACE_DESCRIPTION", FLD_NONE },
	{ "VRF_NAME", FLD_NONE }, { "APP_NAME", FLD_NONE },
	{ "APP_DESCRIPTION", FLD_NONE },
	{ NULL, FLD_NONE }
};

static const struct {
	const char *slot;
	const char *pen;
	unsigned number;
} feeds[] = {
#define FEED(slot, pen, number, form, rank) { #slot, #pen, number },
#include "wire/special.def"
	{ .slot = NULL }
};

/* Members of a message of Tera Flow by their names in its schema */
static const struct use tera[] = {
	{ "srcIp, srcIpv6", NULL, { FLD_SRC_ADDR, FLD_NONE } },
	{ "dstIp, dstIpv6", NULL, { FLD_DST_ADDR, FLD_NONE } },
	{ "source", "source", { FLD_ENGINE_TYPE, FLD_NONE } },
	{ "ipProtocolVersion", "ip_version", { FLD_EXTENSIONS, FLD_NONE } },
	{ "ttl", "ttl", { FLD_MIN_TTL, FLD_MAX_TTL, FLD_NONE } },
	{ "flags", "tcp_flags", { FLD_TCP_FLAGS, FLD_NONE } },
	{ "srcAsn", "src_as", { FLD_SRC_AS, FLD_NONE } },
	{ "dstAsn", "dst_as", { FLD_DST_AS, FLD_NONE } },
	{ "inputInterface", "input", { FLD_INPUT, FLD_NONE } },
	{ "outputInterface", "output", { FLD_OUTPUT, FLD_NONE } },
	{ "sourcePort", "src_port", { FLD_SRC_PORT, FLD_NONE } },
	{ "destinationPort", "dst_port", { FLD_DST_PORT, FLD_NONE } },
	{ "protocol", "proto", { FLD_PROTO, FLD_NONE } },
	{ "ipLength", "ip_bytes", { FLD_IN_BYTES, FLD_NONE } },
	{ "length", "bytes", { FLD_IN_BYTES, FLD_NONE } },
	{ "numberOfPackets", "packets", { FLD_IN_PACKETS, FLD_NONE } },
	{ "packetDirection", "direction", { FLD_DIRECTION, FLD_NONE } },
	{ "tsSec", "sec", { FLD_FIRST, FLD_LAST, FLD_NONE } },
	{ "tsMsec", "usec", { FLD_FIRST, FLD_LAST, FLD_NONE } },
	{ "agentIpAddress", NULL, { FLD_EXPORTER_ADDR, FLD_NONE } },
	{ "srcMac", NULL, { FLD_IN_SRC_MAC, FLD_NONE } },
	{ "dstMac", NULL, { FLD_OUT_DST_MAC, FLD_NONE } },
	{ "ipFragmented, ipDontFragment", NULL,
	    { FLD_FRAG_FLAGS, FLD_NONE } },
	{ "sampleRatio", "sample_ratio", { FLD_NONE } },
	{ "packetPayloadLength", "payload_len", { FLD_NONE } },
	{ "packetPayloadFullLength", "payload_full_len", { FLD_NONE } },
	{ .name = NULL }
};

static const char *const tera_members[] = {
#define TERA(member, at) #member,
#include "wire/tera.def"
	NULL
};

/* Where a record holds it */
static const struct {
	int entry;
	unsigned extension;
	unsigned offset;
} records[] = {
#define REC(id, extension, offset, form) { FLD_##id, extension, offset },
#include "flow/fields.def"
	{ .entry = FLD_NONE }
};
/* clang-format on */

static const char head[] =
    ".\\\" Made by \"make fields-page\" from lib/flow/fields.def and the other\n"
    ".\\\" tables that name fields.  Change these.\n"
    ".Dd November 26, 2026\n"
    ".Dt FLOW-FIELDS 7\n"
    ".Os\n"
    ".Sh NAME\n"
    ".Nm flow-fields\n"
    ".Nd fields of a flow and their names\n"
    ".Sh DESCRIPTION\n"
    "A flow is a record of fields, and the same field has other names in a\n"
    "filter, in a format, in a report and in what a router sends.\n"
    "This page has an entry for each field, in the order of their names, and\n"
    "tells all of them:\n"
    ".Bl -tag -width \"json, ndjson\"\n"
    ".It Em filter\n"
    "tests of\n"
    ".Xr flow-filter 7\n"
    "that read it; those with\n"
    ".Cm src\n"
    "and\n"
    ".Cm dst\n"
    "may have both of these words.\n"
    "The # stands for a number from 1 to 10\n"
    ".It Em fmt\n"
    "tokens of the formats of\n"
    ".Xr flowdump 1\n"
    ".It Em csv\n"
    "column of the mode\n"
    ".Cm csv ,\n"
    "its number and heading\n"
    ".It Em csv token\n"
    "heading of the column that a token makes in the mode csv:...\n"
    ".It Em json , Em ndjson\n"
    "keys in these modes\n"
    ".It Em -s , Em -A , Em -O\n"
    "names of a field, key and order in reports\n"
    ".It Em IPFIX\n"
    "information elements of IPFIX and NetFlow v9 that it is read from, the\n"
    "preferred one first: number, or enterprise and number; 29305 is what flows\n"
    "in the other direction, by RFC 5103\n"
    ".It Em Tera Flow\n"
    "members of a message of Tera Flow\n"
    ".It Em stored\n"
    "element of a record, as\n"
    ".Xr flow-store 5\n"
    "and nfdump number them, and the offset in it\n"
    ".El\n"
    ".Pp\n"
    "What an entry has no line for there is none of.\n"
    "Fields that a flow lacks are zero.\n"
    "Those that begin with pf_ are of the packet filter of\n"
    ".Ox .\n";

static const char tail[] =
    ".Sh SEE ALSO\n"
    ".Xr flowdump 1 ,\n"
    ".Xr flow-store 5 ,\n"
    ".Xr flow-filter 7 ,\n"
    ".Xr flowcapd 8\n"
    ".Sh STANDARDS\n"
    "Elements below 32768 that have no enterprise are those of the IANA registry\n"
    ".Dq IPFIX Information Elements .\n";

/* The entry of a derived value that a printer is for, or FLD_NONE. */
static int
derived_by(const char *printer)
{
	static const struct {
		const char *printer;
		int entry;
	} by[] = {
		{ "duration", DERIVED_DURATION },
		{ "duration_s", DERIVED_DURATION },
		{ "pps", DERIVED_PPS },
		{ "bps", DERIVED_BPS },
		{ "bpp", DERIVED_BPP },
		{ "icmp_type", DERIVED_ICMP_TYPE },
		{ "icmp_code", DERIVED_ICMP_CODE },
		{ "json_icmp_type", DERIVED_ICMP_TYPE },
		{ "json_icmp_code", DERIVED_ICMP_CODE },
		{ "count", DERIVED_ORDINAL },
		{ "print_count", DERIVED_ORDINAL },
	};

	for (size_t i = 0; printer != NULL && i < sizeof(by) / sizeof(by[0]);
	    i++)
		if (strcmp(by[i].printer, printer) == 0)
			return by[i].entry;
	return FLD_NONE;
}

/* Does it only help to print another field, behind which it stands? */
static bool
is_helper(int entry)
{
	return entry == FLD_EXTENSIONS || entry == FLD_EXPORTER_ADDR ||
	    entry == FLD_PROTO || entry == FLD_RECORD_FLAGS;
}

static bool
belongs(const struct use *u, int entry, bool first_only)
{
	int derived = derived_by(u->more);

	if (derived != FLD_NONE)
		return derived == entry;
	for (unsigned i = 0; u->entry[i] != FLD_NONE; i++) {
		int e = u->entry[i];

		if (e == DERIVED_FLOWS)
			e = FLD_FLOWS;
		if (e == FLD_MPLS_1 && strchr(u->name, '#') != NULL &&
		    entry > FLD_MPLS_1 && entry <= FLD_MPLS_10)
			return true;
		if (e == entry)
			return i == 0 || (!first_only && !is_helper(e));
	}
	return false;
}

/* Text in lines of the page's source. */
static void
print_text(const char *text)
{
	size_t len;

	while ((len = strlen(text)) > SOURCE_WIDTH) {
		len = SOURCE_WIDTH;
		while (len > 0 && text[len] != ' ')
			len--;
		if (len == 0)
			break;
		printf("%.*s\n", (int)len, text);
		text += len + 1;
	}
	printf("%s\n", text);
}

/* One line of an entry: its name, and what was added to it. */
struct line {
	const char *name;
	char text[4096];
	size_t len;
};

static void
line_add(struct line *l, const char *value)
{
	int n = snprintf(l->text + l->len, sizeof(l->text) - l->len, "%s%s",
	    l->len > 0 ? ", " : "", value);

	if (n < 0 || l->len + (size_t)n >= sizeof(l->text))
		exit(1);
	l->len += (size_t)n;
}

static void
line_print(const struct line *l)
{
	if (l->len == 0)
		return;
	printf(".It Em %s\n", l->name);
	print_text(l->text);
}

/* Names that belong to an entry, each once. */
static void
add_uses(struct line *l, const struct use *table, int entry, bool first_only)
{
	for (const struct use *u = table; u->name != NULL; u++) {
		bool is_new = true;

		if (!belongs(u, entry, first_only))
			continue;
		for (const struct use *v = table; v < u; v++)
			if (belongs(v, entry, first_only) &&
			    strcmp(v->name, u->name) == 0)
				is_new = false;
		if (is_new)
			line_add(l, u->name);
	}
}

static void
print_uses(const char *name, const struct use *table, int entry,
    bool first_only)
{
	struct line l = { .name = name };

	add_uses(&l, table, entry, first_only);
	line_print(&l);
}

static void
print_json(int entry)
{
	struct line one = { .name = "json" };
	struct line other = { .name = "ndjson" };

	add_uses(&one, json, entry, true);
	add_uses(&other, ndjson, entry, true);
	if (strcmp(one.text, other.text) == 0) {
		one.name = "json, ndjson";
		other.len = 0;
	}
	line_print(&one);
	line_print(&other);
}

static void
print_columns(int entry)
{
	struct line l = { .name = "csv" };
	char text[64];

	for (size_t i = 0; columns[i].name != NULL; i++) {
		if (!belongs(&columns[i], entry, true))
			continue;
		(void)snprintf(text, sizeof(text), "column %zu, %s", i + 1,
		    columns[i].name);
		line_add(&l, text);
	}
	line_print(&l);
}

/* Does the expression of an order read the entry? */
static bool
is_order_of(const char *value, int entry)
{
	const char *call = strchr(value, '(');
	size_t len;

	if (call != NULL)
		return entry > FLD_NONE && strncmp(value, entries[entry].name,
		    strlen(entries[entry].name)) == 0;
	if (entry >= FLD_NONE)
		return false;
	len = strlen(members[entry]);
	for (const char *p = value; (p = strstr(p, members[entry])) != NULL;
	    p += len)
		if (!isalnum((unsigned char)p[len]) && p[len] != '_')
			return true;
	return false;
}

static void
print_orders(int entry)
{
	struct line l = { .name = "-O" };

	for (unsigned i = 0; i < ORDERS; i++) {
		if (!is_order_of(orders[i].value, entry))
			continue;
		line_add(&l, orders[i].name);
		if (orders[i].alias != NULL)
			line_add(&l, orders[i].alias);
	}
	line_print(&l);
}

static void
add_element(struct line *l, const char *pen, unsigned number)
{
	char text[64];

	if (strcmp(pen, "0") == 0)
		(void)snprintf(text, sizeof(text), "%u", number);
	else if (isdigit((unsigned char)*pen))
		(void)snprintf(text, sizeof(text), "%s/%u", pen, number);
	else
		(void)snprintf(text, sizeof(text), "%u (%s)", number,
		    strcmp(pen, "V9") == 0 ? "v9" : pen);
	line_add(l, text);
}

/* -1: in no list */
static int
entry_of_slot(const char *slot)
{
	for (size_t i = 0; slots[i].slot != NULL; i++)
		if (strcmp(slots[i].slot, slot) == 0)
			return slots[i].entry;
	return -1;
}

static void
print_elements(int entry)
{
	struct line l = { .name = "IPFIX" };

	for (size_t i = 0; elements[i].pen != NULL; i++)
		if (elements[i].entry == entry)
			add_element(&l, elements[i].pen, elements[i].number);
	for (size_t i = 0; feeds[i].slot != NULL; i++)
		if (entry_of_slot(feeds[i].slot) == entry)
			add_element(&l, feeds[i].pen, feeds[i].number);
	line_print(&l);
}

static void
print_records(int entry)
{
	struct line l = { .name = "stored" };
	char text[64];

	for (size_t i = 0; records[i].entry != FLD_NONE; i++) {
		unsigned extension = records[i].extension;

		if (records[i].entry != entry)
			continue;
		if (extension == 0)
			(void)snprintf(text, sizeof(text), "header at %u",
			    records[i].offset);
		else
			(void)snprintf(text, sizeof(text), "%u at %u%s",
			    extension == 63 ? 25 : extension,
			    records[i].offset,
			    extension == 63 ? " by nfdump 1.7.0" : "");
		line_add(&l, text);
	}
	line_print(&l);
}

static void
print_entry(int entry)
{
	printf(".It Cm %s\n", entries[entry].name);
	print_text(entries[entry].means);
	printf(".Bl -tag -width \"json, ndjson\" -compact\n");
	if (entry < FLD_COUNT)
		printf(".It Em type\n%s\n", types[field_table[entry].type]);
	print_uses("filter", words, entry, false);
	print_uses("fmt", tokens, entry, false);
	print_columns(entry);
	print_uses("csv token", own, entry, true);
	print_json(entry);
	print_uses("-s", statistics, entry, false);
	print_uses("-A", keys, entry, false);
	print_orders(entry);
	print_elements(entry);
	print_uses("Tera Flow", tera, entry, false);
	print_records(entry);
	printf(".El\n");
}

/* Names in order, and of numbers at their end the lower one first. */
static int
compare(const void *a, const void *b)
{
	const char *x = entries[*(const int *)a].name;
	const char *y = entries[*(const int *)b].name;

	if (strncmp(x, "mpls_", 5) == 0 && strncmp(y, "mpls_", 5) == 0 &&
	    strlen(x) != strlen(y))
		return strlen(x) < strlen(y) ? -1 : 1;
	return strcmp(x, y);
}

static void
print_list(const char *title, int from, int to)
{
	int sorted[ENTRIES];
	size_t n = 0;

	for (int i = from; i < to; i++)
		if (entries[i].name != NULL)
			sorted[n++] = i;
	qsort(sorted, n, sizeof(sorted[0]), compare);
	printf(".Sh %s\n.Bl -tag -width Ds\n", title);
	for (size_t i = 0; i < n; i++)
		print_entry(sorted[i]);
	printf(".El\n");
}

/* What has no text, or is in no list above. */
static int
complain(void)
{
	int bad = 0;

	for (int i = 0; i < ENTRIES; i++)
		if (i != FLD_NONE && i != DERIVED_FLOWS &&
		    (entries[i].name == NULL || entries[i].means == NULL))
			bad += fprintf(stderr, "entry %d has no text\n", i);
	for (size_t i = 0; feeds[i].slot != NULL; i++)
		if (entry_of_slot(feeds[i].slot) == -1)
			bad += fprintf(stderr, "no entry for slot %s\n",
			    feeds[i].slot);
	for (size_t i = 0; tera_members[i] != NULL; i++) {
		bool is_known = false;

		for (const struct use *u = tera; u->name != NULL; u++)
			if (u->more != NULL &&
			    strcmp(u->more, tera_members[i]) == 0)
				is_known = true;
		if (!is_known)
			bad += fprintf(stderr, "no entry for %s of Tera Flow\n",
			    tera_members[i]);
	}
	return bad;
}

int
main(void)
{
	if (complain() > 0)
		return 1;
	printf("%s", head);
	print_list("ALL FIELDS", 0, FLD_COUNT);
	print_list("VALUES FOUND FROM FIELDS", FLD_NONE + 1, ENTRIES);
	printf("%s", tail);
	return ferror(stdout) != 0 || fflush(stdout) != 0;
}
