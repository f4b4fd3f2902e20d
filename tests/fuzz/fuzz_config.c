/*
 * The configuration of the collector: the first byte says whether the rest is
 * a file of -C, one of -N, or the words of a command line, one a line.
 */
#include <string.h>

#include "common/log.h"
#include "flowcapd/args.h"
#include "flowcapd/config_file.h"
#include "fuzz/fuzz.h"
#include "fuzzkit.h"

#define NAME "config"
#define WORDS 16

static bool
is_long(const char *path)
{
	return strlen(path) > 3;
}

static void
read_words(const uint8_t *data, size_t size)
{
	const struct args_probe probe = { is_long, is_long, is_long };
	char program[] = "flowcapd", *words[WORDS + 2] = { program };
	char *line[WORDS];
	struct reader in;
	struct config c;
	int count = 0;

	reader_init(&in, data, size);
	for (; count < WORDS && in.left > 0; count++)
		words[count + 1] = line[count] = fuzzkit_line(&in);
	args_parse(&c, count + 1, words, &probe, NULL);
	while (count > 0)
		free(line[--count]);
}

/* Some senders find their sources, or none. */
static void
look_up(struct sources *s)
{
	struct source *found;

	for (uint32_t a = 1; a != 0; a <<= 1)
		if ((found = sources_look(s, addr_v4(a))) != NULL)
			require(found->number < sources_count(s));
	for (uint64_t a = 1; a != 0; a <<= 1)
		sources_look(s, (struct addr){ a << 32 | a, a });
}

static void
read_file(bool is_list)
{
	struct settings settings = { .given = 0 };
	struct sources *s = sources_new(NULL);

	require(s != NULL);
	if (is_list)
		sources_add_file(s, NAME, NULL);
	else
		config_file_read(NAME, "flowcapd", &settings, s, NULL);
	look_up(s);
	sources_free(s);
}

int
FUZZ_TARGET(config)(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	log_limit(0);
	if (data[0] % 3 == 0) {
		read_words(data + 1, size - 1);
		return 0;
	}
	fuzzkit_write(NAME, data + 1, size - 1);
	read_file(data[0] % 3 == 1);
	return 0;
}
