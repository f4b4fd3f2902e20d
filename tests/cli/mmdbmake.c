/*
 * Write a small database in the format of MaxMind (MaxMind DB 2.0).
 *
 * usage: mmdbmake TYPE ADDRESS/BITS=CC... >FILE
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/buffer.h"
#include "base/bytes.h"

#define NODES_MAX 4096
#define NONE 0
#define RECORD_BITS 24
#define SEPARATOR_LEN 16

/* Types of values. */
#define STRING 2
#define UINT16 5
#define UINT32 6
#define MAP 7
#define UINT64 9
#define ARRAY 11

/* Children of nodes: 0 none, above 0 a node, below 0 data. */
static int nodes[NODES_MAX][2];
static int count = 1;
static struct buffer data;

static void
die(const char *what)
{
	fprintf(stderr, "mmdbmake: %s\n", what);
	exit(1);
}

static void
put_head(struct buffer *b, unsigned type, size_t size)
{
	buffer_char(b, (char)((type > 7 ? 0 : type << 5) | size));
	if (type > 7)
		buffer_char(b, (char)(type - 7));
}

static void
put_text(struct buffer *b, const char *text)
{
	put_head(b, STRING, strlen(text));
	buffer_text(b, text);
}

static void
put_number(struct buffer *b, const char *key, unsigned type, uint32_t v)
{
	put_text(b, key);
	put_head(b, type, 4);
	for (int shift = 24; shift >= 0; shift -= 8)
		buffer_char(b, (char)(v >> shift & 0xff));
}

static void
put_short(struct buffer *b, const char *key, unsigned v)
{
	put_text(b, key);
	put_head(b, UINT16, 1);
	buffer_char(b, (char)v);
}

/* IPv4 is ::/96 here. */
static struct addr
tree_address(const char *text, unsigned *bits)
{
	struct addr a;

	if (addr_parse(text, &a) == -1)
		die(text);
	if (addr_is_v4(a)) {
		a.lo &= UINT32_MAX;
		a.hi = 0;
		*bits += 96;
	}
	return a;
}

static void
add(char *text)
{
	char *slash = strchr(text, '/'), *sign = strchr(text, '=');
	struct addr a;
	unsigned bits, node = 0;

	if (slash == NULL || sign == NULL)
		die(text);
	*slash = *sign = '\0';
	bits = (unsigned)strtoul(slash + 1, NULL, 10);
	a = tree_address(text, &bits);
	for (unsigned i = 0; i < bits; i++) {
		unsigned bit = (i < 64 ? a.hi >> (63 - i) : a.lo >> (127 - i)) & 1;
		int *next = &nodes[node][bit];

		if (i + 1 == bits)
			*next = -(int)data.len - 1;
		else if (*next == NONE && count < NODES_MAX)
			*next = count++;
		if (i + 1 < bits && *next <= 0)
			die("overlapping or too many networks");
		node = (unsigned)*next;
	}
	put_head(&data, MAP, 1);
	put_text(&data, "country");
	put_head(&data, MAP, 1);
	put_text(&data, "iso_code");
	put_text(&data, sign + 1);
}

static void
put_tree(struct buffer *out)
{
	for (int i = 0; i < count; i++)
		for (int bit = 0; bit < 2; bit++) {
			int next = nodes[i][bit];
			int v = next > 0 ? next : count;

			if (next < 0)
				v = count + SEPARATOR_LEN - next - 1;
			for (int shift = 16; shift >= 0; shift -= 8)
				buffer_char(out, (char)(v >> shift & 0xff));
		}
	for (int i = 0; i < SEPARATOR_LEN; i++)
		buffer_char(out, '\0');
}

static void
put_metadata(struct buffer *out, const char *type)
{
	buffer_text(out, "\xab\xcd\xefMaxMind.com");
	put_head(out, MAP, 9);
	put_number(out, "node_count", UINT32, (uint32_t)count);
	put_short(out, "record_size", RECORD_BITS);
	put_short(out, "ip_version", 6);
	put_text(out, "database_type");
	put_text(out, type);
	put_text(out, "languages");
	put_head(out, ARRAY, 0);
	put_short(out, "binary_format_major_version", 2);
	put_short(out, "binary_format_minor_version", 0);
	put_number(out, "build_epoch", UINT64, 1700000000);
	put_text(out, "description");
	put_head(out, MAP, 0);
}

int
main(int argc, char **argv)
{
	struct buffer out = BUFFER_EMPTY;

	if (argc < 2)
		die("usage: mmdbmake TYPE ADDRESS/BITS=CC...");
	for (int i = 2; i < argc; i++)
		add(argv[i]);
	put_tree(&out);
	buffer_add(&out, data.data, data.len);
	put_metadata(&out, argv[1]);
	if (out.failed || fwrite(out.data, 1, out.len, stdout) != out.len ||
	    fflush(stdout) != 0)
		die("cannot write");
	buffer_fini(&out);
	buffer_fini(&data);
	return 0;
}
