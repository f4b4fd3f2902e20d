/*
 * Programs walked through faults; see walk.h.
 */
#include "faults/walk.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "dice.h"
#include "files.h"
#include "tap.h"

#define SAMPLE 1 /* calls of a kind that are taken */

/* One kind out of how many is taken: with a sanitizer programs start slowly. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define KINDS_STEP 6
#define WALKED ~(unsigned)TRACER_MEMORY /* which they want for themselves */
#else
#define KINDS_STEP 1
#define WALKED ~0U
#endif

#define TOLD_MAX 5 /* failures of a walk that are told */
#define TOLD_LEN 1000 /* of the last messages */

/* Calls whose failure leaves a part of the input unread. */
#define READING \
	(TRACER_OPEN | TRACER_READ | TRACER_STAT | TRACER_MAP | TRACER_MEMORY)

struct kind {
	const char *name;
	unsigned calls;
	unsigned count;
	int error;
};

/* clang-format off */
static const struct kind kinds[] = {
	{ "an allocation fails", TRACER_MEMORY, 1, 0 },
	{ "no memory is left", TRACER_MEMORY, TRACER_FOR_GOOD, 0 },
	{ "no descriptor is free", TRACER_OPEN, 1, EMFILE },
	{ "files cannot be opened", TRACER_OPEN, TRACER_FOR_GOOD, EACCES },
	{ "a read fails", TRACER_READ, 1, EIO },
	{ "a read is short", TRACER_READ, 1, TRACER_SHORT },
	{ "a write fails", TRACER_WRITE | TRACER_SIZE, 1, EIO },
	{ "a write is short", TRACER_WRITE, 1, TRACER_SHORT },
	{ "the disk is full", TRACER_WRITE | TRACER_SIZE | TRACER_NAME,
	    TRACER_FOR_GOOD, ENOSPC },
	{ "the disk fills up", TRACER_WRITE, TRACER_FOR_GOOD, TRACER_FULL },
	{ "storage is not stable", TRACER_SYNC, 1, EIO },
	{ "a name is refused", TRACER_NAME, 1, EACCES },
	{ "nothing can be removed", TRACER_REMOVE, 1, EACCES },
	{ "a look fails", TRACER_STAT, 1, EIO },
	{ "a file cannot be mapped", TRACER_MAP, 1, ENOMEM },
	{ "the disk dies", TRACER_FILES, TRACER_FOR_GOOD, EIO },
	{ "the program is killed", TRACER_FILES, 1, TRACER_KILL },
	{ "no thread starts", TRACER_THREAD, 1, EAGAIN },
	{ "a socket is refused", TRACER_SOCKET, 1, EMFILE },
	{ "traffic fails", TRACER_TRAFFIC, 1, ENOBUFS },
	{ "traffic is interrupted", TRACER_TRAFFIC, 1, EINTR },
};
/* clang-format on */

#define KINDS_COUNT (sizeof(kinds) / sizeof(kinds[0]))

/* The directory that programs see; what they print. */
static char box[FILES_PATH_MAX], out[FILES_PATH_MAX], err[FILES_PATH_MAX];
static char library[PATH_MAX];
static bool is_whole;
static struct dice dice;

void
walk_begin(void)
{
	const char *build = getenv("BUILDDIR"), *extent = getenv("FAULTS");
	char top[PATH_MAX];

	is_whole = extent != NULL && strcmp(extent, "all") == 0;
	snprintf(library, sizeof(library), "%s/tests/faults/memory.so",
	    build == NULL ? "." : build);
	if (realpath(library, top) == NULL)
		bail("%s: %s", library, strerror(errno));
	memcpy(library, top, sizeof(library));
	files_begin();
	if (mkdir("box", 0700) == -1 || realpath("box", top) == NULL)
		bail("box: %s", strerror(errno));
	snprintf(box, sizeof(box), "%.500s", top);
	snprintf(out, sizeof(out), "%.*s/out", (int)strlen(top) - 4, top);
	snprintf(err, sizeof(err), "%.*s/err", (int)strlen(top) - 4, top);
	if (!tracer_works(box))
		skip_all("programs cannot be traced");
	dice_init(&dice);
}

