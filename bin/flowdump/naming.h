#ifndef FLOWDUMP_NAMING_H
#define FLOWDUMP_NAMING_H

#include "base/err.h"
#include "output/format.h"
#include "store/reader.h"

/*
 * Names that exporters told of interfaces, VRFs and applications, from the
 * records of flow files.
 *
 * A record of names does not say whose they are.  In our files it stands
 * behind the record of its exporter, and its names are of that address; where
 * it stands elsewhere they are everyone's.
 */

struct naming; /* opaque */

/* NULL with ERR_NOMEM. */
struct naming *naming_new(struct err *err);

/* NULL is allowed. */
void naming_free(struct naming *n);

/*
 * Read the names of a file, where its index says that there may be some;
 * those told last count.  What is damaged is left to whom reads the flows.
 * ERR_NOMEM.
 */
int naming_read(struct naming *n, struct store_file *f, bool uses_index,
    struct err *err);

/*
 * For struct format_options; ctx is the naming.  Without an exporter the name
 * is that on which all of them agree.
 */
const char *naming_find(void *ctx, struct addr exporter,
    enum format_name kind, struct span id);

#endif
