/*
 * --index: indexes for files that have none.
 */

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "flowdump/query.h"
#include "store/index_file.h"

#define THREADS_MAX 64

/* What the threads share. */
struct work {
	const struct config *config;
	struct path_list files;
	pthread_mutex_t lock; /* of what follows */
	size_t next; /* file */
	uint64_t made;
	uint64_t there;
	uint64_t foreign;
	uint64_t bytes; /* of the indexes that were made */
	uint64_t failed; /* also paths that lead to no file */
};

static void
tell(struct work *w, const struct err *err)
{
	fprintf(stderr, "%s: %s\n", w->config->program, err->text);
	w->failed++;
}

/* A directory that cannot be read, beside others that can. */
static void
tell_missing(void *ctx, const struct err *err)
{
	tell(ctx, err);
}

static void
count(struct work *w, enum index_result result, uint64_t len)
{
	w->made += result == INDEX_MADE;
	w->there += result == INDEX_THERE;
	w->foreign += result == INDEX_FOREIGN;
	w->bytes += len;
}

static void *
work_main(void *arg)
{
	struct work *w = arg;
	enum index_result result;
	struct err err;
	const char *path;
	uint64_t len;
	int rc;

	pthread_mutex_lock(&w->lock);
	while (w->next < w->files.count) {
		path = w->files.paths[w->next++];
		pthread_mutex_unlock(&w->lock);
		rc = store_index_file(path, &result, &len, &err);
		pthread_mutex_lock(&w->lock);
		if (rc == -1)
			tell(w, &err);
		else
			count(w, result, len);
	}
	pthread_mutex_unlock(&w->lock);
	return NULL;
}

/* This thread does its share, and all of it if there is no other. */
static void
work_all(struct work *w, unsigned threads)
{
	pthread_t thread[THREADS_MAX];
	unsigned n = 0;

	if (threads > THREADS_MAX)
		threads = THREADS_MAX;
	while (n + 1 < threads && n + 1 < w->files.count &&
	    pthread_create(&thread[n], NULL, work_main, w) == 0)
		n++;
	work_main(w);
	while (n > 0)
		pthread_join(thread[--n], NULL);
}

/* The files of one word: itself, or all below a directory. */
static int
select_files(struct work *w, const char *word, struct err *err)
{
	const struct path_request request = { .file = word,
		.warn = tell_missing, .ctx = w };
	struct err why;

	if (paths_select(&request, &w->files, &why) == 0)
		return 0;
	if (why.code != ERR_SYSTEM)
		return err_set(err, why.code, "%s", why.text);
	tell(w, &why);
	return 0;
}

static int
print_sums(const struct work *w, struct err *err)
{
	struct buffer text = BUFFER_EMPTY;
	int rc;

	if (w->foreign > 0)
		buffer_printf(&text, "%" PRIu64 " files of nfdump 1.6 or 1.8 "
		    "have no place for an index and are left as they are; "
		    "what -w makes of them has one\n", w->foreign);
	buffer_printf(&text, "Indexes made: %" PRIu64 " with %" PRIu64
	    " bytes, there before: %" PRIu64 ", failed: %" PRIu64 "\n",
	    w->made, w->bytes, w->there, w->failed);
	rc = text.failed ? err_nomem(err) :
			   query_write(text.data, text.len, err);
	buffer_fini(&text);
	return rc;
}

static int
run(struct work *w, char **words, int nwords, struct err *err)
{
	for (int i = 0; i < nwords; i++)
		if (select_files(w, words[i], err) == -1)
			return -1;
	if (paths_unite(&w->files, err) == -1)
		return -1;
	work_all(w, query_threads(w->config));
	return print_sums(w, err);
}

int
index_run(const struct config *config, char **words, int nwords,
    uint64_t *failed, struct err *err)
{
	struct work w = { .config = config, .files = PATH_LIST_EMPTY,
		.lock = PTHREAD_MUTEX_INITIALIZER };
	int rc;

	if (nwords == 0 || config->input.file != NULL ||
	    config->input.ranges.count > 0)
		return err_set(err, ERR_USAGE,
		    "--index takes files and directories as words behind it");
	rc = run(&w, words, nwords, err);
	*failed = w.failed;
	path_list_fini(&w.files);
	return rc;
}
