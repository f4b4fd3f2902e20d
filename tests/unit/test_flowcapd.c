/*
 * Parts of flowcapd that do no I/O: the command line with its letters of
 * several meanings, the extension list, slots in time, the log limit, and
 * the pool of blocks.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flowcapd/args.h"
#include "flowcapd/block.h"
#include "flowcapd/eventlog.h"
#include "flowcapd/extensions.h"
#include "flowcapd/slotclock.h"
#include "store/writer.h"
#include "tap.h"

#define WORDS_MAX 32

/* A world with two directories and one program. */
static bool
is_directory(const char *path)
{
	return strcmp(path, "dir") == 0 || strcmp(path, "dir2") == 0;
}

static bool
is_command(const char *word)
{
	return strcmp(word, "prog") == 0;
}

static const struct args_probe probe = { is_directory, is_command };

/* clang-format off */
static const struct {
	const char *line; /* words separated by blanks, '_' is a blank in one */
	const char *want; /* rendered configuration, or the error */
} lines[] = {
	/* whole command lines of the wild */
	{ "-D -T all -w -t 1800 -P /run/x -l dir",
	  "dir lz4 t1800 p9995 D T=all P=/run/x" },
	{ "-l dir -D", "dir lz4 t300 p9995 D" },
	{ "-w dir -D", "dir lz4 t300 p9995 D" },
	{ "-w dir -D -x prog_%f",
	  "option -x is not supported: launch command" },
	{ "-w dir -D -l prog_%f",
	  "option -l 'prog %f' is not supported: launch command" },

	/* -w */
	{ "-w", "no data directory: use -w dir or -l dir" },
	{ "-l dir -w", "dir lz4 t300 p9995" },
	{ "-w -D -l dir", "dir lz4 t300 p9995 D" },
	{ "-wdir", "dir lz4 t300 p9995" },
	{ "-wD -l dir", "dir lz4 t300 p9995 D" },
	{ "-wt60 -l dir", "dir lz4 t60 p9995" },
	{ "-Dwt 60 -l dir", "dir lz4 t60 p9995 D" },
	{ "-weD -l dir",
	  "option -e is not supported: expiry after every rotation" },
	{ "-wDq -l dir", "No valid directory: Dq" },
	{ "-w/nowhere", "No valid directory: /nowhere" },
	{ "-w nowhere", "No valid directory: nowhere" },
	{ "-w @", "option -w: empty directory name" },

	/* -l */
	{ "-l @", "option -l: empty directory name" },
	{ "-l", "option -l needs an argument" },
	{ "-ldir", "dir lz4 t300 p9995" },
	{ "-l nowhere", "No valid directory: nowhere" },
	{ "-l prog", "No valid directory: prog" },
	{ "-l prog -w dir",
	  "option -l 'prog' is not supported: launch command" },
	{ "-l nowhere -w dir", "No valid directory: nowhere" },
	{ "-w dir -l dir2", "dir2 lz4 t300 p9995 !" },
	{ "-l dir2 -w dir", "dir lz4 t300 p9995 !" },
	{ "-l dir -w dir", "dir lz4 t300 p9995" },

	/* -T takes a word that looks like an option */
	{ "-T -4,+8 -l dir", "dir lz4 t300 p9995 T=-4,+8" },

	/* compression */
	{ "-y -l dir", "dir lz4 t300 p9995" },
	{ "-z -l dir", "dir lzo t300 p9995" },
	{ "-zD -l dir", "dir lzo t300 p9995 D" },
	{ "-z=lz4 -l dir", "dir lz4 t300 p9995" },
	{ "-zlz4 -l dir", "dir lz4 t300 p9995" },
	{ "-z zstd -l dir", "dir zstd t300 p9995" },
	{ "-z lz4:9 -l dir",
	  "option -z lz4:9: levels are not supported" },
	{ "-z=gzip -l dir", "option -z: unknown method 'gzip'" },
	{ "-z -y -l dir", "Use one compression: -z for LZO, -j for BZ2 or "
	  "-y for LZ4 compression" },
	{ "-j -l dir", "dir bz2 t300 p9995" },
	{ "-j 239.1.2.3 -l dir",
	  "option -j 239.1.2.3 is not supported: multicast group" },
	{ "-jff02::1 -l dir",
	  "option -j ff02::1 is not supported: multicast group" },
	{ "--compress none -l dir", "dir none t300 p9995" },
	{ "--compress=none -l dir", "dir none t300 p9995" },

	/* -X */
	{ "-X 1,2,3 -l dir", "dir lz4 t300 p9995" },
	{ "-X -l dir", "dir lz4 t300 p9995" },
	{ "-XD -l dir", "dir lz4 t300 p9995 D" },

	/* values */
	{ "-l dir -t 0",
	  "option -t: 0 is not between 1 and 31622400 seconds" },
	{ "-l dir -t 5m", "option -t needs a number, not '5m'" },
	{ "-l dir -t", "option -t needs an argument" },
	{ "-l dir -p 70000",
	  "option -p: '70000' is not a port from 1 to 65535" },
	{ "-l dir -p 0", "option -p: '0' is not a port from 1 to 65535" },
	{ "-l dir -p netflow", "dir lz4 t300 pnetflow" },
	{ "-l dir -S 9", "No such subdir level 9" },
	{ "-l dir -I a_b", "Illegal characters in ident a b" },
	{ "-l dir -s 0", "Invalid sampling rate: 0" },
	{ "-l dir -s 1x", "Invalid sampling rate: 1x" },
	{ "-l dir -s 10000001", "Invalid sampling rate: 10000001" },
	{ "-l dir -s -5", "option -s -5 is not supported: rate that "
	  "overrides announced ones" },
	{ "-l dir -s 100", "dir lz4 t300 p9995 s100" },
	{ "-l dir --flush 0",
	  "option --flush: 0 is not between 1 and 3600 seconds" },
	{ "-l dir --flush=5", "dir lz4 t300 p9995 f5" },
	{ "-l dir --flush", "option --flush needs an argument" },
	{ "-l dir --sync never", "dir lz4 t300 p9995 s=never" },
	{ "-l dir --sync=flush", "dir lz4 t300 p9995 s=flush" },
	{ "-l dir --sync close", "dir lz4 t300 p9995" },
	{ "-l dir --sync always",
	  "option --sync: 'always' is not never, close or flush" },

	/* the rest */
	{ "-l dir -r -E -4 -6", "dir lz4 t300 p9995 E" },
	{ "-l dir -q", "unknown option -q" },
	{ "-l dir --nothing", "unknown option --nothing" },
	{ "-l dir -n a,1.2.3.4,dir",
	  "option -n is not supported: sources by address" },
	{ "-l dir word", "dir lz4 t300 p9995 !" },
	{ "-l dir two words", "unexpected argument 'words'" },
	{ "-h -q", "help" },
	{ "-V", "version" },
	{ "", "no data directory: use -w dir or -l dir" },
};
/* clang-format on */

