/*
 * Flow files of several blocks, to be damaged by tests.
 */
#ifndef TESTS_STOREKIT_H
#define TESTS_STOREKIT_H

#include <stddef.h>
#include <stdint.h>

#include "store/codec.h"

#define STOREKIT_BLOCKS 4
#define STOREKIT_FLOWS 26 /* of each block */

/* A file as bytes, and where its parts begin. */
struct storekit {
	uint8_t *data;
	size_t len;
	size_t block[STOREKIT_BLOCKS + 1]; /* headers; the last: appendix */
	size_t end; /* of the appendix */
};

/*
 * STOREKIT_BLOCKS blocks with the flows of a golden file each, ident "kit",
 * seven sequence failures.  Left as "kit" in the present directory, too.
 */
void storekit_make(struct storekit *k, const struct codec *codec);
void storekit_free(struct storekit *k);

/* Have the header of a file be that of one which was never completed. */
void storekit_open_header(const char *path);

/*
 * A hash of the flow records that the reader shows, and their number; a
 * file that cannot be read gives up the test.
 */
uint64_t storekit_flows(const char *path, uint64_t *flows);

/* 1, 0, -1 as store_file_load_index(); -2 when the file does not open. */
int storekit_load_index(const char *path, struct err *err);

#endif
