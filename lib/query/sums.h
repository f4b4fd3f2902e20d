#ifndef QUERY_SUMS_H
#define QUERY_SUMS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * What is summed up over the flows of a row, and the orders in which rows
 * can be sorted (query-cli.md sections 6 to 8, 21).
 */

struct sums {
	uint64_t first_ms; /* smallest */
	uint64_t last_ms; /* largest */
	uint64_t in_packets;
	uint64_t in_bytes;
	uint64_t out_packets;
	uint64_t out_bytes;
	uint64_t flows; /* of every flow at least 1 */
	uint64_t distinct; /* values of the distinct fields */
	uint64_t p95_bps;
	uint8_t tcp_flags; /* ored */
	uint8_t turned_flags; /* of flows against the row's direction */
};

/* Add the sums of *o; "distinct" and "p95_bps" stay as they are. */
void sums_merge(struct sums *s, const struct sums *o);

/* Have in and out change places. */
void sums_turn(struct sums *s);

/* In the order in which reports of several orders are printed. */
enum order_id {
#define ORDER(id, name, value, is_ascending) ORDER_##id,
#include "query/orders.def"
	ORDER_COUNT,
	ORDER_INPUT = ORDER_COUNT /* no order: as the rows were first met */
};

struct order {
	enum order_id id;
	bool is_ascending;
};

/*
 * Parse a name with an optional ":a" or ":d" (ascending, descending).  -1
 * when there is no such order.
 */
int order_parse(const char *text, struct order *o);

/* The name, for headings. */
const char *order_name(enum order_id id);

/* What rows are compared by; 0 for ORDER_INPUT. */
uint64_t order_value(enum order_id id, const struct sums *s);

#endif
