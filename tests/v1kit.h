/*
 * Records and files of nfdump 1.6, written one member at a time: the other
 * side of lib/record/v1.c, which shares nothing with it.
 */
#ifndef TESTS_V1KIT_H
#define TESTS_V1KIT_H

#include <stddef.h>
#include <stdint.h>

#include "base/buffer.h"
#include "dice.h"
#include "flow/flow.h"
#include "record/info.h"
#include "store/codec.h"

#define V1KIT_EXT_LAST 48

/* Which form of flow records. */
#define V1KIT_SHORT 0x01 /* record type 1, of 1.6.11 and older */
#define V1KIT_COUNTERS_32 0x02

struct v1kit_map {
	uint16_t id;
	uint8_t ext[V1KIT_EXT_LAST];
	size_t count;
};

/* Bytes of an extension; 0: there is none of that number. */
unsigned v1kit_ext_len(unsigned ext);

/* Fill what an extension holds with random values; text has 65 bytes. */
void v1kit_fill(
    struct flow *f, unsigned ext, struct dice *dice, const uint8_t *text);

/* Append the record of a map. */
void v1kit_put_map(struct buffer *out, const struct v1kit_map *m);

/* Append a flow, with what the map's extensions can hold of it. */
void v1kit_put_flow(struct buffer *out, const struct v1kit_map *m,
    const struct flow *f, unsigned form);

/* Append a sampler: 1 in interval. */
void v1kit_put_sampler(
    struct buffer *out, int32_t id, uint32_t interval, uint16_t sysid);

/* A file grows by blocks, then gets its header. */
struct v1kit_file {
	int fd;
	const struct codec *codec;
	uint64_t pos;
	uint32_t blocks;
};

/* Gives up the test when the system refuses, as all that follow. */
void
v1kit_create(struct v1kit_file *f, const char *path, const struct codec *codec);
void v1kit_put_block(struct v1kit_file *f, uint16_t type, uint32_t records,
    const void *raw, size_t len);

/* With the header of a file that is complete, or left by a crash. */
void v1kit_finish(struct v1kit_file *f, const char *ident, uint32_t flags,
    const struct record_stats *s);
void v1kit_crash(struct v1kit_file *f);

#endif
