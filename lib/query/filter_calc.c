/*
 * Values derived from fields, for the selected rows of a batch.
 */

#include "flow/derive.h"
#include "query/filter_int.h"

#define COLUMN(name, id, ctype) \
	const ctype *name = BATCH_COL(args->batch, id, ctype)

static void
calc_duration(const struct calc_args *args, const uint16_t *sel, uint32_t n,
    uint64_t *out)
{
	COLUMN(first, FIRST, uint64_t);
	COLUMN(last, LAST, uint64_t);

	for (uint32_t i = 0; i < n; i++)
		out[sel[i]] = flow_duration_ms(first[sel[i]], last[sel[i]]);
}

static void
calc_rate(const struct calc_args *args, const uint64_t *amount,
    uint64_t factor, const uint16_t *sel, uint32_t n, uint64_t *out)
{
	COLUMN(first, FIRST, uint64_t);
	COLUMN(last, LAST, uint64_t);

	for (uint32_t i = 0; i < n; i++)
		out[sel[i]] = flow_rate(amount[sel[i]], factor,
		    flow_duration_ms(first[sel[i]], last[sel[i]]));
}

static void
calc_pps(const struct calc_args *args, const uint16_t *sel, uint32_t n,
    uint64_t *out)
{
	COLUMN(packets, IN_PACKETS, uint64_t);

	calc_rate(args, packets, 1000, sel, n, out);
}

static void
calc_bps(const struct calc_args *args, const uint16_t *sel, uint32_t n,
    uint64_t *out)
{
	COLUMN(bytes, IN_BYTES, uint64_t);

	calc_rate(args, bytes, 8000, sel, n, out);
}

static void
calc_bpp(const struct calc_args *args, const uint16_t *sel, uint32_t n,
    uint64_t *out)
{
	COLUMN(packets, IN_PACKETS, uint64_t);
	COLUMN(bytes, IN_BYTES, uint64_t);

	for (uint32_t i = 0; i < n; i++)
		out[sel[i]] =
		    packets[sel[i]] == 0 ? 0 : bytes[sel[i]] / packets[sel[i]];
}

static void
calc_flows(const struct calc_args *args, const uint16_t *sel, uint32_t n,
    uint64_t *out)
{
	COLUMN(flows, FLOWS, uint64_t);

	for (uint32_t i = 0; i < n; i++)
		out[sel[i]] = flows[sel[i]] + (flows[sel[i]] == 0);
}

static void
calc_icmp_type(const struct calc_args *args, const uint16_t *sel, uint32_t n,
    uint64_t *out)
{
	COLUMN(port, DST_PORT, uint16_t);

	for (uint32_t i = 0; i < n; i++)
		out[sel[i]] = port[sel[i]] >> 8;
}

static void
calc_icmp_code(const struct calc_args *args, const uint16_t *sel, uint32_t n,
    uint64_t *out)
{
	COLUMN(port, DST_PORT, uint16_t);

	for (uint32_t i = 0; i < n; i++)
		out[sel[i]] = port[sel[i]] & 0xff;
}

static void
calc_mpls_exp(const struct calc_args *args, const uint16_t *sel, uint32_t n,
    uint64_t *out)
{
	const uint32_t *entry = batch_column(args->batch, args->field);

	for (uint32_t i = 0; i < n; i++)
		out[sel[i]] = entry[sel[i]] >> 1 & 7;
}

/*
 * Label at the bottom of the stack.  Without one the value is larger than
 * any, as it always was: "mpls eos > 15" is true for flows without labels.
 */
static void
calc_mpls_eos(const struct calc_args *args, const uint16_t *sel, uint32_t n,
    uint64_t *out)
{
	for (uint32_t i = 0; i < n; i++)
		out[sel[i]] = UINT64_MAX;
	for (unsigned id = FLD_MPLS_10 + 1; id-- > FLD_MPLS_1;) {
		const uint32_t *entry =
		    batch_column(args->batch, (enum field_id)id);

		for (uint32_t i = 0; i < n; i++)
			if (entry[sel[i]] & 1)
				out[sel[i]] = entry[sel[i]] >> 4;
	}
}

static void
calc_ordinal(const struct calc_args *args, const uint16_t *sel, uint32_t n,
    uint64_t *out)
{
	uint64_t before = args->batch->first_row;

	for (uint32_t i = 0; i < n; i++)
		out[sel[i]] = before + sel[i] + 1;
}

#define COUNT_OF(...) (sizeof((uint8_t[]){ __VA_ARGS__ }))

const struct calc calc_table[CALC_COUNT] = {
#define CALC(id, function, ...) \
	[CALC_##id] = { function, COUNT_OF(__VA_ARGS__), { __VA_ARGS__ } },
#include "query/calcs.def"
};
