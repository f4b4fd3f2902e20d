/*
 * The set of sources.  One hash table holds addresses and prefixes alike,
 * keyed by masked address and length, 128 for an address and 0 for all.  A
 * look-up tries the lengths in use, the longest first, so it costs a probe
 * for each of those whatever the number of prefixes; receivers remember what
 * they found.
 */

#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "common/log.h"
#include "flowcapd/source.h"

#define LENGTHS 129
#define ADDRESS_MAX 128 /* of one address with its prefix length */

struct entry {
	struct addr addr; /* masked */
	unsigned len;
	struct source *source; /* NULL: free */
};

struct table {
	struct entry *entries;
	size_t room; /* a power of two, or 0 */
	size_t used;
	uint8_t lengths[LENGTHS]; /* in use, the longest first */
	unsigned count; /* of lengths */
};

struct sources {
	pthread_mutex_t lock;
	struct source **list;
	uint32_t count, room;
	uint32_t first; /* number of the one that was named first */
	struct table table;
	char *base; /* NULL: no dynamic sources */
	uint32_t limit; /* of those */
	uint32_t dynamic;
	bool is_full; /* the limit was met, and told */
	atomic_uint generation;
	atomic_uint_fast64_t ignored;
};

/* The entry of a key, or the free one where it belongs. */
static struct entry *
table_slot(const struct table *t, struct addr a, unsigned len)
{
	size_t i = hash_pair(a.hi ^ len, a.lo) & (t->room - 1);

	while (t->entries[i].source != NULL &&
	    (t->entries[i].len != len || !addr_equal(t->entries[i].addr, a)))
		i = (i + 1) & (t->room - 1);
	return &t->entries[i];
}

static int
table_grow(struct table *t, struct err *err)
{
	struct table wider = *t;

	wider.room = t->room == 0 ? 64 : t->room * 2;
	wider.entries = calloc(wider.room, sizeof(*wider.entries));
	if (wider.entries == NULL)
		return err_nomem(err);
	for (size_t i = 0; i < t->room; i++)
		if (t->entries[i].source != NULL)
			*table_slot(&wider, t->entries[i].addr,
			    t->entries[i].len) = t->entries[i];
	free(t->entries);
	*t = wider;
	return 0;
}

static void
note_length(struct table *t, unsigned len)
{
	unsigned i = 0;

	while (i < t->count && t->lengths[i] > len)
		i++;
	if (i < t->count && t->lengths[i] == len)
		return;
	memmove(t->lengths + i + 1, t->lengths + i, t->count - i);
	t->lengths[i] = (uint8_t)len;
	t->count++;
}

/* That addresses lead to this source.  ERR_VALUE: they lead to another. */
static int
table_put(struct table *t, const struct prefix *p, struct source *source,
    struct err *err)
{
	char text[ADDR_TEXT_MAX];
	struct entry *e;

	if (t->used * 2 >= t->room && table_grow(t, err) == -1)
		return -1;
	e = table_slot(t, p->addr, p->len);
	if (e->source != NULL && e->source != source) {
		addr_format(p->addr, text);
		return err_set(err, ERR_VALUE, "%s%s has two sources, '%s' "
		    "and '%s'", p->len == 0 ? "any sender" : text,
		    p->len % 128 == 0 ? "" : " with its prefix",
		    e->source->ident, source->ident);
	}
	t->used += e->source == NULL;
	*e = (struct entry){ p->addr, p->len, source };
	note_length(t, p->len);
	return 0;
}

static struct source *
table_find(const struct table *t, struct addr a)
{
	struct entry *e;

	for (unsigned i = 0; i < t->count; i++) {
		e = table_slot(t, addr_mask(a, t->lengths[i]), t->lengths[i]);
		if (e->source != NULL)
			return e->source;
	}
	return NULL;
}

struct sources *
sources_new(struct err *err)
{
	struct sources *s = calloc(1, sizeof(*s));

	if (s == NULL) {
		err_nomem(err);
		return NULL;
	}
	pthread_mutex_init(&s->lock, NULL);
	return s;
}

static void
source_free(struct source *source)
{
	if (source == NULL)
		return;
	datadir_unlock(&source->dir);
	free(source->path);
	free(source->senders);
	free(source);
}

