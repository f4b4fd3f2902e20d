/*
 * V3 records: random flows go through record_encode() and record_decode() and
 * come back the same; malformed records are refused.
 */

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "dice.h"
#include "flowkit.h"
#include "record/v3.h"
#include "record/v3_int.h"
#include "tap.h"

#define ROUNDS 2000
#define FLOWS 37

static struct dice dice;

static uint8_t text[512]; /* what random spans point into */

static struct span
random_span(uint32_t max)
{
	return (struct span){ text + dice_next(&dice) % 64, (uint32_t)(dice_next(&dice) % max) };
}

/* Extensions come in IPv4/IPv6 pairs: never both. */
static const unsigned pairs[] = { EXT_IPV4, EXT_BGP_V4, EXT_NEXT_HOP_V4,
	EXT_EXPORTER_V4, EXT_XLATE_V4, EXT_TUNNEL_V4 };

static void
random_flow(struct flow *f)
{
	uint64_t exts = (dice_next(&dice) & dice_next(&dice) & (FLOW_EXT(EXT_COUNT) - 1)) |
	    FLOW_EXT(EXT_GENERIC);
	uint8_t *base = (uint8_t *)f;
	struct addr a;
	struct span s;
	uint64_t v;

	memset(f, 0, sizeof(*f));
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (exts >> pairs[i] & 1)
			exts &= ~FLOW_EXT(pairs[i] + 1);
	if (exts >> EXT_FW_EVENT & 1)
		exts &= ~FLOW_EXT(EXT_NAT_EVENT); /* share the event time */
	exts &= ~FLOW_EXT(EXT_HEADER);
	f->extensions = exts;
	for (size_t i = 0; i < rec_rows_count; i++) {
		const struct field *fl = &field_table[rec_rows[i].field];

		if (rec_rows[i].ext != EXT_HEADER &&
		    !(exts >> rec_rows[i].ext & 1))
			continue;
		v = dice_next(&dice);
		if (fl->type == FIELD_ADDR) {
			a = rec_rows[i].form == REC_V4 ? addr_v4((uint32_t)v) :
			    (struct addr){ v | 1, dice_next(&dice) };
			memcpy(base + fl->offset, &a, sizeof(a));
		} else if (fl->type == FIELD_SPAN) {
			s = random_span(rec_rows[i].ext == EXT_USER ? 66 : 90);
			memcpy(base + fl->offset, &s, sizeof(s));
		} else
			memcpy(base + fl->offset, &v, fl->size);
	}
}

/* Compare every column of a row with the flow it was made from. */
static bool
same_row(const struct batch *b, uint32_t row, const struct flow *f)
{
	const uint8_t *base = (const uint8_t *)f;

	for (unsigned id = 0; id < FLD_COUNT; id++) {
		const struct field *fl = &field_table[id];

		if (!flow_same_value(fl, base + fl->offset,
		    (const uint8_t *)b->col[id] + row * fl->size)) {
			note("row %u: field %s differs", row, fl->id);
			return false;
		}
	}
	return true;
}

static struct fieldset
all_fields(void)
{
	struct fieldset all = { { 0 } };

	for (unsigned id = 0; id < FLD_COUNT; id++)
		fieldset_add(&all, (enum field_id)id);
	return all;
}

static size_t
encode_some(struct record_encoder *e, struct flow *flows, uint8_t *out,
    size_t room)
{
	size_t len = 0, n;

	for (unsigned i = 0; i < FLOWS; i++) {
		if (i > 0 && dice_next(&dice) % 3 != 0)
			flows[i] = flows[i - 1]; /* runs of equal shape */
		else
			random_flow(&flows[i]);
		flows[i].in_bytes = dice_next(&dice);
		if ((n = record_encode(e, &flows[i], out + len,
		    room - len)) == 0)
			bail("record %u does not fit", i);
		len += n;
	}
	return len;
}

