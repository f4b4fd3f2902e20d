#ifndef FLOWDUMP_OPTIONS_H
#define FLOWDUMP_OPTIONS_H

#include "common/options.h"

extern const struct opt_table flowdump_options;

#endif
