/*
 * The launch command: its words, its environment, and the process that runs
 * it.  Commands meet through fifos, so nothing depends on how fast they are.
 */

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "files.h"
#include "flowcapd/command.h"
#include "flowcapd/keeper.h"
#include "flowcapd/keeper_int.h"
#include "tap.h"

#define LONG_MS 20000 /* for what comes at once unless it hangs */

static char unknown[16];

static void
on_unknown(char token)
{
	size_t len = strlen(unknown);

	unknown[len] = token == '\0' ? '$' : token;
}

/* clang-format off */
static const struct {
	const char *text;
	const char *want; /* words with a bar behind each, or the error */
	const char *unknown;
} rows[] = {
	{ "prog", "prog|", "" },
	{ "  prog \t %f  ", "prog|2026/nfcapd.202611261000|", "" },
	{ "p %d/%f", "p|/da ta/2026/nfcapd.202611261000|", "" },
	{ "p %t %u %i", "p|202611261000|1795687200|an ident|", "" },
	{ "p %%f %%%f", "p|%f|%2026/nfcapd.202611261000|", "" },
	{ "p %q 50% %", "p|%q|50%|%|", "q$$" },
	{ "sh -c 'echo \"$1\"' x \"%i\"", "sh|-c|echo \"$1\"|x|an ident|", "" },
	{ "p a'b c'd\"e f\"g", "p|ab cde fg|", "" },
	{ "p '' \"\" x", "p|||x|", "" },
	{ "p \"it's\" '\"'", "p|it's|\"|", "" },
	{ "p a\\ b $HOME `x` ; & > y", "p|a\\|b|$HOME|`x`|;|&|>|y|", "" },
	{ "%i x", "an ident|x|", "" },
	{ "", "launch command: empty", "" },
	{ "  \t", "launch command: empty", "" },
	{ "'' x", "launch command: empty", "" },
	{ "p 'a b", "launch command: a quote does not end", "" },
	{ "p \"a' b", "launch command: a quote does not end", "" },
};
/* clang-format on */

static const struct command_values values = { "2026/nfcapd.202611261000",
	"/da ta", "an ident", 1795687200 };

static void
expand(const char *text, char *got, size_t size)
{
	struct err err;
	struct command *c = command_parse(text, on_unknown, &err);
	char **words = c == NULL ? NULL : command_expand(c, &values);

	*got = '\0';
	if (c == NULL)
		snprintf(got, size, "%s", err.text);
	for (unsigned i = 0; words != NULL && words[i] != NULL; i++)
		snprintf(got + strlen(got), size - strlen(got), "%s|",
		    words[i]);
	free(words);
	command_free(c);
}

static void
test_words(void)
{
	static char text[COMMAND_LEN_MAX + 2];
	char got[ERR_TEXT_MAX];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		memset(unknown, 0, sizeof(unknown));
		expand(rows[i].text, got, sizeof(got));
		is_str(got, rows[i].want, "words of [%s]", rows[i].text);
		is_str(unknown, rows[i].unknown, "unknown in [%s]",
		    rows[i].text);
	}
	memset(text, 'x', sizeof(text) - 1);
	expand(text, got, sizeof(got));
	is_str(got, "launch command: more than 4096 characters", "too long");
	for (size_t i = 1; i < 2 * COMMAND_WORDS_MAX; i += 2)
		text[i] = ' ';
	text[2 * COMMAND_WORDS_MAX + 1] = '\0';
	expand(text, got, sizeof(got));
	is_str(got, "launch command: more than 256 words", "too many words");
}

static void
test_environment(void)
{
	char keep[] = "PATH=/bin", preload[] = "LD_PRELOAD=x", env[] = "ENV=x",
	     longer[] = "ENVOY=x", function[] = "BASH_FUNC_x%%=() { :; }",
	     odd[] = "odd";
	char *environment[] = { preload, keep, env, longer, function, odd,
		NULL };

	command_clean_environment(environment);
	is_str(environment[0], keep, "the path stays");
	is_str(environment[1], longer, "a longer name stays");
	is_str(environment[2], odd, "what is no variable stays");
	ok(environment[3] == NULL, "nothing else does");
}