void
sources_free(struct sources *s)
{
	if (s == NULL)
		return;
	for (uint32_t i = 0; i < s->count; i++)
		source_free(s->list[i]);
	free(s->list);
	free(s->table.entries);
	free(s->base);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

/* Put a source at the end of the list. */
static int
list_put(struct sources *s, struct source *source, struct err *err)
{
	uint32_t room = s->room == 0 ? 16 : s->room * 2;
	struct source **list;

	if (s->count == s->room) {
		list = realloc(s->list, room * sizeof(struct source *));
		if (list == NULL)
			return err_nomem(err);
		s->list = list;
		s->room = room;
	}
	source->number = s->count;
	s->list[s->count++] = source;
	return 0;
}

static struct source *
make_source(struct sources *s, const char *ident, const char *path,
    struct err *err)
{
	struct source *source = calloc(1, sizeof(*source));

	if (source == NULL) {
		err_nomem(err);
		return NULL;
	}
	source->dir = (struct datadir)DATADIR_NONE;
	if ((source->path = strdup(path)) == NULL) {
		source_free(source);
		err_nomem(err);
		return NULL;
	}
	snprintf(source->ident, sizeof(source->ident), "%s", ident);
	if (list_put(s, source, err) == -1) {
		source_free(source);
		return NULL;
	}
	return source;
}

static struct source *
by_path(const struct sources *s, const char *path)
{
	for (uint32_t i = 0; i < s->count; i++)
		if (strcmp(s->list[i]->path, path) == 0)
			return s->list[i];
	return NULL;
}

static int
check_ident(const char *ident, struct err *err)
{
	size_t len = strlen(ident);

	if (len == 0 || len >= SOURCE_IDENT_MAX)
		return err_set(err, ERR_VALUE, "Invalid source identifier: "
		    "'%s': 1 to %d characters are allowed", ident,
		    SOURCE_IDENT_MAX - 1);
	for (size_t i = 0; i < len; i++)
		if (ident[i] < 33 || ident[i] > 126)
			return err_set(err, ERR_VALUE, "Illegal characters in "
			    "ident '%s'", ident);
	return 0;
}

/* One address or prefix. */
static int
put_address(struct sources *s, struct source *source, const char *text,
    size_t len, struct err *err)
{
	struct prefix p = { .len = 128 };
	char word[ADDRESS_MAX];

	snprintf(word, sizeof(word), "%.*s", (int)(len < ADDRESS_MAX ? len :
	    ADDRESS_MAX - 1), text);
	if (strchr(word, '/') != NULL) {
		if (prefix_parse(word, &p, err) == -1)
			return err_context(err, "%s", word);
	} else if (addr_parse(word, &p.addr) == -1) {
		return err_set(err, ERR_VALUE, "Unparsable IP address: %s",
		    word);
	}
	return table_put(&s->table, &p, source, err);
}

/* Note the senders for the log. */
static int
note_senders(struct source *source, const char *text, struct err *err)
{
	size_t old = source->senders == NULL ? 0 : strlen(source->senders);
	size_t room = old + strlen(text) + 2;
	char *longer = realloc(source->senders, room);

	if (longer == NULL)
		return err_nomem(err);
	source->senders = longer;
	snprintf(longer + old, room - old, "%s%s", old == 0 ? "" : ";", text);
	return 0;
}

int
sources_add(struct sources *s, const char *ident, const char *addresses,
    const char *path, struct err *err)
{
	static const struct prefix any = { { 0, 0 }, 0 };
	struct source *source;
	size_t len;

	if (check_ident(ident, err) == -1)
		return -1;
	if (*path == '\0')
		return err_set(err, ERR_VALUE, "source '%s' has no directory",
		    ident);
	if ((source = by_path(s, path)) == NULL &&
	    (source = make_source(s, ident, path, err)) == NULL)
		return -1;
	if (strcmp(source->ident, ident) != 0)
		return err_set(err, ERR_VALUE, "directory '%s' has two "
		    "sources, '%s' and '%s'", path, source->ident, ident);
	if (note_senders(source, addresses == NULL ? "any IP" : addresses,
	    err) == -1)
		return -1;
	if (addresses == NULL)
		return table_put(&s->table, &any, source, err);
	for (;; addresses += len + 1) {
		len = strcspn(addresses, ";");
		if (put_address(s, source, addresses, len, err) == -1)
			return -1;
		if (addresses[len] == '\0')
			return 0;
	}
}

int
sources_set_base(struct sources *s, const char *base, uint32_t limit,
    struct err *err)
{
	if (strlen(base) >= PATH_MAX - SOURCE_IDENT_MAX)
		return err_set(err, ERR_VALUE, "the name of the base "
		    "directory is too long");
	if ((s->base = strdup(base)) == NULL)
		return err_nomem(err);
	s->limit = limit;
	return 0;
}

void
source_name(struct addr sender, char name[SOURCE_IDENT_MAX])
{
	addr_format(sender, name);
	for (char *c = name; *c != '\0'; c++)
		if (*c == '.' || *c == ':')
			*c = '-';
}

/* A source for a sender that is new.  NULL: not this one. */
static struct source *
add_dynamic(struct sources *s, struct addr sender)
{
	struct prefix p = { sender, 128 };
	char name[SOURCE_IDENT_MAX];
	char path[PATH_MAX];
	struct source *source;

	if (s->dynamic >= s->limit) {
		if (!s->is_full)
			log_warning("there are %u dynamic sources: other "
			    "senders are ignored", s->limit);
		s->is_full = true;
		return NULL;
	}
	source_name(sender, name);
	snprintf(path, sizeof(path), "%s/%s", s->base, name);
	if ((source = make_source(s, name, path, NULL)) == NULL)
		return NULL;
	source->is_dynamic = true;
	s->dynamic++;
	/* Without memory for the entry it is made again: bounded, too. */
	return table_put(&s->table, &p, source, NULL) == 0 ? source : NULL;
}

struct source *
sources_find(struct sources *s, struct addr sender)
{
	struct source *source;

	pthread_mutex_lock(&s->lock);
	source = table_find(&s->table, sender);
	if (source == NULL && s->base != NULL)
		source = add_dynamic(s, sender);
	pthread_mutex_unlock(&s->lock);
	return source;
}

struct source *
sources_look(struct sources *s, struct addr sender)
{
	struct source *source;

	pthread_mutex_lock(&s->lock);
	source = table_find(&s->table, sender);
	pthread_mutex_unlock(&s->lock);
	return source;
}

uint32_t
sources_generation(struct sources *s)
{
	return atomic_load_explicit(&s->generation, memory_order_acquire);
}

/* The source of the set that is the same as this one of another. */
static struct source *
same_source(const struct sources *s, const struct source *other)
{
	for (uint32_t i = 0; i < s->count; i++)
		if (strcmp(s->list[i]->path, other->path) == 0 &&
		    strcmp(s->list[i]->ident, other->ident) == 0)
			return s->list[i];
	return NULL;
}

static void
swap_senders(struct source *a, struct source *b)
{
	char *text = a->senders;

	a->senders = b->senders;
	b->senders = text;
}

/* What was made for senders stays where it is. */
static int
keep_dynamic(const struct sources *s, struct table *fresh, struct err *err)
{
	const struct entry *e;
	struct prefix p;

	for (size_t i = 0; i < s->table.room; i++) {
		e = &s->table.entries[i];
		p = (struct prefix){ e->addr, e->len };
		if (e->source != NULL && e->source->is_dynamic &&
		    table_put(fresh, &p, e->source, err) == -1)
			return -1;
	}
	return 0;
}

/* Make those that we have not, or none. */
static int
make_missing(struct sources *s, const struct sources *fresh, struct err *err)
{
	uint32_t before = s->count;

	for (uint32_t i = 0; i < fresh->count; i++) {
		if (same_source(s, fresh->list[i]) != NULL ||
		    make_source(s, fresh->list[i]->ident,
			fresh->list[i]->path, err) != NULL)
			continue;
		while (s->count > before)
			source_free(s->list[--s->count]);
		return -1;
	}
	return 0;
}

/* Make the fresh table lead to our sources, which are made if need be. */
static int
adopt(struct sources *s, struct sources *fresh, struct err *err)
{
	struct source *ours;

	if (keep_dynamic(s, &fresh->table, err) == -1 ||
	    make_missing(s, fresh, err) == -1)
		return -1;
	for (uint32_t i = 0; i < s->count; i++)
		s->list[i]->is_retired = !s->list[i]->is_dynamic;
	for (uint32_t i = 0; i < fresh->count; i++) {
		ours = same_source(s, fresh->list[i]);
		ours->is_retired = false;
		swap_senders(ours, fresh->list[i]);
		for (size_t j = 0; j < fresh->table.room; j++)
			if (fresh->table.entries[j].source == fresh->list[i])
				fresh->table.entries[j].source = ours;
	}
	return 0;
}

int
sources_replace(struct sources *s, struct sources *fresh, struct err *err)
{
	struct table old;
	int rc;

	pthread_mutex_lock(&s->lock);
	if ((rc = adopt(s, fresh, err)) == 0) {
		if (fresh->count > 0)
			s->first = same_source(s, fresh->list[0])->number;
		old = s->table;
		s->table = fresh->table;
		fresh->table = old;
		s->limit = fresh->limit;
		s->is_full = false;
		atomic_fetch_add(&s->generation, 1);
	}
	pthread_mutex_unlock(&s->lock);
	sources_free(fresh);
	return rc;
}

uint32_t
sources_count(struct sources *s)
{
	uint32_t count;

	pthread_mutex_lock(&s->lock);
	count = s->count;
	pthread_mutex_unlock(&s->lock);
	return count;
}

struct source *
sources_get(struct sources *s, uint32_t number)
{
	struct source *source;

	pthread_mutex_lock(&s->lock);
	source = s->list[number];
	pthread_mutex_unlock(&s->lock);
	return source;
}

struct source *
sources_first(struct sources *s)
{
	struct source *source;

	pthread_mutex_lock(&s->lock);
	source = s->list[s->first];
	pthread_mutex_unlock(&s->lock);
	return source;
}

uint64_t
sources_ignore(struct sources *s)
{
	return atomic_fetch_add(&s->ignored, 1) + 1;
}