static void
render(const struct config *c, char *out, size_t len)
{
	size_t n;

	if (c->help || c->version) {
		snprintf(out, len, "%s", c->help ? "help" : "version");
		return;
	}
	snprintf(out, len, "%s %s t%u p%s%s%s", c->dir, c->compression,
	    c->interval_s, c->port, c->background ? " D" : "",
	    c->print ? " E" : "");
	n = strlen(out);
	if (c->extensions != NULL)
		snprintf(out + n, len - n, " T=%s", c->extensions);
	n = strlen(out);
	if (c->pidfile != NULL)
		snprintf(out + n, len - n, " P=%s", c->pidfile);
	n = strlen(out);
	if (c->sampling != 1)
		snprintf(out + n, len - n, " s%u", c->sampling);
	n = strlen(out);
	if (c->flush_s != 2)
		snprintf(out + n, len - n, " f%u", c->flush_s);
	n = strlen(out);
	if (c->sync != SPOOL_SYNC_CLOSE)
		snprintf(out + n, len - n, " s=%s",
		    c->sync == SPOOL_SYNC_NEVER ? "never" : "flush");
	n = strlen(out);
	if (c->warnings > 0)
		snprintf(out + n, len - n, " !");
}

/* The line cut into words; "@" is the empty one. */
static int
split(char *line, const char *name, char **argv)
{
	static char argv0[32];
	int argc = 1;
	char *word;

	snprintf(argv0, sizeof(argv0), "%s", name);
	argv[0] = argv0;
	for (word = strtok(line, " "); word != NULL && argc < WORDS_MAX;
	    word = strtok(NULL, " ")) {
		if (strcmp(word, "@") == 0)
			*word = '\0';
		for (char *p = word; *p != '\0'; p++)
			if (*p == '_')
				*p = ' ';
		argv[argc++] = word;
	}
	return argc;
}

static void
test_lines(void)
{
	char line[256], got[1200], *argv[WORDS_MAX];
	struct config c;
	struct err err;
	int argc;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		snprintf(line, sizeof(line), "%s", lines[i].line);
		argc = split(line, "flowcapd", argv);
		if (args_parse(&c, argc, argv, &probe, &err) == -1)
			snprintf(got, sizeof(got), "%s", err.text);
		else
			render(&c, got, sizeof(got));
		is_str(got, lines[i].want, "flowcapd %s", lines[i].line);
	}
}

