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

static bool
is_file(const char *path)
{
	return strcmp(path, "file") == 0;
}

static const struct args_probe probe = { is_directory, is_command, is_file };

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
	{ "-w dir -D -x cmd_%f", "dir lz4 t300 p9995 D x=cmd %f" },
	{ "-w dir -D -l cmd_%f -x threads.writers=2",
	  "dir lz4 t300 p9995 D x=cmd %f !" },

	/* -w */
	{ "-w", "no data directory: use -w dir or -l dir" },
	{ "-l dir -w", "dir lz4 t300 p9995" },
	{ "-w -D -l dir", "dir lz4 t300 p9995 D" },
	{ "-wdir", "dir lz4 t300 p9995" },
	{ "-wD -l dir", "dir lz4 t300 p9995 D" },
	{ "-wt60 -l dir", "dir lz4 t60 p9995" },
	{ "-Dwt 60 -l dir", "dir lz4 t60 p9995 D" },
	{ "-weD -l dir", "dir lz4 t300 p9995 D e" },
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
	{ "-l prog -w dir", "dir lz4 t300 p9995 x=prog" },
	{ "-l prog_dir -w dir", "dir lz4 t300 p9995 x=prog dir" },
	{ "-l cmd%f -M dir", "- lz4 t300 p9995 M=dir x=cmd%f" },
	{ "-w dir -l prog -x prog", "dir lz4 t300 p9995 x=prog" },
	{ "-w dir -l prog -x other",
	  "only one launch command: 'prog' or 'other'" },
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
	{ "-z lz4:9 -l dir", "dir lz4:9 t300 p9995" },
	{ "-z=gzip -l dir", "option -z: unknown method 'gzip'" },
	{ "-z -y -l dir", "Use one compression: -z for LZO, -j for BZ2 or "
	  "-y for LZ4 compression" },
	{ "-j -l dir", "dir bz2 t300 p9995" },
	{ "-j 239.1.2.3 -l dir", "dir lz4 t300 p9995 J=239.1.2.3" },
	{ "-jff02::1 -l dir", "dir lz4 t300 p9995 J=ff02::1" },
	{ "-j ff02::1%lo -l dir", "dir lz4 t300 p9995 J=ff02::1%lo" },
	{ "-J 239.1.2.3 -j -l dir", "dir bz2 t300 p9995 J=239.1.2.3" },
	{ "-J 239.1.2.3 -b host -l dir",
	  "ERROR, -b and -j are mutually exclusive!!" },
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
	{ "-l dir -s -5", "dir lz4 t300 p9995 s-5" },
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
	{ "-l dir word", "dir lz4 t300 p9995 !" },
	{ "-l dir -k key",
	  "option -k: encrypted transport is not supported" },

	/* sources */
	{ "-n a,1.2.3.4,dir -n b,::1,dir2", "- lz4 t300 p9995 n2" },
	{ "-l dir -n a,1.2.3.4,dir", "- lz4 t300 p9995 n1 !" },
	{ "-w dir -n a,1.2.3.4,dir", "-w, -n and -M are mutually "
	  "exclusive. Use only one flow source model." },
	{ "-M dir -n a,1.2.3.4,dir", "-w, -n and -M are mutually "
	  "exclusive. Use only one flow source model." },
	{ "-l dir2 -M dir", "-w, -n and -M are mutually "
	  "exclusive. Use only one flow source model." },
	{ "-M dir", "- lz4 t300 p9995 M=dir" },
	{ "-M dir --max-sources 5", "- lz4 t300 p9995 M=dir max5" },
	{ "-M dir --max-sources 0",
	  "option --max-sources: '0' is not a number from 1 to 1048576" },
	{ "-M @", "option -M: empty directory name" },
	{ "-M nowhere", "No valid directory: nowhere" },
	{ "-N file", "- lz4 t300 p9995 N1" },
	{ "-N 500 -l dir", "option -N: '500' is not a file of sources" },
	{ "-C file", "- lz4 t300 p9995 C=file" },
	{ "-C none", "no data directory: use -w dir or -l dir" },

	/* settings of 1.8 */
	{ "-w dir -x opt.tun=1", "dir lz4 t300 p9995 tun" },
	{ "-w dir -x maxworkers=two",
	  "-x maxworkers=two: 'two' is not a number" },
	{ "-w dir -x xxhash=1", "dir lz4 t300 p9995 !" },
	{ "-w dir -x sampling=-7", "dir lz4 t300 p9995 s-7" },
	{ "-w dir -o tun -x opt.tun=0", "dir lz4 t300 p9995" },
	{ "-w dir -x colour=red", "option -x: unknown setting 'colour'" },
	{ "-w dir -x 1=red", "dir lz4 t300 p9995 x=1=red" },

	/* -v */
	{ "-w dir -v", "dir lz4 t300 p9995 v2" },
	{ "-w dir -vv -v", "dir lz4 t300 p9995 E v4" },
	{ "-w dir -v 3", "dir lz4 t300 p9995 E v3" },
	{ "-w dir -v0 -D", "dir lz4 t300 p9995 D v0" },
	{ "-vw dir", "dir lz4 t300 p9995 v2" },
	{ "-w dir -v 5", "Verbose log level allowed between 0..4" },

	/* intakes */
	{ "-w dir -f file", "dir lz4 t300 p9995" },
	{ "-w dir -f file host_10.1.2.3", "dir lz4 t300 p9995" },
	{ "-w dir -f file -d lo", "only one of -f, -d and -Y is possible" },
	{ "-w dir -f file -b host", "-f, -d and -Y do not go with --listen, "
	  "--receivers, -b and -J" },
	{ "-w dir --listen udp://:1 -p 5",
	  "--listen does not go with -b, -p and -J" },
	{ "-w dir --listen udp://:1 --listen udp://:2 --receivers 2",
	  "dir lz4 t300 p9995" },
	{ "-w dir --receivers 0",
	  "option --receivers: 0 is not between 1 and 64" },

	/* what follows an interval */
	{ "-w dir -e -Z", "ERROR, -Z timezone extension breaks expire -e" },
	{ "-w dir -i 5",
	  "option -i: 5 is not between 10 and 31622400 seconds" },
	{ "-w dir -o tun", "dir lz4 t300 p9995 tun" },
	{ "-w dir -o sun", "Unknown option: sun" },
	{ "-w dir -A", "option -A needs a repeater: -R host" },
	{ "-w dir -R 1 -R 2 -R 3 -R 4 -R 5 -R 6 -R 7 -R 8 -R 9",
	  "Too many packet repeaters! Max: 8" },
	{ "-l dir two words", "unexpected argument 'words'" },
	{ "-h -q", "help" },
	{ "-V", "version" },
	{ "", "no data directory: use -w dir or -l dir" },
};
/* clang-format on */

