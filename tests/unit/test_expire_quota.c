/*
 * Expiry of several directories, each with a quota, compared with a naive
 * twin; and how many files are said to go.
 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "dice.h"
#include "files.h"
#include "store/expire.h"
#include "store/slot.h"
#include "tap.h"

#define NOW 1790726400 /* 2026-09-30 00:00 UTC */
#define HOUR 3600
#define DIRS 3
#define FILES_MAX 40
#define BLOCK 4096

struct twin_file {
	char path[SLOT_NAME_MAX + 16];
	int64_t time_s;
	uint64_t allocated;
	unsigned dir;
	bool goes;
	bool is_newest; /* of its directory */
};

struct twin {
	struct twin_file files[FILES_MAX];
	unsigned count;
	uint64_t quota[DIRS];
	struct expire_limits limits;
	uint32_t young_s;
	uint64_t planned;
};

static void
on_planned(void *ctx, uint64_t files)
{
	struct twin *t = ctx;

	t->planned = files;
}

/* Files of random sizes, oldest first, of one time by directory. */
static void
throw_files(struct dice *d, struct twin *t)
{
	char name[SLOT_NAME_MAX];
	struct twin_file *f;

	if (system("rm -rf data") != 0)
		bail("data");
	t->count = 0;
	for (int64_t i = FILES_MAX; i > 0; i--) {
		if (dice_below(d, 3) == 0)
			continue;
		f = &t->files[t->count++];
		*f = (struct twin_file){ .dir = (unsigned)dice_below(d, DIRS) };
		f->time_s = NOW - i * HOUR;
		slot_name(f->time_s, 60, (unsigned)dice_below(d, 3), name);
		snprintf(f->path, sizeof(f->path), "data/%u/%s", f->dir, name);
		f->allocated = files_allocate(
		    f->path, dice_below(d, 8) * BLOCK);
		for (unsigned n = 0; n < t->count; n++)
			if (t->files[n].dir == f->dir)
				t->files[n].is_newest = n + 1 == t->count;
	}
	for (unsigned i = 0; i < DIRS; i++) {
		t->quota[i] = dice_below(d, 3) == 0 ? 0 :
		    dice_below(d, 50) * BLOCK;
		snprintf(name, sizeof(name), "data/%u/.nfstat", i);
		files_touch(name);
	}
	t->limits = (struct expire_limits){
		dice_below(d, 2) == 0 ? 0 : dice_below(d, 100) * BLOCK,
		dice_below(d, 3) == 0 ? dice_below(d, FILES_MAX) * HOUR : 0,
		(uint32_t)dice_below(d, 100) + 1, 0 };
	t->young_s = (uint32_t)dice_below(d, 8) * HOUR;
}

/* What is left of one directory, or of all (DIRS). */
static uint64_t
left(const struct twin *t, unsigned dir)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < t->count; i++)
		if ((dir == DIRS || t->files[i].dir == dir) &&
		    !t->files[i].goes)
			sum += t->files[i].allocated;
	return sum;
}

static bool
is_young(const struct twin *t, const struct twin_file *f)
{
	return t->young_s > 0 && NOW - f->time_s <= (int64_t)t->young_s;
}

/* The oldest files of one directory, or of all, go down to the mark. */
static void
shrink(struct twin *t, unsigned dir, uint64_t limit)
{
	uint64_t passed = 0; /* bytes that stay, but are not made up for */
	bool is_over = limit > 0 && left(t, dir) >= limit;
	struct twin_file *f;

	for (unsigned i = 0; is_over && i < t->count; i++) {
		f = &t->files[i];
		if ((dir != DIRS && f->dir != dir) || f->goes)
			continue;
		if (is_young(t, f) || left(t, dir) - passed <=
		    limit * t->limits.watermark / 100)
			return;
		f->goes = !f->is_newest;
		if (f->is_newest)
			passed += f->allocated;
	}
}

static void
decide(struct twin *t)
{
	const struct expire_limits *l = &t->limits;
	bool is_cutting = false;
	struct twin_file *f;
	int64_t age;

	for (unsigned i = 0; i < DIRS; i++)
		shrink(t, i, t->quota[i]);
	shrink(t, DIRS, l->max_size);
	for (unsigned i = 0; l->lifetime_s > 0 && i < t->count; i++) {
		f = &t->files[i];
		age = NOW - f->time_s;
		if (is_young(t, f) || age <= (int64_t)(l->lifetime_s *
		    l->watermark / 100))
			return;
		if (age < (int64_t)l->lifetime_s && !is_cutting)
			return;
		f->goes |= !f->is_newest;
		is_cutting |= f->goes && age >= (int64_t)l->lifetime_s;
	}
}

static void
expire(struct twin *t, struct expire_result *result)
{
	struct expire_dir dirs[DIRS];
	char path[DIRS][16];
	const struct expire_request r = { .dirs = dirs, .dir_count = DIRS,
		.limits = &t->limits, .now_s = NOW, .young_s = t->young_s,
		.planned = on_planned, .ctx = t };
	struct err err;

	for (unsigned i = 0; i < DIRS; i++) {
		snprintf(path[i], sizeof(path[i]), "data/%u", i);
		dirs[i] = (struct expire_dir){ .path = path[i],
			.fd = open(path[i], O_RDONLY | O_DIRECTORY),
			.quota = t->quota[i] };
	}
	if (expire_run(&r, result, &err) == -1)
		bail("%s", err.text);
	for (unsigned i = 0; i < DIRS; i++)
		close(dirs[i].fd);
}

static void
test_round(struct dice *d, int round)
{
	struct expire_result result;
	unsigned wrong = 0, gone = 0;
	struct twin t;

	throw_files(d, &t);
	decide(&t);
	expire(&t, &result);
	for (unsigned i = 0; i < t.count; i++) {
		gone += t.files[i].goes;
		wrong += files_exist(t.files[i].path) == t.files[i].goes;
	}
	if (!ok(wrong == 0 && result.files == gone,
		"round %d: %u of %u files go", round, gone, t.count))
		note("%u wrong; size %llu, lifetime %llu, mark %u", wrong,
		    (unsigned long long)t.limits.max_size,
		    (unsigned long long)t.limits.lifetime_s,
		    t.limits.watermark);
	is_uint(t.planned, gone, "round %d: as many as said", round);
}

int
main(void)
{
	struct dice d;

	setenv("TZ", "UTC", 1);
	tzset();
	files_begin();
	dice_init(&d);
	for (int round = 0; round < 150; round++)
		test_round(&d, round);
	return done_testing();
}
