#ifndef FLOWCAPD_OPTIONS_H
#define FLOWCAPD_OPTIONS_H

#include "common/options.h"

extern const struct opt_table flowcapd_options;

#endif
