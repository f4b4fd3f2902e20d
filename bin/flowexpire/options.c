/*
 * Options of flowexpire.
 */

#include <stddef.h>

#include "flowexpire/args.h"
#include "flowexpire/options.h"

#define AT(member) offsetof(struct config, member)

/* clang-format off */
static const struct opt options[] = {
	{ 'e', NULL, OPT_STR, AT(expire), "dir",
	    "remove the oldest files of dir until it is in its limits" },
	{ 'h', "help", OPT_FLAG, AT(help), NULL,
	    "print this text" },
	{ 'L', NULL, OPT_STR, AT(record), "dir",
	    "as -l, and print what a running nfcapd has counted" },
	{ 'l', NULL, OPT_STR, AT(list), "dir",
	    "print what the books of dir say" },
	{ 'n', "dry-run", OPT_FLAG, AT(dry), NULL,
	    "-e: print what would be removed, change nothing" },
	{ 'p', NULL, OPT_FLAG, AT(profile), NULL,
	    "the directories in dir are channels, under one limit" },
	{ 'r', NULL, OPT_STR, AT(rescan), "dir",
	    "count the files of dir anew" },
	{ 's', NULL, OPT_STR, AT(size_text), "size",
	    "limit in bytes, or with k, m, g, t; 0 none" },
	{ 'T', NULL, OPT_STR, AT(runtime_text), "seconds",
	    "stop after that time, at most 3600" },
	{ 't', NULL, OPT_STR, AT(lifetime_text), "time",
	    "limit of age in w, d, H, M: 1w2d, 1.5d; 0 none" },
	{ 'u', NULL, OPT_STR, AT(update), "dir",
	    "store the limits -s, -t and -w for dir" },
	{ 'w', NULL, OPT_STR, AT(watermark_text), "percent",
	    "of a limit, down to which files are removed" },
	{ 'Y', NULL, OPT_FLAG, AT(line), NULL,
	    "print the books on one line: Stat|SIZE|FIRST|LAST" },
	{ 0, "all", OPT_FLAG, AT(all), NULL,
	    "-e: the newest file may go, too" },
	{ 0, "cross-mounts", OPT_FLAG, AT(mounts), NULL,
	    "-e: enter directories of other file systems" },
	{ 0, "force", OPT_FLAG, AT(force), NULL,
	    "take a directory that does not look like one of flow files" },
	{ 0, "free", OPT_STR, AT(free_text), "size|percent%",
	    "-e: have that much of the file system free" },
	{ 0, "hold", OPT_STR, AT(hold), "filter",
	    "-e: a file with a matching flow stays" },
	{ 0, "hold-extract", OPT_STR, AT(hold_dir), "dir",
	    "--hold: the flows are copied to dir, and the file goes" },
	{ 0, "interval", OPT_U32, AT(interval_s), "seconds",
	    "-e: files of this age and younger stay" },
	{ 0, "json", OPT_FLAG, AT(json), NULL,
	    "print one object" },
	{ 0, "quota", OPT_LIST, AT(quotas), "[name=]size",
	    "-e: limit of each directory in dir, or of that one" },
	{ 0, "store", OPT_FLAG, AT(store), NULL,
	    "-e, -r: store -s, -t and -w, as nfexpire does" },
	{ 0, "version", OPT_FLAG, AT(version), NULL,
	    "print the version" },
	{ 0, "wait", OPT_U32, AT(wait_s), "seconds",
	    "for other programs at work in dir, default 30" },
	{ 0, "yes", OPT_FLAG, AT(yes), NULL,
	    "do not ask when all files are too old" },
};
/* clang-format on */

const struct opt_table flowexpire_options = { options,
	sizeof(options) / sizeof(options[0]) };
