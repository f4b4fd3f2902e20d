/*
 * Trailer, CSV summary and statistics, as nfdump 1.7.1 prints them.
 */
#include "output/summary.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "formatkit.h"
#include "tap.h"

static struct summary
some_summary(void)
{
	return (struct summary){
		.totals = { .records = 320, .flows = 340,
		    .packets = 107593, .bytes = 90533365,
		    .first_ms = UINT64_C(1715677202061),
		    .last_ms = UINT64_C(1715677795000) },
		.processed = 410, .bytes_read = 43604,
		.window_first_ms = UINT64_C(1715677202061),
		.window_last_ms = UINT64_C(1715677795000),
		.sys_s = 0.0001, .user_s = 0.002, .wall_s = 0.5,
	};
}

static void
test_text(void)
{
	struct buffer out = BUFFER_EMPTY;
	struct summary s = some_summary();

	summary_text(&s, false, &out);
	text_is(&out, "Summary: total flows: 340, total bytes: 90.5 M, "
	    "total packets: 107593, avg bps: 1.2 M, avg pps: 181, "
	    "avg bpp: 841\n"
	    "Time window: 2024-05-14 09:00:02 - 2024-05-14 09:09:55\n"
	    "Total flows processed: 410, passed: 320, Blocks skipped: 0, "
	    "Bytes read: 43604\n"
	    "Sys: 0.0001s User: 0.0020s Wall: 0.5000s flows/second: 820.0 "
	    "Runtime: 0.5000s\n", "trailer");
	s.skipped_blocks = 3;
	s.wall_s = 0;
	summary_text(&s, true, &out);
	text_is(&out, "Summary: total flows: 340, total bytes: 90533365, "
	    "total packets: 107593, avg bps: 1221486, avg pps: 181, "
	    "avg bpp: 841\n"
	    "Time window: 2024-05-14 09:00:02 - 2024-05-14 09:09:55\n"
	    "Total flows processed: 410, passed: 320, Blocks skipped: 3, "
	    "Bytes read: 43604\n"
	    "Sys: 0.0001s User: 0.0020s Wall: 0.0000s flows/second: 0.0 "
	    "Runtime: 0.0000s\n", "plain numbers, no time passed");
}

static void
test_nothing(void)
{
	struct buffer out = BUFFER_EMPTY;
	struct summary s = { .processed = 190 };

	summary_text(&s, false, &out);
	text_is(&out, "Summary: total flows: 0, total bytes: 0, "
	    "total packets: 0, avg bps: 0, avg pps: 0, avg bpp: 0\n"
	    "Time window: <unknown>\n"
	    "Total flows processed: 190, passed: 0, Blocks skipped: 0, "
	    "Bytes read: 0\n"
	    "Sys: 0.0000s User: 0.0000s Wall: 0.0000s flows/second: 0.0 "
	    "Runtime: 0.0000s\n", "nothing matched");
	summary_csv(&s, &out);
	text_is(&out, "Summary\nflows,bytes,packets,avg_bps,avg_pps,avg_bpp\n"
	    "0,0,0,0,0,0\n", "nothing matched, csv");
}

static void
test_csv(void)
{
	struct buffer out = BUFFER_EMPTY;
	struct summary s = some_summary();

	summary_csv(&s, &out);
	text_is(&out, "Summary\nflows,bytes,packets,avg_bps,avg_pps,avg_bpp\n"
	    "340,90533365,107593,1221486,181,841\n", "csv");
	s.totals.last_ms = s.totals.first_ms;
	summary_csv(&s, &out);
	text_is(&out, "Summary\nflows,bytes,packets,avg_bps,avg_pps,avg_bpp\n"
	    "340,90533365,107593,0,0,0\n", "no duration, no averages");
	s.totals.last_ms = s.totals.first_ms + 1000;
	s.totals.packets = 0;
	summary_csv(&s, &out);
	text_is(&out, "Summary\nflows,bytes,packets,avg_bps,avg_pps,avg_bpp\n"
	    "340,90533365,0,724266920,0,0\n", "no packets");
}

