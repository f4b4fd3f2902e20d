/*
 * The record of a running nfcapd: 64 bytes of shared memory, and a set of one
 * semaphore that is 1 while nobody has it.
 */

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <time.h>

#include "base/bytes.h"
#include "store/pending.h"

#define RECORD_LEN 64
#define KEY_FACTOR 37
#define KEY_SEMAPHORE 'R'

enum at {
	AT_COLLECTOR = 0,
	AT_LAUNCHER = 4,
	AT_SEQUENCE = 8,
	AT_FIRST = 16,
	AT_LAST = 24,
	AT_FILES = 32,
	AT_SIZE = 40,
	AT_MAX_SIZE = 48,
	AT_LIFETIME = 56
};

static uint32_t
key_of(const char *path)
{
	uint32_t key = 0;

	for (; *path != '\0'; path++)
		key = key * KEY_FACTOR + (unsigned char)*path;
	return key;
}

/* Attach the record.  1, 0 when there is none, -1. */
static int
attach(const char *path, uint8_t **record, struct err *err)
{
	struct shmid_ds info;
	int id = shmget((key_t)key_of(path), 0, 0);

	if (id == -1 && errno == ENOENT)
		return 0;
	if (id == -1 || shmctl(id, IPC_STAT, &info) == -1)
		return err_system(err, "record of the collector");
	if (info.shm_segsz < RECORD_LEN)
		return 0; /* that of somebody else */
	*record = shmat(id, NULL, 0);
	if (*record == (void *)-1)
		return err_system(err, "record of the collector");
	return 1;
}

int
pending_read(const char *path, struct pending *p, struct err *err)
{
	uint8_t *at;
	int rc = attach(path, &at, err);

	if (rc != 1)
		return rc;
	*p = (struct pending){
		.collector = (pid_t)load_u32(at + AT_COLLECTOR),
		.launcher = (pid_t)load_u32(at + AT_LAUNCHER),
		.sequence = load_u64(at + AT_SEQUENCE),
		.first_s = (int64_t)load_u64(at + AT_FIRST),
		.last_s = (int64_t)load_u64(at + AT_LAST),
		.files = load_u64(at + AT_FILES),
		.size = load_u64(at + AT_SIZE),
		.max_size = load_u64(at + AT_MAX_SIZE),
		.lifetime_s = load_u64(at + AT_LIFETIME),
	};
	shmdt(at);
	return 1;
}

/* Take (-1) or give back (1) the semaphore. */
static int
operate(int id, short by, uint32_t wait_ms)
{
	struct sembuf op = { .sem_op = by, .sem_flg = SEM_UNDO };
	struct timespec wait = { .tv_sec = wait_ms / 1000,
		.tv_nsec = (long)(wait_ms % 1000) * 1000000 };

	return semtimedop(id, &op, 1, &wait);
}

static bool
is_dead(pid_t pid)
{
	return pid > 0 && kill(pid, 0) == -1 && errno == ESRCH;
}

bool
pending_is_stale(const struct pending *p)
{
	return is_dead(p->collector);
}

static void
clear(uint8_t *at)
{
	store_u64(at + AT_FIRST, 0);
	store_u64(at + AT_LAST, 0);
	store_u64(at + AT_FILES, 0);
	store_u64(at + AT_SIZE, 0);
	store_u64(at + AT_SEQUENCE, load_u64(at + AT_SEQUENCE) + 1);
}

int
pending_clear(const char *path, uint32_t wait_ms, struct err *err)
{
	uint8_t *at;
	int rc = attach(path, &at, err);
	int id;

	if (rc != 1)
		return rc;
	id = semget((key_t)(key_of(path) * KEY_FACTOR + KEY_SEMAPHORE), 1, 0);
	if (id != -1 && operate(id, -1, wait_ms) == 0) {
		clear(at);
		operate(id, 1, wait_ms);
	} else {
		rc = err_system(err, "semaphore of the collector");
		if (is_dead((pid_t)load_u32(at + AT_COLLECTOR))) {
			clear(at);
			rc = 1;
		}
	}
	shmdt(at);
	return rc;
}
