#ifndef FLOWFWD_OPTIONS_H
#define FLOWFWD_OPTIONS_H

#include "common/options.h"
#include "common/url.h"

extern const struct opt_table flowfwd_options;

#define FLOWFWD_SCHEMES 12
extern const struct url_scheme flowfwd_schemes[FLOWFWD_SCHEMES];

#endif
