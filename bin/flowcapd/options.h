#ifndef FLOWCAPD_OPTIONS_H
#define FLOWCAPD_OPTIONS_H

#include "common/options.h"
#include "common/url.h"

extern const struct opt_table flowcapd_options;

/* Of --sync, by enum spool_sync; NULL behind the last. */
extern const char *const flowcapd_syncs[];

/*
 * Schemes.  Those without Tera Flow only tell the port of a URL without one:
 * each of the other protocols is taken everywhere, but by TCP and TLS there is
 * only IPFIX.
 */
enum scheme {
	NETFLOW,
	IPFIX,
	SFLOW,
	UDP,
	IPFIX_TCP,
	IPFIX_TLS,
	TERA_UDP,
	TERA_TCP,
	TERA_TLS,
	SCHEMES
};

extern const struct url_scheme flowcapd_schemes[SCHEMES];

#endif
