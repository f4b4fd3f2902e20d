#ifndef FLOWCAPD_ARGS_H
#define FLOWCAPD_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "flowcapd/spool.h"

/*
 * The command line.  Letters that changed their meaning between versions of
 * the collectors we stand in for are told apart here (collector.md 1.1),
 * without I/O: what the file system says is asked through struct args_probe.
 */

struct args_probe {
	bool (*is_directory)(const char *path);
	bool (*is_command)(const char *word); /* an executable file */
};

#define ARGS_WARNINGS 8
#define ARGS_WARNING_MAX 256

struct config {
	const char *dir; /* data directory */
	const char *host;
	const char *port;
	const char *pidfile;
	const char *user;
	const char *group;
	const char *ident;
	const char *extensions; /* -T, or NULL */
	const char *sampling_text;
	const char *compression; /* name of a codec */
	const char *sync_text; /* --sync */
	enum spool_sync sync;
	uint32_t interval_s;
	uint32_t flush_s;
	uint32_t buffer;
	uint32_t layout;
	uint32_t sampling;
	bool v4, v6;
	bool background;
	bool print;
	bool no_index;
	bool accepted; /* flags without effect */
	bool help, version;
	unsigned warnings;
	char warning[ARGS_WARNINGS][ARGS_WARNING_MAX];
};

/*
 * Fill *c from the command line.  -h and -V end the walk.  Strings point
 * into argv.  ERR_USAGE with the text to print.
 */
int args_parse(struct config *c, int argc, char **argv,
    const struct args_probe *probe, struct err *err);

/* Is this name, as options_program() gives it, that of the sFlow collector? */
bool args_is_sfcapd(const char *name);

void args_usage(const char *name, FILE *out);

#endif
