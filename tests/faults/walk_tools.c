/*
 * flowexpire, flowprobe and flowfwd walked through faults.
 */

#include <signal.h>
#include <stddef.h>

#include "faults/walk.h"
#include "tap.h"

#define STOP_TICKS 20
#define COMMAND(title, ...) .name = title, .argv = { __VA_ARGS__ }
#define LZ4(time) { "files/nfcapd-1.7.1-lz4", "nfcapd.20240615" time }
#define STORE \
	.files = { LZ4("1200"), LZ4("1205"), LZ4("1210"), LZ4("1215"), \
		LZ4("1220") }
#define PCAP .files = { { "pcap/tcp_basic.pcap", "in.pcap" } }

/* Stop a program that would go on for ever. */
static void
stop_soon(pid_t pid, void *context)
{
	static pid_t last;
	static int ticks;

	(void)context;
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
	for (size_t i = 0; i < sizeof(walks) / sizeof(walks[0]); i++)
		walk_faults(&walks[i]);
	return done_testing();
}
