/*
 * flowexpire, flowprobe and flowfwd walked through faults.
 */

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "faults/walk.h"
#include "tap.h"

#define STOP_TICKS 20
#define COMMAND(title, ...) .name = title, .argv = { __VA_ARGS__ }
#define LZ4(time) { "files/nfcapd-1.7.1-lz4", "nfcapd.20240615" time }
#define STORE \
	.files = { LZ4("1200"), LZ4("1205"), LZ4("1210"), LZ4("1215"), \
		LZ4("1220") }
#define PCAP .files = { { "pcap/tcp_basic.pcap", "in.pcap" } }

/* Before it does, the signal would kill it. */
static bool
catches_term(pid_t pid)
{
	char path[64], line[128];
	unsigned long long caught = 0;
	FILE *in;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	if ((in = fopen(path, "r")) == NULL)
		return false;
	while (fgets(line, sizeof(line), in) != NULL)
		if (strncmp(line, "SigCgt:", 7) == 0)
			caught = strtoull(line + 7, NULL, 16);
	fclose(in);
	return caught >> (SIGTERM - 1) & 1;
}

/* Stop a program that would go on for ever. */
static void
stop_soon(pid_t pid, void *context)
{
	static pid_t last;
	static int ticks;

	(void)context;
	if (!catches_term(pid))
		return;
	ticks = pid == last ? ticks + 1 : 0;
	last = pid;
	if (ticks % STOP_TICKS == STOP_TICKS - 1)
		kill(pid, SIGTERM);
}

/* clang-format off */
static const struct walk walks[] = {
	{ COMMAND("expire", "flowexpire", "-e", ".", "-s", "12K", "-w", "100"),
	    STORE, .has_books = true, .has_sums = true },
	{ COMMAND("expire all but one", "flowexpire", "-e", ".", "-t", "1d"),
	    STORE, .has_books = true, .has_sums = true },
	{ COMMAND("rescan", "flowexpire", "-r", "."), STORE, .has_books = true,
	    .has_sums = true, .whole = TRACER_MEMORY },
	{ COMMAND("limits", "flowexpire", "-u", ".", "-s", "1G"), STORE,
	    .has_books = true, .has_sums = true },
	{ COMMAND("hold", "flowexpire", "-e", ".", "-s", "12K", "-w", "100",
	    "--hold", "proto udp and src port 1"), STORE, .has_books = true,
	    .has_sums = true },
	{ COMMAND("export", "flowprobe", "-v", "3", "-r", "in.pcap",
	    "127.0.0.1:9", "-n", "9"), PCAP, .has_sums = true,
	    .failure = 1,
	    .kinds = TRACER_FILES | TRACER_MEMORY | TRACER_SOCKET |
		TRACER_TRAFFIC | TRACER_THREAD },
	{ COMMAND("forward", "flowfwd", "-d", "0", "-R", ".",
	    "netflow9://127.0.0.1:9"), STORE, .has_sums = true, .failure = 1,
	    .kinds = TRACER_FILES | TRACER_MEMORY | TRACER_SOCKET |
		TRACER_TRAFFIC | TRACER_THREAD },
	{ COMMAND("follow", "flowfwd", "-d", "0", "--follow", "@", "--cursor",
	    "@/.cursor", "netflow9://127.0.0.1:9"), STORE, .has_books = true,
	    .has_sums = true, .failure = 1, .tick = stop_soon },
};
/* clang-format on */

int
main(void)
{
	walk_begin();
	return walk_all(walks, sizeof(walks) / sizeof(walks[0]));
}
