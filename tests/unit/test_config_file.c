/*
 * Settings by name, and the configuration file: what counts, what is passed
 * over, what is refused.
 */

#include <stdio.h>
#include <string.h>

#include "common/log.h"
#include "files.h"
#include "flowcapd/config_file.h"
#include "tap.h"

static const struct settings none; /* nothing is given */

/* A name that is in the table. */
static int
set(struct settings *s, const char *name, const char *text, struct err *err)
{
	const struct setting *row = settings_find(name, strlen(name));

	if (row == NULL)
		bail("no setting %s", name);
	return settings_set(s, row, text, err);
}

static const char *
render(const struct settings *s)
{
	static char text[128];

	snprintf(text, sizeof(text), "max %u s %u f %u%s", s->max_sources,
	    s->sampling, s->forced_sampling, s->tunnels ? " tun" : "");
	return text;
}

static void
test_values(void)
{
	struct settings s = none;
	struct err err;

	ok(settings_find("sampling", 7) == NULL, "a part of a name is none");
	ok(settings_find("crypt.key", 9) == NULL, "nor is another");
	ok(!setting_has_effect(settings_find("xxhash", 6)), "one is accepted");
	ok(setting_has_effect(settings_find("opt.tun", 7)), "one counts");
	is_int(set(&s, "sampling", "-10000000", NULL), 0, "a rate of all");
	is_str(render(&s), "max 0 s 1 f 10000000", "is forced");
	is_int(set(&s, "sampling", "5", NULL), 0, "another");
	is_str(render(&s), "max 0 s 5 f 0", "replaces it");
	is_int(set(&s, "sampling", "--5", &err), -1, "two signs");
	is_str(err.text, "Invalid sampling rate: --5", "are refused");
	is_int(set(&s, "sampling", "4294967297", &err), -1, "a large rate");
	is_int(set(&s, "dyn_max_sources", "1048577", &err), -1, "a limit");
	is_str(err.text, "'1048577' is not a number from 1 to 1048576",
	    "that is too large");
	is_int(set(&s, "opt.tun", "yes", &err), -1, "a word");
	is_str(err.text, "'yes' is not 0, 1, false or true", "is refused");
	is_int(set(&s, "maxworkers", "-1", &err), -1,
	    "what has no effect is checked");
	is_str(render(&s), "max 0 s 5 f 0", "what is refused changes nothing");
}

/* What is given first counts, an explicit no as well. */
static void
test_order(void)
{
	static const struct settings defaults = SETTINGS_DEFAULT;
	struct settings first = none, second = none;

	set(&first, "opt.tun", "0", NULL);
	set(&first, "sampling", "-3", NULL);
	set(&second, "opt.tun", "true", NULL);
	set(&second, "sampling", "7", NULL);
	set(&second, "dyn_max_sources", "9", NULL);
	settings_add(&first, &second);
	settings_add(&first, &defaults);
	is_str(render(&first), "max 9 s 1 f 3", "the first that is given");
	second = none;
	settings_add(&second, &defaults);
	is_str(render(&second), "max 1000 s 1 f 0", "the defaults");
}

/* Read this text. */
static int
read_text(const char *text, const char *program, struct settings *s,
    struct sources *sources, struct err *err)
{
	files_write("config", text, strlen(text));
	*s = none;
	return config_file_read("config", program, s, sources, err);
}

static void
test_sections(void)
{
	static const char text[] =
	    "sampling = 2\n"
	    "[other]\nsampling = x\nnothing at all\n"
	    "[common]\ndyn_max_sources = 7 # few\nsampling=9\nunknown = 1\n"
	    "[ sfcapd ]\nopt.tun = 1\nsampling = 4\n"
	    "[nfcapd]\n\tsampling = \"-3\" # all\n"
	    "[nfcapd.threads]\nwriters = 2\n"
	    "[nfcapdx]\nopt.tun = what\n"
	    "[common]\nsampling = 8\n";
	struct settings s;

	is_int(read_text(text, "nfcapd", &s, NULL, NULL), 0, "sections");
	is_str(render(&s), "max 7 s 1 f 3", "its own, then the common one");
	is_int(read_text(text, "sfcapd", &s, NULL, NULL), 0, "another program");
	is_str(render(&s), "max 7 s 4 f 0 tun", "by its name");
	is_int(read_text("[sfcapd.opt]\ntun = true\n[sfcapd.exporter]\n"
	    "a = nonsense\n", "sfcapd", &s, NULL, NULL), 0, "one below it");
	is_str(render(&s), "max 0 s 0 f 0 tun",
	    "is a part of its keys, and sources are not asked for");
}

static void
test_sources(void)
{
	struct sources *sources = sources_new(NULL);
	struct settings s;

	if (sources == NULL)
		bail("no memory");
	is_int(read_text("[common]\nexporter.c = nonsense\n[nfcapd]\n"
	    "exporter.a = [\"1.1.1.1\", \"da\"]\n[nfcapd.exporter]\n"
	    "b = ['2.2.2.2','db'] # b\n[sfcapd]\nexporter.d = nonsense\n",
	    "nfcapd", &s, sources, NULL), 0, "sources");
	is_uint(sources_count(sources), 2, "its own");
	is_str(sources_get(sources, 1)->ident, "b", "in order");
	sources_free(sources);
}

static void
refused(const char *text, const char *message)
{
	struct sources *sources = sources_new(NULL);
	struct settings s;
	struct err err;

	if (sources == NULL)
		bail("no memory");
	is_int(read_text(text, "nfcapd", &s, sources, &err), -1, "is refused");
	is_str(err.text, message, "is told");
	is_uint(s.given, 0, "and nothing was taken over");
	sources_free(sources);
}

static void
test_refused(void)
{
	static const char where[] = "no/such/file";
	struct settings s;
	struct err err;

	refused("[nfcapd]\nopt.tun = 1\n\nsampling = 0\n",
	    "config: line 4: sampling: Invalid sampling rate: 0");
	refused("[common]\ndyn_max_sources = many\n",
	    "config: line 2: dyn_max_sources: 'many' is not a number from 1 to "
	    "1048576");
	refused("[nfcapd.threads]\nwriters = all\n",
	    "config: line 2: threads.writers: 'all' is not a number");
	refused("[nfcapd]\nsampling =\n",
	    "config: line 2: sampling: expected one value");
	refused("[nfcapd]\nsampling = \"1\n",
	    "config: line 2: sampling: expected one value");
	refused("[nfcapd]\nsampling = \"1\" 2\n",
	    "config: line 2: sampling: expected one value");
	refused("[nfcapd]\nsampling 5\n",
	    "config: line 2: sampling 5: expected KEY = VALUE");
	refused("[nfcapd\nsampling = 5\n",
	    "config: line 1: [nfcapd: expected [SECTION]");
	refused("[nfcapd]\nexporter.a = \"1.1.1.1\"\n",
	    "config: line 2: exporter.a: expected = [\"ip\", \"directory\"]");
	refused("[nfcapd]\nexporter.a = [\"1.1.1.1\", \"d\"] x\n",
	    "config: line 2: exporter.a: expected = [\"ip\", \"directory\"]");
	refused("[nfcapd]\nexporter.a = [\"x\", \"d\"]\n",
	    "config: line 2: exporter.a: Unparsable IP address: x");
	is_int(config_file_read(where, "nfcapd", &s, NULL, &err), -1,
	    "no file");
	is_str(err.text, "path does not exist: no/such/file", "is told");
}

int
main(void)
{
	log_init("test");
	files_begin();
	test_values();
	test_order();
	test_sections();
	test_sources();
	test_refused();
	return done_testing();
}
