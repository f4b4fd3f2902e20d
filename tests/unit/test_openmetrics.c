/*
 * Metrics: both formats, what a scraper may expect of them, limits.
 */
#include "flowcapd/openmetrics.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flowcapd/status_int.h"
#include "statuskit.h"
#include "tap.h"

static struct buffer text;

static void
render(uint32_t exporters, enum exposition format)
{
	struct status s;
	struct err err;

	buffer_fini(&text);
	statuskit_make(&s, exporters);
	is_int(openmetrics_put(&s, format, &text, &err), 0, "%u exporters",
	    exporters);
	buffer_char(&text, '\0');
	status_fini(&s);
}

static int
has(const char *line)
{
	const char *p = strstr(text.data, line);

	return ok(p != NULL && (p == text.data || p[-1] == '\n'), "%.*s",
	    (int)strcspn(line, "\n"), line);
}

static unsigned
count(const char *what)
{
	unsigned n = 0;

	for (const char *p = text.data; (p = strstr(p, what)) != NULL; p++)
		n++;
	return n;
}

/* The names of families, which come once each, and only with samples. */
static void
test_families(void)
{
	char *lines = strdup(text.data), *save = NULL;
	char type[256], name[128] = "", other[128];
	unsigned samples = 1, empty = 0, foreign = 0, twice = 0;

	for (char *line = strtok_r(lines, "\n", &save); line != NULL;
	    line = strtok_r(NULL, "\n", &save)) {
		if (sscanf(line, "# TYPE %127s", other) == 1) {
			memcpy(name, other, sizeof(name));
			snprintf(type, sizeof(type), "# TYPE %s ", name);
			twice += count(type) != 1;
			empty += samples == 0;
			samples = 0;
		} else if (*line != '#') {
			samples++;
			foreign += strncmp(line, name, strlen(name)) != 0;
		}
	}
	is_uint(twice, 0, "no family comes twice");
	is_uint(empty, 0, "no family is empty");
	is_uint(foreign, 0, "all samples are of the family they stand in");
	free(lines);
}

#define E0 "exporter=\"192.0.2.0\",version=\"9\",id=\"256\",source=\"none\""

static void
test_new(void)
{
	render(2, EXPOSITION_OPENMETRICS);
	has("# TYPE flowcapd_build info\n");
	has("flowcapd_build_info{version=\"" PACKAGE_VERSION "\"} 1\n");
	has("# TYPE flowcapd_datagrams counter\n"
	    "# HELP flowcapd_datagrams Datagrams received.\n"
	    "flowcapd_datagrams_total 101\n"
	    "flowcapd_datagrams_created 1700000000.000\n");
	has("# TYPE flowcapd_datagram_bytes counter\n"
	    "# UNIT flowcapd_datagram_bytes bytes\n");
	has("# TYPE fastnetmon_flow_udp_packets unknown\n");
	has("fastnetmon_flow_udp_packets 107\n");
	has("flowcapd_start_time_seconds 1700000000.000\n");
	has("flowcapd_source_files_total{source=\"none\","
	    "directory=\"/flows/one\"} 500\n"
	    "flowcapd_source_files_total{source=\"a\\\"b\\\\c\\nd"
	    "\xef\xbf\xbd\xc3\xa9\",directory=\"/flows/two\"} 506\n");
	has("flowcapd_exporter_last_datagram_time_seconds{" E0
	    "} 1700000060.250\n");
	has("flowcapd_exporter_packets_total{" E0 "} 1003\n");
	has("# TYPE flowcapd_exporter_protocol_traffic_bytes counter\n");
	ok(strstr(text.data, E0 ",protocol=\"tcp\"} ") != NULL, "protocol");
	ok(strstr(text.data, E0 ",reason=\"") != NULL, "reason");
	has("flowcapd_interface_traffic_bytes_total{" E0
	    ",interface=\"3\",direction=\"in\"} 701\n"
	    "flowcapd_interface_traffic_bytes_total{" E0
	    ",interface=\"3\",direction=\"out\"} 702\n");
	has("flowcapd_repeater_own_sender_total{target=\"192.0.2.9/2055\"} 603\n");
	has("flowcapd_exporters_not_shown 0\n");
	is_str(text.data + text.len - 7, "# EOF\n", "the end");
	is_uint(count("# EOF"), 1, "once");
	test_families();
}

