#ifndef FLOWPROBE_OPTIONS_H
#define FLOWPROBE_OPTIONS_H

#include "common/options.h"

extern const struct opt_table flowprobe_options;

#endif
