/*
 * -w with rows that were summed up or sorted: each becomes a flow record.
 */

#include <string.h>

#include "flowdump/report_int.h"
#include "flowdump/target.h"
#include "record/stats.h"
#include "record/v3.h"

struct writing {
	struct target *target;
	struct record_encoder *encoder;
	struct record_stats stats;
	struct buffer records;
};

/* The extension that holds a field; of a pair that of the address. */
static uint64_t
extension_of(enum field_id id, const struct flow *f)
{
	uint64_t bits = field_extensions(id), lowest = bits & (~bits + 1);
	struct addr a;

	if (field_table[id].type != FIELD_ADDR)
		return lowest;
	memcpy(&a, (const char *)f + field_table[id].offset, sizeof(a));
	return addr_is_v4(a) ? lowest : lowest << 1;
}

/* Rows by -A have their keys alone; others what their first flow had. */
static void
set_extensions(const struct group_spec *spec, struct flow *f)
{
	if (!fieldset_has(&spec->carry, FLD_EXTENSIONS))
		for (unsigned i = 0; i < spec->nkeys; i++)
			f->extensions |= extension_of(spec->keys[i].field, f);
	if (f->flows > 1 || f->out_packets > 0 || f->out_bytes > 0)
		f->extensions |= FLOW_EXT(EXT_COUNTERS);
}

static int
write_row(struct writing *w, const struct flow *f, struct err *err)
{
	char *p = buffer_room(&w->records, RECORD_V3_MAX);
	size_t len;

	if (p == NULL)
		return err_nomem(err);
	len = record_encode(w->encoder, f, (uint8_t *)p, RECORD_V3_MAX);
	record_stats_add_flow(&w->stats, f);
	return target_append(w->target, p, len, err);
}

static int
write_rows(struct writing *w, const struct report *r, const struct section *s,
    struct err *err)
{
	struct report_rows *rows = NULL;
	struct fieldset want = s->spec.carry;
	struct batch b;
	struct flow f;
	int rc = -1;

	record_stats_fields(&want);
	fieldset_add(&want, FLD_TCP_FLAGS);
	fieldset_add(&want, FLD_FLOWS);
	report_key_fields(s, &want);
	report_rows_fields(r, &want);
	if (batch_init(&b, &want, false, err) == -1 ||
	    (rows = report_rows_new(r, s, 0, err)) == NULL)
		goto done;
	while ((rc = report_rows_next(rows, &b, err)) == 1)
		for (uint32_t i = 0; i < b.nsel; i++) {
			batch_flow(&b, b.sel[i], &f);
			set_extensions(&s->spec, &f);
			if (write_row(w, &f, err) == -1) {
				rc = -1;
				goto done;
			}
		}
done:
	report_rows_free(rows);
	batch_fini(&b);
	return rc;
}

int
report_write(struct report *r, struct section *s, struct err *err)
{
	struct writing w = { .records = BUFFER_EMPTY };
	int rc = -1;

	record_stats_init(&w.stats);
	if ((w.target = target_new(r->query, err)) != NULL &&
	    (w.encoder = record_encoder_new(0, err)) != NULL &&
	    write_rows(&w, r, s, err) == 0)
		rc = target_commit(w.target, &w.stats, err);
	target_free(w.target);
	record_encoder_free(w.encoder);
	buffer_fini(&w.records);
	return rc;
}
