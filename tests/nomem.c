/*
 * Allocation failures on demand, by the linker's --wrap.
 */
#include "nomem.h"

#include <errno.h>
#include <stddef.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *p, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *p, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);

static unsigned nomem_left; /* allocations up to the one that fails */
static bool nomem_failed;

void
nomem_at(unsigned n)
{
	nomem_left = n;
	nomem_failed = false;
}

bool
nomem_hit(void)
{
	return nomem_failed;
}

static bool
is_to_fail(void)
{
	if (nomem_left == 0 || --nomem_left > 0)
		return false;
	nomem_failed = true;
	errno = ENOMEM;
	return true;
}

void *
__wrap_malloc(size_t size)
{
	return is_to_fail() ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t count, size_t size)
{
	return is_to_fail() ? NULL : __real_calloc(count, size);
}

void *
__wrap_realloc(void *p, size_t size)
{
	return is_to_fail() ? NULL : __real_realloc(p, size);
}

void *
__wrap_aligned_alloc(size_t alignment, size_t size)
{
	return is_to_fail() ? NULL : __real_aligned_alloc(alignment, size);
}
