#ifndef RECORD_INFO_H
#define RECORD_INFO_H

#include <stdint.h>

#include "base/addr.h"
#include "base/bytes.h"

/*
 * Records about exporters (file-format.md section 3) and the statistics
 * record of the appendix (1.5).
 */

#define RECORD_EXPORTER_LEN 32
#define RECORD_EXPORTER_STATS_HEADER_LEN 8
#define RECORD_EXPORTER_STATS_ENTRY_LEN 24 /* begins with the sysid, 32 bits */
#define RECORD_SAMPLER_LEN 24
#define RECORD_SAMPLER_SYSID 4 /* its place in the record, 16 bits */
#define RECORD_STATS_LEN 148

#define RECORD_SFLOW 9999 /* as version of an exporter */
#define RECORD_SFLOW_N 0x80 /* plus n: sFlow version n, as version of a flow */
#define RECORD_TERA 0x54 /* Tera Flow, as version of both */

/* The protocol of an exporter by either: "9", "tera", "sflow", "sflow5". */
#define RECORD_VERSION_TEXT 16
void record_version_format(uint32_t version, char text[RECORD_VERSION_TEXT]);

struct record_exporter { /* type 7 */
	uint32_t version; /* 1, 5, 7, 9, 10; RECORD_SFLOW, RECORD_TERA */
	struct addr addr;
	uint16_t sysid; /* internal number, from 1 */
	uint32_t id; /* source id, domain, engine type * 256 + engine id */
};

struct record_exporter_stats { /* one entry of type 8 */
	uint32_t sysid;
	uint32_t sequence_failures;
	uint64_t packets;
	uint64_t flows;
};

/* Samplers that have no id of their own. */
#define RECORD_SAMPLER_GENERIC (-1)
#define RECORD_SAMPLER_DEFAULT (-2)
#define RECORD_SAMPLER_OVERWRITE (-3)

struct record_sampler { /* type 15 */
	uint16_t sysid;
	uint16_t algorithm;
	int64_t id; /* or one of the names above */
	uint32_t interval; /* packets taken ... */
	uint32_t space; /* ... and left out */
};

/* Counter groups of the statistics record. */
enum record_proto { STAT_TCP, STAT_UDP, STAT_ICMP, STAT_OTHER, STAT_PROTOS };

struct record_stats {
	uint64_t flows;
	uint64_t bytes;
	uint64_t packets;
	uint64_t proto_flows[STAT_PROTOS];
	uint64_t proto_bytes[STAT_PROTOS];
	uint64_t proto_packets[STAT_PROTOS];
	uint64_t first_ms;
	uint64_t last_ms;
	uint64_t sequence_failures;
};

/* How far before STAT_OTHER the group of a protocol stands. */
extern const uint8_t record_proto_before[256];

/*
 * The counter group of an IP protocol number; ICMPv6 counts as ICMP.  Looked
 * up, for a branch could not be predicted from flow to flow.
 */
static inline enum record_proto
record_proto_group(uint8_t proto)
{
	return (enum record_proto)(STAT_OTHER - record_proto_before[proto]);
}

/* No flow yet: zero, first_ms at its largest, which is written as 0. */
void record_stats_init(struct record_stats *s);

/*
 * Sums and failures added, first and last widened.  The times of a side
 * without flows count only when neither has any.
 */
void record_stats_merge(struct record_stats *s, const struct record_stats *o);

/*
 * Writers put the whole record with its header; readers get the payload
 * behind the 4-byte record header and return -1 when it is too short.  The
 * n entries of record_put_exporter_stats() fit a record, so there are at most
 * 2730; they are read one by one, behind their number, 32 bits.
 */
void record_put_exporter(struct writer *w, const struct record_exporter *e);
int record_get_exporter(struct reader *r, struct record_exporter *e);
void record_put_exporter_stats(struct writer *w,
    const struct record_exporter_stats *s, uint32_t n);
int record_get_exporter_stats(struct reader *r,
    struct record_exporter_stats *s);
void record_put_sampler(struct writer *w, const struct record_sampler *s);
int record_get_sampler(struct reader *r, struct record_sampler *s);
void record_put_stats(struct writer *w, const struct record_stats *s);
int record_get_stats(struct reader *r, struct record_stats *s);

#endif
