#ifndef WIRE_DECODE_INT_H
#define WIRE_DECODE_INT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "flow/derive.h"
#include "wire/decode.h"
#include "wire/table_int.h"
#include "wire/template_int.h"

/*
 * The state behind the decoder and the steps between datagram and flow:
 *
 *	decode.c	version to protocol
 *	netflow5.c	v1, v5, v7: packet to flows
 *	netflow9.c ipfix.c	packet to sets and template definitions
 *	sflow*.c interface.c source.c	sflow_int.h has their map
 *	tera*.c		Tera Flow: message to flow
 *	sets.c		data sets to records
 *	finish.c	record to flow: time, ICMP, families, sampling
 *	options.c	option record to samplers, init time, names
 *	held.c		data sets whose template has not come
 *	exporter.c sampling.c template.c	what is kept
 *	state_save.c state_load.c	and outlives a restart
 */

/* Kinds of events; each is told at most once a minute per exporter. */
enum wire_kind {
	KIND_BAD_PACKET,
	KIND_HEADER,
	KIND_COUNT_FIELD,
	KIND_MESSAGE_LEN,
	KIND_SET_LEN,
	KIND_SET_ID,
	KIND_TEMPLATE,
	KIND_RECORD,
	KIND_LIST,
	KIND_SAMPLE,
	KIND_TERA,
	KIND_HELD,
	KIND_FOREIGN_RATE,
	KIND_LIMIT,
	KIND_COUNT
};

struct wire_muffler {
	uint64_t told_ms[KIND_COUNT];
	uint32_t left_out[KIND_COUNT];
	uint32_t told; /* bit per kind */
};

struct wire_rate {
	uint64_t total; /* packets seen for ... */
	uint64_t taken; /* ... packets counted */
};

struct wire_sampler_entry {
	struct wire_node node; /* the hash has all bits of the id */
	TAILQ_ENTRY(wire_sampler_entry) entry; /* in order of appearance */
	struct wire_sampler pub;
	struct wire_rate rate;
};

struct wire_name_entry {
	struct wire_node node;
	struct wire_name pub; /* spans point into bytes */
	uint32_t size; /* in memory */
	uint8_t bytes[];
};

struct wire_held {
	TAILQ_ENTRY(wire_held) entry; /* of its exporter */
	TAILQ_ENTRY(wire_held) in_decoder;
	struct wire_peer *peer;
	uint64_t received_ms;
	uint64_t export_ms;
	uint32_t uptime;
	uint16_t id;
	uint16_t len;
	uint8_t body[];
};

/* A data source of an sFlow agent. */
struct wire_source {
	struct wire_node node;
	uint64_t id; /* class << 32 | index */
	uint64_t told_ms; /* when the rate was told */
	uint32_t rate;
	uint32_t sequence;
	uint32_t drops;
	uint32_t starts; /* of the agent, when they were noted */
	bool has_samples;
	bool has_sampler; /* the rate was told as its own */
	bool has_interface;
	struct wire_interface interface;
};

struct wire_sender;

/* An exporter; the public part comes first. */
struct wire_peer {
	struct wire_exporter pub;
	struct wire_node node;
	struct wire_sender *sender;
	TAILQ_ENTRY(wire_peer) in_decoder; /* in order of appearance */
	TAILQ_ENTRY(wire_peer) in_sender; /* least recently used first */
	TAILQ_ENTRY(wire_peer) in_young; /* least recently used first */
	bool is_young; /* not known for long enough to be trusted */
	uint64_t born_ms;
	uint64_t seen_ms;

	uint32_t next_sequence;
	uint32_t furthest; /* next one, were it not for what came late */
	uint32_t last_sequence;
	uint32_t uptime;
	bool has_sequence;
	bool is_untold; /* of a state, nothing came of it yet */
	bool is_restored; /* the sequence is that of before our start */

	bool has_init_time;
	bool has_new_template; /* held sets may have become readable */
	uint64_t init_time_ms;

	struct wire_table templates;
	struct wire_template_list template_lru;
	uint32_t id_templates; /* those whose flows have a sampler id */

	struct wire_table samplers;
	TAILQ_HEAD(wire_sampler_list, wire_sampler_entry) sampler_list;
	struct wire_rate foreign; /* of another domain, 0/0 none */
	uint64_t foreign_as_of; /* announcements of the sender */
	struct wire_sampler imposed; /* by the limits; id 0: none */

