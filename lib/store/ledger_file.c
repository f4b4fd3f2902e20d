/*
 * The ledger in a file.  It is looked for from the end, so that it does not
 * matter what stands between it and the appendix; like the index it counts
 * only when it says of what state of the file it is.
 */

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "store/ledger_int.h"
#include "store/store_int.h"

static void
put_row(const struct store_ledger *l, size_t row, struct buffer *out)
{
	const struct store_ledger_who *who = store_ledger_who(l, row);
	size_t columns = store_ledger_columns(l);
	uint64_t mask = 0;
	uint64_t v;

	for (size_t c = 0; c < columns; c++)
		if (store_ledger_value(l, row, c) != 0)
			mask |= UINT64_C(1) << c;
	buffer_host(out, who->version, 2);
	buffer_host(out, 0, 2);
	buffer_host(out, who->id, 4);
	buffer_host(out, who->addr.hi, 8);
	buffer_host(out, who->addr.lo, 8);
	buffer_host(out, mask, 8);
	for (size_t c = 0; c < columns; c++)
		if ((v = store_ledger_value(l, row, c)) != 0)
			buffer_host(out, v, 8);
}

static void
seal(uint8_t *data, size_t len, const struct store_ledger *l,
    const struct index_place *place)
{
	uint8_t *end = data + len - LEDGER_TRAILER_LEN;

	memcpy(data, LEDGER_MAGIC, LEDGER_MAGIC_LEN);
	store_u32(data + 8, LEDGER_VERSION);
	store_u32(data + 12, (uint32_t)store_ledger_columns(l));
	store_u64(data + 16, place->start);
	store_u64(data + 24, len);
	store_u64(data + 32, place->appendix);
	store_u32(data + 40, place->blocks);
	store_u32(data + 44, (uint32_t)store_ledger_rows(l));
	store_u64(end, XXH64(data, len - LEDGER_TRAILER_LEN, 0));
	store_u64(end + 8, len);
	memcpy(end + 16, LEDGER_END_MAGIC, LEDGER_MAGIC_LEN);
}

bool
store_ledger_encode(const struct store_ledger *l,
    const struct index_place *place, struct buffer *out)
{
	size_t start = out->len, len;

	if (store_ledger_rows(l) == 0)
		return false;
	for (unsigned i = 0; i < LEDGER_HEADER_LEN / 8; i++)
		buffer_host(out, 0, 8);
	for (size_t c = 0; c < store_ledger_columns(l); c++) {
		len = strlen(store_ledger_name(l, c));
		buffer_host(out, len, 1);
		buffer_add(out, store_ledger_name(l, c), len);
	}
	for (size_t r = 0; r < store_ledger_rows(l); r++)
		put_row(l, r, out);
	for (unsigned i = 0; i < LEDGER_TRAILER_LEN / 8; i++)
		buffer_host(out, 0, 8);
	if (out->failed || out->len - start > LEDGER_LEN_MAX) {
		out->len = start;
		return false;
	}
	seal((uint8_t *)out->data + start, out->len - start, l, place);
	return true;
}

/* A name that a terminal may show. */
static bool
get_name(struct reader *in, char name[STORE_LEDGER_NAME_MAX])
{
	size_t len = (size_t)reader_host(in, 1);
	const uint8_t *p;

	if (len == 0 || len >= STORE_LEDGER_NAME_MAX ||
	    (p = reader_take(in, len)) == NULL)
		return false;
	memcpy(name, p, len);
	name[len] = '\0';
	for (size_t i = 0; i < len; i++)
		if ((name[i] < 'a' || name[i] > 'z') &&
		    (name[i] < '0' || name[i] > '9') && name[i] != '_')
			return false;
	return true;
}

struct names {
	char name[STORE_LEDGER_COLUMNS_MAX][STORE_LEDGER_NAME_MAX];
	uint32_t count;
};

/* 0, -1 damaged, -2 no memory. */
static int
get_row(struct store_ledger *l, const struct names *names, struct reader *in)
{
	struct store_ledger_who who;
	uint64_t mask;

	who.version = (uint16_t)reader_host(in, 2);
	reader_take(in, 2);
	who.id = (uint32_t)reader_host(in, 4);
	who.addr.hi = reader_host(in, 8);
	who.addr.lo = reader_host(in, 8);
	mask = reader_host(in, 8);
	for (uint32_t c = 0; c < STORE_LEDGER_COLUMNS_MAX; c++) {
		if ((mask >> c & 1) == 0)
			continue;
		if (c >= names->count)
			return -1;
		if (store_ledger_add(l, &who, names->name[c],
			reader_host(in, 8)) == -1)
			return -2;
	}
	return in->bad ? -1 : 0;
}

