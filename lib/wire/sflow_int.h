#ifndef WIRE_SFLOW_INT_H
#define WIRE_SFLOW_INT_H

#include "wire/decode_int.h"

/*
 * sFlow:
 *
 *	sflow.c		header of a datagram; flow sample to flow
 *	sflow5.c	samples and their records, version 5
 *	sflow4.c	samples of versions 2 and 4
 *	sflow_records.c	what the versions have in common
 *	interface.c	counter samples
 *	source.c	what is kept of each data source
 */

/* A flow sample while it is read.  What its records say goes to d->record. */
struct wire_sample {
	uint64_t source; /* class << 32 | index */
	uint32_t sequence;
	uint32_t rate;
	uint32_t drops; /* since the agent was started */
	uint32_t frame_len; /* of the packet on its link */
	uint32_t link; /* what the header begins with */
	struct span header; /* data is NULL: none */
	bool has_ip; /* a record told addresses and ports */
	struct addr mpls_hop;
};

/* Formats of an interface. */
enum wire_port {
	PORT_INDEX = 0,
	PORT_DISCARDED = 1,
	PORT_MULTIPLE = 2
};

/* Begin a sample; the sequence and so on is the caller's to fill in. */
void wire_sample_init(struct wire_packet *p, struct wire_sample *s);

/* Interfaces, as format and value. */
void wire_sample_ports(struct wire_packet *p, uint32_t in_format,
    uint32_t input, uint32_t out_format, uint32_t output);

/* As wire_sample_ports(), from the numbers of compact samples. */
void wire_sample_compact(struct wire_packet *p, uint32_t input,
    uint32_t output);

/* The sample is complete: make it a flow. */
void wire_sample_end(struct wire_packet *p, struct wire_sample *s);

/* Read type and address; one of unknown type makes r bad, none is zero. */
struct addr wire_sflow_addr(struct reader *r);

/* Read a source id of 32 bits as class << 32 | index. */
uint64_t wire_sflow_source(uint32_t id);

/* The rate of the first flow sample, for the log; 0 if none is found. */
uint32_t wire_sflow5_rate(struct reader in);
uint32_t wire_sflow4_rate(struct reader in);

/* Read one sample; false when it is broken and the next is not found. */
bool wire_sflow5_sample(struct wire_packet *p, struct reader *in);
bool wire_sflow4_sample(struct wire_packet *p, struct reader *in);

/* Records that all versions have.  The reader is bad when one is cut. */
void wire_record_ipv4(struct wire_packet *p, struct wire_sample *s,
    struct reader *r);
void wire_record_ipv6(struct wire_packet *p, struct wire_sample *s,
    struct reader *r);
void wire_record_switch(struct flow *f, struct reader *r);
void wire_record_router(struct flow *f, struct reader *r);
void wire_record_ases(struct flow *f, struct reader *r); /* without path */
void wire_record_path(struct flow *f, struct reader *r, uint32_t numbers);
void wire_record_segments(struct flow *f, struct reader *r);

/* interface.c: counter samples. */
enum wire_counted {
	COUNTED_GENERIC = 1,
	COUNTED_ETHERNET = 2,
	COUNTED_PORT_NAME = 1005
};

void wire_counted_generic(struct wire_interface *i, struct reader *r);
void wire_counted_ethernet(struct wire_interface *i, struct reader *r);
void wire_counted_name(struct wire_packet *p, uint64_t source,
    struct reader *r);

/* Keep and deliver what a source has counted. */
void wire_interface_put(struct wire_packet *p, uint64_t source,
    const struct wire_interface *i);

/*
 * source.c: note sequence, drops and rate of a sample; account for what is
 * missing.
 */
void wire_source_sample(struct wire_packet *p, const struct wire_sample *s);

/* The source of the packet's exporter, made when it is new; NULL: no room. */
struct wire_source *wire_source_get(struct wire_packet *p, uint64_t id);

#endif