static void
test_round_trip(void)
{
	struct fieldset all = all_fields();
	struct record_encoder *e = record_encoder_new(0, NULL);
	struct record_decoder *d = record_decoder_new(&all, NULL);
	static struct flow flows[FLOWS];
	static uint8_t block[FLOWS * 4096];
	struct batch b;
	struct err err;
	bool same = true, raw = true, torn = true;

	if (e == NULL || d == NULL || batch_init(&b, &all, true, NULL) == -1)
		bail("out of memory");
	for (unsigned round = 0; round < ROUNDS && same && raw && torn;
	    round++) {
		struct record_cursor c = { block, 0, 0, 0 };
		size_t len = 0;

		c.len = encode_some(e, flows, block, sizeof(block));
		same = record_decode(d, &c, &b, &err) == 1 &&
		    b.rows == FLOWS && b.nsel == FLOWS;
		for (unsigned i = 0; i < FLOWS && same; i++) {
			same = same_row(&b, i, &flows[i]);
			raw = raw && b.raw[i].data == block + len;
			len += b.raw[i].len;
		}
		raw = raw && len == c.len;
		same = same && record_decode(d, &c, &b, &err) == 0;

		c = (struct record_cursor){ block, len - 1, 0, 0 };
		torn = record_decode(d, &c, &b, &err) == -1 &&
		    b.rows == FLOWS - 1;
		for (unsigned i = 0; i < FLOWS - 1 && torn; i++)
			torn = same_row(&b, i, &flows[i]);
	}
	ok(same, "%d rounds of %d flows come back", ROUNDS, FLOWS);
	ok(raw, "raw records cover the block");
	ok(torn, "so do all but the last one when that is cut");
	batch_fini(&b);
	record_decoder_free(d);
	record_encoder_free(e);
}

/* Every second field of all rows, the others of some rows. */
static void
test_two_steps(void)
{
	struct fieldset all = all_fields(), part[2] = { { { 0 } } };
	struct record_encoder *e = record_encoder_new(0, NULL);
	struct record_decoder *first, *rest;
	static struct flow flows[FLOWS];
	static uint8_t block[FLOWS * 4096];
	struct batch b;
	bool same = true;

	for (unsigned id = 0; id < FLD_COUNT; id++)
		fieldset_add(&part[id % 2], (enum field_id)id);
	first = record_decoder_new(&part[0], NULL);
	rest = record_decoder_new(&part[1], NULL);
	if (e == NULL || first == NULL || rest == NULL ||
	    batch_init(&b, &all, false, NULL) == -1)
		bail("out of memory");
	for (unsigned round = 0; round < ROUNDS && same; round++) {
		struct record_cursor c = { block, 0, 0, 0 };

		c.len = encode_some(e, flows, block, sizeof(block));
		same = record_decode(first, &c, &b, NULL) == 1;
		b.nsel = 0;
		for (uint16_t i = 0; i < FLOWS; i++)
			if (dice_below(&dice, 4) < round % 5)
				b.sel[b.nsel++] = i;
		record_decode_rest(rest, first, &b);
		for (uint32_t i = 0; i < b.nsel && same; i++)
			same = same_row(&b, b.sel[i], &flows[b.sel[i]]);
	}
	ok(same, "the rest of selected rows");
	batch_fini(&b);
	record_decoder_free(rest);
	record_decoder_free(first);
	record_encoder_free(e);
}

static void
test_batches(void)
{
	struct fieldset want = { { 0 } };
	struct record_encoder *e = record_encoder_new(0, NULL);
	struct record_decoder *d;
	struct flow f = { .extensions = FLOW_EXT(EXT_GENERIC) };
	unsigned count = BATCH_ROWS * 2 + 5, seen = 0;
	uint8_t *block = malloc((size_t)count * 64);
	struct record_cursor c = { block, 0, 0, 0 };
	struct batch b;
	bool in_order = true;
	int rc;

	fieldset_add(&want, FLD_IN_BYTES);
	d = record_decoder_new(&want, NULL);
	if (block == NULL || e == NULL || d == NULL ||
	    batch_init(&b, &want, false, NULL) == -1)
		bail("out of memory");
	for (unsigned i = 0; i < count; i++) {
		f.in_bytes = i;
		c.len += record_encode(e, &f, block + c.len, 64);
	}
	while ((rc = record_decode(d, &c, &b, NULL)) == 1) {
		in_order = in_order && b.first_row == seen;
		for (uint32_t i = 0; i < b.rows; i++)
			in_order = in_order &&
			    BATCH_COL(&b, IN_BYTES, uint64_t)[i] == seen + i;
		seen += b.rows;
	}
	is_int(rc, 0, "a long block ends well");
	is_int(seen, count, "a long block comes in several batches");
	ok(in_order, "rows are in file order");
	batch_fini(&b);
	record_decoder_free(d);
	record_encoder_free(e);
	free(block);
}