static int
get_all(struct store_ledger *l, const uint8_t *data, size_t len)
{
	uint32_t rows = load_u32(data + 44);
	struct names names;
	struct reader in;
	int rc = 0;

	names.count = load_u32(data + 12);
	if (names.count > STORE_LEDGER_COLUMNS_MAX ||
	    rows > STORE_LEDGER_ROWS_MAX)
		return -1;
	reader_init(&in, data + LEDGER_HEADER_LEN,
	    len - LEDGER_HEADER_LEN - LEDGER_TRAILER_LEN);
	for (uint32_t c = 0; c < names.count; c++)
		if (!get_name(&in, names.name[c]))
			return -1;
	for (uint32_t r = 0; r < rows && rc == 0; r++)
		rc = get_row(l, &names, &in);
	return rc == 0 && in.left > 0 ? -1 : rc;
}

static int
check_frame(const uint8_t *data, size_t len, const struct index_place *place,
    struct err *err)
{
	const uint8_t *end = data + len - LEDGER_TRAILER_LEN;

	if (memcmp(data, LEDGER_MAGIC, LEDGER_MAGIC_LEN) != 0 ||
	    load_u32(data + 8) != LEDGER_VERSION ||
	    load_u64(data + 24) != len ||
	    load_u64(end) != XXH64(data, len - LEDGER_TRAILER_LEN, 0))
		return err_set(err, ERR_MALFORMED, "damaged ledger");
	if (load_u64(data + 16) != place->start ||
	    load_u64(data + 32) != place->appendix ||
	    load_u32(data + 40) != place->blocks)
		return err_set(err, ERR_MALFORMED,
		    "ledger of another state of the file");
	return 0;
}

struct store_ledger *
store_ledger_decode(const uint8_t *data, size_t len,
    const struct index_place *place, struct err *err)
{
	struct store_ledger *l;
	int rc;

	if (len < LEDGER_HEADER_LEN + LEDGER_TRAILER_LEN) {
		err_set(err, ERR_MALFORMED, "damaged ledger");
		return NULL;
	}
	if (check_frame(data, len, place, err) == -1)
		return NULL;
	if ((l = store_ledger_new()) == NULL) {
		err_nomem(err);
		return NULL;
	}
	if ((rc = get_all(l, data, len)) == 0)
		return l;
	if (rc == -1)
		err_set(err, ERR_MALFORMED, "damaged ledger");
	else
		err_nomem(err);
	store_ledger_free(l);
	return NULL;
}

/* Its length at the end of the file, or 0.  It is not looked into. */
static int
read_len(const struct store_file *f, uint64_t *len, struct err *err)
{
	uint8_t end[16];
	uint64_t left;
	ssize_t got;

	*len = 0;
	if (!f->info.is_complete || f->tail == 0 || f->tail >= f->info.size)
		return 0;
	left = f->info.size - f->tail;
	if (left < LEDGER_HEADER_LEN + LEDGER_TRAILER_LEN)
		return 0;
	got = store_pread(f->fd, end, sizeof(end), f->info.size - sizeof(end));
	if (got == -1)
		return err_system(err, "%s: reading", f->path);
	if (got == (ssize_t)sizeof(end) &&
	    memcmp(end + 8, LEDGER_END_MAGIC, LEDGER_MAGIC_LEN) == 0)
		*len = load_u64(end);
	if (*len > left || *len > LEDGER_LEN_MAX)
		*len = 0;
	return 0;
}

int
store_file_ledger(const struct store_file *f, struct store_ledger **l,
    struct err *err)
{
	struct index_place place = store_file_index_place(f);
	uint64_t len;
	uint8_t *data;
	ssize_t got;
	int rc = -1;

	*l = NULL;
	if (read_len(f, &len, err) == -1)
		return -1;
	if (len == 0)
		return 0;
	if ((data = malloc((size_t)len)) == NULL)
		return err_nomem(err);
	place.start = f->info.size - len;
	got = store_pread(f->fd, data, (size_t)len, place.start);
	if (got == -1)
		err_system(err, "%s: reading", f->path);
	else if ((uint64_t)got < len)
		err_set(err, ERR_MALFORMED, "%s: truncated ledger", f->path);
	else if ((*l = store_ledger_decode(data, (size_t)len, &place, err)) !=
	    NULL)
		rc = 1;
	else
		err_context(err, "%s", f->path);
	free(data);
	return rc;
}

int
store_file_ledger_sound(const struct store_file *f, struct store_ledger **l,
    struct err *err)
{
	struct err why;
	int rc = store_file_ledger(f, l, &why);

	if (rc != -1)
		return rc;
	if (why.code == ERR_MALFORMED)
		return 0;
	if (err != NULL)
		*err = why;
	return -1;
}