/* The program of this name in the environment. */
static const char *
find_program(const char *name)
{
	char variable[32];
	const char *path;

	snprintf(variable, sizeof(variable), "%s", name);
	for (char *c = variable; *c != '\0'; c++)
		*c = (char)(*c - 'a' + 'A');
	if ((path = getenv(variable)) == NULL)
		bail("$%s is not set", variable);
	return path;
}

static void
make_argv(const struct walk *w, char *argv[WALK_ARGS + 1])
{
	static char text[WALK_ARGS][FILES_PATH_MAX];
	const char *at;
	int i;

	for (i = 0; i < WALK_ARGS && w->argv[i] != NULL; i++) {
		if (i == 0)
			snprintf(text[i], sizeof(text[i]), "%s",
			    find_program(w->argv[i]));
		else if ((at = strchr(w->argv[i], '@')) != NULL)
			snprintf(text[i], sizeof(text[i]), "%.*s%.400s%.90s",
			    (int)(at - w->argv[i]), w->argv[i], box,
			    at + 1);
		else
			snprintf(text[i], sizeof(text[i]), "%s", w->argv[i]);
		argv[i] = text[i];
	}
	argv[i] = NULL;
}

static void
set_up(const struct walk *w)
{
	char path[FILES_PATH_MAX];
	uint8_t *data;
	size_t len;

	snapshot_clear(box);
	if (chdir(box) == -1)
		bail("%s: %s", box, strerror(errno));
	for (int i = 0; i < WALK_FILES && w->files[i].data != NULL; i++) {
		files_data(w->files[i].data, path);
		data = files_read(path, &len);
		files_write(w->files[i].name, data, len);
		free(data);
	}
	if (w->set_up != NULL)
		w->set_up();
}

static char *
read_text(const char *name)
{
	size_t len;

	return (char *)files_read(name, &len);
}

char *
walk_messages(void)
{
	return files_exist(err) ? read_text(err) : strdup("");
}

/* What the program left; run->out and ->err are to be freed. */
static void
run(struct walk_run *r)
{
	char *argv[WALK_ARGS + 1];

	make_argv(r->walk, argv);
	set_up(r->walk);
	unlink(err); /* so that a tick does not see that of another run */
	tracer_run(argv, r->plan, &r->result);
	r->out = read_text(out);
	r->err = read_text(err);
	r->status = -1;
	if (WIFEXITED(r->result.status))
		r->status = WEXITSTATUS(r->result.status);
	snapshot_take(&r->after, box);
}

static void
free_run(struct walk_run *r)
{
	free((void *)(uintptr_t)r->out);
	free((void *)(uintptr_t)r->err);
}

static unsigned
count_lines(const char *text)
{
	unsigned n = 0;

	while ((text = strchr(text, '\n')) != NULL) {
		n++;
		text++;
	}
	return n;
}

int
walk_again(const struct walk *w, struct snapshot *s)
{
	struct tracer_plan plan = { .dir = box, .out = out, .err = err,
		.tick = w->tick };
	struct tracer_result result;
	char *argv[WALK_ARGS + 1];

	make_argv(w, argv);
	tracer_run(argv, &plan, &result);
	snapshot_take(s, box);
	return WIFEXITED(result.status) ? WEXITSTATUS(result.status) : -1;
}

static bool
is_hidden(const struct snapshot_file *f)
{
	const char *slash = strrchr(f->name, '/');

	return slash == NULL ? f->name[0] == '.' : slash[1] == '.';
}

/* The next run must do what is left to do. */
static const char *
check_again(const struct walk_run *r)
{
	static char text[200];
	struct snapshot now;
	int status = walk_again(r->walk, &now);

	if (status != r->want_status)
		return "the next run fails";
	for (size_t i = 0; i < r->want->len; i++) {
		snprintf(text, sizeof(text), "after the next run: no right %s",
		    r->want->files[i].name);
		if (!is_hidden(&r->want->files[i]) &&
		    !snapshot_has(&now, &r->want->files[i]))
			return text;
	}
	for (size_t i = 0; i < now.len; i++) {
		snprintf(text, sizeof(text), "after the next run: %s",
		    now.files[i].name);
		if (!is_hidden(&now.files[i]) &&
		    snapshot_find(r->want, now.files[i].name) == NULL)
			return text;
	}
	return NULL;
}

