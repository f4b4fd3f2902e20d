/*
 * Running programs whose system calls fail, by ptrace(2): the kernel stops
 * the program at the calls of the kinds that are asked for, and at no others.
 */
#include "faults/tracer.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "faults/calls.h"
#include "faults/memory.h"
#include "tap.h"

#define TASKS_MAX 256 /* processes and threads of a program */
#define TICK_MS 5
#define LIMIT_MS 20000
#define OPTIONS \
	(PTRACE_O_TRACESECCOMP | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | \
	    PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL)

struct tracer {
	const struct tracer_plan *plan;
	struct tracer_result *result;
	pid_t pid; /* the program */
	pid_t tasks[TASKS_MAX]; /* that have not ended */
	unsigned tasks_len;
	struct memory *memory;
	int memory_fd;
	unsigned ticks;
	bool is_gone; /* the program has ended */
};

static volatile sig_atomic_t has_ticked;

static void
tick(int signal_number)
{
	(void)signal_number;
	has_ticked = 1;
}

static void
take_place(const char *path, int flags, int fd)
{
	int got = open(path, flags, 0600);

	if (got == -1 || dup2(got, fd) == -1)
		_exit(126);
	close(got);
}

static void
set_memory(const struct tracer *t)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", t->memory_fd);
	setenv(MEMORY_VARIABLE, text, 1);
	setenv("LD_PRELOAD", t->plan->library, 1);
}

/* Leaks cannot be looked for in a program that is traced. */
static void
set_sanitizer(const struct tracer *t)
{
	setenv("ASAN_OPTIONS", t->plan->calls & TRACER_MEMORY ?
	    "verify_asan_link_order=0" : "detect_leaks=0", 1);
}

static void
run_child(const struct tracer *t, char *const argv[])
{
	struct sock_filter filter[CALLS_MAX];
	struct sock_fprog program = {
		calls_program(t->plan->calls | TRACER_SYNC, filter), filter
	};

	take_place("/dev/null", O_RDONLY, 0);
	take_place(t->plan->out, O_WRONLY | O_CREAT | O_TRUNC, 1);
	take_place(t->plan->err, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 2);
	if (chdir(t->plan->dir) == -1)
		_exit(126);
	set_sanitizer(t);
	if (t->plan->calls & TRACER_MEMORY)
		set_memory(t);
	else if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == -1 ||
	    raise(SIGSTOP) != 0 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == -1)
		_exit(126);
	execv(argv[0], argv);
	_exit(127);
}

/* The call is left out, and this is its result. */
static void
set_result(pid_t pid, int64_t value)
{
#ifdef __x86_64__
	struct user_regs_struct regs;

	ptrace(PTRACE_GETREGS, pid, NULL, &regs);
	regs.orig_rax = UINT64_MAX;
	regs.rax = (uint64_t)value;
	ptrace(PTRACE_SETREGS, pid, NULL, &regs);
#else
	(void)pid;
	(void)value;
#endif
}

/* The call reads or writes half of what it would. */
static void
halve(pid_t pid)
{
#ifdef __x86_64__
	struct user_regs_struct regs;

	ptrace(PTRACE_GETREGS, pid, NULL, &regs);
	if (regs.rdx > 1)
		regs.rdx /= 2;
	ptrace(PTRACE_SETREGS, pid, NULL, &regs);
#else
	(void)pid;
#endif
}

/* Does the plan speak of this file?  The loader's are none of its. */
static bool
is_below(const struct tracer_plan *p, const char *path)
{
	size_t len = strlen(p->dir);

	return strcmp(path, p->out) == 0 || (strncmp(path, p->dir, len) == 0 &&
	    (path[len] == '\0' || path[len] == '/'));
}

static void
fail(struct tracer *t, pid_t pid, const struct call *c, const char *path)
{
	const char *name = strrchr(path, '/');

	bool is_first = !t->result->was_hit;

	if (is_first)
		snprintf(t->result->what, sizeof(t->result->what),
		    "%s of %.100s", calls_name(c),
		    name == NULL ? "no file" : name + 1);
	t->result->was_hit = true;
	if (t->plan->error == TRACER_KILL)
		for (unsigned i = 0; i < t->tasks_len; i++)
			kill(t->tasks[i], SIGKILL);
	else if (t->plan->error == TRACER_SHORT ||
	    (t->plan->error == TRACER_FULL && is_first))
		halve(pid);
	else
		set_result(pid, t->plan->error == TRACER_FULL ? -ENOSPC :
		    -t->plan->error);
}

