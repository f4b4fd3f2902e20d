/*
 * Allocations of a whole program that fail on demand: a library for
 * LD_PRELOAD.  Those of libraries and of libc count, too, from the start of
 * main() on, but not those of OpenSSL, which crashes without memory for its
 * default context.  Nobody waits for the disk.
 */
#include "memory.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

typedef int main_function(int argc, char **argv, char **environment);

void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *p, size_t size);
void *aligned_alloc(size_t alignment, size_t size);
int posix_memalign(void **p, size_t alignment, size_t size);
int fsync(int fd);
int fdatasync(int fd);
int __libc_start_main(main_function *program, int argc, char **argv,
    void (*init)(void), void (*fini)(void), void (*rtld_fini)(void),
    void *stack_end);

static void *(*real_malloc)(size_t);
static void *(*real_calloc)(size_t, size_t);
static void *(*real_realloc)(void *, size_t);
static void *(*real_aligned_alloc)(size_t, size_t);
static int (*real_posix_memalign)(void **, size_t, size_t);
static main_function *real_main;
static struct memory *memory;
static uintptr_t crypto_start, crypto_end;

static void *
find(const char *name)
{
	void *p = dlsym(RTLD_NEXT, name);

	if (p == NULL)
		abort();
	return p;
}

/* Note where OpenSSL is. */
static int
note_library(struct dl_phdr_info *info, size_t size, void *ctx)
{
	uintptr_t end;

	(void)size;
	(void)ctx;
	if (strstr(info->dlpi_name, "/libcrypto.") == NULL)
		return 0;
	crypto_start = info->dlpi_addr;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		end = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr +
		    info->dlpi_phdr[i].p_memsz;
		if (info->dlpi_phdr[i].p_type == PT_LOAD && end > crypto_end)
			crypto_end = end;
	}
	return 1;
}

static bool
is_to_fail(const void *caller)
{
	unsigned n;

	if (memory == NULL || ((uintptr_t)caller >= crypto_start &&
	    (uintptr_t)caller < crypto_end))
		return false;
	n = atomic_fetch_add(&memory->calls, 1) + 1;
	if (memory->first == 0 || n < memory->first ||
	    n - memory->first >= memory->count)
		return false;
	errno = ENOMEM;
	return true;
}

void *
malloc(size_t size)
{
	if (real_malloc == NULL)
		*(void **)&real_malloc = find("malloc");
	return is_to_fail(__builtin_return_address(0)) ? NULL :
	    real_malloc(size);
}

/* dlsym() itself may want some before it has found it. */
void *
calloc(size_t count, size_t size)
{
	static _Alignas(max_align_t) char early[4096];
	static size_t used;
	static bool is_looking;
	char *p = early + used;

	if (is_looking) {
		used += (count * size + 15) & ~(size_t)15;
		return used <= sizeof(early) ? p : NULL;
	}
	if (real_calloc == NULL) {
		is_looking = true;
		*(void **)&real_calloc = find("calloc");
		is_looking = false;
	}
	return is_to_fail(__builtin_return_address(0)) ? NULL :
	    real_calloc(count, size);
}

void *
realloc(void *p, size_t size)
{
	if (real_realloc == NULL)
		*(void **)&real_realloc = find("realloc");
	return is_to_fail(__builtin_return_address(0)) ? NULL :
	    real_realloc(p, size);
}

void *
aligned_alloc(size_t alignment, size_t size)
{
	if (real_aligned_alloc == NULL)
		*(void **)&real_aligned_alloc = find("aligned_alloc");
	return is_to_fail(__builtin_return_address(0)) ? NULL :
	    real_aligned_alloc(alignment, size);
}

int
posix_memalign(void **p, size_t alignment, size_t size)
{
	if (real_posix_memalign == NULL)
		*(void **)&real_posix_memalign = find("posix_memalign");
	return is_to_fail(__builtin_return_address(0)) ? ENOMEM :
	    real_posix_memalign(p, alignment, size);
}

int
fsync(int fd)
{
	(void)fd;
	return 0;
}

int
fdatasync(int fd)
{
	(void)fd;
	return 0;
}

static int
begin(int argc, char **argv, char **environment)
{
	const char *text = getenv(MEMORY_VARIABLE);
	void *p = MAP_FAILED;

	if (text != NULL)
		p = mmap(NULL, sizeof(*memory), PROT_READ | PROT_WRITE,
		    MAP_SHARED, (int)strtol(text, NULL, 10), 0);
	dl_iterate_phdr(note_library, NULL);
	if (p != MAP_FAILED)
		memory = p;
	return real_main(argc, argv, environment);
}

int
__libc_start_main(main_function *program, int argc, char **argv,
    void (*init)(void), void (*fini)(void), void (*rtld_fini)(void),
    void *stack_end)
{
	int (*start)(main_function *, int, char **, void (*)(void),
	    void (*)(void), void (*)(void), void *);

	*(void **)&start = find("__libc_start_main");
	real_main = program;
	return start(begin, argc, argv, init, fini, rtld_fini, stack_end);
}
