/*
 * The texts of a filter: the one given and those that "@include NAME" brings
 * in.  A directive is met again whenever the parser goes back, so its text is
 * loaded once and found by the place of the directive.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "query/filter_int.h"

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

#define DIRECTIVE "@include"
#define DIRECTIVE_LEN (sizeof(DIRECTIVE) - 1)

/* A byte order mark is no part of the text: columns count from behind it. */
static void
set_text(struct input *in, const char *text, size_t len)
{
	size_t mark = sizeof(BYTE_ORDER_MARK) - 1;

	if (strncmp(text, BYTE_ORDER_MARK, mark) != 0)
		mark = 0;
	in->text = text + mark;
	in->len = len - mark;
}

void
inputs_init(struct inputs *s, const char *text, const char *name,
    const struct filter_options *options)
{
	memset(s, 0, sizeof(*s));
	s->options = options;
	s->given.name = name;
	set_text(&s->given, text, strlen(text));
}

void
inputs_fini(struct inputs *s)
{
	while (s->included != NULL) {
		struct input *next = s->included->next;

		buffer_fini(&s->included->buffer);
		free(s->included);
		s->included = next;
	}
}

void
input_begin(struct inputs *s, struct lexer *l)
{
	l->inputs = s;
	l->input = &s->given;
	l->pos = s->given.text;
}

const struct input *
input_of(const struct inputs *s, const char *place)
{
	uintptr_t p = (uintptr_t)place;

	for (const struct input *in = s->included; in != NULL; in = in->next)
		if (p >= (uintptr_t)in->text &&
		    p - (uintptr_t)in->text <= in->len)
			return in;
	return &s->given;
}

bool
input_leave(struct lexer *l)
{
	if (l->input->outer == NULL)
		return false;
	l->pos = l->input->resume;
	l->input = l->input->outer;
	return true;
}

bool
input_is_directive(const char *pos)
{
	return *pos == '@' && strncasecmp(pos, DIRECTIVE, DIRECTIVE_LEN) == 0 &&
	    (pos[DIRECTIVE_LEN] == '\0' ||
		strchr(LEX_BLANKS, pos[DIRECTIVE_LEN]) != NULL);
}

/* Make the token at the directive say what is wrong.  Always -1. */
static int
refuse(struct lexer *l, struct token *t, enum err_code code, const char *fmt,
    ...)
{
	struct inputs *s = l->inputs;
	va_list ap;

	memset(t, 0, sizeof(*t));
	t->kind = TOKEN_BAD;
	t->text = l->pos;
	t->len = DIRECTIVE_LEN;
	t->code = code;
	t->why = s->why;
	va_start(ap, fmt);
	vsnprintf(s->why, sizeof(s->why), fmt, ap);
	va_end(ap);
	return -1;
}

/* Load what the directive names; NULL with a refused token. */
static struct input *
load(struct lexer *l, struct token *t, const char *name, size_t len)
{
	const struct filter_options *o = l->inputs->options;
	struct input *in = calloc(1, sizeof(*in) + len + 1);
	struct err err = { ERR_FILTER, "it cannot be read" };
	char *copy;

	if (in == NULL) {
		refuse(l, t, ERR_NOMEM, "out of memory");
		return NULL;
	}
	copy = memcpy(in + 1, name, len); /* ends with a zero of calloc() */
	in->name = copy;
	if (o->load(o->ctx, in->name, &in->buffer, &err) == -1) {
		refuse(l, t, err.code, "%s", err.text);
		goto fail;
	}
	buffer_char(&in->buffer, '\0');
	if (in->buffer.failed) {
		refuse(l, t, ERR_NOMEM, "out of memory");
		goto fail;
	}
	set_text(in, in->buffer.data, in->buffer.len - 1);
	if (strlen(in->text) != in->len) {
		refuse(l, t, ERR_FILTER, "%s holds a zero byte", in->name);
		goto fail;
	}
	if (in->len > FILTER_INCLUDE_BYTES - l->inputs->bytes) {
		refuse(l, t, ERR_FILTER,
		    "the included files hold more than %u bytes",
		    FILTER_INCLUDE_BYTES);
		goto fail;
	}
	return in;
fail:
	buffer_fini(&in->buffer);
	free(in);
	return NULL;
}

/* Load it and put it among the inputs. */
static struct input *
include(struct lexer *l, struct token *t, const char *name, size_t len)
{
	struct inputs *s = l->inputs;
	struct input *in;

	if (s->count == FILTER_INCLUDE_MAX) {
		refuse(l, t, ERR_FILTER, "more than %d files included",
		    FILTER_INCLUDE_MAX);
		return NULL;
	}
	if ((in = load(l, t, name, len)) == NULL)
		return NULL;
	in->next = s->included;
	s->included = in;
	in->outer = l->input;
	in->depth = l->input->depth + 1;
	in->directive = l->pos;
	in->resume = name + len;
	s->count++;
	s->bytes += in->len;
	return in;
}

int
input_enter(struct lexer *l, struct token *t)
{
	struct inputs *s = l->inputs;
	const char *name = l->pos + DIRECTIVE_LEN;
	const struct input *in = s->included;
	size_t len;

	while (in != NULL && in->directive != l->pos)
		in = in->next;
	name += strspn(name, LEX_BLANKS);
	len = strcspn(name, LEX_BLANKS);
	if (len == 0)
		return refuse(l, t, ERR_FILTER,
		    "expected a file name after \"" DIRECTIVE "\"");
	if (s->options == NULL || s->options->load == NULL)
		return refuse(l, t, ERR_FILTER, "no files are included here");
	if (l->input->depth == FILTER_INCLUDE_DEPTH)
		return refuse(l, t, ERR_FILTER,
		    "more than %d files include each other",
		    FILTER_INCLUDE_DEPTH);
	if (in == NULL && (in = include(l, t, name, len)) == NULL)
		return -1;
	l->input = in;
	l->pos = in->text;
	return 0;
}
