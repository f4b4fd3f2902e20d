#ifndef FLOWPROBE_ARGS_H
#define FLOWPROBE_ARGS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "common/options.h"
#include "common/outlet.h"
#include "packet/cache.h"
#include "wire/encode.h"

/* The command line: that of fprobe 1.1, and long options for the rest. */

#define REMOTES_MAX 64
#define THREADS_MAX 64

/* A collector: host:port[/[local][/type]], or a URL in place of host:port */
struct remote {
	enum outlet_kind kind;
	char name[304]; /* host:port or the URL, for messages */
	char host[256];
	char port[32];
	char local[64]; /* address to send from; "": any */
	bool is_rotating; /* shares the flows with others of this type */
};

struct config {
	/* as they stand on the command line */
	const char *interface;
	const char *filter;
	struct opt_list r; /* a capture or a priority */
	struct opt_list l; /* a directory or where to log */
	struct opt_list timeouts;
	const char *read;
	const char *dir;
	const char *archive;
	const char *from;
	const char *exporter_text;
	const char *indexes;
	const char *rate;
	const char *root;
	const char *user;
	const char *pidfile;
	const char *control;
	const char *bind_device;
	const char *tls_ca;
	const char *track_text;
	const char *time_text;
	const char *codec;
	const char *ident;
	uint32_t scan_s;
	uint32_t fragments_s;
	uint32_t idle_s;
	uint32_t active_s;
	uint32_t version;
	uint32_t bulk; /* taken, means nothing */
	uint32_t queue; /* likewise */
	uint32_t reconnect_s;
	uint32_t memory_kb;
	uint32_t buffer_kb;
	uint32_t snaplen;
	uint32_t link_len;
	uint32_t level;
	uint32_t max_flows;
	uint32_t sampling;
	uint32_t interval_s;
	uint32_t layout;
	uint32_t id;
	uint32_t max_len;
	uint32_t template_s;
	uint32_t template_packets;
	uint32_t ttl;
	uint32_t threads;
	uint32_t hold_s; /* a datagram that is not full */
	uint32_t payload_len;
	bool no_promiscuous;
	bool frame_bytes;
	bool biflow;
	bool by_tos;
	bool icmp_ports;
	bool outer;
	bool dedup;
	bool details;
	bool tcp_close;
	bool foreground;
	bool help;
	bool show_version;

	/* what the words mean */
	unsigned remote_count;
	struct remote remotes[REMOTES_MAX];
	struct cache_options cache;
	enum wire_time time;
	struct addr exporter; /* zero: not told */
	uint32_t priority; /* real-time; 0: none */
	int log_to; /* 0 nowhere, 1 syslog, 2 and 3 standard error */
	char name[64]; /* in the log and of the pid file */
	uint64_t burst_bytes; /* after so many bytes ... */
	uint64_t pause_ns; /* ... wait; 0: do not */
};

/* name: what the program was called.  ERR_USAGE, ERR_VALUE. */
int args_parse(struct config *c, const char *name, int argc, char **argv,
    struct err *err);

void args_usage(const char *name, FILE *out);

#endif