static void
test_messages(void)
{
	struct keeper_job job = { "dir", "name", "id", -5, -1 }, got;
	uint8_t message[KEEPER_MESSAGE_MAX];
	char path[KEEPER_MESSAGE_MAX];
	size_t len = keeper_encode(&job, message);
	struct err err;

	is_int(keeper_decode(&got, message, len, &err), 0, "a job comes over");
	ok(got.start_s == -5 && strcmp(got.dir, "dir") == 0 &&
	    strcmp(got.name, "name") == 0 && strcmp(got.ident, "id") == 0,
	    "and is the same");
	for (size_t n = 0; n < len; n++)
		if (keeper_decode(&got, message, n, &err) == 0)
			ok(0, "%zu of %zu bytes are a job", n, len);
	message[len] = 0;
	is_int(keeper_decode(&got, message, len + 1, &err), -1,
	    "a longer message is refused");
	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	job.dir = path;
	is_uint(keeper_encode(&job, message), 0, "too long a path is noticed");
}

static void
nap(void)
{
	struct timespec ts = { 0, 10000000 };

	nanosleep(&ts, NULL);
}

static void
wait_for_file(const char *path)
{
	for (unsigned i = 0; !files_exist(path); i++) {
		if (i > LONG_MS / 10)
			bail("%s does not come", path);
		nap();
	}
}

/* A whole file as text, without the last line feed. */
static const char *
content(const char *path)
{
	static char text[1024];
	size_t len;
	uint8_t *data;

	if (!files_exist(path))
		return NULL;
	data = files_read(path, &len);
	snprintf(text, sizeof(text), "%.*s", (int)len - 1, (char *)data);
	free(data);
	return text;
}

static void
start(struct keeper *k, const char *command)
{
	struct keeper_options o = { command, false, false, 300 };
	struct err err;

	if (keeper_start(k, &o, &err) == -1)
		bail("%s", err.text);
}

static bool
put(struct keeper *k, const char *dir, const char *name)
{
	struct keeper_job job = { dir, name, "id", 300,
		open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC) };
	bool is_put = keeper_put(k, &job);

	if (job.dir_fd != -1)
		close(job.dir_fd);
	return is_put;
}

/* Open a fifo that a command reads, which lets it go on. */
static void
let_go(const char *fifo)
{
	int fd = open(fifo, O_WRONLY);

	if (fd == -1 || write(fd, "\n", 1) != 1)
		bail("%s: %s", fifo, strerror(errno));
	close(fd);
}

static void
make_fifo(const char *path)
{
	if (mkfifo(path, 0600) == -1)
		bail("%s: %s", path, strerror(errno));
}

static void
test_run(void)
{
	struct keeper k = KEEPER_NONE;
	char want[FILES_PATH_MAX], here[FILES_PATH_MAX / 4];

	mkdir("a b", 0755);
	setenv("LD_SHOULD_GO", "x", 1);
	setenv("STAYS", "y", 1);
	start(&k, "sh -c 'echo \"$1:$2:$LD_SHOULD_GO$STAYS\" >>out' x %d %f");
	ok(put(&k, "a b", "nfcapd.1"), "a job is taken");
	ok(put(&k, "a b", "nfcapd.2"), "another one");
	ok(keeper_stop(&k, LONG_MS), "it ends when it has nothing to do");
	if (getcwd(here, sizeof(here)) == NULL)
		bail("getcwd");
	snprintf(want, sizeof(want), "%s/a b:nfcapd.1:y\n%s/a b:nfcapd.2:y",
	    here, here);
	is_str(content("out"), want, "the command got its words, in order");
	is_int(waitpid(-1, NULL, WNOHANG), -1, "no child is left");
	is_int(errno, ECHILD, "none at all");
}