/* Result of decoding len bytes. */
static int
decode(const uint8_t *data, size_t len, struct err *err)
{
	struct fieldset all = all_fields();
	struct record_decoder *d = record_decoder_new(&all, NULL);
	uint8_t *copy = malloc(len > 0 ? len : 1);
	struct record_cursor c = { copy, len, 0, 0 };
	struct batch b;
	int rc;

	if (d == NULL || copy == NULL ||
	    batch_init(&b, &all, false, NULL) == -1)
		bail("out of memory");
	memcpy(copy, data, len);
	while ((rc = record_decode(d, &c, &b, err)) == 1)
		;
	batch_fini(&b);
	record_decoder_free(d);
	free(copy);
	return rc;
}

static void
test_malformed(void)
{
	struct record_encoder *e = record_encoder_new(0, NULL);
	uint8_t rec[256], bad[256];
	struct flow f = { .extensions = FLOW_EXT(EXT_GENERIC) |
	    FLOW_EXT(EXT_IPV4) | FLOW_EXT(EXT_MISC) };
	struct err err;
	size_t len;
	bool refused = true;

	len = record_encode(e, &f, rec, sizeof(rec));
	is_int((int)len, 12 + 52 + 12 + 20, "length of a plain record");
	is_int(decode(rec, len, &err), 0, "it is read");
	for (size_t cut = 1; cut < len; cut++)
		refused = refused && decode(rec, cut, &err) == -1;
	ok(refused, "a record cut anywhere is refused");
	memcpy(bad, rec, len);
	store_u16(bad + 14, 3);
	is_int(decode(bad, len, &err), -1, "element length below 4");
	ok(strstr(err.text, "length 3") != NULL, "%s", err.text);
	memcpy(bad, rec, len);
	store_u16(bad + 14, 60000);
	is_int(decode(bad, len, &err), -1, "element behind the record");
	memcpy(bad, rec, len);
	store_u16(bad + 4, 9);
	is_int(decode(bad, len, &err), -1, "more elements than there are");
	memcpy(bad, rec, len);
	store_u16(bad + 4, 65535);
	is_int(decode(bad, len, &err), -1, "65535 elements");
	memcpy(bad, rec, len);
	store_u16(bad + 2, 0);
	is_int(decode(bad, len, &err), -1, "record of 0 bytes");
	memcpy(bad, rec, len);
	store_u16(bad + 12, 900);
	is_int(decode(bad, len, &err), 0, "unknown extension is skipped");
	record_encoder_free(e);
}

static void
test_both_families(void)
{
	struct fieldset want = { { 0 } };
	struct record_encoder *e = record_encoder_new(0, NULL);
	struct record_decoder *d;
	uint8_t rec[512];
	struct record_cursor c = { rec, 0, 0, 0 };
	struct flow f = { .extensions = FLOW_EXT(EXT_GENERIC) |
	    FLOW_EXT(EXT_IPV4) | FLOW_EXT(EXT_IPV6) };
	struct batch b;
	const struct addr *src;
	size_t v6;

	fieldset_add(&want, FLD_SRC_ADDR);
	d = record_decoder_new(&want, NULL);
	if (e == NULL || d == NULL || batch_init(&b, &want, false, NULL) == -1)
		bail("out of memory");
	f.src_addr = addr_v4(0x0a000001);
	c.len = record_encode(e, &f, rec, sizeof(rec));
	v6 = 12 + 12 + 4;
	store_u64(rec + v6, UINT64_C(0x20010db800000000));
	store_u64(rec + v6 + 8, 7);
	memcpy(rec + c.len, rec, c.len);
	store_u64(rec + c.len + 12 + 4, 0);
	c.len *= 2;
	is_int(record_decode(d, &c, &b, NULL), 1, "both families: read");
	src = BATCH_COL(&b, SRC_ADDR, struct addr);
	ok(addr_equal(src[0], addr_v4(0x0a000001)), "IPv4 wins");
	ok(src[1].hi == UINT64_C(0x20010db800000000) && src[1].lo == 7,
	    "IPv6 where IPv4 is zero");
	batch_fini(&b);
	record_decoder_free(d);
	record_encoder_free(e);
}

