#ifndef COMMON_CAPTURE_H
#define COMMON_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "packet/headers.h"

/* Packets by libpcap: of captures, which may be gzipped, and of devices. */

struct capture_options {
	const char *filter; /* pcap-filter(7), or NULL */
	uint32_t buffer; /* of a device, bytes; 0: the default */
	uint32_t snaplen; /* 0: whole packets */
	bool is_promiscuous;
	bool has_any_link; /* unknown ones, too */
	/*
	 * Of a file: nothing has come from the pipe, now and again, also while
	 * it is opened.  False: reading fails.  May be NULL.
	 */
	bool (*idle)(void *ctx);
	void *ctx;
};

struct capture; /* opaque */

/*
 * "-" is standard input.  NULL: ERR_MALFORMED if it is no capture, ERR_VALUE
 * for a link that is not known or a filter that is wrong, ERR_SYSTEM,
 * ERR_NOMEM.
 */
struct capture *capture_file(const char *path,
    const struct capture_options *o, struct err *err);

/* As above, but for ERR_MALFORMED; name NULL: the first device there is. */
struct capture *capture_device(const char *name,
    const struct capture_options *o, struct err *err);

/* NULL is allowed. */
void capture_close(struct capture *c);

/* A packet of len bytes, caplen of them at data. */
typedef void (*capture_fn)(void *ctx, uint64_t time_ms, const uint8_t *data,
    size_t caplen, size_t len);

/*
 * Read some packets.  1, or 0: of a file its end, of a device that there are
 * none now.  -1: ERR_MALFORMED, ERR_SYSTEM.
 */
int capture_read(struct capture *c, capture_fn fn, void *ctx,
    struct err *err);

/* To be polled for; -1 for a file. */
int capture_fd(const struct capture *c);

enum packet_link capture_link(const struct capture *c);
int capture_link_type(const struct capture *c); /* number of libpcap */
const char *capture_name(const struct capture *c);
const char *capture_link_name(const struct capture *c);

/* In calls of capture_fn: the time of the packet in microseconds. */
uint64_t capture_packet_us(const struct capture *c);

/* What a file for packets of this link starts with, in our order of bytes. */
#define CAPTURE_HEADER_LEN 24

int capture_header(const struct capture *c,
    uint8_t header[CAPTURE_HEADER_LEN], struct err *err);

/* Packets that the kernel and the interface have dropped. */
void capture_drops(struct capture *c, uint64_t *kernel, uint64_t *interface);

/* Packets left out because of impossible times. */
uint64_t capture_timeless(const struct capture *c);

#endif