static void
test_old(void)
{
	render(2, EXPOSITION_TEXT);
	has("# TYPE flowcapd_build_info gauge\n");
	has("# TYPE flowcapd_datagrams_total counter\n"
	    "# HELP flowcapd_datagrams_total Datagrams received.\n"
	    "flowcapd_datagrams_total 101\n");
	has("# TYPE fastnetmon_flow_udp_packets untyped\n");
	is_uint(count("_created"), 0, "no times of creation");
	is_uint(count("# UNIT"), 0, "no units");
	is_uint(count("# EOF"), 0, "no end");
	test_families();
}

static void
test_limits(void)
{
	render(OPENMETRICS_EXPORTERS_MAX + 7, EXPOSITION_OPENMETRICS);
	has("flowcapd_exporters 1007\n");
	has("flowcapd_exporters_not_shown 7\n");
	is_uint(count("flowcapd_exporter_flows_total{"),
	    OPENMETRICS_EXPORTERS_MAX, "exporters shown");
	render(0, EXPOSITION_OPENMETRICS);
	is_uint(count("flowcapd_exporter_flows_total{"), 0, "no exporters");
}

/* The same bytes whatever the locale, if there is another. */
static void
test_locale(void)
{
	struct buffer plain;

	render(2, EXPOSITION_OPENMETRICS);
	plain = text;
	buffer_init(&text);
	if (setlocale(LC_ALL, "de_DE.UTF-8") == NULL)
		note("no other locale");
	render(2, EXPOSITION_OPENMETRICS);
	is_str(text.data, plain.data, "locale");
	setlocale(LC_ALL, "C");
	buffer_fini(&plain);
}

static void
test_negotiation(void)
{
	static const struct {
		const char *accept;
		enum exposition want;
	} rows[] = {
		{ NULL, EXPOSITION_TEXT },
		{ "", EXPOSITION_TEXT },
		{ "*/*", EXPOSITION_TEXT },
		{ "text/plain;version=0.0.4", EXPOSITION_TEXT },
		{ "application/openmetrics-text", EXPOSITION_OPENMETRICS },
		{ "Application/OpenMetrics-Text; version=1.0.0",
		    EXPOSITION_OPENMETRICS },
		{ "application/openmetrics-text;version=1.0.0,"
		  "application/openmetrics-text;version=0.0.1;q=0.75,"
		  "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
		    EXPOSITION_OPENMETRICS },
		{ "text/plain;q=0.3, application/openmetrics-text;q=0.7",
		    EXPOSITION_OPENMETRICS },
		{ "text/plain;q=0.7, application/openmetrics-text;q=0.3",
		    EXPOSITION_TEXT },
		{ "application/openmetrics-text;q=0", EXPOSITION_TEXT },
		{ "application/openmetrics-text;q=0.000", EXPOSITION_TEXT },
		{ "application/openmetrics-textual", EXPOSITION_TEXT },
		{ ",;,;q=,;q", EXPOSITION_TEXT },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		is_int(exposition_negotiate(rows[i].accept), rows[i].want,
		    "Accept: %s",
		    rows[i].accept == NULL ? "(none)" : rows[i].accept);
}

/* Print both formats for other programs to check. */
static int
print(const char *format)
{
	render(3, *format == 'n' ? EXPOSITION_OPENMETRICS : EXPOSITION_TEXT);
	return fwrite(text.data, 1, text.len - 1, stderr) == text.len - 1;
}

int
main(int argc, char **argv)
{
	if (argc > 1)
		return !print(argv[1]);
	test_new();
	test_old();
	test_limits();
	test_locale();
	test_negotiation();
	buffer_fini(&text);
	return done_testing();
}
