#ifndef WIRE_NETFLOW5_INT_H
#define WIRE_NETFLOW5_INT_H

#include <stdint.h>

/* What decoder and encoder of NetFlow v1, v5 and v7 share. */

#define NF5_SAMPLING_MODE_SHIFT 14
#define NF5_SAMPLING_INTERVAL 0x3fff

/* What the versions differ in. */
struct nf5_layout {
	uint16_t version;
	uint16_t header_len;
	uint16_t record_len;
	uint16_t count_max;
};

/*
 * v1 comes twice: first as exporters send it, and after the others as the
 * manual has it, with reserved bytes.
 */
enum nf5_layouts {
	NF5_V1,
	NF5_V5,
	NF5_V7,
	NF5_V1_LONG,
	NF5_LAYOUTS
};

extern const struct nf5_layout nf5_layouts[NF5_LAYOUTS];

#endif
