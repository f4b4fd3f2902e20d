/*
 * Archive of packets.  Records are gathered in a buffer, which is written
 * when it is full and after some seconds.  A file has a hidden name until its
 * slot ends; what is written only in part is cut off, so it has whole records
 * at any moment that the disk takes them.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/capture.h"
#include "common/datadir.h"
#include "common/log.h"
#include "flowprobe/archive.h"
#include "store/slot.h"

#define BUFFER_LEN (1024 * 1024) /* more than a packet and a header */
#define FLUSH_MS 2000
#define MS_PER_S 1000
#define US_PER_S 1000000
#define RECORD_HEADER_LEN 16
#define SUFFIX ".pcap"

struct archive {
	struct archive_options options;
	uint8_t header[CAPTURE_HEADER_LEN];
	struct datadir dir;
	pthread_mutex_t lock; /* of all that follows */
	bool has_slot;
	int64_t start_s; /* of the slot */
	int fd; /* -1: no file */
	char hidden[SLOT_NAME_MAX + 8]; /* its name until the slot ends */
	off_t written;
	uint8_t *buffer;
	size_t used;
	uint64_t waiting; /* packets in the buffer */
	uint64_t flushed_ms;
	struct archive_counters counters;
	struct log_pause complained;
};

static void
complain(struct archive *a, const struct err *err)
{
	if (log_is_due(&a->complained))
		log_error("%s: %s", a->options.dir, err->text);
}

/* The name of the slot, from the directory on. */
static void
name_slot(const struct archive *a, int64_t start_s, char name[SLOT_NAME_MAX])
{
	slot_name(start_s, a->options.interval_s, a->options.layout, name);
}

static void
set_hidden(struct archive *a)
{
	char name[SLOT_NAME_MAX];

	slot_name(a->start_s, a->options.interval_s, 0, name);
	snprintf(a->hidden, sizeof(a->hidden), ".%s" SUFFIX, name);
}

/* Give a complete file its name.  -1 if it stays without, which is told. */
static int
publish(struct archive *a, const char *hidden, int64_t start_s)
{
	char name[SLOT_NAME_MAX];
	struct err err;
	bool in_base;

	name_slot(a, start_s, name);
	if (slot_commit_other(a->dir.place.fd, hidden, name, SUFFIX, &in_base,
		&err) == -1) {
		complain(a, &err);
		return -1;
	}
	if (in_base)
		complain(a, &err);
	a->counters.files++;
	return 0;
}

static int
open_file(struct archive *a, struct err *err)
{
	if (datadir_renew(&a->dir, err) == -1)
		return -1;
	set_hidden(a);
	a->fd = openat(a->dir.place.fd, a->hidden,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (a->fd == -1)
		return err_system(err, "%s", a->hidden);
	a->written = 0;
	return 0;
}

static int
write_all(struct archive *a, const uint8_t *data, size_t len, struct err *err)
{
	off_t at = a->written;
	ssize_t n;

	while (len > 0) {
		n = pwrite(a->fd, data, len, at);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0) {
			err_system(err, "%s", a->hidden);
			if (ftruncate(a->fd, a->written) == -1)
				return err_context(err, "cannot be cut");
			return -1;
		}
		data += n;
		len -= (size_t)n;
		at += n;
	}
	a->written = at;
	return 0;
}

static int
write_buffer(struct archive *a, struct err *err)
{
	if (a->fd == -1 && open_file(a, err) == -1)
		return -1;
	if (a->written == 0 &&
	    write_all(a, a->header, sizeof(a->header), err) == -1)
		return -1;
	return write_all(a, a->buffer, a->used, err);
}

static void
flush(struct archive *a)
{
	struct err err;

	if (a->used == 0)
		return;
	if (write_buffer(a, &err) == 0) {
		a->counters.packets += a->waiting;
	} else {
		complain(a, &err);
		a->counters.lost += a->waiting;
	}
	a->used = 0;
	a->waiting = 0;
}

static void
end_slot(struct archive *a)
{
	flush(a);
	a->has_slot = false;
	if (a->fd == -1)
		return;
	close(a->fd);
	a->fd = -1;
	if (a->written > CAPTURE_HEADER_LEN)
		a->counters.astray += publish(a, a->hidden, a->start_s) == -1;
	else
		unlinkat(a->dir.place.fd, a->hidden, 0);
}

static void
end_old(struct archive *a, uint64_t now_s)
{
	if (a->has_slot && (int64_t)now_s >=
		a->start_s + (int64_t)a->options.interval_s)
		end_slot(a);
}

/* The clock was set back, to long before the slot, which would never end. */
static void
end_ahead(struct archive *a, uint64_t now_s)
{
	if (a->has_slot && (int64_t)now_s <
		a->start_s - (int64_t)a->options.interval_s)
		end_slot(a);
}

static void
enter_slot(struct archive *a, uint64_t now_s)
{
	end_old(a, now_s);
	if (a->has_slot)
		return;
	a->has_slot = true;
	a->start_s = slot_start((int64_t)now_s, a->options.interval_s);
}

/* In the order of our bytes, as the header has it. */
static void
add_record(struct archive *a, uint64_t time_us, const uint8_t *data,
    size_t caplen, size_t len)
{
	uint32_t header[4] = { (uint32_t)(time_us / US_PER_S),
		(uint32_t)(time_us % US_PER_S), (uint32_t)caplen,
		(uint32_t)len };

	_Static_assert(sizeof(header) == RECORD_HEADER_LEN, "no holes");
	memcpy(a->buffer + a->used, header, sizeof(header));
	a->used += sizeof(header);
	memcpy(a->buffer + a->used, data, caplen);
	a->used += caplen;
	a->waiting++;
}