/* One at a time for a directory, those of others meanwhile. */
static void
test_order(void)
{
	struct keeper k = KEEPER_NONE;

	make_fifo("gate1");
	make_fifo("gate2");
	mkdir("d1", 0755);
	mkdir("d2", 0755);
	start(&k, "sh -c ': >began.$1; test $1 = after && exit; read x <$1; "
		  "echo $1 >>order' x %f");
	put(&k, "d1", "gate1");
	put(&k, "d1", "gate2");
	wait_for_file("began.gate1");
	put(&k, "d2", "after");
	wait_for_file("began.after");
	ok(!files_exist("began.gate2"), "the second waits for the first");
	let_go("gate1");
	wait_for_file("began.gate2");
	is_str(content("order"), "gate1", "which ended before");
	ok(!keeper_stop(&k, 0), "a command that hangs is not waited for");
	let_go("gate2");
	wait_for_file("order");
	while (strcmp(content("order"), "gate1\ngate2") != 0)
		nap();
	ok(true, "but goes on without us");
	while (waitpid(-1, NULL, 0) == -1 && errno == EINTR)
		continue;
}

/* Commands of more directories than there are places. */
static void
test_many(void)
{
	struct keeper k = KEEPER_NONE;
	char name[32];
	unsigned missing = 0;

	start(&k, "sh -c ': >done.%f'");
	for (unsigned i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "many%u", i);
		if (!put(&k, name, name))
			missing++;
	}
	ok(keeper_stop(&k, LONG_MS), "many directories: all done");
	for (unsigned i = 0; i < 40; i++) {
		snprintf(name, sizeof(name), "done.many%u", i);
		missing += !files_exist(name);
	}
	is_uint(missing, 0, "none is left out");
}

/* The queue of a directory is bounded, and what does not fit is left out. */
static void
test_bound(void)
{
	struct keeper k = KEEPER_NONE;
	struct stat st;

	make_fifo("slow");
	start(&k, "sh -c 'echo >>ran; test $1 != slow || read x <$1' x %f");
	put(&k, "d1", "slow");
	wait_for_file("ran");
	for (unsigned i = 0; i < 200; i++)
		put(&k, "d1", "quick");
	put(&k, "d2", "last");
	while (stat("ran", &st) == 0 && st.st_size < 2)
		nap();
	is_uint(k.counts->skipped, 201 - 64, "what has no room is counted");
	let_go("slow");
	ok(keeper_stop(&k, LONG_MS), "a long queue ends");
	stat("ran", &st);
	is_int(st.st_size, 64 + 1, "at most 64 files wait in one directory");
}

/* What stops the collector does not stop the keeper. */
static void
test_signals(void)
{
	static const int numbers[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1,
		SIGPIPE };
	struct keeper k = KEEPER_NONE;

	start(&k, "sh -c 'kill -TERM $$; : >survived'");
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		kill(k.pid, numbers[i]);
	ok(put(&k, "d1", "x"), "it is still there");
	ok(keeper_stop(&k, LONG_MS), "and works");
	ok(!files_exist("survived"), "commands have the default signals");
}

/* Number behind a name in the books, -1 without. */
static long
booked(const char *key)
{
	const char *text = content("d3/.nfstat"), *at;

	at = text == NULL ? NULL : strstr(text, key);
	return at == NULL ? -1 : atol(at + strlen(key));
}

static void
make_file(const char *name)
{
	static const char data[10000] = "x";
	char path[64];

	snprintf(path, sizeof(path), "d3/%s", name);
	files_write(path, data, sizeof(data));
}

/* Books are kept when there are some, before the command runs. */
static void
test_books(void)
{
	struct keeper k = KEEPER_NONE;

	mkdir("d3", 0755);
	make_file("nfcapd.202611261000");
	start(&k, "sh -c 'grep numfiles <d3/.nfstat >%f'");
	put(&k, "d3", "nfcapd.202611261000");
	ok(keeper_stop(&k, LONG_MS), "a directory without books");
	ok(!files_exist("d3/.nfstat"), "stays without");
	files_write("d3/.nfstat", "maxsize=77\n", 11);
	make_file("nfcapd.202611261005");
	start(&k, "sh -c 'grep numfiles <d3/.nfstat >%f'");
	put(&k, "d3", "nfcapd.202611261005");
	ok(keeper_stop(&k, LONG_MS), "one with books");
	is_str(content("nfcapd.202611261005"), "numfiles=2",
	    "they know the file when the command runs");
	is_int(booked("maxsize="), 77, "limits stay");
	start(&k, NULL);
	make_file("nfcapd.202611261010");
	put(&k, "d3", "nfcapd.202611261010");
	ok(keeper_stop(&k, LONG_MS), "one without a command");
	is_int(booked("numfiles="), 3, "has books as well");
}