static void
test_stats(void)
{
	struct buffer out = BUFFER_EMPTY;
	struct record_stats s = {
		.flows = 190, .packets = 86583, .bytes = 76573349,
		.proto_flows = { 112, 53, 18, 7 },
		.proto_packets = { 82427, 114, 55, 705 },
		.proto_bytes = { 74591616, 37720, 4653, 355277 },
		.first_ms = UINT64_C(1715677202061),
		.last_ms = UINT64_C(1715677495007), .sequence_failures = 4,
	};

	summary_stats("edge-rtr", &s, &out);
	text_is(&out, "Ident: edge-rtr\nFlows: 190\nFlows_tcp: 112\n"
	    "Flows_udp: 53\nFlows_icmp: 18\nFlows_other: 7\n"
	    "Packets: 86583\nPackets_tcp: 82427\nPackets_udp: 114\n"
	    "Packets_icmp: 55\nPackets_other: 705\nBytes: 76573349\n"
	    "Bytes_tcp: 74591616\nBytes_udp: 37720\nBytes_icmp: 4653\n"
	    "Bytes_other: 355277\nFirst: 1715677202\nLast: 1715677495\n"
	    "msec_first: 61\nmsec_last: 7\nSequence failures: 4\n", "-I");
	s = (struct record_stats){ .first_ms = UINT64_MAX };
	summary_stats("none", &s, &out);
	buffer_char(&out, '\0');
	ok(strstr(out.data, "\nFirst: 0\nLast: 0\nmsec_first: 0\n") != NULL,
	    "no flow, no first time");
	out.len = 0;
	summary_stats("a\033[2Jb\xc2\x9b", &s, &out);
	ok(strncmp(out.data, "Ident: a.[2Jb..\nFlows: 0\n", 25) == 0,
	    "no control characters of a file's ident");
	buffer_fini(&out);
}

static void
test_stats_json(void)
{
	struct buffer out = BUFFER_EMPTY;
	struct record_stats s = {
		.flows = 1, .packets = 2, .bytes = 3,
		.proto_flows = { 4, 5, 6, 7 },
		.proto_packets = { 8, 9, 10, 11 },
		.proto_bytes = { 12, 13, 14, 15 },
		.first_ms = 16017, .last_ms = 18019, .sequence_failures = 20,
	};

	summary_stats_json("a\"b\033", &s, JSON_LINES, &out);
	text_is(&out, "{\"Ident\":\"a\\\"b\\u001b\",\"Flows\":1,"
	    "\"Flows_tcp\":4,\"Flows_udp\":5,\"Flows_icmp\":6,"
	    "\"Flows_other\":7,\"Packets\":2,\"Packets_tcp\":8,"
	    "\"Packets_udp\":9,\"Packets_icmp\":10,\"Packets_other\":11,"
	    "\"Bytes\":3,\"Bytes_tcp\":12,\"Bytes_udp\":13,"
	    "\"Bytes_icmp\":14,\"Bytes_other\":15,\"First\":16,\"Last\":18,"
	    "\"msec_first\":17,\"msec_last\":19,"
	    "\"Sequence_failures\":20}\n", "-I -o ndjson");
	summary_stats_json("", &s, JSON_ARRAY, &out);
	buffer_char(&out, '\0');
	ok(strncmp(out.data, "{\n\t\"Ident\" : \"\",\n", 16) == 0 &&
	    strstr(out.data, ",\n\t\"Sequence_failures\" : 20\n}\n") != NULL,
	    "-I -o json");
	buffer_fini(&out);
}

int
main(void)
{
	setenv("TZ", "UTC", 1);
	tzset();
	test_text();
	test_nothing();
	test_csv();
	test_stats();
	test_stats_json();
	return done_testing();
}
