/*
 * DNS messages (RFC 1035).  A compressed name may only point backwards from
 * where it stands, so every name ends.
 */

#include "base/bytes.h"
#include "packet/dns.h"

#define HEADER_LEN 12
#define POINTER 0xc0
#define POINTERS_MAX 64
#define OPCODE_UPDATE 5

/* Append a label; -1 if the name becomes too long. */
static int
add_label(struct dns_entry *e, const uint8_t *label, size_t len)
{
	size_t dot = e->name_len > 0;

	if (e->name_len + dot + len > DNS_NAME_MAX)
		return -1;
	if (dot)
		e->name[e->name_len++] = '.';
	memcpy(e->name + e->name_len, label, len);
	e->name_len = (uint8_t)(e->name_len + len);
	return 0;
}

/* Read the name at *pos and move behind it. */
static int
read_name(const struct dns_message *m, size_t *pos, struct dns_entry *e)
{
	size_t at = *pos, limit = *pos;
	unsigned jumps = 0;

	e->name_len = 0;
	while (at < m->len) {
		uint8_t len = m->data[at++];

		if (jumps == 0)
			*pos = at + ((len & POINTER) == POINTER ? 1 : len);
		if ((len & POINTER) == POINTER) {
			if (at == m->len)
				return -1;
			at = load_be16(m->data + at - 1) & 0x3fff;
			if (at >= limit || ++jumps > POINTERS_MAX)
				return -1;
			limit = at;
			continue;
		}
		if (len == 0) {
			e->name[e->name_len] = '\0';
			return 0;
		}
		if ((len & POINTER) != 0 || len > m->len - at ||
		    add_label(e, m->data + at, len) == -1)
			return -1;
		at += len;
	}
	return -1;
}

static bool
is_class(unsigned class)
{
	return class == 1 || class == 3 || class == 4 || class == 254 ||
	    class == 255;
}

int
dns_next(struct dns_message *m, struct dns_entry *e)
{
	size_t pos = m->pos, len;
	struct reader r;
	unsigned class;

	if (m->questions + m->records == 0)
		return 0;
	if (read_name(m, &pos, e) == -1)
		return 0;
	reader_init(&r, m->data + pos, m->len - pos);
	e->is_question = m->questions > 0;
	e->type = (uint16_t)reader_uint(&r, 2);
	class = (unsigned)reader_uint(&r, 2);
	e->data = (struct span){ NULL, 0 };
	if (e->is_question) {
		if (r.bad || !is_class(class))
			return 0;
		m->questions--;
	} else { /* the class of some records is something else */
		reader_take(&r, 4); /* time to live */
		len = (size_t)reader_uint(&r, 2);
		e->data.data = reader_take(&r, len);
		e->data.len = (uint32_t)len;
		if (r.bad)
			return 0;
		m->records--;
	}
	m->pos = m->len - r.left;
	return 1;
}

static int
open_at(struct dns_message *m, const uint8_t *data, size_t len)
{
	struct dns_entry first;
	struct dns_message ahead;
	struct reader r;
	unsigned flags;

	reader_init(&r, data, len);
	reader_take(&r, 2); /* number */
	flags = (unsigned)reader_uint(&r, 2);
	m->data = data;
	m->len = len;
	m->pos = HEADER_LEN;
	m->questions = (uint32_t)reader_uint(&r, 2);
	m->records = 0;
	for (unsigned i = 0; i < 3; i++)
		m->records += (uint32_t)reader_uint(&r, 2);
	if (r.bad || (flags >> 11 & 15) > OPCODE_UPDATE || (flags & 0x40) != 0)
		return -1;
	ahead = *m;
	return dns_next(&ahead, &first) == 1 ? 0 : -1;
}

int
dns_open(struct dns_message *m, const void *data, size_t len)
{
	const uint8_t *p = data;

	if (open_at(m, p, len) == 0)
		return 0;
	if (len < 2)
		return -1;
	if (load_be16(p) < len - 2) /* others may follow */
		len = load_be16(p) + 2U;
	return open_at(m, p + 2, len - 2);
}