/* With -e the limits of the books hold. */
static void
test_expiry(void)
{
	struct keeper_options o = { "sh -c 'ls d3 >%f'", true, false, 300 };
	struct keeper k = KEEPER_NONE;
	struct err err;

	files_write("d3/.nfstat", "maxsize=30000\nwatermark=50\n", 27);
	make_file("nfcapd.202611261015");
	if (keeper_start(&k, &o, &err) == -1)
		bail("%s", err.text);
	put(&k, "d3", "nfcapd.202611261015");
	mkdir("d4", 0755);
	put(&k, "d4", "nfcapd.202611261015");
	put(&k, "d5", "nfcapd.202611261020");
	ok(keeper_stop(&k, LONG_MS), "expiry in three directories");
	is_str(content("nfcapd.202611261015"), "nfcapd.202611261015",
	    "the oldest files went before the command ran");
	is_int(booked("numfiles="), 1, "the books know");
	ok(files_exist("d4/.nfstat"), "books are made");
	ok(files_exist("nfcapd.202611261020"),
	    "without a directory the command runs nevertheless");
}

/* Somebody sits on the books of one directory. */
static void
test_locked(void)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	struct keeper k = KEEPER_NONE;
	int fd = open("d3/.nfstat", O_RDWR);

	if (fd == -1 || fcntl(fd, F_SETLK, &lock) == -1)
		bail("d3/.nfstat: %s", strerror(errno));
	start(&k, "sh -c ': >locked.%f'");
	make_file("nfcapd.202611261025");
	put(&k, "d3", "nfcapd.202611261025");
	put(&k, "d1", "other");
	wait_for_file("locked.other");
	ok(!files_exist("locked.nfcapd.202611261025"),
	    "locked books hold up their directory only");
	close(fd);
	ok(keeper_stop(&k, LONG_MS), "and go on");
	ok(files_exist("locked.nfcapd.202611261025"), "when they are free");
	is_int(booked("numfiles="), 2, "books are right");
}

/* A command that is not there, one that fails: the next one runs. */
static void
test_failures(void)
{
	struct keeper k = KEEPER_NONE;
	struct keeper_options o = { "'", false, false, 300 };
	struct err err;

	is_int(keeper_start(&k, &o, &err), -1, "a bad command is refused");
	is_int(err.code, ERR_USAGE, "as misuse");
	start(&k, "./%f");
	files_write("works", "#!/bin/sh\n: >worked\n", 19);
	chmod("works", 0755);
	put(&k, "d1", "is-not-there");
	put(&k, "d1", "works");
	wait_for_file("worked");
	is_uint(k.counts->failed, 1, "what failed is counted");
	ok(keeper_stop(&k, LONG_MS), "a command that is not there");
	ok(files_exist("worked"), "is passed over");
	start(&k, "true");
	kill(k.pid, SIGKILL);
	waitpid(k.pid, NULL, 0);
	ok(!put(&k, "d1", "x") && !put(&k, "d1", "y"),
	    "a dead keeper takes no jobs");
	is_uint(k.counts->skipped, 2, "they are counted");
	ok(keeper_stop(&k, LONG_MS), "and nobody waits for it");
}

/* The keeper of a collector that was killed keeps nothing of it. */
static void
test_orphan(void)
{
	struct keeper k = KEEPER_NONE;
	int ends[2];
	char c;
	pid_t pid;

	make_fifo("gate3");
	if (pipe(ends) == -1)
		bail("pipe");
	if ((pid = fork()) == 0) {
		start(&k, "sh -c 'read x <%f; : >orphan'");
		put(&k, "d1", "gate3");
		kill(getpid(), SIGKILL);
	}
	waitpid(pid, NULL, 0);
	close(ends[1]);
	ok(read(ends[0], &c, 1) == 0, "no other descriptor is kept");
	let_go("gate3");
	wait_for_file("orphan");
	ok(true, "what was handed over is done");
}

int
main(void)
{
	files_begin();
	test_words();
	test_environment();
	test_messages();
	test_run();
	test_order();
	test_many();
	test_bound();
	test_signals();
	test_books();
	test_expiry();
	test_locked();
	test_failures();
	test_orphan();
	return done_testing();
}
