#ifndef FLOWFWD_ARGS_H
#define FLOWFWD_ARGS_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "common/options.h"
#include "common/outlet.h"
#include "common/selection.h"
#include "common/url.h"

/*
 * The command line: that of nfreplay, and URLs of where to send to.  Words
 * that begin as a URL are one, all others are the filter.
 */

#define TARGETS_MAX 64

/* Messages that one flow may complete, with templates. */
#define FLOW_MESSAGES_MAX 4

#define DELAY_DEFAULT UINT32_MAX

/* Where flows go, and in which form. */
struct target {
	const char *text; /* as messages name it */
	struct url url;
	enum outlet_kind kind;
	uint16_t version; /* of NetFlow, 10 IPFIX; 0 is Tera Flow */
};

struct config {
	struct selection_options input;
	const char *follow; /* --follow */
	const char *cursor; /* --cursor */
	const char *interface; /* -i */
	const char *capture; /* --pcap */
	const char *packet_filter; /* --bpf */
	uint64_t limit; /* -c; 0 none */

	/* as they stand on the command line */
	const char *host; /* -H */
	const char *port; /* -p */
	const char *group; /* -j */
	const char *speed_text; /* -z */
	const char *facility; /* -L */
	const char *from;
	const char *tls_ca;
	const char *metrics; /* where to serve them */
	const char *control; /* socket of --status; NULL: none */
	uint32_t version; /* -v; 0 not given */
	uint32_t delay_us; /* -d; DELAY_DEFAULT: not given */
	uint32_t buffer; /* -b */
	uint32_t rate; /* flows a second; 0 any */
	uint32_t reconnect_s;
	uint32_t drain_s;
	uint32_t id;
	uint32_t max_len;
	uint32_t ttl;
	uint32_t sampling; /* one flow in so many */
	bool v4;
	bool v6;
	bool verbose;
	bool status; /* ask the one that runs */
	bool help;
	bool show_version;

	/* what they mean */
	const char *name; /* our name in messages */
	char control_text[PATH_MAX]; /* beside the cursor */
	double speed; /* of -z; 0: as fast as possible */
	struct target targets[TARGETS_MAX];
	unsigned target_count;
	char **words; /* of the filter */
	int nwords;
};

/*
 * name: what the program was called.  Words of argv are moved.  ERR_USAGE,
 * ERR_VALUE.
 */
int args_parse(struct config *c, const char *name, int argc, char **argv,
    struct err *err);

void args_usage(const char *name, FILE *out);

#endif