static void
meet_call(struct tracer *t, pid_t pid)
{
	struct __ptrace_syscall_info info;
	const struct call *c;
	char path[PATH_MAX];

	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, (void *)sizeof(info),
	    &info) <= 0 || (c = calls_find(info.seccomp.nr)) == NULL)
		return;
	calls_path(c, pid, info.seccomp.args, path);
	if ((calls_kind(c) & TRACER_FILES) && !is_below(t->plan, path))
		return;
	if (calls_kind(c) & TRACER_SYNC) /* nobody waits for the disk */
		set_result(pid, 0);
	if ((calls_kind(c) & t->plan->calls) == 0)
		return;
	t->result->calls++;
	t->result->counts[ffs((int)calls_kind(c)) - 1]++;
	if (t->plan->first > 0 && t->result->calls >= t->plan->first &&
	    t->result->calls - t->plan->first < t->plan->count)
		fail(t, pid, c, path);
}

static void
add_task(struct tracer *t, pid_t pid)
{
	for (unsigned i = 0; i < t->tasks_len; i++)
		if (t->tasks[i] == pid)
			return;
	if (t->tasks_len == TASKS_MAX)
		bail("a program of too many threads");
	t->tasks[t->tasks_len++] = pid;
}

static void
end_task(struct tracer *t, pid_t pid, int status)
{
	for (unsigned i = 0; i < t->tasks_len; i++)
		if (t->tasks[i] == pid)
			t->tasks[i--] = t->tasks[--t->tasks_len];
	if (pid == t->pid) {
		t->result->status = status;
		t->is_gone = true;
	}
}

/* A task has stopped or ended. */
static void
meet(struct tracer *t, pid_t pid, int status)
{
	int event = status >> 16, number = 0;

	if (WIFEXITED(status) || WIFSIGNALED(status)) {
		end_task(t, pid, status);
		return;
	}
	add_task(t, pid);
	if (event == PTRACE_EVENT_SECCOMP)
		meet_call(t, pid);
	else if (event == 0 && WSTOPSIG(status) == SIGSTOP)
		ptrace(PTRACE_SETOPTIONS, pid, NULL, (void *)OPTIONS);
	else if (event == 0)
		number = WSTOPSIG(status);
	ptrace(PTRACE_CONT, pid, NULL, (void *)(intptr_t)number);
}

static void
meet_tick(struct tracer *t)
{
	has_ticked = 0;
	if (++t->ticks > LIMIT_MS / TICK_MS) {
		t->result->is_late = true;
		for (unsigned i = 0; i < t->tasks_len; i++)
			kill(t->tasks[i], SIGKILL);
	}
	if (t->plan->tick != NULL && !t->is_gone)
		t->plan->tick(t->pid, t->plan->context);
}

static void
watch(struct tracer *t)
{
	int status;
	pid_t pid;

	while (t->tasks_len > 0) {
		pid = waitpid(-1, &status, __WALL);
		if (pid > 0)
			meet(t, pid, status);
		else if (errno != EINTR)
			break;
		if (has_ticked)
			meet_tick(t);
	}
}

static void
begin_memory(struct tracer *t)
{
	if ((t->memory_fd = memfd_create("faults", 0)) == -1 ||
	    ftruncate(t->memory_fd, sizeof(*t->memory)) == -1 ||
	    (t->memory = mmap(NULL, sizeof(*t->memory),
	    PROT_READ | PROT_WRITE, MAP_SHARED, t->memory_fd, 0)) ==
	    MAP_FAILED)
		bail("memory: %s", strerror(errno));
	t->memory->first = t->plan->first;
	t->memory->count = t->plan->count;
}

static void
end_memory(struct tracer *t)
{
	t->result->calls = t->memory->calls;
	t->result->counts[ffs(TRACER_MEMORY) - 1] = t->result->calls;
	t->result->was_hit = t->plan->first > 0 &&
	    t->result->calls >= t->plan->first;
	snprintf(t->result->what, sizeof(t->result->what), "an allocation");
	munmap(t->memory, sizeof(*t->memory));
	close(t->memory_fd);
}

static void
set_timer(int interval_ms)
{
	struct timeval interval = { 0, interval_ms * 1000 };
	struct itimerval timer = { interval, interval };
	struct sigaction action = { .sa_handler = tick };

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
}

void
tracer_run(char *const argv[], const struct tracer_plan *plan,
    struct tracer_result *result)
{
	struct tracer t = { .plan = plan, .result = result };
	bool is_memory = plan->calls & TRACER_MEMORY;

	memset(result, 0, sizeof(*result));
	if (is_memory)
		begin_memory(&t);
	if ((t.pid = fork()) == -1)
		bail("fork: %s", strerror(errno));
	if (t.pid == 0)
		run_child(&t, argv);
	add_task(&t, t.pid);
	set_timer(TICK_MS);
	watch(&t);
	set_timer(0);
	if (is_memory)
		end_memory(&t);
}

bool
tracer_works(const char *dir)
{
#ifdef __x86_64__
	char *argv[] = { (char[]) { "/bin/true" }, NULL };
	struct tracer_plan plan = { .calls = TRACER_OPEN, .dir = dir,
		.out = "/dev/null", .err = "/dev/null" };
	struct tracer_result result;

	tracer_run(argv, &plan, &result);
	return WIFEXITED(result.status) && WEXITSTATUS(result.status) == 0;
#else
	(void)dir;
	return false;
#endif
}
