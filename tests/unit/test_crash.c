/*
 * The writer of the collector and its recovery, killed at every call that
 * they make on files, and with every such call failing: once, for a while,
 * and from then on.  What was handed over before is there, nothing is there
 * twice, every file is whole, and what is missing is what was counted.
 *
 * The collector is a child process; a second one, on a sound disk, recovers
 * what the first one left.
 */

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/datadir.h"
#include "common/log.h"
#include "fault.h"
#include "files.h"
#include "flow/batch.h"
#include "flowcapd/storer.h"
#include "record/stats.h"
#include "record/v3.h"
#include "store/reader.h"
#include "store/slot.h"
#include "store/writer.h"
#include "tap.h"

#define START 1718452800 /* 2024-06-15 12:00:00 UTC */
#define INTERVAL 60
#define LAYOUT 7 /* one sub-directory */
#define BLOCK_FLOWS 10
#define FLOWS_MAX 200
#define POOL 4
#define REFUSED 3 /* exit status of a child that does not start */
#define CALLS_MAX 400

/* Children are slow when they are watched: not every call then. */
#ifdef __SANITIZE_ADDRESS__
#define STEP 7
#else
#define STEP 1
#endif

/* How the disk of a child fails. */
struct fault {
	unsigned nth; /* 0: it does not */
	unsigned count;
	int error; /* 0: the child is killed */
	bool is_heir; /* the number of the child before is its own, too */
};

/* What a child tells, even when it is killed. */
struct told {
	unsigned sent; /* flows that the writer has taken */
	unsigned after; /* of them those after the disk was sound again */
	bool was_hit;
	char trace[4096];
};

static struct told *told;
static pid_t last_child;
static enum spool_sync policy;
static bool is_aside_allowed; /* files of names nfcapd.recovered. */

static const struct datadir_slots *
slots(void)
{
	static struct datadir_slots s = { "crash", INTERVAL, LAYOUT, true,
		false };

	s.is_synced = policy != SPOOL_SYNC_NEVER;
	return &s;
}

/* A block of flows whose source ports nobody else has. */
static void
put_flows(struct blocks *q, struct record_encoder *encoder,
    struct source *source, uint64_t slot, unsigned base)
{
	struct block *b = blocks_take(q, 0);
	bool is_after = fault_over();
	struct flow f = { 0 };

	for (unsigned i = 0; i < BLOCK_FLOWS; i++) {
		f.extensions = FLOW_EXT(EXT_GENERIC);
		f.src_port = (uint16_t)(base + told->sent + i);
		f.in_packets = 1;
		b->len += record_encode(
		    encoder, &f, b->data + b->len, STORE_BLOCK_SIZE - b->len);
		b->records++;
		record_stats_add_flow(&b->stats, &f);
	}
	b->is_due = true;
	b->source = source;
	b->slot_s = START;
	b->item.slot = slot;
	blocks_put(q, &b->item);
	while (!blocks_have(q, (struct spare_blocks){ POOL, 0 }))
		usleep(20);
	told->sent += BLOCK_FLOWS;
	if (is_after)
		told->after += BLOCK_FLOWS;
}

static void
put_end(struct blocks *q, uint64_t slot, int64_t start_s, int64_t next_s,
    bool is_last)
{
	struct slot_end *end = calloc(1, sizeof(*end));

	if (end == NULL)
		bail("no memory");
	end->item.kind = ITEM_SLOT_END;
	end->item.slot = slot;
	end->total = (struct slot_total){ .start_s = start_s,
		.next_s = next_s, .is_last = is_last };
	blocks_put(q, &end->item);
}

/* Two slots, and the first one again, to which its file is appended. */
static void
feed(struct blocks *q, struct source *source, unsigned base)
{
	struct err err;
	struct record_encoder *encoder = record_encoder_new(0, &err);

	put_flows(q, encoder, source, 0, base);
	put_flows(q, encoder, source, 0, base);
	put_end(q, 0, START, START + INTERVAL, false);
	put_flows(q, encoder, source, 1, base);
	put_end(q, 1, START + INTERVAL, START, false);
	put_flows(q, encoder, source, 2, base);
	put_flows(q, encoder, source, 2, base);
	put_end(q, 2, START, START, true);
	record_encoder_free(encoder);
}

