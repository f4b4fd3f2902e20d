/*
 * Intervals of the files of the probe when its clock is set back.
 */
#include <stdlib.h>
#include <time.h>

#include "common/capture.h"
#include "files.h"
#include "flowprobe/archive.h"
#include "flowprobe/files.h"
#include "tap.h"

#define HOUR_S 3600
#define NOON_S INT64_C(1760011200) /* 2025-10-09 12:00 UTC */
#define NOON "nfcapd.202510091200"
#define ELEVEN "nfcapd.202510091100"

static uint64_t
ms(int64_t s)
{
	return (uint64_t)s * 1000;
}

static void
test_files(void)
{
	struct err err;
	const struct files_options o = { .dir = ".", .ident = "a",
		.codec = codec_by_name("none", &err), .interval_s = 300 };
	struct files *f = files_open(&o, &err);
	struct flow flow = { .extensions = FLOW_EXT(EXT_GENERIC) };

	if (f == NULL)
		bail("%s", err.text);
	files_put(f, &flow, ms(NOON_S + 10));
	files_set_clock(f, ms(NOON_S - 200));
	ok(!files_exist(NOON), "a step back");
	files_set_clock(f, ms(NOON_S - HOUR_S));
	ok(files_exist(NOON), "a large one ends the file");
	files_put(f, &flow, ms(NOON_S - HOUR_S));
	files_set_clock(f, ms(NOON_S - HOUR_S + 300));
	ok(files_exist(ELEVEN), "the next is of the new time");
	files_end(f);
	files_close(f);
}

static void
test_archive(void)
{
	const uint8_t header[CAPTURE_HEADER_LEN] = { 0 }, packet[] = { 1 };
	const struct archive_options o = { .dir = ".", .header = header,
		.interval_s = 300 };
	struct err err;
	struct archive *a = archive_open(&o, &err);

	if (a == NULL)
		bail("%s", err.text);
	archive_put(a, ms(NOON_S) * 1000, packet, 1, 1);
	archive_set_clock(a, ms(NOON_S - 200));
	ok(!files_exist(NOON ".pcap"), "packets: a step back");
	archive_set_clock(a, ms(NOON_S - HOUR_S));
	ok(files_exist(NOON ".pcap"), "a large one ends the file");
	archive_put(a, ms(NOON_S - HOUR_S) * 1000, packet, 1, 1);
	archive_set_clock(a, ms(NOON_S - HOUR_S + 300));
	ok(files_exist(ELEVEN ".pcap"), "the next is of the new time");
	archive_end(a);
	archive_close(a);
}

int
main(void)
{
	setenv("TZ", "UTC", 1);
	tzset();
	files_begin();
	test_files();
	test_archive();
	return done_testing();
}
