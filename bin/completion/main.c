/*
 * completion SHELL PROGRAM: what is particular to the program in its
 * completion for the shell; the build runs it.
 */

#include <stdio.h>
#include <string.h>

#include "completion/completion.h"

static const struct {
	const char *name;
	void (*write)(const struct program *p, struct buffer *out);
} shells[] = {
	{ "bash", bash_write },
	{ "fish", fish_write },
	{ "zsh", zsh_write },
};

int
main(int argc, char **argv)
{
	struct buffer out = BUFFER_EMPTY;
	const struct program *p = argc == 3 ? program_find(argv[2]) : NULL;
	bool is_written = false;

	for (size_t i = 0; p != NULL && i < sizeof(shells) / sizeof(shells[0]);
	     i++) {
		if (strcmp(shells[i].name, argv[1]) != 0)
			continue;
		shells[i].write(p, &out);
		is_written = !out.failed &&
		    fwrite(out.data, 1, out.len, stdout) == out.len &&
		    fflush(stdout) == 0;
	}
	buffer_fini(&out);
	if (!is_written)
		fprintf(stderr, "usage: completion bash|fish|zsh PROGRAM\n");
	return !is_written;
}