static void
test_names(void)
{
	char line[] = "-l dir", *argv[WORDS_MAX];
	struct config c;
	int argc = split(line, "/usr/bin/sfcapd", argv);

	is_int(args_parse(&c, argc, argv, &probe, NULL), 0, "as sfcapd");
	is_str(c.port, "6343", "sfcapd has a port of its own");
	ok(args_is_sfcapd("sfcapd"), "sfcapd");
	ok(!args_is_sfcapd("nfcapd"), "not sfcapd");
}

static int
count_bits(uint64_t v)
{
	return __builtin_popcountll(v);
}

static void
test_extensions(void)
{
	static const struct {
		const char *text;
		int want;
	} lists[] = { { "all", 35 }, { "1,2", 4 }, { "+3", 5 }, { "-1", 2 },
		{ "-1,+4", 4 }, { "nsel", 7 }, { "nel", 3 }, { "1,99", 2 },
		{ "1,all", 35 }, { "", -1 }, { "bogus", -1 }, { "1,,2", -1 },
		{ "1;2", -1 } };
	char longest[130];
	uint64_t chosen;
	struct err err;
	int got;

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		got = extensions_parse(lists[i].text, &chosen, &err) == -1 ?
		    -1 : count_bits(chosen);
		is_int(got, lists[i].want, "extension list '%s'",
		    lists[i].text);
	}
	memset(longest, '1', sizeof(longest));
	longest[129] = '\0';
	is_int(extensions_parse(longest, &chosen, &err), -1, "129 characters");
	is_int(extensions_parse(longest + 1, &chosen, &err), 0,
	    "128 characters");
}

static void
test_slotclock(void)
{
	struct slotclock c;

	slotclock_start(&c, 300, 1000);
	is_int(c.start_s, 900, "slot start");
	is_int(slotclock_end(&c), 1200, "slot end");
	is_int(slotclock_step(&c, 1199), SLOT_SAME, "last second");
	is_int(slotclock_step(&c, 1200), SLOT_NEXT, "end");
	is_int(slotclock_step(&c, 9999), SLOT_NEXT, "jump forward");
	is_int(slotclock_step(&c, 900), SLOT_SAME, "299 s back");
	is_int(slotclock_step(&c, 899), SLOT_BACK, "300 s back");
	slotclock_start(&c, 300, 1000);
	is_int(slotclock_step(&c, 800), SLOT_SAME, "before the start");
	is_int(slotclock_step(&c, 701), SLOT_SAME, "again back");
	is_int(slotclock_step(&c, 700), SLOT_BACK, "small steps add up");
}

static void
test_eventlog(void)
{
	static struct eventlog l;
	uint64_t left_out = 99, lines_out = 0;

	ok(eventlog_allow(&l, 5, 1000, &left_out), "first is logged");
	is_uint(left_out, 0, "none left out");
	ok(!eventlog_allow(&l, 5, 2000, &left_out), "second is not");
	ok(!eventlog_allow(&l, 5, 60999, &left_out), "nor in its minute");
	ok(eventlog_allow(&l, 5, 61000, &left_out), "a minute later");
	is_uint(left_out, 2, "two left out");
	ok(eventlog_allow(&l, 5, 0, &left_out), "clock set back");
	for (uint64_t key = 0; key < 100000; key++)
		lines_out += eventlog_allow(&l, key * 7919, 1, &left_out);
	ok(lines_out <= EVENTLOG_SLOTS, "a flood of kinds is bounded: %llu",
	    (unsigned long long)lines_out);
}

static void
test_blocks(void)
{
	struct blocks *q = blocks_new(2, true, NULL);
	struct block *a, *b;

	if (q == NULL)
		bail("out of memory");
	a = blocks_take(q);
	b = blocks_take(q);
	ok(a != NULL && b != NULL && a != b, "two blocks");
	ok(blocks_take(q) == NULL, "no third");
	memset(a->data, 1, STORE_BLOCK_SIZE);
	a->len = 10;
	blocks_put(q, b);
	blocks_put(q, a);
	ok(blocks_get(q) == b, "first in");
	ok(blocks_get(q) == a, "first out");
	blocks_return(q, a);
	ok(blocks_take(q) == a, "used again");
	is_uint(a->len, 0, "and empty");
	blocks_free(q);
}

int
main(void)
{
	test_lines();
	test_names();
	test_extensions();
	test_slotclock();
	test_eventlog();
	test_blocks();
	return done_testing();
}
