#ifndef STORE_CODEC_INT_H
#define STORE_CODEC_INT_H

#include "store/codec.h"

/*
 * Rows of the codecs whose library may be missing: then a row has no
 * functions, so that its name is known and the refusal can say what is
 * missing.
 */
extern const struct codec codec_bz2;
extern const struct codec codec_lzo;
extern const struct codec codec_zstd;

#endif
