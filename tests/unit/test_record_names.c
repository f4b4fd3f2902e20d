/*
 * Records of names: bytes as nfcapd writes them, both ways, and cut ones.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/check.h"
#include "record/names.h"
#include "tap.h"

/* From a file of nfcapd 1.7.1. */
static const uint8_t interfaces[] = { 0x0d, 0x00, 0x34, 0x00, 0x02, 0x00,
	0x14, 0x00, 0x10, 0x00, 0x00, 0x00, 0x03, 0x00, 0x00, 0x00, 'u', 'p',
	'l', 'i', 'n', 'k', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x04, 0x00, 0x00, 0x00,
	'e', 't', 'h', '0', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 };
static const uint8_t applications[] = { 0x0c, 0x00, 0x22, 0x00, 0x01, 0x00,
	0x14, 0x00, 0x04, 0x00, 0x08, 0x00, 0x06, 0x00, 0x0d, 0x00, 0x03, 0x19,
	'h', 't', 't', 'p', 0, 0, 0, 0, 'w', 'e', 'b', 0, 0, 0, 0, 0 };

struct list {
	unsigned count;
	char text[400]; /* id, name and description of each */
};

static void
add(void *ctx, const struct record_name *n)
{
	struct list *l = ctx;
	size_t at = strlen(l->text);

	l->count++;
	snprintf(l->text + at, sizeof(l->text) - at, "%u:%.*s:%.*s ",
	    n->type == RECORD_APP_NAMES ? n->app_id.data[n->app_id.len - 1] :
	    n->id, (int)n->name.len, (const char *)n->name.data,
	    (int)n->description.len, n->description.len == 0 ? "" :
	    (const char *)n->description.data);
}

static int
get(const uint8_t *record, size_t len, struct list *l)
{
	uint8_t *copy = malloc(len);
	struct span s = { copy, (uint32_t)len };
	int rc;

	if (copy == NULL)
		bail("out of memory");
	memcpy(copy, record, len);
	*l = (struct list){ .count = 0 };
	rc = record_get_names(load_u16(copy), &s, add, l);
	free(copy);
	return rc;
}

static void
test_foreign(void)
{
	struct list l;

	is_int(get(interfaces, sizeof(interfaces), &l), 0, "interfaces");
	is_str(l.text, "3:uplink: 4:eth0: ", "names");
	is_int(get(applications, sizeof(applications), &l), 0,
	    "applications");
	is_str(l.text, "25:http:web ", "name and description");
}

static void
test_cut(const uint8_t *record, size_t whole)
{
	unsigned taken = 0;
	struct list l;

	for (size_t len = 4; len < whole; len++)
		taken += get(record, len, &l) == 0;
	is_uint(taken, 0, "%zu bytes, cut anywhere", whole);
}

/* Sizes that do not fit each other, and the form of 1.7.0. */
static void
test_sizes(void)
{
	uint8_t record[sizeof(interfaces)];
	struct list l;

	memcpy(record, interfaces, sizeof(record));
	record[8] = 17;
	is_int(get(record, sizeof(record), &l), -1, "a name past its element");
	memcpy(record, interfaces, sizeof(record));
	record[6] = 3;
	is_int(get(record, sizeof(record), &l), -1, "no room for an id");
	record[6] = 0;
	is_int(get(record, sizeof(record), &l), 0, "size 0");
	is_uint(l.count, 0, "has no names");
	record[5] = record[7] = 0xff;
	is_int(get(record, sizeof(record), &l), -1, "far too many");
	is_uint(l.count, 0, "none of them is there");
}

static struct span
text(const char *s)
{
	return (struct span){ (const uint8_t *)s, (uint32_t)strlen(s) };
}

static void
test_own(enum record_type type, const char *name, const char *want)
{
	struct record_name n = { .type = type, .name = text(name) };
	uint8_t record[RECORD_NAME_MAX];
	struct writer w;
	struct span s;
	struct list l;

	if (type == RECORD_APP_NAMES) {
		n.app_id = text("\x0d\x01\x03\x19");
		n.description = text("what it does");
	} else {
		n.id = 77;
	}
	writer_init(&w, record, sizeof(record));
	record_put_name(&w, &n);
	s = (struct span){ record, (uint32_t)w.used };
	ok(!w.bad && load_u16(record + 2) == w.used, "type %u of %zu bytes",
	    type, w.used);
	is_uint(load_u16(record + 6) % 4, 0, "elements are aligned");
	is_int(record_check((uint16_t)type, &s, NULL), RECORD_SOUND, "sound");
	is_int(get(record, w.used, &l), 0, "read again");
	is_str(l.text, want, "the same");
	test_cut(record, w.used);
}

static void
test_long(enum record_type type)
{
	char name[400];
	struct record_name n = { .type = type };
	uint8_t record[RECORD_NAME_MAX];
	struct writer w;

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	n.name = n.description = text(name);
	n.app_id = text("0123456789abcdef");
	writer_init(&w, record, sizeof(record));
	record_put_name(&w, &n);
	ok(!w.bad && load_u16(record + 2) == w.used,
	    "type %u: the longest fit in %zu", type, w.used);
}

int
main(void)
{
	test_foreign();
	test_cut(interfaces, sizeof(interfaces));
	test_cut(applications, sizeof(applications));
	test_sizes();
	test_own(RECORD_IF_NAMES, "eth0", "77:eth0: ");
	test_own(RECORD_VRF_NAMES, "customer-17", "77:customer-17: ");
	test_own(RECORD_APP_NAMES, "http", "25:http:what it does ");
	test_own(RECORD_IF_NAMES, "", "77:: ");
	test_long(RECORD_IF_NAMES);
	test_long(RECORD_APP_NAMES);
	ok(!record_is_names(RECORD_EXPORTER) && !record_is_names(RECORD_SAMPLER),
	    "others are no names");
	return done_testing();
}
