/*
 * Checking flow files: those of layouts 1 and 2 to the last byte, the others
 * as far as the reader shows them.
 */

#include <string.h>

#include "base/bytes.h"
#include "store/layout1.h"
#include "store/salvage.h"

/* A block that is loaded and converted. */
static int
check_converted(struct salvage *s, const struct store_ref *ref,
    struct err *err)
{
	const struct store_block_header h = { s->b.records, ref->stored,
		STORE_BLOCK_RECORDS };
	struct salvage_block b = { h.type, h.records, s->b.raw, s->b.len,
		ref, &s->b };

	s->number = ref->number;
	s->pos = ref->offset;
	if (salvage_records(s, &h, &b, err) == -1)
		return -1;
	if (b.ref == NULL)
		s->v->blocks_partial++;
	s->v->records += b.records;
	s->v->blocks++;
	return 0;
}

static int
check_block(struct salvage *s, struct store_file *f,
    const struct store_ref *ref, struct err *err)
{
	struct err why;

	s->v->type_blocks[ref->type < STORE_VERDICT_TYPES ? ref->type : 0]++;
	if (store_block_load(f, ref, &s->b, &why) == -1) {
		if (why.code == ERR_NOMEM)
			return err_nomem(err);
		salvage_tell(s, FINDING_DAMAGE, "%s",
		    salvage_without_path(s, why.text));
		if (s->b.len > 0) { /* readers show what is before that */
			s->v->blocks_partial++;
			return check_converted(s, ref, err);
		}
		s->v->blocks_lost++;
		s->v->bytes_lost += ref->stored;
	} else if (ref->has_records)
		return check_converted(s, ref, err);
	else
		s->v->blocks++;
	return 0;
}

static void
take_info(struct salvage *s, const struct store_info *info)
{
	struct store_verdict *v = s->v;

	v->layout = info->layout;
	v->codec = info->codec;
	v->nfdversion = info->nfdversion;
	v->created_s = info->created_s;
	v->header_blocks = info->blocks;
	v->is_unfinished = !info->is_complete;
	v->has_stats = info->has_stats;
	v->stats = info->stats;
	memcpy(v->ident, info->ident, sizeof(v->ident));
}

/* Whatever the layout. */
static int
check_blocks(struct salvage *s, struct store_file *f, struct err *err)
{
	struct store_ref ref;
	struct err why;
	int rc;

	if (salvage_tally_init(&s->tally, err) == -1)
		return -1;
	take_info(s, store_file_info(f));
	while ((rc = store_file_block(f, &ref, &why)) == 1)
		if (check_block(s, f, &ref, err) == -1)
			return -1;
	if (rc == -1 && why.code == ERR_NOMEM)
		return err_nomem(err);
	if (rc == -1)
		salvage_tell(s, FINDING_DAMAGE, "%s",
		    salvage_without_path(s, why.text));
	else if (s->v->is_unfinished)
		salvage_tell(s, FINDING_DAMAGE, "not complete: it is being "
		    "written, or a crash left it");
	salvage_compare(s);
	s->v->sum = s->tally.sum;
	return 0;
}

static int
verify_other(const char *path, const struct salvage_sink *sink,
    struct store_verdict *v, struct err *err)
{
	struct store_file *f = store_file_open(path, err);
	struct salvage s = { .sink = sink, .v = v };
	int rc;

	if (f == NULL)
		return -1;
	s.file = *f;
	rc = check_blocks(&s, f, err);
	salvage_fini(&s);
	store_file_close(f);
	return rc;
}

int
store_salvage(const struct store_file *f, unsigned layout,
    const struct salvage_sink *sink, struct store_verdict *v,
    struct err *err)
{
	struct salvage s = { .sink = sink, .v = v, .file = *f,
		.records_type = layout == store_layout_1.number ?
		    STORE_V1_BLOCK_RECORDS : STORE_BLOCK_RECORDS };
	int rc;

	*v = (struct store_verdict){ .layout = layout, .ident = "none" };
	rc = salvage_run(&s, err);
	salvage_fini(&s);
	return rc;
}

/* Does it hold flows as this layout has them, whatever it starts with? */
static bool
holds_flows(const struct store_file *f, unsigned layout)
{
	const struct salvage_sink silent = { NULL, NULL, NULL };
	struct store_verdict v;

	return store_salvage(f, layout, &silent, &v, NULL) == 0 &&
	    v.flows > 0;
}

/* Is there a block header where the first one of layout 1 must be? */
static bool
starts_as_layout_1(const struct store_file *f)
{
	uint8_t data[STORE_BLOCK_HEADER_LEN];
	struct store_block_header h;

	if (f->info.size <= STORE_V1_HEADER_LEN)
		return true;
	return store_pread(f->fd, data, sizeof(data), STORE_V1_HEADER_LEN) ==
	    STORE_BLOCK_HEADER_LEN &&
	    store_v1_block_header_get(data, &h, NULL) == 0;
}

/* Is it complete as layout 3, or has it a first block that can be read? */
static bool
starts_as_layout_3(const struct store_file *f)
{
	struct store_file *as = store_file_open(f->path, NULL);
	struct store_block b = { 0 };
	struct store_ref ref;
	bool is_one = false;

	if (as == NULL)
		return false;
	if (as->layout == &store_layout_3)
		is_one = as->info.is_complete ||
		    (store_file_block(as, &ref, NULL) == 1 &&
		    store_block_load(as, &ref, &b, NULL) == 0);
	store_block_fini(&b);
	store_file_close(as);
	return is_one;
}

/*
 * The layout of a file whose first bytes may be damaged: magic and layout, of
 * which one must be right.  0: it is no flow file.
 */
static int
choose_layout(const struct store_file *f, struct err *err)
{
	uint8_t start[4];
	ssize_t len = store_pread(f->fd, start, sizeof(start), 0);
	unsigned layout;

	if (len == -1)
		return err_system(err, "%s: reading", f->path);
	if (len < (ssize_t)sizeof(start))
		return 0;
	layout = load_u16(start + 2);
	if (load_u16(start) == STORE_MAGIC) {
		if (layout == store_layout_2.number ||
		    (layout == store_layout_1.number &&
		    starts_as_layout_1(f)) ||
		    (layout == store_layout_3.number &&
		    starts_as_layout_3(f)))
			return (int)layout;
		return (int)(holds_flows(f, store_layout_2.number) ?
		    store_layout_2.number : layout);
	}
	if ((layout == store_layout_1.number ||
	    layout == store_layout_2.number) && holds_flows(f, layout))
		return (int)layout;
	return 0;
}

static int
verify_file(const struct store_file *f, const struct salvage_sink *sink,
    struct store_verdict *v, struct err *err)
{
	int layout = choose_layout(f, err);

	*v = (struct store_verdict){ .ident = "none" };
	if (layout == -1)
		return -1;
	if (layout == (int)store_layout_1.number ||
	    layout == (int)store_layout_2.number)
		return store_salvage(f, (unsigned)layout, sink, v, err);
	return verify_other(f->path, sink, v, err);
}

int
store_verify(const char *path, const struct store_listener *listener,
    struct store_verdict *v, struct err *err)
{
	const struct salvage_sink sink = { listener, NULL, NULL };
	struct store_file *f = store_file_open_unread(path, err);
	int rc;

	if (f == NULL)
		return -1;
	rc = verify_file(f, &sink, v, err);
	store_file_close(f);
	return rc;
}
