#ifndef FLOWEXPIRE_OPTIONS_H
#define FLOWEXPIRE_OPTIONS_H

#include "common/options.h"

extern const struct opt_table flowexpire_options;

#endif
