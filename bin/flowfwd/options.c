/*
 * Options of flowfwd.
 */

#include <stddef.h>

#include "flowfwd/args.h"
#include "flowfwd/options.h"

#define AT(member) offsetof(struct config, member)

/* clang-format off */
static const struct opt options[] = {
	{ '4', NULL, OPT_FLAG, AT(v4), NULL,
	    "send to IPv4 addresses only" },
	{ '6', NULL, OPT_FLAG, AT(v6), NULL,
	    "send to IPv6 addresses only" },
	{ 'b', NULL, OPT_U32, AT(buffer), "bytes",
	    "queue of a TCP or TLS connection, default 4194304" },
	{ 'c', NULL, OPT_COUNT, AT(limit), "count",
	    "stop after count matching flows" },
	{ 'D', NULL, OPT_STR, AT(input.name_server), "server",
	    "name server for host names in filters" },
	{ 'd', NULL, OPT_U32, AT(delay_us), "usec",
	    "between datagrams, default 100, Tera Flow 50; 0 none" },
	{ 'E', NULL, OPT_FLAG, AT(verbose), NULL,
	    "tell more" },
	{ 'f', NULL, OPT_STR, AT(input.filter_file), "file",
	    "read the filter from file" },
	{ 'G', NULL, OPT_STR, AT(input.geo), "file",
	    "countries of addresses in filters: a MaxMind database" },
	{ 'H', NULL, OPT_STR, AT(host), "host",
	    "send NetFlow to this host, default 127.0.0.1" },
	{ 'h', "help", OPT_FLAG, AT(help), NULL,
	    "print this text" },
	{ 'i', NULL, OPT_STR, AT(interface), "name",
	    "send packets of this interface as Tera Flow" },
	{ 'j', NULL, OPT_STR, AT(group), "multicast",
	    "send NetFlow to this multicast group" },
	{ 'K', NULL, OPT_REFUSED, 0,
	    "flows are not made anonymous; use nfanon", NULL },
	{ 'L', NULL, OPT_STR, AT(facility), "facility",
	    "messages go to syslog" },
	{ 'M', NULL, OPT_STR, AT(input.dirs), "dir:dir...",
	    "directories in which -r and -R are looked up" },
	{ 'p', NULL, OPT_STR, AT(port), "port",
	    "of -H and -j, default 9995" },
	{ 'R', NULL, OPT_LIST, AT(input.ranges), "list",
	    "read DIR, DIR/FIRST or DIR/FIRST:LAST; may be repeated" },
	{ 'r', NULL, OPT_STR, AT(input.file), "file",
	    "read one file; default: standard input" },
	{ 't', NULL, OPT_STR, AT(input.window), "window",
	    "YYYY/MM/DD.hh:mm:ss[-YYYY/MM/DD.hh:mm:ss], +seconds, -seconds" },
	{ 'V', "version", OPT_FLAG, AT(show_version), NULL,
	    "print the version" },
	{ 'v', NULL, OPT_U32, AT(version), "version",
	    "of -H and -j: 1, 5, 7, 9, 10 (IPFIX); default 9" },
	{ 'z', NULL, OPT_STR, AT(speed_text), "factor",
	    "send flows by their times, so many times faster" },
	{ 0, "bpf", OPT_STR, AT(packet_filter), "expression",
	    "of pcap-filter(7): packets of -i and --pcap to send" },
	{ 0, "control", OPT_STR, AT(control), "path",
	    "socket of --status, default CURSOR.sock" },
	{ 0, "cursor", OPT_STR, AT(cursor), "file",
	    "--follow: how far the store has been sent" },
	{ 0, "drain", OPT_U32, AT(drain_s), "seconds",
	    "to send at the end what is queued, default 60" },
	{ 0, "follow", OPT_STR, AT(follow), "dir",
	    "send flows as they are stored in dir, until stopped" },
	{ 0, "from", OPT_STR, AT(from), "address",
	    "send from this address" },
	{ 0, "id", OPT_U32, AT(id), "number",
	    "engine, source id or domain of NetFlow and IPFIX" },
	{ 0, "max-len", OPT_U32, AT(max_len), "bytes",
	    "of a datagram of NetFlow or IPFIX, default 1400" },
	{ 0, "metrics", OPT_STR, AT(metrics), "address",
	    "serve OpenMetrics: [host:]port or unix:path" },
	{ 0, "pcap", OPT_STR, AT(capture), "file",
	    "send the packets of a capture as Tera Flow" },
	{ 0, "rate", OPT_U32, AT(rate), "flows",
	    "a second, at most" },
	{ 0, "reconnect", OPT_U32, AT(reconnect_s), "seconds",
	    "until a lost connection is tried again, default 60" },
	{ 0, "sampling", OPT_U32, AT(sampling), "count",
	    "send one flow or packet in so many" },
	{ 0, "status", OPT_FLAG, AT(status), NULL,
	    "print what the one of --cursor or --control counted" },
	{ 0, "tls-ca", OPT_STR, AT(tls_ca), "file",
	    "certificates to trust in place of the system's" },
	{ 0, "tmpdir", OPT_STR, AT(input.tmpdir), "dir",
	    "where a pipe is copied to" },
	{ 0, "ttl", OPT_U32, AT(ttl), "count",
	    "TTL or hop limit of datagrams" },
};
/* clang-format on */

const struct opt_table flowfwd_options = { options,
	sizeof(options) / sizeof(options[0]) };

/* clang-format off */
const struct url_scheme flowfwd_schemes[FLOWFWD_SCHEMES] = {
	{ "udp", "8104" }, { "tcp", "8104" }, { "tls", "8104" },
	{ "tera+udp", "8104" }, { "tera+tcp", "8104" }, { "tera+tls", "8104" },
	{ "netflow5", "9995" }, { "netflow9", "9995" }, { "ipfix", "4739" },
	{ "ipfix+udp", "4739" }, { "ipfix+tcp", "4739" },
	{ "ipfix+tls", "4740" },
};
/* clang-format on */
