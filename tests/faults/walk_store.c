/*
 * flowcapd and flowprobe walked through faults.  What is in files after the
 * next start, and what was told to be lost, is all that came in; nothing is
 * there twice, and every file can be read.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "capfile.h"
#include "faults/walk.h"
#include "files.h"
#include "tap.h"

#define V5 "wire/syn_v5_sequence_gap/"
#define V9 "wire/syn_v9_names/"
#define PORT 9995
#define NS_PER_S 1000000000

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
	return got + lost >= all ? NULL : text;
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
