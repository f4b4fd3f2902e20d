/*
 * flowcapd and flowprobe walked through faults.  What is in files after the
 * next start, and what was told to be lost, is all that came in; nothing is
 * there twice, and every file can be read.
 */

#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/bytes.h"
#include "capfile.h"
#include "faults/walk.h"
#include "files.h"
#include "tap.h"

#define V5 "wire/syn_v5_sequence_gap/"
#define V9 "wire/syn_v9_names/"
#define PORT 9995
#define NS_PER_S 1000000000
#define STOP_TICKS 10
#define FIRST "nfcapd.202311142210"
#define CREATED_AT 8 /* in the header of a flow file */

/* Datagrams of three intervals. */
static const struct {
	const char *data;
	uint32_t time_s;
} datagrams[] = {
	{ V5 "seq0_2rec.dat", 1700000000 },
	{ V5 "seq2_1rec.dat", 1700000001 },
	{ V9 "templates.dat", 1700000002 },
	{ V9 "flows.dat", 1700000003 },
	{ V5 "seq7_1rec_gap4.dat", 1700001000 },
	{ V5 "seq8_1rec.dat", 1700001001 },
	{ V9 "flows.dat", 1700002000 },
};

#define DATAGRAMS (sizeof(datagrams) / sizeof(datagrams[0]))

static char port[8]; /* of a collector on the loopback */

static int
open_socket(struct sockaddr_in *at)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	*at = (struct sockaddr_in){ .sin_family = AF_INET };
	at->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd == -1)
		bail("socket: %s", strerror(errno));
	return fd;
}

/* One that nobody has. */
static void
find_port(void)
{
	struct sockaddr_in at;
	socklen_t len = sizeof(at);
	int fd = open_socket(&at);

	if (bind(fd, (struct sockaddr *)&at, len) == -1 ||
	    getsockname(fd, (struct sockaddr *)&at, &len) == -1)
		bail("bind: %s", strerror(errno));
	close(fd);
	snprintf(port, sizeof(port), "%u", ntohs(at.sin_port));
}

static void
send_datagrams(void)
{
	struct sockaddr_in at;
	int fd = open_socket(&at);
	char path[FILES_PATH_MAX];
	uint8_t *data;
	size_t len;

	at.sin_port = htons((uint16_t)strtoul(port, NULL, 10));
	for (size_t i = 0; i < DATAGRAMS; i++) {
		files_data(datagrams[i].data, path);
		data = files_read(path, &len);
		if (sendto(fd, data, len, 0, (struct sockaddr *)&at,
		    sizeof(at)) == -1)
			note("sendto: %s", strerror(errno));
		free(data);
	}
	close(fd);
}

/* Send when the collector is ready, and stop it soon after that. */
static void
lead(pid_t pid, void *context)
{
	static pid_t last;
	static int ticks;
	char *text;

	(void)context;
	if (pid != last) {
		last = pid;
		ticks = 0;
	}
	if (ticks == 0) {
		text = walk_messages();
		if (strstr(text, "Startup.") != NULL) {
			send_datagrams();
			ticks = 1;
		}
		free(text);
	} else if (++ticks % STOP_TICKS == 0) {
		kill(pid, SIGTERM);
	}
}

static void
make_capture(void)
{
	static struct capfile f;
	static uint8_t packet[CAPFILE_PACKET_MAX];
	char path[FILES_PATH_MAX];
	struct addr src;
	uint8_t *data;
	size_t len;

	addr_parse("192.0.2.7", &src);
	capfile_begin(&f, CAPFILE_PCAP, CAPFILE_RAW);
	files_write("none.pcap", f.data, f.out.used);
	for (size_t i = 0; i < DATAGRAMS; i++) {
		files_data(datagrams[i].data, path);
		data = files_read(path, &len);
		len = capfile_datagram(packet, src, PORT, data, len);
		free(data);
		capfile_put(&f, packet, len, len,
		    (uint64_t)datagrams[i].time_s * NS_PER_S);
	}
	files_write("in.pcap", f.data, f.out.used);
}

/* There is a file of the first interval, made in it. */
static void
make_joined(void)
{
	size_t len;
	uint8_t *data = files_read(FIRST, &len);

	store_u64(data + CREATED_AT, datagrams[0].time_s);
	files_write(FIRST, data, len);
	free(data);
	make_capture();
}

/* The sum of the numbers that follow, or precede, such texts. */
static uint64_t
sum_lost(const char *text)
{
	static const char after[] = "flows lost: ", before[] = " flows are ";
	uint64_t sum = 0;

	for (const char *p = text; (p = strstr(p, after)) != NULL; p++)
		sum += strtoul(p + sizeof(after) - 1, NULL, 10);
	for (const char *p = text; (p = strstr(p, before)) != NULL; p++) {
		const char *number = p;

		while (number > text && number[-1] >= '0' && number[-1] <= '9')
			number--;
		sum += strtoul(number, NULL, 10);
	}
	return sum;
}

