#ifndef FLOWEXPIRE_ARGS_H
#define FLOWEXPIRE_ARGS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "common/options.h"
#include "store/expire.h"

/* The command line: that of nfexpire 1.7 and long options of our own. */

enum action {
	ACTION_NONE,
	ACTION_LIST, /* -l */
	ACTION_RECORD, /* -L */
	ACTION_RESCAN, /* -r */
	ACTION_EXPIRE, /* -e */
	ACTION_UPDATE /* -u */
};

struct config {
	const char *list;
	const char *record;
	const char *rescan;
	const char *expire;
	const char *update;
	const char *size_text;
	const char *lifetime_text;
	const char *watermark_text;
	const char *runtime_text;
	const char *free_text;
	const char *hold; /* filter text */
	const char *hold_dir; /* for flows that match it */
	struct opt_list quotas;
	uint32_t wait_s; /* for locks */
	uint32_t interval_s; /* of rotation */
	bool profile; /* also with quotas */
	bool line;
	bool dry;
	bool json;
	bool yes;
	bool force;
	bool all;
	bool store;
	bool mounts;
	bool help;
	bool version;

	/* What the texts say. */
	enum action action;
	const char *dir;
	struct expire_limits limits;
	bool has_size;
	bool has_lifetime;
	bool has_watermark;
	uint32_t runtime_s; /* 0: no limit */
	uint64_t free_percent; /* of the file system; 0: limits.min_free */
};

/* ERR_USAGE, ERR_VALUE.  Texts that say nothing are no errors. */
int args_parse(struct config *c, int argc, char **argv, struct err *err);

void args_usage(const char *name, FILE *out);

#endif