/* An extension that is not wanted in files. */
static void
test_without(void)
{
	struct record_encoder *e = record_encoder_new(
	    FLOW_EXT(EXT_SAMPLER) | FLOW_EXT(EXT_GENERIC), NULL);
	struct flow f = { .extensions = FLOW_EXT(EXT_GENERIC) |
	    FLOW_EXT(EXT_SAMPLER) | FLOW_EXT(EXT_IPV4) };
	uint8_t rec[256];

	if (e == NULL)
		bail("out of memory");
	is_int((int)record_encode(e, &f, rec, sizeof(rec)), 12 + 52 + 12,
	    "the sampler is left out, the generic extension never");
	record_encoder_free(e);
}

/* Append an element whose payload is made of one word. */
static void
put_element(struct writer *w, unsigned ext, size_t payload, uint32_t word)
{
	writer_host(w, ext, 2);
	writer_host(w, 4 + payload, 2);
	for (size_t i = 0; i < payload; i += sizeof(word))
		writer_host(w, word, sizeof(word));
}

/* As many elements as a record may have, most of them again and again. */
static void
test_repeated(void)
{
	struct fieldset want = { { 0 } };
	struct record_decoder *d;
	uint8_t rec[1024];
	struct record_cursor c = { .data = rec };
	struct writer w;
	struct batch b;

	fieldset_add(&want, FLD_SRC_ADDR);
	fieldset_add(&want, FLD_DST_ADDR);
	fieldset_add(&want, FLD_BGP_NEXT_HOP);
	d = record_decoder_new(&want, NULL);
	if (d == NULL || batch_init(&b, &want, false, NULL) == -1)
		bail("out of memory");
	writer_init(&w, rec, sizeof(rec));
	writer_host(&w, RECORD_FLOW_V3, 2);
	writer_host(&w, 0, 2);
	writer_host(&w, 64, 2);
	writer_zero(&w, RECORD_V3_HEADER_LEN - w.used);
	put_element(&w, EXT_IPV6, 32, 6);
	for (uint32_t i = 1; i <= 62; i++)
		put_element(&w, EXT_IPV4, 8, i);
	put_element(&w, EXT_BGP_V4, 4, 77);
	store_u16(rec + 2, (uint16_t)w.used);
	c.len = w.used;
	is_int(record_decode(d, &c, &b, NULL), 1, "repeated elements: read");
	ok(addr_equal(*BATCH_COL(&b, SRC_ADDR, struct addr), addr_v4(62)) &&
	    addr_equal(*BATCH_COL(&b, DST_ADDR, struct addr), addr_v4(62)),
	    "the last one counts");
	ok(addr_equal(*BATCH_COL(&b, BGP_NEXT_HOP, struct addr), addr_v4(77)),
	    "and what follows is found");
	batch_fini(&b);
	record_decoder_free(d);
}

int
main(void)
{
	dice_init(&dice);
	memset(text, 'x', sizeof(text));
	for (size_t i = 0; i < sizeof(text); i++)
		text[i] = (uint8_t)('a' + i % 26);
	test_round_trip();
	test_two_steps();
	test_batches();
	test_malformed();
	test_both_families();
	test_without();
	test_repeated();
	return done_testing();
}