/* The life of a collector.  With is_fed it also receives. */
static int
collect(bool is_fed, unsigned base)
{
	struct err err;
	struct storer_options o = { .spool = { .codec =
		codec_by_id(CODEC_LZ4, &err), .interval_s = INTERVAL,
		.flush_s = 3600, .layout = LAYOUT, .sync = policy },
		.receivers = 1 };
	struct source *source;
	struct storer *st;

	o.blocks = blocks_new(POOL, true, &err);
	o.sources = sources_new(&err);
	if (sources_add(o.sources, "crash", NULL, "data", &err) == -1)
		bail("%s", err.text);
	source = sources_get(o.sources, 0);
	if (datadir_lock(&source->dir, "data", &err) == -1)
		return REFUSED;
	datadir_recover(&source->dir, slots());
	if (is_fed) {
		if ((st = storer_new(&o, &err)) == NULL ||
		    storer_begin(st, source, START, START, &err) == -1 ||
		    storer_start(st, &err) == -1)
			return REFUSED;
		feed(o.blocks, source, base);
		if (!storer_wait(st, 60000))
			return 1;
		storer_free(st);
	}
	datadir_unlock(&source->dir);
	blocks_free(o.blocks);
	sources_free(o.sources);
	return 0;
}

/* Give what the child before left the number of this one. */
static void
adopt(void)
{
	static const char *const suffixes[] = { "", ".append" };
	char from[64], to[64];

	for (unsigned i = 0; i < 2; i++) {
		snprintf(from, sizeof(from), "data/nfcapd.current.%ld%s",
		    (long)last_child, suffixes[i]);
		snprintf(to, sizeof(to), "data/nfcapd.current.%ld%s",
		    (long)getpid(), suffixes[i]);
		if (files_exist(from) && rename(from, to) == -1)
			_exit(1);
	}
}