static void
add(char *out, size_t len, const char *text)
{
	size_t n = strlen(out);

	snprintf(out + n, len - n, "%s", text);
}

static void
add_text(char *out, size_t len, const char *name, const char *text)
{
	size_t n = strlen(out);

	if (text != NULL)
		snprintf(out + n, len - n, " %s=%s", name, text);
}

/* Only what is not as it is by default. */
static void
add_number(char *out, size_t len, const char *name, uint32_t value,
    uint32_t standard)
{
	size_t n = strlen(out);

	if (value != standard)
		snprintf(out + n, len - n, " %s%u", name, value);
}

static void
render(const struct config *c, char *out, size_t len)
{
	if (c->help || c->version) {
		snprintf(out, len, "%s", c->help ? "help" : "version");
		return;
	}
	snprintf(out, len, "%s %s t%u p%s%s%s%s",
	    c->dir == NULL ? "-" : c->dir, c->compression, c->interval_s,
	    c->port, c->background ? " D" : "", c->print ? " E" : "",
	    c->expire ? " e" : "");
	add_text(out, len, "T", c->extensions);
	add_text(out, len, "P", c->pidfile);
	add_text(out, len, "M", c->base);
	add_text(out, len, "C", c->config_file);
	add_text(out, len, "J", c->multicast);
	add_text(out, len, "x", c->command);
	add_number(out, len, "n", c->sources.count, 0);
	add_number(out, len, "N", c->source_files.count, 0);
	if (c->settings.sampling > 1)
		add_number(out, len, "s", c->settings.sampling, 0);
	add_number(out, len, "s-", c->settings.forced_sampling, 0);
	add_number(out, len, "f", c->flush_s, 2);
	add_number(out, len, "v", c->verbosity, 1);
	add_number(out, len, "max", c->settings.max_sources, 0);
	if (c->sync != SPOOL_SYNC_CLOSE)
		add_text(out, len, "s",
		    c->sync == SPOOL_SYNC_NEVER ? "never" : "flush");
	if (c->settings.tunnels)
		add(out, len, " tun");
	if (c->warnings > 0)
		add(out, len, " !");
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
	ok(c.is_sfcapd, "it is sfcapd");
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
	is_int(slotclock_step(&c, 899), SLOT_SAME, "300 s back, or a bit less");
	is_int(slotclock_step(&c, 898), SLOT_BACK, "301 s back");
	slotclock_start(&c, 300, 1000);
	is_int(slotclock_step(&c, 800), SLOT_SAME, "before the start");
	is_int(slotclock_step(&c, 700), SLOT_SAME, "again back");
	is_int(slotclock_step(&c, 699), SLOT_BACK, "small steps add up");
	slotclock_start(&c, 1, 1000);
	is_int(slotclock_step(&c, 999), SLOT_SAME, "was on its way");
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
	lines_out = 0;
	for (unsigned i = 0; i < 10000; i++)
		lines_out += eventlog_spend(&l, 5000 + i, &left_out);
	is_int(lines_out, EVENTLOG_BUDGET, "a minute has its budget");
	ok(eventlog_spend(&l, 65000, &left_out), "so has the next");
	is_uint(left_out, 10000 - EVENTLOG_BUDGET, "which tells of the rest");
	lines_out = 0;
	for (uint64_t key = 0; key < 100000; key++)
		lines_out += eventlog_allow(&l, key * 7919, 1, &left_out);
	ok(lines_out <= EVENTLOG_SLOTS, "a flood of kinds is bounded: %llu",
	    (unsigned long long)lines_out);
}