/* Was it told that a datagram was dropped, which may have held any number? */
static bool
tells_drop(const char *text)
{
	static const char sets[] = "sets dropped: ";

	if (strstr(text, "packet dropped") != NULL ||
	    strstr(text, "Skip UDP packet") != NULL)
		return true;
	for (const char *p = text; (p = strstr(p, sets)) != NULL; p++)
		if (p[sizeof(sets) - 1] != '0')
			return true;
	return false;
}

/* Flows in files; NULL, or a file that cannot be read. */
static const char *
sum_flows(const struct snapshot *s, uint64_t *flows)
{
	const char *slash, *name;

	*flows = 0;
	for (size_t i = 0; i < s->len; i++) {
		slash = strrchr(s->files[i].name, '/');
		name = slash == NULL ? s->files[i].name : slash + 1;
		if (strncmp(name, "nfcapd.", 7) != 0)
			continue;
		if (s->files[i].flows == 0)
			return s->files[i].name;
		*flows += s->files[i].count;
	}
	return NULL;
}

static const char *
check_stored(const struct walk_run *r, const struct walk *next)
{
	static struct snapshot now;
	static char text[200];
	uint64_t all, got, lost = sum_lost(r->err);
	const char *bad;

	if (walk_again(next, &now) != 0)
		return "the next start fails";
	sum_flows(r->want, &all);
	if ((bad = sum_flows(&now, &got)) != NULL) {
		snprintf(text, sizeof(text), "%s cannot be read", bad);
		return text;
	}
	snprintf(text, sizeof(text), "%" PRIu64 " flows of %" PRIu64 ", %"
	    PRIu64 " told to be lost", got, all, lost);
	if (got > all)
		return text;
	if (r->plan->error == TRACER_KILL || r->status != 0)
		return r->err[0] == '\0' && r->plan->error != TRACER_KILL ?
		    "no message" : NULL;
	return got + lost >= all || tells_drop(r->err) ? NULL : text;
}

static const char *
check_probe(const struct walk_run *r)
{
	static const struct walk next = { .argv = { "flowprobe", "-v", "3",
		"-r", "none.pcap", "-l", "@" } };

	if (r->status > 1)
		return "other exit status";
	return check_stored(r, &next);
}

static const char *
check_collector(const struct walk_run *r)
{
	static const struct walk next = { .argv = { "flowcapd", "-f",
		"none.pcap", "-l", "@" } };

	if (r->status > 1)
		return "other exit status";
	return check_stored(r, &next);
}

#define CAPD(title, ...) .name = title, .set_up = make_capture, \
	.check = check_collector, \
	.argv = { "flowcapd", "-f", "in.pcap", "-l", "@", __VA_ARGS__ }

/* clang-format off */
static const struct walk walks[] = {
	{ .name = "probe", .set_up = make_capture, .check = check_probe,
	    .argv = { "flowprobe", "-v", "3", "-r", "probe.pcap", "-l", "@" },
	    .files = { { "pcap/tcp_basic.pcap", "probe.pcap" } } },
	{ CAPD("collector", "-t", "300"),
	    .kinds = TRACER_FILES | TRACER_MEMORY | TRACER_THREAD |
		TRACER_SOCKET | TRACER_TRAFFIC },
	{ CAPD("collector of sub-directories", "-t", "300", "-S", "1", "-P",
	    "@/pid", "--sync", "flush") },
	{ CAPD("collector with expiry", "-t", "300", "-e") },
	{ .name = "collector that joins files", .set_up = make_joined,
	    .check = check_collector, .argv = { "flowcapd", "-f", "in.pcap",
		"-l", "@", "-t", "300" },
	    .files = { { "files/nfcapd-1.7.1-lz4", FIRST } } },
	{ .name = "collector at work", .set_up = make_capture,
	    .check = check_collector, .tick = lead,
	    .argv = { "flowcapd", "-b", "127.0.0.1", "-p", port, "-l", "@",
		"-P", "@/pid", "-x", "true %f", "-t", "31536000", "--metrics",
		"unix:metrics" },
	    .kinds = TRACER_FILES | TRACER_MEMORY | TRACER_THREAD |
		TRACER_SOCKET | TRACER_TRAFFIC },
};
/* clang-format on */

int
main(void)
{
	walk_begin();
	find_port();
	return walk_all(walks, sizeof(walks) / sizeof(walks[0]));
}
