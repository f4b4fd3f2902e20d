#ifndef COMMON_GEO_H
#define COMMON_GEO_H

#include "base/addr.h"
#include "base/err.h"

/*
 * Countries of addresses, from a database in the format of MaxMind.
 */

struct geo_db; /* opaque */

/*
 * NULL with ERR_SYSTEM if the file cannot be opened, ERR_MALFORMED if it is
 * something else or a database without countries, ERR_USAGE if the program is
 * built without libmaxminddb, ERR_NOMEM.  Release with geo_db_close().
 */
struct geo_db *geo_db_open(const char *path, struct err *err);

/* NULL is allowed. */
void geo_db_close(struct geo_db *db);

/*
 * The two letters of the country of the address; code stays as it is if it
 * is not known.  ctx is the database; threads may share it.
 */
void geo_db_country(void *ctx, struct addr a, char code[2]);

#endif
