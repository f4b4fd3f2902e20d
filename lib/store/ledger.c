/*
 * The ledger in memory: rows in an array, found by a hash table of their
 * numbers; a name is found by looking at all of them, which are few.
 */

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "store/ledger.h"

#define FIRST_ROWS 8

struct row {
	struct store_ledger_who who;
	uint64_t value[STORE_LEDGER_COLUMNS_MAX];
};

struct store_ledger {
	char name[STORE_LEDGER_COLUMNS_MAX][STORE_LEDGER_NAME_MAX];
	size_t columns;
	struct row *row;
	size_t rows;
	size_t room; /* a power of two, or 0 */
	uint32_t *slot; /* 2 * room: number of a row + 1, 0 free */
};

struct store_ledger *
store_ledger_new(void)
{
	return calloc(1, sizeof(struct store_ledger));
}

void
store_ledger_free(struct store_ledger *l)
{
	if (l == NULL)
		return;
	free(l->slot);
	free(l->row);
	free(l);
}

static bool
is_same(const struct store_ledger_who *a, const struct store_ledger_who *b)
{
	return a->version == b->version && a->id == b->id &&
	    addr_equal(a->addr, b->addr);
}

/* The slot that has the row, or is free for it; there is a free one. */
static uint32_t *
slot_of(const struct store_ledger *l, const struct store_ledger_who *who)
{
	size_t mask = 2 * l->room - 1;
	/* Where the heap lies is not known to who would fill one chain. */
	uint64_t hash = hash_pair(who->addr.hi ^ (uintptr_t)l, who->addr.lo);
	size_t i = hash_pair(hash, (uint64_t)who->version << 32 | who->id) &
	    mask;

	while (l->slot[i] != 0 && !is_same(&l->row[l->slot[i] - 1].who, who))
		i = (i + 1) & mask;
	return &l->slot[i];
}

static int
grow(struct store_ledger *l)
{
	size_t room = l->room == 0 ? FIRST_ROWS : l->room * 2;
	uint32_t *slot = calloc(2 * room, sizeof(*slot));
	struct row *row = realloc(l->row, room * sizeof(*row));

	if (row != NULL)
		l->row = row;
	if (row == NULL || slot == NULL) {
		free(slot);
		return -1;
	}
	free(l->slot);
	l->slot = slot;
	l->room = room;
	for (size_t i = 0; i < l->rows; i++)
		*slot_of(l, &l->row[i].who) = (uint32_t)i + 1;
	return 0;
}

/* NULL without memory; *is_full when there may be no more rows. */
static struct row *
row_of(struct store_ledger *l, const struct store_ledger_who *who,
    bool *is_full)
{
	size_t i = store_ledger_find(l, who);

	*is_full = i == l->rows && l->rows == STORE_LEDGER_ROWS_MAX;
	if (*is_full || (i == l->room && grow(l) == -1))
		return NULL;
	if (i == l->rows) {
		l->row[l->rows++] = (struct row){ .who = *who };
		*slot_of(l, who) = (uint32_t)l->rows;
	}
	return &l->row[i];
}

/* The number of columns when there may be no more. */
static size_t
column_of(struct store_ledger *l, const char *name)
{
	size_t len = strlen(name);
	size_t i = 0;

	while (i < l->columns && strcmp(l->name[i], name) != 0)
		i++;
	if (i < l->columns || i == STORE_LEDGER_COLUMNS_MAX || len == 0 ||
	    len >= STORE_LEDGER_NAME_MAX)
		return i;
	memcpy(l->name[l->columns++], name, len + 1);
	return i;
}

int
store_ledger_add(struct store_ledger *l, const struct store_ledger_who *who,
    const char *name, uint64_t value)
{
	struct row *row;
	bool is_full;
	size_t column;

	if (value == 0)
		return 0;
	column = column_of(l, name);
	if (column == l->columns)
		return 0;
	if ((row = row_of(l, who, &is_full)) == NULL)
		return is_full ? 0 : -1;
	if (__builtin_add_overflow(row->value[column], value,
		&row->value[column]))
		row->value[column] = UINT64_MAX;
	return 0;
}

int
store_ledger_merge(struct store_ledger *l, const struct store_ledger *from)
{
	for (size_t i = 0; i < from->rows; i++)
		for (size_t c = 0; c < from->columns; c++)
			if (store_ledger_add(l, &from->row[i].who,
				from->name[c], from->row[i].value[c]) == -1)
				return -1;
	return 0;
}

size_t
store_ledger_rows(const struct store_ledger *l)
{
	return l->rows;
}

size_t
store_ledger_columns(const struct store_ledger *l)
{
	return l->columns;
}

const struct store_ledger_who *
store_ledger_who(const struct store_ledger *l, size_t row)
{
	return &l->row[row].who;
}

const char *
store_ledger_name(const struct store_ledger *l, size_t column)
{
	return l->name[column];
}

uint64_t
store_ledger_value(const struct store_ledger *l, size_t row, size_t column)
{
	return l->row[row].value[column];
}

size_t
store_ledger_find(const struct store_ledger *l,
    const struct store_ledger_who *who)
{
	uint32_t slot;

	if (l->room == 0)
		return l->rows;
	slot = *slot_of(l, who);
	return slot == 0 ? l->rows : slot - 1;
}
