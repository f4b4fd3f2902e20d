/*
 * From one record of a block to the next.
 */

#include "base/bytes.h"
#include "record/v3.h"

int
record_next(struct record_cursor *c, uint16_t *type, struct span *record,
    struct err *err)
{
	size_t left = c->len - c->pos;
	uint16_t size;

	if (left == 0)
		return 0;
	if (left < RECORD_HEADER_LEN)
		return err_set(err, ERR_MALFORMED,
		    "%zu bytes behind the last record", left);
	*type = load_u16(c->data + c->pos);
	size = load_u16(c->data + c->pos + 2);
	if (size < RECORD_HEADER_LEN || size > left)
		return err_set(err, ERR_MALFORMED,
		    "record of %u bytes where %zu are left", size, left);
	*record = (struct span){ c->data + c->pos, size };
	c->pos += size;
	return 1;
}

int
record_count(const uint8_t *data, size_t len, uint32_t *count, struct err *err)
{
	struct record_cursor c = { .data = data, .len = len };
	struct span record;
	uint16_t type;
	int rc;

	*count = 0;
	while ((rc = record_next(&c, &type, &record, err)) == 1)
		++*count;
	return rc;
}
