#ifndef QUERY_FILTER_LABEL_H
#define QUERY_FILTER_LABEL_H

#include "query/filter_int.h"

/* Labels: "(expression) %name". */

struct label; /* the outline of the labelled parts; opaque */

/* Read the name behind "%", the current token, into *label. */
int label_parse(struct parser *p, struct label **label);

/*
 * Add p->label, the outline of the part n, to that of its AND or OR, which
 * begins as NULL; NULL again if nothing in it has a label.
 */
int label_join(struct parser *p, struct label **group, const struct node *n,
    bool is_or);
struct label *label_finish(struct label *group);

/* Make the filters that f->label needs.  -1 when out of memory. */
int label_code(struct filter *f);
void label_filters_free(struct label_filters *all);

/* What a thread needs to give labels; as filter_run_new() and so on. */
struct label_run *label_run_new(const struct filter *f, struct err *err);
void label_run_free(struct label_run *r);
void label_run_ident(struct label_run *r, const char *ident);

/* Write the labels of the selected rows, which match, to FLD_LABEL. */
void label_run_rows(struct label_run *r, struct batch *b);

#endif
