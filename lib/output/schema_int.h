#ifndef OUTPUT_SCHEMA_INT_H
#define OUTPUT_SCHEMA_INT_H

#include "base/buffer.h"

/*
 * What reports say of their objects in JSON: each has a function that adds
 * its keys, from the table that it prints by.  schema.c lists the reports.
 */

enum json_type {
	JSON_STRING,
	JSON_NUMBER,
	JSON_LIST, /* of objects */
	JSON_TIME /* KEY, a string, and KEY_ms, a number: json_time() */
};

/* Add "report<TAB>key<TAB>type"; of a time two lines. */
void schema_add(struct buffer *out, const char *report, const char *key,
    enum json_type type);

void format_json_schema(const char *report, struct buffer *out);
void format_ndjson_schema(const char *report, struct buffer *out);
void exporter_schema(const char *report, struct buffer *out);
void plot_schema(const char *report, struct buffer *out);
void statistic_schema(const char *report, struct buffer *out);
void summary_schema(const char *report, struct buffer *out);

#endif
