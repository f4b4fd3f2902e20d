/*
 * A status as JSON.
 */
#include "flowcapd/status_json.h"

#include <string.h>

#include "statuskit.h"
#include "tap.h"

static void
test_json(void)
{
	struct buffer b = BUFFER_EMPTY;
	struct status s;
	struct err err;

	statuskit_make(&s, 2);
	is_int(status_json_put(&s, &b, &err), 0, "JSON");
	buffer_char(&b, '\0');
	ok(strncmp(b.data, "{\n\t\"version\" : \"", 16) == 0, "an object");
	ok(strstr(b.data, "\n\t\"started_ms\" : 1700000000000,\n") != NULL,
	    "a time");
	ok(strstr(b.data, "\n\t\"datagrams\" : 101,\n") != NULL, "a number");
	ok(strstr(b.data, "\n\t\"totals\" : \n\t\t{\"packets\":") != NULL,
	    "totals");
	ok(strstr(b.data, "{\"target\":\"192.0.2.9/2055\",\"sent\":600,"
	    "\"dropped\":601,\"failed\":602,\"own_sender\":603}") != NULL,
	    "a repeater");
	ok(strstr(b.data, "\t\"exporters\" : [\n\t\t{\"ip\":\"192.0.2.0\","
	    "\"version\":\"9\",\"id\":256,\"sysid\":1,\"source\":\"none\",")
	    != NULL, "an exporter");
	ok(strstr(b.data, "},\n\t\t{\"ip\":\"192.0.2.1\",") != NULL,
	    "another one");
	ok(strstr(b.data, "\"tcp_flows\":") != NULL, "flows by protocol");
	ok(strstr(b.data, "\"interface\":3,\"type\":0,\"direction\":0,"
	    "\"speed\":700,\"in_octets\":701,") != NULL, "an interface");
	is_str(b.data + b.len - 5, "]\n}\n", "the end");
	buffer_fini(&b);
	status_fini(&s);
}

static void
test_merge(void)
{
	struct status a, b;
	struct err err;

	statuskit_make(&a, 2);
	statuskit_make(&b, 3);
	is_int(status_merge(&a, &b, &err), 0, "merged");
	is_uint(a.datagrams, 2 * 101, "sums");
	is_uint(a.connections.stalled, 2 * 115, "of connections");
	is_uint(a.exporter_count, 5, "exporters");
	is_uint(a.exporters[4].exporter.id, 258, "the last one");
	is_uint(a.interface_count, 2, "interfaces");
	is_uint(a.interfaces[1].exporter, 2, "with their exporter");
	is_uint(a.source_count, 2, "sources are not parts");
	status_fini(&a);
}

int
main(void)
{
	test_json();
	test_merge();
	return done_testing();
}
