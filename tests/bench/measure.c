/*
 * measure: run a command with its output thrown away and print what it
 * cost, one line of name=value words: wall and CPU seconds, largest resident
 * set in KiB, exit status.  With -n the fastest of several runs counts; after
 * the seconds of -t no other run begins.
 *
 * A shell would add its own memory to the figure: the resident set of a
 * process is never below that of the one it was forked from.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RUNS_MAX 100
#define DAY_S 86400

struct cost {
	double wall_s;
	double user_s;
	double sys_s;
	long rss_kib;
	int status; /* of exit, or 128 + the signal */
};

static double
clock_s(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static double
seconds(struct timeval tv)
{
	return (double)tv.tv_sec + (double)tv.tv_usec / 1e6;
}

static int
write_pid(const char *path, pid_t pid)
{
	FILE *f = fopen(path, "w");
	int rc = -1;

	if (f != NULL) {
		rc = fprintf(f, "%d\n", (int)pid) < 0 ? -1 : 0;
		if (fclose(f) != 0)
			rc = -1;
	}
	if (rc == -1)
		fprintf(stderr, "measure: %s: %s\n", path, strerror(errno));
	return rc;
}

/* In the child: does not return.  The pid is known before it does a thing. */
static _Noreturn void
run_command(char **command, const char *pid_path)
{
	int fd;

	if (pid_path != NULL && write_pid(pid_path, getpid()) == -1)
		_exit(126);
	fd = open("/dev/null", O_RDWR);
	if (fd != -1 && dup2(fd, STDIN_FILENO) != -1 &&
	    dup2(fd, STDOUT_FILENO) != -1) {
		close(fd);
		execvp(command[0], command);
	}
	fprintf(stderr, "measure: %s: %s\n", command[0], strerror(errno));
	_exit(127);
}

static int
measure(char **command, const char *pid_path, struct cost *c)
{
	struct rusage usage;
	double begin_s = clock_s();
	pid_t pid = fork();
	int status;

	if (pid == -1) {
		perror("measure: fork");
		return -1;
	}
	if (pid == 0)
		run_command(command, pid_path);
	while (wait4(pid, &status, 0, &usage) == -1)
		if (errno != EINTR)
			return -1;
	c->wall_s = clock_s() - begin_s;
	c->user_s = seconds(usage.ru_utime);
	c->sys_s = seconds(usage.ru_stime);
	c->rss_kib = usage.ru_maxrss;
	c->status = WIFEXITED(status) ? WEXITSTATUS(status) :
	    128 + WTERMSIG(status);
	return 0;
}

static int
usage_error(void)
{
	fputs("usage: measure [-n runs] [-t seconds] [-p pidfile] "
	    "command ...\n", stderr);
	return 2;
}

int
main(int argc, char **argv)
{
	struct cost best = { .wall_s = 0 }, c;
	const char *pid_path = NULL;
	long runs = 1;
	double end_s = clock_s() + DAY_S;
	int letter;

	while ((letter = getopt(argc, argv, "+n:p:t:")) != -1) {
		if (letter == 'n')
			runs = strtol(optarg, NULL, 10);
		else if (letter == 'p')
			pid_path = optarg;
		else if (letter == 't')
			end_s = clock_s() + strtod(optarg, NULL);
		else
			return usage_error();
	}
	if (optind == argc || runs < 1 || runs > RUNS_MAX)
		return usage_error();
	for (long i = 0; i < runs; i++) {
		if (measure(argv + optind, pid_path, &c) == -1)
			return 1;
		if (i == 0 || c.wall_s < best.wall_s || c.status != 0)
			best = c;
		if (c.status != 0 || clock_s() > end_s)
			break;
	}
	printf("wall=%.3f cpu=%.3f user=%.3f sys=%.3f rss=%ld status=%d\n",
	    best.wall_s, best.user_s + best.sys_s, best.user_s, best.sys_s,
	    best.rss_kib, best.status);
	return best.status != 0;
}
