#ifndef FLOWPROBE_OPTIONS_H
#define FLOWPROBE_OPTIONS_H

#include "common/options.h"
#include "common/outlet.h"
#include "common/url.h"
#include "packet/cache.h"
#include "wire/encode.h"

extern const struct opt_table flowprobe_options;

/* By enum outlet_kind. */
#define FLOWPROBE_SCHEMES (OUTLET_TLS + 1)
extern const struct url_scheme flowprobe_schemes[FLOWPROBE_SCHEMES];

/* Of --time, from WIRE_TIME_SEC on. */
extern const char *const flowprobe_times[WIRE_TIMES];

/* Of --track. */
#define FLOWPROBE_TRACKS 6
extern const struct flowprobe_track {
	const char *name;
	enum cache_track track;
} flowprobe_tracks[FLOWPROBE_TRACKS];

/* Of --timeout. */
enum timeout {
	TIMEOUT_CLASS, /* of one protocol */
	TIMEOUT_GENERAL, /* of all */
	TIMEOUT_MAXLIFE,
	TIMEOUT_FIN,
	TIMEOUT_RST,
	TIMEOUT_SCAN
};

#define FLOWPROBE_TIMEOUTS 9
extern const struct flowprobe_timeout {
	const char *name;
	enum timeout kind;
	enum cache_class class;
} flowprobe_timeouts[FLOWPROBE_TIMEOUTS];

#endif
