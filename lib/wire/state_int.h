#ifndef WIRE_STATE_INT_H
#define WIRE_STATE_INT_H

/*
 * A state in bytes, numbers big endian:
 *
 *	magic 4, version 2, reserved 2, length of the body 4, XXH3 of it 8
 *	body: exporters, each with its counts, templates, samplers and
 *	names
 */
#define STATE_MAGIC 0x46575354U /* FWST */
#define STATE_VERSION 2
#define STATE_HEADER_LEN 20
#define STATE_EXPORTER_LEN 63
#define STATE_TEMPLATE_LEN 11
#define STATE_SAMPLER_LEN 34

/* Flags of an exporter. */
#define STATE_HAS_SEQUENCE 1
#define STATE_HAS_INIT_TIME 2
#define STATE_IS_YOUNG 4

/* Nobody sends more; they are checked again when they are taken over. */
#define STATE_TEMPLATES_MAX 65536
#define STATE_SAMPLERS_MAX 65536
#define STATE_NAMES_MAX 65536

#endif