	TAILQ_HEAD(wire_held_list, wire_held) held;
	uint32_t held_sets;
	uint32_t held_bytes;

	struct wire_table names;
	struct wire_table sources; /* sFlow */
	uint32_t starts; /* times that an sFlow agent began to count anew */
	uint32_t first_rate; /* told as that of the whole exporter */
	uint32_t ratio; /* Tera Flow: the rate that was told, 0 none yet ... */
	uint64_t ratio_told_ms; /* ... and when */

	struct wire_muffler muffler;
};

struct wire_sender {
	struct wire_node node;
	struct addr addr;
	TAILQ_ENTRY(wire_sender) entry; /* least recently used first */
	TAILQ_HEAD(wire_peer_list, wire_peer) peers;
	uint32_t count;
	uint64_t announcements; /* of sampling rates */
};

struct wire_decoder {
	struct wire_limits limits;
	struct wire_sink sink;
	uint64_t seed;
	uint64_t used_bytes;
	uint64_t bad_packets;
	struct wire_exporter others; /* cut headers, exporters forgotten */
	uint32_t next_sysid;
	bool is_changed; /* what state.h saves, since the last question */
	struct wire_table peers;
	struct wire_table senders;
	struct wire_peer_list all;
	struct wire_peer_list young;
	struct wire_held_list held; /* of all exporters, oldest first */
	uint64_t held_bytes; /* as charged */
	TAILQ_HEAD(wire_sender_list, wire_sender) sender_lru;
	struct wire_muffler muffler; /* for senders without an exporter */
	struct wire_record record;
};

/* A packet, or a message of IPFIX, while it is decoded. */
struct wire_packet {
	struct wire_decoder *d;
	struct wire_peer *peer;
	struct addr sender;
	struct addr agent; /* sFlow, Tera Flow */
	uint32_t first_rate; /* sFlow, when the exporter is new */
	uint64_t received_ms;
	uint64_t export_ms;
	uint32_t uptime; /* v9 */
	uint16_t version;
	uint32_t records; /* IPFIX: data records in the message */
	bool is_uncountable; /* some could not be counted */
	bool has_data; /* any data set */
	bool is_replay; /* of a held set */
	bool is_load; /* no packet at all, but a state */
	struct wire_rate rate; /* of flows without a sampler id, 0/0 none */
};

/* decode.c: log something; p->peer may be NULL. */
void wire_tell(struct wire_packet *p, enum wire_kind kind, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));

/* As wire_tell(), counted as malformed in the way of its kind. */
void wire_refuse(struct wire_packet *p, enum wire_kind kind, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));

/*
 * exporter.c
 *
 * The exporter of this sender, version, agent and id; made when it is new, or NULL
 * (told) when a limit is reached.  The least recently used one of the
 * sender goes when it has been silent for long.
 */
struct wire_peer *wire_peer_get(struct wire_packet *p, uint32_t id);

/* As wire_peer_get(), but NULL when it is new. */
struct wire_peer *wire_peer_find(const struct wire_packet *p, uint32_t id);

/* It is known for long enough, no flood pushes it out any more. */
void wire_peer_grow_up(struct wire_decoder *d, struct wire_peer *peer);

/* Used just now: the last to make room. */
void wire_peer_touch(struct wire_decoder *d, struct wire_peer *peer);

/* Forget an exporter and all it has. */
void wire_peer_drop(struct wire_decoder *d, struct wire_peer *peer);

/*
 * Account for bytes of state; -1 when there would be too many.  Whoever
 * frees something gives its bytes back.
 */
int wire_charge(struct wire_decoder *d, size_t bytes);

/* As wire_charge(), but other exporters go for it if they may. */
int wire_reserve(struct wire_packet *p, size_t bytes);
void wire_release(struct wire_decoder *d, size_t bytes);

/*
 * Check the sequence number of a packet; the next one should be "sequence"
 * plus "step".  Versions with an uptime may start over.
 */
void wire_sequence(struct wire_packet *p, uint32_t sequence, uint32_t step);

/* Store a definition from a packet. */
void wire_template_put(struct wire_packet *p,
    const struct wire_definition *def);
void wire_template_drop(struct wire_decoder *d, struct wire_peer *peer,
    struct wire_template *t);

/* sets.c: walk the sets of a packet behind its header. */
struct wire_protocol {
	uint16_t template_set;
	uint16_t options_set;
	void (*templates)(struct wire_packet *p, struct reader *set);
	void (*options)(struct wire_packet *p, struct reader *set);
};

