/*
 * Members of flows by name.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "flowkit.h"
#include "tap.h"

#define TEXT_MAX 256

static uint64_t
number_of(const uint8_t *p, unsigned size)
{
	switch (size) {
	case 1:
		return *p;
	case 2:
		return load_u16(p);
	case 4:
		return load_u32(p);
	default:
		return load_u64(p);
	}
}

static void
addr_text(const uint8_t *p, char text[TEXT_MAX])
{
	char ip[ADDR_TEXT_MAX];
	struct addr a;

	memcpy(&a, p, sizeof(a));
	addr_format(a, ip);
	snprintf(text, TEXT_MAX, "%s", ip);
}

static void
span_text(const uint8_t *p, char text[TEXT_MAX])
{
	struct span s;

	memcpy(&s, p, sizeof(s));
	snprintf(text, TEXT_MAX, "-");
	for (uint32_t i = 0; i < s.len && 2 * i + 3 <= TEXT_MAX; i++)
		snprintf(text + (size_t)2 * i, 3, "%02x", s.data[i]);
}

static bool
is_value(const struct flow *f, enum field_id id, const char *want)
{
	const uint8_t *p = (const uint8_t *)f + field_table[id].offset;
	char text[TEXT_MAX];
	uint64_t v;

	switch (field_table[id].type) {
	case FIELD_ADDR:
		addr_text(p, text);
		break;
	case FIELD_SPAN:
		span_text(p, text);
		break;
	default:
		v = number_of(p, field_table[id].size);
		if (v == strtoull(want, NULL, 0))
			return true;
		snprintf(text, sizeof(text), "%ju (0x%jx)", (uintmax_t)v,
		    (uintmax_t)v);
		break;
	}
	if (strcmp(text, want) == 0)
		return true;
	note("%s is %s, not %s", field_name(id), text, want);
	return false;
}

bool
flow_has(const struct flow *f, const char *want)
{
	char name[TEXT_MAX], value[TEXT_MAX];
	enum field_id id;
	int len;

	for (; sscanf(want, " %255s %255s%n", name, value, &len) == 2;
	     want += len) {
		if ((id = field_by_name(name)) == FLD_NONE)
			bail("no field %s", name);
		if (!is_value(f, id, value))
			return false;
	}
	if (want[strspn(want, " ")] != '\0')
		bail("half a pair: %s", want);
	return true;
}

bool
flow_is_zero(const struct flow *f, enum field_id id)
{
	const uint8_t *p = (const uint8_t *)f + field_table[id].offset;
	struct span s;

	if (field_table[id].type == FIELD_SPAN) {
		memcpy(&s, p, sizeof(s));
		return s.len == 0;
	}
	for (unsigned i = 0; i < field_table[id].size; i++)
		if (p[i] != 0)
			return false;
	return true;
}

bool
flow_same_value(const struct field *fl, const uint8_t *a, const uint8_t *b)
{
	struct span x, y;

	if (fl->type != FIELD_SPAN)
		return memcmp(a, b, fl->size) == 0;
	memcpy(&x, a, sizeof(x));
	memcpy(&y, b, sizeof(y));
	return x.len == y.len &&
	    (x.len == 0 || memcmp(x.data, y.data, x.len) == 0);
}
