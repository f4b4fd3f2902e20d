#ifndef STORE_LEDGER_INT_H
#define STORE_LEDGER_INT_H

#include "base/buffer.h"
#include "store/index_int.h"
#include "store/ledger.h"

/*
 * The ledger as it is stored, numbers in host order: a header, names behind
 * their length in a byte, rows, a trailer.
 */

/* As the header of a block: one of more bytes than any reader takes. */
#define LEDGER_MAGIC "FLOWLEDG"
#define LEDGER_END_MAGIC "GDELWOLF"
#define LEDGER_MAGIC_LEN 8
#define LEDGER_VERSION 1
#define LEDGER_HEADER_LEN 48
#define LEDGER_TRAILER_LEN 24
#define LEDGER_ROW_LEN 32 /* before its values */
#define LEDGER_LEN_MAX (64U * 1024 * 1024)

/*
 * Append the ledger, which starts where place->start says.  False when there
 * is nothing in it, it is too large, or there is no memory.
 */
bool store_ledger_encode(const struct store_ledger *l,
    const struct index_place *place, struct buffer *out);

/* NULL with ERR_MALFORMED or ERR_NOMEM. */
struct store_ledger *store_ledger_decode(const uint8_t *data, size_t len,
    const struct index_place *place, struct err *err);

/*
 * As store_file_ledger() for a file that is to be written anew: one that is
 * damaged is none.
 */
int store_file_ledger_sound(const struct store_file *f,
    struct store_ledger **l, struct err *err);

#endif
