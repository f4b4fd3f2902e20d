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
	ok(strstr(b.data, "\t\"exporters\" : [\n\t\t{\"ip\":\"192.0.2.0\","
	    "\"version\":9,\"id\":256,\"sysid\":1,\"source\":\"none\",")
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
test_protocols(void)
{
	is_str(status_protocols[status_protocol(6)], "tcp", "TCP");
	is_str(status_protocols[status_protocol(17)], "udp", "UDP");
	is_str(status_protocols[status_protocol(1)], "icmp", "ICMP");
	is_str(status_protocols[status_protocol(58)], "icmp", "ICMPv6");
	is_str(status_protocols[status_protocol(47)], "other", "GRE");
}

int
main(void)
{
	test_json();
	test_protocols();
	return done_testing();
}
