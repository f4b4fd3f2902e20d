/*
 * Parts of a status, from threads that answer, late, or not at all.
 */
#include "flowcapd/board.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "tap.h"

#define RECEIVERS 3

struct receiver {
	pthread_t thread;
	struct board *board;
	unsigned number;
};

static struct receiver receivers[RECEIVERS];
static unsigned answering = RECEIVERS;

static void *
answer(void *arg)
{
	struct receiver *r = arg;
	struct status part;

	memset(&part, 0, sizeof(part));
	part.datagrams = 10 + r->number;
	part.exporters = calloc(1, sizeof(*part.exporters));
	part.exporter_count = 1;
	board_put(r->board, r->number, &part);
	return NULL;
}

static void
wake(void *ctx)
{
	for (unsigned i = 0; i < answering; i++) {
		receivers[i] = (struct receiver){ .board = ctx, .number = i };
		pthread_create(&receivers[i].thread, NULL, answer,
		    &receivers[i]);
	}
}

static void
end_threads(void)
{
	for (unsigned i = 0; i < answering; i++)
		pthread_join(receivers[i].thread, NULL);
}

int
main(void)
{
	struct receiver late;
	struct status s;
	struct err err;
	struct board *b = board_new(RECEIVERS, &err);

	memset(&s, 0, sizeof(s));
	is_int(board_ask(b, wake, b, &s, &err), 0, "all answer");
	end_threads();
	is_uint(s.datagrams, 33, "sums");
	is_uint(s.exporter_count, 3, "lists");
	status_fini(&s);
	answering = 2;
	is_int(board_ask(b, wake, b, &s, &err), -1, "one does not: %s",
	    err.text);
	is_int(err.code, ERR_SYSTEM, "code");
	end_threads();
	status_fini(&s);
	late = (struct receiver){ .board = b, .number = 2 };
	answer(&late); /* nobody has asked: released */
	answering = RECEIVERS;
	is_int(board_ask(b, wake, b, &s, &err), 0, "and again");
	end_threads();
	is_uint(s.datagrams, 33, "nothing is left of before");
	status_fini(&s);
	board_free(b);
	return done_testing();
}
