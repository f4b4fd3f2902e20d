/*
 * Regular expressions over payload, by PCRE2.  Payload is bytes, not text of
 * any encoding.  What an expression may cost on one payload is bounded; where
 * the bound is hit it does not match.
 */

#include <stdlib.h>

#include "query/filter_int.h"
#include "query/filter_payload.h"

#ifdef HAVE_PCRE2

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#define STEPS_MAX 100000
#define HEAP_KIB_MAX 1024

struct pattern {
	struct pattern *next;
	pcre2_code *code;
};

struct pattern_room {
	pcre2_match_data *data;
	pcre2_match_context *limits;
};

static uint32_t
compile_options(unsigned flags)
{
	uint32_t options = PCRE2_NEVER_UTF | PCRE2_NEVER_UCP |
	    PCRE2_NEVER_BACKSLASH_C;

	if (flags & PATTERN_NOCASE)
		options |= PCRE2_CASELESS;
	if (flags & PATTERN_LINES)
		options |= PCRE2_MULTILINE;
	if (flags & PATTERN_DOT_ALL)
		options |= PCRE2_DOTALL;
	return options;
}

struct pattern *
pattern_new(const char *text, size_t len, unsigned flags, size_t *at,
    struct err *err)
{
	struct pattern *p = calloc(1, sizeof(*p));
	PCRE2_UCHAR why[256] = "";
	PCRE2_SIZE offset = 0;
	int code = 0;

	*at = 0;
	if (p == NULL) {
		err_nomem(err);
		return NULL;
	}
	p->code = pcre2_compile((PCRE2_SPTR)text, len, compile_options(flags),
	    &code, &offset, NULL);
	if (p->code != NULL)
		return p;
	free(p);
	if (code == PCRE2_ERROR_HEAP_FAILED) {
		err_nomem(err);
		return NULL;
	}
	pcre2_get_error_message(code, why, sizeof(why));
	*at = offset < len ? offset : len;
	err_set(err, ERR_FILTER, "%s", (const char *)why);
	return NULL;
}

void
pattern_free_all(struct pattern *p)
{
	while (p != NULL) {
		struct pattern *next = p->next;

		pcre2_code_free(p->code);
		free(p);
		p = next;
	}
}

struct pattern_room *
pattern_room_new(void)
{
	struct pattern_room *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->data = pcre2_match_data_create(1, NULL);
	r->limits = pcre2_match_context_create(NULL);
	if (r->data == NULL || r->limits == NULL) {
		pattern_room_free(r);
		return NULL;
	}
	pcre2_set_match_limit(r->limits, STEPS_MAX);
	pcre2_set_heap_limit(r->limits, HEAP_KIB_MAX);
	return r;
}

void
pattern_room_free(struct pattern_room *r)
{
	if (r == NULL)
		return;
	pcre2_match_data_free(r->data);
	pcre2_match_context_free(r->limits);
	free(r);
}

bool
pattern_matches(const struct pattern *p, struct pattern_room *r,
    struct span s)
{
	return pcre2_match(p->code, s.data, s.len, 0, 0, r->data,
	    r->limits) >= 0;
}

#else

struct pattern {
	struct pattern *next;
};

struct pattern_room {
	char unused;
};

struct pattern *
pattern_new(const char *text, size_t len, unsigned flags, size_t *at,
    struct err *err)
{
	(void)text;
	(void)len;
	(void)flags;
	*at = 0;
	err_set(err, ERR_FILTER, "this program is built without libpcre2-8");
	return NULL;
}

void
pattern_free_all(struct pattern *p)
{
	(void)p;
}

struct pattern_room *
pattern_room_new(void)
{
	return calloc(1, sizeof(struct pattern_room));
}

void
pattern_room_free(struct pattern_room *r)
{
	free(r);
}

bool
pattern_matches(const struct pattern *p, struct pattern_room *r,
    struct span s)
{
	(void)p;
	(void)r;
	(void)s;
	return false;
}

#endif

void
pattern_keep(struct pattern **list, struct pattern *p)
{
	p->next = *list;
	*list = p;
}
