#ifndef FLOWCAPD_ARGS_H
#define FLOWCAPD_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "common/options.h"
#include "common/spool.h"
#include "flowcapd/settings.h"

/*
 * The command line.  Letters that changed their meaning between versions of
 * the collectors we stand in for are told apart here (collector.md 1.1),
 * without I/O: what the file system says is asked through struct args_probe.
 */

struct args_probe {
	bool (*is_directory)(const char *path);
	bool (*is_command)(const char *word); /* an executable file */
	bool (*is_file)(const char *path); /* a regular file */
};

#define ARGS_WARNINGS 8
#define ARGS_WARNING_MAX 256

/* Lists of at most OPT_LIST_MAX words. */
struct config {
	const char *dir; /* data directory for all senders, or NULL */
	const char *base; /* -M: of directories made for each sender */
	struct opt_list sources; /* -n */
	struct opt_list source_files; /* -N */
	const char *config_file; /* -C, "none": none */
	struct opt_list listens; /* --listen, urls; else host and port */
	const char *host;
	const char *port;
	const char *multicast; /* -J */
	const char *capture_file; /* -f */
	const char *device; /* -d */
	const char *ipfix_file; /* -Y */
	const char *packet_filter; /* the stray word that 1.6 took for one */
	struct opt_list repeaters; /* -R host[/port] */
	const char *command; /* -x, or -l as 1.8 means it */
	const char *pidfile;
	const char *user;
	const char *group;
	const char *ident;
	const char *extensions; /* -T, or NULL */
	const char *compression; /* name of a codec */
	const char *sync_text; /* --sync */
	const char *metrics; /* --metrics [address:]port or unix:path */
	const char *tls_cert; /* --tls-cert, for listeners of TLS */
	const char *tls_key; /* --tls-key; NULL: in the same file */
	const char *metric_socket; /* -m */
	struct settings settings; /* -s, -o, -x, --max-sources */
	enum spool_sync sync;
	uint32_t interval_s;
	uint32_t flush_s;
	uint32_t buffer;
	uint32_t layout;
	uint32_t metric_interval_s; /* -i */
	uint32_t receivers;
	uint32_t max_exporters; /* of a sender */
	uint32_t max_templates; /* of an exporter */
	uint32_t max_memory; /* MiB for what decoders keep */
	uint32_t workers; /* no effect */
	uint32_t verbosity; /* 0 quiet, 1 normal, 2 more, 3 records, 4 debug */
	bool v4, v6;
	bool background;
	bool expire; /* -e */
	bool spoof; /* -A */
	bool has_zone; /* -Z */
	bool strict_domain;
	bool port_given;
	bool print;
	bool no_index;
	bool no_state; /* templates are not kept */
	bool status; /* --status: ask the running collector */
	bool is_sfcapd; /* by the name it was called by */
	bool accepted; /* flags without effect */
	bool help, version;
	unsigned warnings;
	char warning[ARGS_WARNINGS][ARGS_WARNING_MAX];
};

/*
 * Fill *c from the command line.  -h and -V end the walk.  Strings point
 * into argv.  ERR_USAGE or ERR_VALUE with the text to print.
 */
int args_parse(struct config *c, int argc, char **argv,
    const struct args_probe *probe, struct err *err);

/*
 * Is text a multicast address, alone or with %INTERFACE behind it?  NULL is
 * allowed.
 */
bool args_is_multicast(const char *text);

void args_usage(const char *name, FILE *out);

#endif
