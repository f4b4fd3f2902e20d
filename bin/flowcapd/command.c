/*
 * Words of the launch command.
 */

#include <assert.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "flowcapd/command.h"

#define TIME_PREFIX "nfcapd."

struct command {
	unsigned count;
	char *words[COMMAND_WORDS_MAX];
	char text[COMMAND_LEN_MAX + 1]; /* of the words, without quotes */
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n';
}

/* Copy one word without its quotes.  The end of it, NULL: a quote is open. */
static const char *
take_word(const char *from, char **to)
{
	char quote = '\0';

	for (; *from != '\0' && (quote != '\0' || !is_blank(*from)); from++) {
		if (quote == '\0' && (*from == '\'' || *from == '"'))
			quote = *from;
		else if (quote == *from)
			quote = '\0';
		else
			*(*to)++ = *from;
	}
	*(*to)++ = '\0';
	return quote == '\0' ? from : NULL;
}

static int
split(struct command *c, const char *text, struct err *err)
{
	char *to = c->text;

	for (;;) {
		while (is_blank(*text))
			text++;
		if (*text == '\0')
			break;
		if (c->count == COMMAND_WORDS_MAX)
			return err_set(err, ERR_USAGE,
			    "launch command: more than %d words",
			    COMMAND_WORDS_MAX);
		c->words[c->count++] = to;
		if ((text = take_word(text, &to)) == NULL)
			return err_set(err, ERR_USAGE,
			    "launch command: a quote does not end");
	}
	if (c->count == 0 || *c->words[0] == '\0')
		return err_set(err, ERR_USAGE, "launch command: empty");
	return 0;
}

/* The time in a file name, with the zone if there is one. */
static const char *
time_of(const char *name)
{
	const char *slash = strrchr(name, '/');
	size_t len = strlen(TIME_PREFIX);

	if (slash != NULL)
		name = slash + 1;
	return strncmp(name, TIME_PREFIX, len) == 0 ? name + len : name;
}

/* Append the value of a token.  False when there is no such token. */
static bool
add_value(struct buffer *b, char token, const struct command_values *v)
{
	switch (token) {
	case 'f':
		buffer_text(b, v->name);
		return true;
	case 'd':
		buffer_text(b, v->dir);
		return true;
	case 't':
		buffer_text(b, time_of(v->name));
		return true;
	case 'u':
		buffer_printf(b, "%" PRId64, v->start_s);
		return true;
	case 'i':
		buffer_text(b, v->ident);
		return true;
	case '%':
		buffer_char(b, '%');
		return true;
	}
	return false;
}

/* Append a word and its end. */
static void
expand_word(struct buffer *b, const char *word,
    const struct command_values *v, void (*unknown)(char token))
{
	for (; *word != '\0'; word++) {
		if (*word == '%' && add_value(b, word[1], v)) {
			word++;
			continue;
		}
		if (*word == '%' && unknown != NULL)
			unknown(word[1]);
		buffer_char(b, *word);
	}
	buffer_char(b, '\0');
}

struct command *
command_parse(const char *text, void (*unknown)(char token), struct err *err)
{
	static const struct command_values none = { "", "", "", 0 };
	struct command *c;
	struct buffer b;

	if (strlen(text) > COMMAND_LEN_MAX) {
		err_set(err, ERR_USAGE,
		    "launch command: more than %d characters",
		    COMMAND_LEN_MAX);
		return NULL;
	}
	if ((c = calloc(1, sizeof(*c))) == NULL) {
		err_nomem(err);
		return NULL;
	}
	if (split(c, text, err) == -1) {
		free(c);
		return NULL;
	}
	buffer_init(&b);
	for (unsigned i = 0; i < c->count; i++)
		expand_word(&b, c->words[i], &none, unknown);
	buffer_fini(&b);
	return c;
}

void
command_free(struct command *c)
{
	free(c);
}

char **
command_expand(const struct command *c, const struct command_values *v)
{
	size_t table = (c->count + 1) * sizeof(char *);
	struct buffer b;
	char **words;
	char *at;

	/* The table of words comes first, to be filled when all is in place. */
	buffer_init(&b);
	if (buffer_room(&b, table) != NULL)
		b.len = table;
	for (unsigned i = 0; i < c->count; i++)
		expand_word(&b, c->words[i], v, NULL);
	if (b.failed) {
		buffer_fini(&b);
		return NULL;
	}
	words = (char **)(void *)b.data;
	assert(words != NULL);
	at = b.data + table;
	for (unsigned i = 0; i < c->count; i++) {
		words[i] = at;
		at += strlen(at) + 1;
	}
	words[c->count] = NULL;
	return words;
}

/* A name that ends in * stands for all that begin so. */
static const char *const harmful[] = {
	"BASHOPTS", "BASH_ENV", "BASH_FUNC_*", "CDPATH", "CLASSPATH", "DYLD_*",
	"ENV", "GCONV_PATH", "GEM_*", "GETCONF_DIR", "GLIBC_TUNABLES",
	"GLOBIGNORE", "HOSTALIASES", "IFS", "JAVA_TOOL_OPTIONS",
	"JDK_JAVA_OPTIONS", "LD_*", "LISTEN_FDNAMES", "LISTEN_FDS",
	"LISTEN_PID", "LOCALDOMAIN", "LOCPATH", "LUA_*", "MALLOC_*",
	"NIS_PATH", "NLSPATH", "NODE_*", "NOTIFY_SOCKET", "PERL5*", "PERLLIB",
	"PERL_*", "PHPRC", "PHP_INI_SCAN_DIR", "PROMPT_COMMAND", "PS4",
	"PYTHON*", "RESOLV_HOST_CONF", "RES_OPTIONS", "RUBYLIB", "RUBYOPT",
	"SHELLOPTS", "TCLLIBPATH", "WATCHDOG_PID", "WATCHDOG_USEC", "ZDOTDIR",
};

static bool
is_harmful(const char *variable)
{
	size_t len = strcspn(variable, "=");

	for (size_t i = 0; i < sizeof(harmful) / sizeof(harmful[0]); i++) {
		size_t n = strcspn(harmful[i], "*");

		if (strncmp(variable, harmful[i], n) == 0 &&
		    (harmful[i][n] == '*' || n == len))
			return true;
	}
	return false;
}

void
command_clean_environment(char **environment)
{
	char **to = environment;

	for (; *environment != NULL; environment++)
		if (!is_harmful(*environment))
			*to++ = *environment;
	*to = NULL;
}