void wire_sets(struct wire_packet *p, const struct wire_protocol *proto,
    struct reader *in);

/* Refuse a definition whose fields do not fit into the bytes left. */
void wire_definition_cut(struct wire_packet *p,
    const struct wire_definition *def, size_t left);

/*
 * Check a definition that has fields and keep it as a template.  One that is
 * refused ends an older one of its id all the same.
 */
void wire_definition_take(struct wire_packet *p,
    const struct wire_definition *def);

/*
 * Has a set of templates whose headers have so many bytes come to its end?  It
 * has where zeros begin: they are padding, and refused when anything follows.
 */
bool wire_definitions_end(struct wire_packet *p, const struct reader *set,
    size_t header_len);

/* Decode a data set whose template is known. */
void wire_data_set(struct wire_packet *p, struct wire_template *t,
    const uint8_t *body, size_t len);

/* Start a flow of the packet's exporter in d->record. */
void wire_record_init(const struct wire_packet *p,
    const struct wire_template *t, struct wire_record *r);

/* finish.c: turn what was copied into a flow. */
void wire_finish(struct wire_packet *p, struct wire_record *r);

/* frame.c: fill in what the packet headers in f->frame tell. */
void wire_frame(const struct wire_shape *s, struct flow *f);

/* options.c */
void wire_options(struct wire_packet *p, const struct wire_record *r);

/*
 * sampling.c
 *
 * The rate that the slots of a record announce; false if none.
 */
bool wire_rate_announced(const struct wire_record *r, struct wire_sampler *s,
    struct wire_rate *rate);

/* Keep a rate; s->id is that of the sampler or -1. */
void wire_sampler_put(struct wire_packet *p, const struct wire_sampler *s,
    const struct wire_rate *rate);
/* Tell the sink of all rates of the exporter. */
void wire_sampler_tell_all(struct wire_packet *p);
bool wire_sampler_is_known(const struct wire_packet *p, int64_t id);
void wire_sampler_drop_all(struct wire_decoder *d, struct wire_peer *peer);

/* name.c: keep a name; one that is empty, or of no known kind, is not. */
void wire_name_put(struct wire_packet *p, const struct wire_name *told);
bool wire_name_is_known(const struct wire_packet *p,
    const struct wire_name *n);
void wire_name_drop_all(struct wire_decoder *d, struct wire_peer *peer);

/* Tell the sink of all names of the exporter. */
void wire_name_tell_all(struct wire_packet *p);

/* The rate for flows without a sampler id to p->rate. */
void wire_rate_prepare(struct wire_packet *p);

/* Correct the counters of a flow. */
void wire_rate_apply(const struct wire_packet *p, struct wire_record *r);

/* The same for a rate, whose total is not 0. */
void wire_rate_multiply(const struct wire_rate *rate, struct flow *f);

/*
 * Flows take this rate of the limits, WIRE_SAMPLER_DEFAULT or _FORCED: the
 * sink is told of it once.
 */
void wire_rate_impose(const struct wire_packet *p, int64_t id,
    uint32_t ratio);

/* held.c */
void wire_held_add(struct wire_packet *p, uint16_t id, const uint8_t *body,
    size_t len);
void wire_held_expire(struct wire_packet *p);
void wire_held_replay(struct wire_packet *p);
void wire_held_drop_all(struct wire_decoder *d, struct wire_peer *peer);

/* The protocols; "in" holds the datagram from its first byte. */
void wire_netflow5(struct wire_packet *p, struct reader *in);
void wire_netflow9(struct wire_packet *p, struct reader *in);
void wire_ipfix(struct wire_packet *p, struct reader *in);
void wire_sflow(struct wire_packet *p, struct reader *in);

/* source.c */
void wire_source_drop_all(struct wire_decoder *d, struct wire_peer *peer);

/*
 * finish.c: time of an uptime offset of 32 bits, both in ms, when the
 * packet was sent at export_ms with this uptime.
 */
uint64_t wire_uptime_ms(uint64_t export_ms, uint32_t uptime, uint32_t offset);

/* ICMP type and code from the ports of exporters that put it there. */
void wire_icmp_ports(struct flow *f);

/* Count a finished flow and give it to the sink. */
void wire_emit(struct wire_packet *p, const struct flow *f);

#endif