/* May a file be like this after a failure? */
static bool
may_be(const struct walk_run *r, const struct snapshot_file *f)
{
	bool is_known = snapshot_find(r->before, f->name) != NULL ||
	    snapshot_find(r->want, f->name) != NULL;

	if (snapshot_has(r->before, f) || snapshot_has(r->want, f) ||
	    (r->walk->has_books && is_hidden(f)))
		return true;
	if (!is_known) /* not even removing it may have been possible */
		return r->plan->error == TRACER_KILL ||
		    (r->plan->calls & TRACER_REMOVE);
	return f->flows != 0 && (r->plan->calls & READING) &&
	    snapshot_find(r->before, f->name) == NULL;
}

/* Every file is as it was or as it is to be, and there is no other. */
static const char *
check_files(const struct walk_run *r)
{
	static char text[200];
	const struct snapshot_file *f;

	for (size_t i = 0; i < r->after.len; i++) {
		f = &r->after.files[i];
		snprintf(text, sizeof(text), "%s is left", f->name);
		if (!may_be(r, f))
			return text;
	}
	for (size_t i = 0; i < r->before->len; i++) {
		f = &r->before->files[i];
		snprintf(text, sizeof(text), "%s is lost", f->name);
		if (snapshot_find(r->want, f->name) != NULL &&
		    snapshot_find(&r->after, f->name) == NULL)
			return text;
	}
	return NULL;
}

/* Are all lines but the last among the others, in the same order? */
static bool
are_among(const char *lines, const char *all)
{
	size_t len, other;

	for (; strchr(lines, '\n') != NULL; lines += len) {
		len = (size_t)(strchr(lines, '\n') - lines) + 1;
		do {
			if (*all == '\0')
				return false;
			other = strcspn(all, "\n") + 1;
			all += other;
		} while (other != len || memcmp(all - other, lines, len) != 0);
	}
	return true;
}

/* All came out as on a sound system. */
static const char *
check_success(const struct walk_run *r)
{
	static char text[200];

	if (strcmp(r->out, r->want_out) != 0)
		return "other output, and success";
	for (size_t i = 0; i < r->want->len; i++) {
		snprintf(text, sizeof(text), "success without %s",
		    r->want->files[i].name);
		if (!snapshot_has(&r->after, &r->want->files[i]) &&
		    !(r->walk->has_books && is_hidden(&r->want->files[i])))
			return text;
	}
	if (!r->walk->has_books && r->after.len != r->want->len)
		return "success, and more files";
	return NULL;
}

static const char *
check_failure(const struct walk_run *r)
{
	if (r->err[0] == '\0' && r->plan->first > 1)
		return "no message";
	if (!r->walk->has_sums && !are_among(r->out, r->want_out))
		return "other output";
	return check_files(r);
}

static const char *
check(const struct walk_run *r)
{
	const char *what;

	if (r->result.is_late)
		return "does not end";
	if (r->status == -1 && r->plan->error != TRACER_KILL)
		return "crash";
	if (r->walk->check != NULL)
		return r->walk->check(r);
	if (r->status == -1) {
		what = check_files(r);
		return what == NULL && r->walk->has_books ? check_again(r) :
		    what;
	}
	if (r->status == r->want_status)
		what = check_success(r);
	else if (r->status != 250 && r->status != 255 && r->status !=
	    r->walk->failure)
		what = "other exit status";
	else if ((what = check_failure(r)) == NULL && r->walk->has_books)
		what = check_again(r);
	if (what == NULL && r->plan->count == 1 &&
	    count_lines(r->err) > r->want_lines + 1 + r->walk->more_lines)
		what = "more than one message";
	return what;
}

static void
tell(const struct walk_run *r, const char *what)
{
	size_t len = strlen(r->err);

	note("call %u, %s: %s", r->plan->first, r->result.what, what);
	if (WIFSIGNALED(r->result.status))
		note("  signal %d", WTERMSIG(r->result.status));
	note("  exit status %d, %s%s", r->status,
	    len == 0 ? "no message" : "",
	    r->err + (len > TOLD_LEN ? len - TOLD_LEN : 0));
}

