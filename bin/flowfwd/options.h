#ifndef FLOWFWD_OPTIONS_H
#define FLOWFWD_OPTIONS_H

#include "common/options.h"

extern const struct opt_table flowfwd_options;

#endif
