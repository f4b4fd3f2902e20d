#ifndef QUERY_REPORT_H
#define QUERY_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/err.h"
#include "query/group.h"
#include "query/sums.h"

/*
 * From the texts after -s, -A, -O and --distinct to groups and orders
 * (query-cli.md sections 6 to 9).  Names come from keys.def and orders.def,
 * and are not case sensitive.  Wrong ones are ERR_VALUE; the message has
 * nfdump's text and, where one is near, the name that may have been meant.
 */

/* How a value of an element is printed. */
enum value_form {
	VALUE_DECIMAL,
	VALUE_HEX,
	VALUE_MILLI, /* microseconds as milliseconds */
	VALUE_ADDR,
	VALUE_MAC,
	VALUE_MPLS,
	VALUE_FLAGS,
	VALUE_COUNTRY, /* of an address */
	VALUE_EVENT /* a name in text */
};

struct report_element {
	const char *name;
	const char *heading; /* of the list and of its column */
	enum value_form form;
	enum field_id field[GROUP_SIDES_MAX + 2]; /* up to FLD_NONE */
};

/* Each at most once, in the order in which their lists are printed. */
struct report_orders {
	struct order list[ORDER_COUNT];
	unsigned count;
};

struct report_statistic {
	const struct report_element *element; /* NULL: record, whole flows */
	bool is_split; /* by protocol */
	struct report_orders orders; /* at least one */
	bool is_unordered; /* none was given: the one is FLOWS */
};

/* The elements in the order of keys.def; NULL behind the last one. */
const struct report_element *report_element_at(size_t n);

/* FIELD[:p][/ORDER...] or record[/ORDER...] */
int report_statistic_parse(const char *text, struct report_statistic *s,
    struct err *err);

/* Keys and sides of an element statistic into a zeroed *spec. */
void report_statistic_group(const struct report_statistic *s,
    struct group_spec *spec);

/*
 * KEY[,KEY...] after -A: the keys of *spec, and the tokens that print them,
 * with one blank between, appended to *tokens.  srcip4/24,srcip6/64 is one
 * key, with a length for either family; without its length, the flows of a
 * family fall on one row with the zero address.
 */
int report_keys_parse(const char *text, struct group_spec *spec,
    struct buffer *tokens, struct err *err);

/* The keys of -a: protocol, addresses, ports. */
void report_tuple_keys(struct group_spec *spec);

/* ORDER[:a|:d] after -O. */
int report_order_parse(const char *text, struct order *order, struct err *err);

/* Add or replace. */
void report_orders_add(struct report_orders *orders, struct order order);

/* FIELD[,FIELD...] after --distinct; the names are those of whole keys. */
int report_distinct_parse(const char *text, struct group_spec *spec,
    struct err *err);

#endif