/* The exit status of a child, or -1 when it was killed. */
static int
in_child(const struct fault *fault, bool is_fed, unsigned base)
{
	pid_t pid;
	int status;

	fflush(stdout);
	memset(told, 0, sizeof(*told));
	if ((pid = fork()) == -1)
		bail("fork");
	if (pid == 0) {
		if (freopen("log", "a", stderr) == NULL)
			_exit(1);
		if (fault->is_heir)
			adopt();
		fault_at(fault->nth, fault->count, fault->error);
		status = collect(is_fed, base);
		told->was_hit = fault_hit();
		snprintf(told->trace, sizeof(told->trace), "%s", fault_trace());
		fflush(stderr);
		_exit(status);
	}
	if (waitpid(pid, &status, 0) != pid)
		bail("waitpid");
	last_child = pid;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* The flows that the children so far have logged as lost. */
static unsigned
flows_lost(void)
{
	unsigned lost = 0;
	uint8_t *data;
	size_t len;

	data = files_read("log", &len);
	for (char *p = (char *)data; (p = strstr(p, "flows lost: ")) != NULL;
	     p++)
		lost += (unsigned)strtoul(p + strlen("flows lost: "), NULL, 10);
	free(data);
	return lost;
}

/* Count the flows of a block by their ports. */
static void
see_block(const struct store_block *b, unsigned seen[FLOWS_MAX])
{
	struct record_cursor c = { .data = b->raw, .len = b->len };
	struct fieldset want = { 0 };
	struct record_decoder *d;
	struct batch batch;
	struct err err;

	fieldset_add(&want, FLD_SRC_PORT);
	if (batch_init(&batch, &want, false, &err) == -1 ||
	    (d = record_decoder_new(&want, &err)) == NULL)
		bail("%s", err.text);
	while (record_decode(d, &c, &batch, &err) == 1)
		for (uint32_t i = 0; i < batch.rows; i++)
			seen[BATCH_COL(&batch, SRC_PORT, uint16_t)[i] %
			    FLOWS_MAX]++;
	record_decoder_free(d);
	batch_fini(&batch);
}

/* Why the file is not a whole one, or NULL. */
static const char *
see_file(const char *path, unsigned seen[FLOWS_MAX])
{
	static char why[ERR_TEXT_MAX];
	struct err err = { .code = ERR_NONE };
	struct store_file *f = store_file_open(path, &err);
	struct store_block b = { 0 };
	struct store_ref ref;
	int rc = -1;

	if (f != NULL && !store_file_info(f)->is_complete)
		err_set(&err, ERR_MALFORMED, "%s: not complete", path);
	else if (f != NULL)
		while ((rc = store_file_next(f, &ref, &err)) == 1) {
			if ((rc = store_block_load(f, &ref, &b, &err)) == -1)
				break;
			see_block(&b, seen);
		}
	store_block_fini(&b);
	store_file_close(f);
	snprintf(why, sizeof(why), "%s", err.text);
	return rc == -1 ? why : NULL;
}

/* All files below the directory. */
static const char *
see_all(const char *dir, unsigned seen[FLOWS_MAX])
{
	char path[FILES_PATH_MAX];
	const char *why = NULL;
	struct dirent *de;
	struct stat st;
	DIR *list = opendir(dir);

	if (list == NULL)
		bail("%s", dir);
	while (why == NULL && (de = readdir(list)) != NULL) {
		if (de->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, de->d_name);
		if (strncmp(de->d_name, "nfcapd.current.", 15) == 0)
			why = "a current file is left";
		else if (!is_aside_allowed &&
		    strncmp(de->d_name, "nfcapd.recovered.", 17) == 0)
			why = "a file is set aside";
		else if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
			why = see_all(path, seen);
		else
			why = see_file(path, seen);
	}
	closedir(list);
	return why;
}

static void
empty_directory(void)
{
	unlink("log");
	files_remove("data");
	if (mkdir("data", 0755) == -1)
		bail("data");
}

/*
 * The last child has recovered: sum up.  NULL, or what is wrong.  What was
 * sent is there or was counted as lost, up to slack flows more may be there,
 * and "least" must be.
 */
static const char *
judge(unsigned sent, unsigned slack, unsigned least)
{
	static char text[ERR_TEXT_MAX + 64];
	unsigned seen[FLOWS_MAX] = { 0 };
	unsigned found = 0, lost = flows_lost();
	const char *why = see_all("data", seen);

	for (unsigned i = 0; why == NULL && i < FLOWS_MAX; i++) {
		found += seen[i];
		if (seen[i] > 1)
			why = "a flow is there twice";
	}
	if (why == NULL && (found + lost < sent || found + lost > sent + slack))
		why = "what is lost is not what was counted";
	if (why == NULL && found < least)
		why = "the disk is sound, and flows are lost";
	if (why == NULL)
		return NULL;
	snprintf(text, sizeof(text), "%s: %u sent, %u found, %u lost", why,
	    sent, found, lost);
	return text;
}

/* Recover without faults. */
static void
recover(void)
{
	static const struct fault none = { 0, 0, 0, false };

	if (in_child(&none, false, 0) != 0)
		bail("no recovery");
}

static void
show_log(void)
{
	size_t len;
	uint8_t *data = files_read("log", &len);

	for (char *p = strtok((char *)data, "\n"); p != NULL;
	     p = strtok(NULL, "\n"))
		note("%s", p);
	free(data);
}

/* Kill the writer at every call. */
static void
test_kill(const char *name)
{
	struct fault fault = { 1, 1, 0, false };
	const char *why = NULL;
	unsigned sent;

	for (; why == NULL && fault.nth < CALLS_MAX; fault.nth += STEP) {
		empty_directory();
		if (in_child(&fault, true, 0) != -1)
			break;
		sent = told->sent;
		recover();
		/* A block that was being written may be there, too. */
		why = judge(sent, BLOCK_FLOWS, sent);
	}
	ok(why == NULL && fault.nth > 20, "%s: killed at each of %u calls",
	    name, fault.nth - STEP);
	if (why != NULL) {
		note("call %u: %s", fault.nth - STEP, why);
		show_log();
	}
}

/* Let every call of the writer fail. */
static void
test_errors(const char *name, unsigned count, int error)
{
	struct fault fault = { 1, count, error, false };
	unsigned sent, after, refused = 0;
	const char *why = NULL;
	bool was_hit = true;

	is_aside_allowed = true;
	for (; why == NULL && was_hit && fault.nth < CALLS_MAX;
	     fault.nth += STEP) {
		empty_directory();
		if (in_child(&fault, true, 0) == REFUSED) {
			refused++;
			continue;
		}
		sent = told->sent;
		after = told->after;
		was_hit = told->was_hit;
		recover();
		why = judge(sent, 0, after);
	}
	ok(why == NULL && fault.nth > 20 && refused < 10,
	    "%s: %u calls with %s", name, fault.nth - STEP, strerror(error));
	if (why != NULL) {
		note("call %u: %s", fault.nth - STEP, why);
		show_log();
	}
}

/* A file in the slot, and one that was left behind. */
static unsigned
leave_behind(unsigned nth)
{
	static const struct fault none = { 0, 0, 0, false };
	const struct fault fault = { nth, 1, 0, false };
	unsigned sent;

	empty_directory();
	if (in_child(&none, true, 0) != 0)
		bail("the first collector");
	sent = told->sent;
	if (in_child(&fault, true, sent) != -1)
		bail("the second collector");
	return sent + told->sent;
}

/*
 * Recovery killed or failing at each of its calls.  What it begins with is
 * what a kill at the call "after" left.  An heir has the process id of the
 * one that was killed, as in a container, and goes on to receive.
 */
static void
test_recovery(
    const char *name, unsigned after, unsigned count, int error, bool is_heir)
{
	struct fault fault = { 1, count, error, is_heir };
	const char *why = NULL;
	bool was_hit = true;
	unsigned sent = 0;
	int status;

	is_aside_allowed = is_heir;
	for (; why == NULL && was_hit && fault.nth < CALLS_MAX;
	     fault.nth += STEP) {
		sent = leave_behind(after);
		status = in_child(&fault, is_heir, sent);
		was_hit = status != 0 || told->was_hit;
		sent += told->sent;
		recover();
		why = judge(sent, BLOCK_FLOWS, 0);
	}
	ok(why == NULL, "%s at each of %u calls, after a kill at %u", name,
	    fault.nth - STEP, after);
	if (why != NULL) {
		note("call %u: %s", fault.nth - STEP, why);
		show_log();
	}
}

/* What comes to stable storage, and in which order. */
static void
test_order(void)
{
	static const struct fault none = { 0, 0, 0, false };

	policy = SPOOL_SYNC_NEVER;
	empty_directory();
	in_child(&none, true, 0);
	ok(strncmp(told->trace,
	       "rename nfcapd.202406151200\n"
	       "rename nfcapd.202406151201\n",
	       54) == 0,
	    "never: names only");
	policy = SPOOL_SYNC_CLOSE;
	empty_directory();
	in_child(&none, true, 0);
	ok(strncmp(told->trace, "fsync nfcapd.current.", 21) == 0,
	    "close: the file");
	ok(strstr(told->trace,
	       "\nrename nfcapd.202406151200\n"
	       "fsync 2024-06-15\nfsync data\nfsync nfcapd.current.") != NULL,
	    "then its name and the directories");
	ok(strstr(told->trace, "fdatasync") == NULL, "nothing before");
	policy = SPOOL_SYNC_FLUSH;
	empty_directory();
	in_child(&none, true, 0);
	ok(strncmp(told->trace, "fsync data\nfdatasync nfcapd.current.", 36) ==
		0,
	    "flush: the name of the new file, every block");
}

int
main(void)
{
	files_begin();
	log_init("crash");
	told = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (told == MAP_FAILED)
		bail("mmap");
	setenv("TZ", "UTC", 1);
	test_order();
	policy = SPOOL_SYNC_CLOSE;
	test_kill("close");
	test_errors("close, once", 1, EIO);
	test_errors("close, twice", 2, EIO);
	test_errors("close, a while", 7, ENOSPC);
	policy = SPOOL_SYNC_FLUSH;
	test_kill("flush");
	test_errors("flush, once", 1, EIO);
	test_errors("flush, a while", 5, ENOSPC);
	test_errors("flush, from then on", CALLS_MAX, EDQUOT);
	policy = SPOOL_SYNC_NEVER;
	test_errors("never, once", 1, EFBIG);
	test_recovery("recovery killed", 30, 1, 0, false);
	test_recovery("recovery killed", 60, 1, 0, false);
	test_recovery("recovery fails", 30, 1, EIO, false);
	test_recovery("recovery fails for a while", 30, 4, ENOSPC, false);
	test_recovery("recovery of an heir fails", 30, 2, EIO, true);
	return done_testing();
}
