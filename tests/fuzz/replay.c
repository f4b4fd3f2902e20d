/*
 * Replay of the stored corpora without a fuzzer: of each target all files of
 * CORPUS/NAME, and all members of the archive CORPUS/NAME.ar (ar(5)), which
 * has its seeds.  A process for each target, so that the others still run
 * when an input ends it; leaks are found at its end.
 */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzz/fuzz.h"
#include "tap.h"

#define AR_MAGIC "!<arch>\n"
#define AR_MAGIC_LEN 8
#define AR_HEADER_LEN 60
#define AR_NAME_LEN 16
#define AR_SIZE 48
#define AR_SIZE_LEN 10

struct target {
	const char *name;
	int (*run)(const uint8_t *data, size_t size);
};

static const struct target targets[] = {
#define TARGET(name) { #name, fuzz_##name },
#include "fuzz/targets.def"
#undef TARGET
};

/* Shared with the process of a target. */
struct progress {
	unsigned inputs;
	char name[256]; /* of the last one */
};

/* All of a file for free(); NULL if there is none. */
static uint8_t *
read_file(const char *path, size_t *size)
{
	FILE *in = fopen(path, "rb");
	uint8_t *data;
	long len;

	if (in == NULL && errno == ENOENT)
		return NULL;
	if (in == NULL || fseek(in, 0, SEEK_END) != 0 || (len = ftell(in)) < 0)
		bail("%s cannot be read", path);
	rewind(in);
	*size = (size_t)len;
	data = malloc(*size + 1);
	if (data == NULL || fread(data, 1, *size, in) != *size)
		bail("%s cannot be read", path);
	fclose(in);
	data[*size] = '\0';
	return data;
}

static void
run(const struct target *t, struct progress *p, const char *name,
    const uint8_t *data, size_t size)
{
	/* As large as the input, so that a read behind it is found. */
	uint8_t *copy = malloc(size == 0 ? 1 : size);

	if (copy == NULL)
		bail("out of memory");
	if (size > 0)
		memcpy(copy, data, size);
	snprintf(p->name, sizeof(p->name), "%s", name);
	p->inputs++;
	require(t->run(copy, size) == 0);
	free(copy);
}

static void
run_files(const struct target *t, struct progress *p, const char *dir)
{
	struct dirent **names;
	int count = scandir(dir, &names, NULL, alphasort);
	char path[PATH_MAX + 330];
	uint8_t *data;
	size_t size;

	for (int i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]->d_name);
		if (names[i]->d_name[0] != '.' &&
		    (data = read_file(path, &size)) != NULL) {
			run(t, p, names[i]->d_name, data, size);
			free(data);
		}
		free(names[i]);
	}
	if (count >= 0)
		free(names);
}

static void
run_archive(const struct target *t, struct progress *p, const char *path)
{
	size_t len, at = AR_MAGIC_LEN, size;
	uint8_t *data = read_file(path, &len);
	char name[AR_NAME_LEN + 1], digits[AR_SIZE_LEN + 1];

	if (data == NULL)
		return;
	if (len < at || memcmp(data, AR_MAGIC, at) != 0)
		bail("%s is no archive", path);
	for (; len - at >= AR_HEADER_LEN; at += size + (size & 1)) {
		snprintf(name, sizeof(name), "%s", (char *)data + at);
		name[strcspn(name, "/ ")] = '\0';
		snprintf(digits, sizeof(digits), "%s",
		    (char *)data + at + AR_SIZE);
		size = strtoul(digits, NULL, 10);
		at += AR_HEADER_LEN;
		if (size + (size & 1) > len - at)
			bail("%s is cut", path);
		run(t, p, name, data + at, size);
	}
	free(data);
}

/* In a process of its own. */
static void
run_target(const struct target *t, struct progress *p, const char *corpus)
{
	char path[PATH_MAX + 64];
	int status = 0;
	pid_t pid;

	memset(p, 0, sizeof(*p));
	fflush(stdout);
	if ((pid = fork()) == -1)
		bail("no process: %s", strerror(errno));
	if (pid == 0) {
		snprintf(path, sizeof(path), "%s/%s", corpus, t->name);
		run_files(t, p, path);
		snprintf(path, sizeof(path), "%s/%s.ar", corpus, t->name);
		run_archive(t, p, path);
		exit(0);
	}
	waitpid(pid, &status, 0);
	if (!ok(status == 0 && p->inputs > 0, "%s: %u inputs", t->name,
		p->inputs))
		note("ended with %#x, the last input was %s", (unsigned)status,
		    p->name);
}

int
main(int argc, char **argv)
{
	struct progress *p = mmap(NULL, sizeof(*p), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	char corpus[PATH_MAX]; /* some targets change the directory */

	if (argc < 2 || p == MAP_FAILED || realpath(argv[1], corpus) == NULL)
		bail("usage: %s CORPUS [TARGET]", argv[0]);
	for (size_t i = 0; i < sizeof(targets) / sizeof(targets[0]); i++)
		if (argc < 3 || strcmp(argv[2], targets[i].name) == 0)
			run_target(&targets[i], p, corpus);
	munmap(p, sizeof(*p));
	return done_testing();
}
