/*
 * Replay of a stored corpus without a fuzzer: every file of the directory
 * given goes through the target once, in name order.  A fault ends the
 * program before its plan, which counts as broken.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "tap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
replay(const char *dir, const char *name)
{
	char path[1024];
	uint8_t *data;
	long size;
	FILE *in;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if ((in = fopen(path, "rb")) == NULL || fseek(in, 0, SEEK_END) != 0 ||
	    (size = ftell(in)) < 0)
		bail("%s cannot be read", path);
	rewind(in);
	/* As large as the input, so that a read behind it is found. */
	data = malloc(size == 0 ? 1 : (size_t)size);
	if (data == NULL || fread(data, 1, (size_t)size, in) != (size_t)size)
		bail("%s cannot be read", path);
	fclose(in);
	is_int(LLVMFuzzerTestOneInput(data, (size_t)size), 0, "%s", name);
	free(data);
}

int
main(int argc, char **argv)
{
	struct dirent **names;
	int count;

	if (argc != 2)
		bail("usage: %s directory", argv[0]);
	if ((count = scandir(argv[1], &names, NULL, alphasort)) < 0)
		bail("%s cannot be read", argv[1]);
	for (int i = 0; i < count; i++) {
		if (names[i]->d_name[0] != '.')
			replay(argv[1], names[i]->d_name);
		free(names[i]);
	}
	free(names);
	return done_testing();
}