/* Let the nth call fail.  Was there one, and is all right? */
static bool
walk_one(struct walk_run *r, struct tracer_plan *plan, unsigned n,
    unsigned *bad)
{
	const char *what = NULL;
	bool was_hit;

	plan->first = n;
	run(r);
	was_hit = r->result.was_hit;
	if (was_hit && (what = check(r)) != NULL && (*bad)++ < TOLD_MAX)
		tell(r, what);
	free_run(r);
	return was_hit;
}

static void
walk_kind(struct walk_run *r, const struct kind *k,
    const unsigned counts[TRACER_KINDS])
{
	struct tracer_plan plan = { .calls = k->calls, .count = k->count,
		.error = k->error, .dir = box, .out = out, .err = err, .library = library,
		.tick = r->walk->tick };
	unsigned calls = 0, step, n, walked = 0, bad = 0;

	r->plan = &plan;
	for (unsigned i = 0; i < TRACER_KINDS; i++)
		calls += k->calls & 1U << i ? counts[i] : 0;
	step = calls / SAMPLE;
	if (is_whole || calls <= SAMPLE || (r->walk->whole & k->calls))
		step = 1;
	n = 1 + (unsigned)dice_below(&dice, step);
	for (; n <= calls; n += 1 + (unsigned)dice_below(&dice, 2 * step - 1)) {
		if (!walk_one(r, &plan, n, &bad))
			break;
		walked++;
	}
	if (calls > 0)
		ok(bad == 0, "%s: %s (%u of %u calls, %u bad)", r->walk->name,
		    k->name, walked, calls, bad);
}

/* How many calls of each kind the command makes on a sound system. */
static void
count_calls(struct walk_run *r, unsigned kinds_of,
    unsigned counts[TRACER_KINDS])
{
	struct tracer_plan plan = { .dir = box, .out = out, .err = err,
		.tick = r->walk->tick, .library = library };

	r->plan = &plan;
	memset(counts, 0, TRACER_KINDS * sizeof(*counts));
	for (int is_memory = 0; is_memory <= 1; is_memory++) {
		plan.calls = kinds_of & (is_memory ? (unsigned)TRACER_MEMORY :
		    ~(unsigned)TRACER_MEMORY);
		if (plan.calls == 0)
			continue;
		run(r);
		for (unsigned i = 0; i < TRACER_KINDS; i++)
			counts[i] += r->result.counts[i];
		free_run(r);
	}
}

static void
walk_faults(const struct walk *w)
{
	struct snapshot before, want;
	struct tracer_plan plan = { .dir = box, .out = out, .err = err,
		.tick = w->tick };
	struct walk_run r = { .walk = w, .plan = &plan };
	const char *only = getenv("WALK");
	unsigned counts[TRACER_KINDS], calls = w->kinds;
	char *want_out;

	if (only != NULL && strcmp(only, w->name) != 0)
		return;
	if (calls == 0)
		calls = TRACER_FILES | TRACER_MEMORY;
	set_up(w);
	snapshot_take(&before, box);
	run(&r);
	want = r.after;
	want_out = strdup(r.out);
	if (r.status == -1 || want_out == NULL || r.result.is_late)
		bail("%s: %s", w->name, r.err);
	r.before = &before;
	r.want = &want;
	r.want_out = want_out;
	r.want_status = r.status;
	r.want_lines = count_lines(r.err);
	free_run(&r);
	count_calls(&r, calls & WALKED, counts);
	for (size_t i = 0; i < KINDS_COUNT; i++)
		if ((kinds[i].calls & calls & WALKED) &&
		    (is_whole || dice_below(&dice, KINDS_STEP) == 0))
			walk_kind(&r, &kinds[i], counts);
	free(want_out);
}

int
walk_all(const struct walk *walks, size_t count)
{
	for (size_t i = 0; i < count; i++)
		walk_faults(&walks[i]);
	return done_testing();
}