static void
test_blocks(void)
{
	static const struct spare_blocks one = { 1, 0 }, each = { 1, 1 };
	struct blocks *q = blocks_new(2, true, NULL);
	struct block *a, *b;

	if (q == NULL)
		bail("out of memory");
	a = blocks_take(q, 0);
	b = blocks_take(q, 0);
	ok(a != NULL && b != NULL && a != b, "two blocks");
	ok(blocks_take(q, 0) == NULL, "no third");
	memset(a->data, 1, STORE_BLOCK_SIZE);
	a->len = 10;
	blocks_put(q, &b->item);
	blocks_put(q, &a->item);
	ok(blocks_get(q) == &b->item, "first in");
	ok(blocks_get(q) == &a->item, "first out");
	blocks_return(q, a);
	ok(blocks_take(q, 0) == a, "used again");
	is_uint(a->len, 0, "and empty");
	blocks_return(q, b);
	ok(blocks_have(q, one), "one is left");
	ok(blocks_take(q, 1) == NULL, "to be kept");
	blocks_grow(q, 1);
	ok(blocks_have(q, each), "one more for who fills one more");
	ok(blocks_take(q, 0) != NULL, "when it is taken");
	ok(blocks_have(q, one) && !blocks_have(q, each), "there is but one");
	blocks_free(q);
}

static struct item *
put_state(struct blocks *q, uint32_t receiver)
{
	struct state_item *s = calloc(1, sizeof(*s));

	if (s == NULL)
		bail("out of memory");
	s->item.kind = ITEM_STATE;
	s->item.receiver = receiver;
	blocks_put(q, &s->item);
	return &s->item;
}

/* A writer that does not get on finds the last state of each receiver. */
static void
test_states(void)
{
	struct blocks *q = blocks_new(1, false, NULL);
	struct item *first, *second;

	if (q == NULL)
		bail("out of memory");
	for (unsigned i = 0; i < 3; i++) {
		first = put_state(q, 0);
		second = put_state(q, 1);
	}
	ok(blocks_get(q) == first, "the last state of one");
	ok(blocks_get(q) == second, "and of the other");
	free(first);
	free(second);
	put_state(q, 0);
	first = put_state(q, 0);
	second = put_state(q, 1);
	ok(blocks_get(q) == first, "one that was alone is replaced");
	ok(blocks_get(q) == second, "and what follows stays behind it");
	free(first);
	free(second);
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
	test_states();
	return done_testing();
}