void
archive_put(struct archive *a, uint64_t time_us, const uint8_t *data,
    size_t caplen, size_t len)
{
	pthread_mutex_lock(&a->lock);
	enter_slot(a, time_us / US_PER_S);
	if (caplen > BUFFER_LEN - RECORD_HEADER_LEN) {
		a->counters.lost++;
	} else {
		if (caplen + RECORD_HEADER_LEN > BUFFER_LEN - a->used)
			flush(a);
		add_record(a, time_us, data, caplen, len);
	}
	pthread_mutex_unlock(&a->lock);
}

void
archive_set_clock(struct archive *a, uint64_t now_ms)
{
	pthread_mutex_lock(&a->lock);
	end_old(a, now_ms / MS_PER_S);
	end_ahead(a, now_ms / MS_PER_S);
	if (now_ms - a->flushed_ms >= FLUSH_MS) {
		a->flushed_ms = now_ms;
		flush(a);
	}
	pthread_mutex_unlock(&a->lock);
}

void
archive_end(struct archive *a)
{
	pthread_mutex_lock(&a->lock);
	end_slot(a);
	pthread_mutex_unlock(&a->lock);
}

void
archive_counters(struct archive *a, struct archive_counters *n)
{
	pthread_mutex_lock(&a->lock);
	*n = a->counters;
	n->packets += a->waiting;
	pthread_mutex_unlock(&a->lock);
}

/* The slot of a hidden name, or -1 if it is another one. */
static int
hidden_slot(const char *hidden, int64_t *start_s)
{
	size_t len = strlen(hidden), end = strlen(SUFFIX);
	char name[SLOT_NAME_MAX];

	if (hidden[0] != '.' || len <= end || len >= sizeof(name) ||
	    strcmp(hidden + len - end, SUFFIX) != 0)
		return -1;
	snprintf(name, sizeof(name), "%.*s", (int)(len - end - 1),
	    hidden + 1);
	return slot_time(name, start_s);
}

/* Where the whole records of a capture of ours end, or -1: it can't be read. */
static off_t
whole_end(const struct archive *a, int fd, off_t size)
{
	off_t at = CAPTURE_HEADER_LEN, start = 0, end = 0; /* of the buffer */
	uint32_t header[4];
	ssize_t n;

	while (size - at >= RECORD_HEADER_LEN) {
		if (end - at < RECORD_HEADER_LEN) {
			n = pread(fd, a->buffer, BUFFER_LEN, at);
			if (n < RECORD_HEADER_LEN)
				return -1;
			start = at;
			end = at + n;
		}
		memcpy(header, a->buffer + (at - start), sizeof(header));
		if (header[2] > size - at - RECORD_HEADER_LEN)
			break;
		at += RECORD_HEADER_LEN + (off_t)header[2];
	}
	return at;
}

/* Who was killed while it wrote left a part of a record: cut it off. */
static void
cut(const struct archive *a, const char *hidden, struct stat *st)
{
	int fd = openat(a->dir.place.fd, hidden,
	    O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	uint8_t magic[4];
	off_t end;

	if (fd == -1)
		return;
	if (pread(fd, magic, sizeof(magic), 0) == sizeof(magic) &&
	    memcmp(magic, a->header, sizeof(magic)) == 0 &&
	    (end = whole_end(a, fd, st->st_size)) != -1 &&
	    end < st->st_size && ftruncate(fd, end) == 0)
		st->st_size = end;
	close(fd);
}

static void
recover_file(struct archive *a, const char *hidden)
{
	struct stat st;
	int64_t start_s;

	if (hidden_slot(hidden, &start_s) == -1 ||
	    fstatat(a->dir.place.fd, hidden, &st, AT_SYMLINK_NOFOLLOW) == -1 ||
	    !S_ISREG(st.st_mode))
		return;
	log_info("%s/%s was left by another process", a->options.dir, hidden);
	cut(a, hidden, &st);
	if (st.st_size > CAPTURE_HEADER_LEN)
		publish(a, hidden, start_s);
	else
		unlinkat(a->dir.place.fd, hidden, 0);
}

static int
recover(struct archive *a, struct err *err)
{
	int fd = openat(a->dir.place.fd, ".",
	    O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const struct dirent *e;
	DIR *dir;

	if (fd == -1 || (dir = fdopendir(fd)) == NULL) {
		err_system(err, "%s", a->options.dir);
		if (fd != -1)
			close(fd);
		return -1;
	}
	while ((e = readdir(dir)) != NULL)
		recover_file(a, e->d_name);
	closedir(dir);
	return 0;
}

void
archive_close(struct archive *a)
{
	if (a == NULL)
		return;
	if (a->fd != -1)
		close(a->fd);
	datadir_unlock(&a->dir);
	pthread_mutex_destroy(&a->lock);
	free(a->buffer);
	free(a);
}

struct archive *
archive_open(const struct archive_options *o, struct err *err)
{
	struct archive *a = calloc(1, sizeof(*a));

	if (a == NULL) {
		err_nomem(err);
		return NULL;
	}
	a->options = *o;
	memcpy(a->header, o->header, sizeof(a->header));
	a->dir = (struct datadir)DATADIR_NONE;
	a->fd = -1;
	pthread_mutex_init(&a->lock, NULL);
	if ((a->buffer = malloc(BUFFER_LEN)) == NULL)
		err_nomem(err);
	else if (datadir_lock(&a->dir, o->dir, err) == 0 &&
	    datadir_claim(&a->dir, err) == 0 && recover(a, err) == 0)
		return a;
	archive_close(a);
	return NULL;
}
