/*
 * Messages that come by TCP or TLS.  Everything is watched by one epoll
 * descriptor: the listener, the connections, a clock that ticks while there
 * are connections, and an event that is set while messages wait which a batch
 * had no room for.
 *
 * A connection that has something to do is in a queue and has its turn once a
 * call, so its buffer does not change once messages in it were handed out.
 */

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "common/channel.h"
#include "common/clock.h"
#include "common/inlet.h"
#include "common/listen.h"
#include "common/log.h"
#include "common/lookup.h"
#include "common/sockaddr.h"

#define BACKLOG 64
#define BUFFER_LEN (2 * FRAMING_MESSAGE_MAX)
#define EVENTS_MAX 64 /* at a time */
#define TELL_MS 10000 /* between messages about connections */

struct connection {
	LIST_ENTRY(connection) all;
	TAILQ_ENTRY(connection) turn;
	struct channel channel;
	struct addr peer;
	uint16_t port;
	uint32_t watched; /* events of epoll */
	bool is_up; /* the handshake is done */
	bool has_turn;
	bool is_ended; /* there is nothing more to read */
	bool is_proven; /* a message has come */
	int64_t came_ms;
	int64_t since_ms; /* a message or the handshake has begun; 0: none */
	size_t begin; /* in the buffer, what was not handed out */
	size_t end;
	uint8_t *buffer;
};

struct inlet {
	struct inlet_options options;
	struct inlet_counters counters;
	int epoll;
	int listener;
	int clock;
	int event;
	bool is_ticking;
	bool is_paused; /* the listener: there are no descriptors left */
	bool is_starved; /* that has been told */
	bool has_event;
	int64_t now_ms;
	int64_t told_ms;
	uint64_t untold;
	LIST_HEAD(connections, connection) connections;
	TAILQ_HEAD(turns, connection) turns;
	struct udp_datagram list[UDP_BATCH];
	unsigned count;
};

/* Peers may make us say it as often as they like: not each time. */
static void
tell(struct inlet *in, struct addr peer, uint16_t port, const char *what)
{
	char text[ADDR_TEXT_MAX];

	if (in->told_ms != 0 && in->now_ms - in->told_ms < TELL_MS) {
		in->untold++;
		return;
	}
	addr_format(peer, text);
	if (in->untold > 0)
		log_warning("%s: %llu connections more were refused or closed",
		    in->options.name, (unsigned long long)in->untold);
	log_warning("%s: %s port %u: %s", in->options.name, text, port, what);
	in->told_ms = in->now_ms;
	in->untold = 0;
}

static void
watch(struct inlet *in, int op, int fd, uint32_t events, void *what)
{
	struct epoll_event e = { .events = events, .data.ptr = what };

	epoll_ctl(in->epoll, op, fd, &e);
}

static void
tick(struct inlet *in, bool is_on)
{
	struct itimerspec each = { .it_interval.tv_sec = is_on,
		.it_value.tv_sec = is_on };

	if (in->is_ticking == is_on)
		return;
	timerfd_settime(in->clock, 0, &each, NULL);
	in->is_ticking = is_on;
}

static void
take_turn(struct inlet *in, struct connection *c)
{
	if (c->has_turn)
		return;
	TAILQ_INSERT_TAIL(&in->turns, c, turn);
	c->has_turn = true;
}

static void
connection_free(struct inlet *in, struct connection *c)
{
	if (c->has_turn)
		TAILQ_REMOVE(&in->turns, c, turn);
	LIST_REMOVE(c, all);
	/* A child that was just forked may have it as well. */
	watch(in, EPOLL_CTL_DEL, c->channel.fd, 0, NULL);
	in->counters.open--;
	if (in->counters.open == 0 && !in->is_paused)
		tick(in, false);
	channel_close(&c->channel);
	free(c->buffer);
	free(c);
}

/* A connection is only worth a message if something is wrong with it. */
static void
refuse(struct inlet *in, struct connection *c, const char *why,
    uint64_t *counter)
{
	tell(in, c->peer, c->port, why);
	++*counter;
	connection_free(in, c);
}

static struct connection *
connection_new(struct inlet *in, int fd, const struct sockaddr_in6 *peer)
{
	struct connection *c = calloc(1, sizeof(*c));
	int on = 1;

	if (c == NULL || (c->buffer = malloc(BUFFER_LEN)) == NULL ||
	    channel_open(&c->channel, fd, in->options.tls, NULL, NULL) == -1) {
		if (c != NULL)
			free(c->buffer);
		free(c);
		return NULL;
	}
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	c->peer = sockaddr_addr(peer);
	c->port = sockaddr_port(peer);
	c->is_up = in->options.tls == NULL;
	c->came_ms = in->now_ms;
	c->since_ms = c->is_up ? 0 : in->now_ms;
	c->watched = EPOLLIN;
	watch(in, EPOLL_CTL_ADD, fd, c->watched, c);
	LIST_INSERT_HEAD(&in->connections, c, all);
	in->counters.accepted++;
	in->counters.open++;
	tick(in, true);
	return c;
}

/* Without descriptors the listener would be ready all the time. */
static void
pause_listener(struct inlet *in, bool is_paused)
{
	if (in->is_paused == is_paused)
		return;
	in->is_paused = is_paused;
	if (is_paused && !in->is_starved)
		log_warning("%s: no descriptors are left, connections wait",
		    in->options.name);
	in->is_starved |= is_paused;
	watch(in, EPOLL_CTL_MOD, in->listener, is_paused ? 0 : EPOLLIN,
	    &in->listener);
	if (is_paused)
		tick(in, true);
}

static bool
is_ours(const struct inlet *in, struct addr peer)
{
	return in->options.shards == 0 ||
	    udp_shard(peer, in->options.shards) == in->options.shard;
}

/*
 * The connection that came first of those that have not sent a message in
 * time, NULL: none.  What one with a turn has sent is not known yet.
 */
static struct connection *
oldest_unproven(const struct inlet *in)
{
	int64_t limit = (int64_t)in->options.stall_s * 1000;
	struct connection *c, *oldest = NULL;

	LIST_FOREACH(c, &in->connections, all) /* the newest first */
		if (!c->is_proven && !c->has_turn &&
		    in->now_ms - c->came_ms >= limit)
			oldest = c;
	return oldest;
}

/* Is there a place for one more, or one that can be had? */
static bool
make_place(struct inlet *in, bool may_close)
{
	struct connection *c;

	if (in->counters.open < in->options.connections)
		return true;
	if (!may_close || (c = oldest_unproven(in)) == NULL)
		return false;
	refuse(in, c, "closed, it sends nothing, and another needs its place",
	    &in->counters.stalled);
	return true;
}

static void
accept_all(struct inlet *in, bool may_close)
{
	struct sockaddr_in6 peer = { 0 };
	socklen_t len;
	int fd;

	for (unsigned i = 0; i < BACKLOG; i++) {
		len = sizeof(peer);
		fd = accept4(in->listener, (struct sockaddr *)&peer, &len,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd == -1) {
			if (errno == EMFILE || errno == ENFILE ||
			    errno == ENOBUFS || errno == ENOMEM)
				pause_listener(in, true);
			return;
		}
		if (!is_ours(in, sockaddr_addr(&peer))) {
			close(fd);
			continue;
		}
		if (make_place(in, may_close) &&
		    connection_new(in, fd, &peer) != NULL)
			continue;
		in->counters.refused++;
		tell(in, sockaddr_addr(&peer), sockaddr_port(&peer),
		    "refused, there are too many connections");
		close(fd);
	}
}

/* Nothing came for too long of what had begun. */
static void
check_stalls(struct inlet *in)
{
	int64_t limit = (int64_t)in->options.stall_s * 1000;
	struct connection *c, *next;
	uint64_t ticks;

	if (read(in->clock, &ticks, sizeof(ticks)) == -1)
		return;
	pause_listener(in, false);
	for (c = LIST_FIRST(&in->connections); c != NULL; c = next) {
		next = LIST_NEXT(c, all);
		if (c->has_turn || c->since_ms == 0 ||
		    in->now_ms - c->since_ms < limit)
			continue;
		if (c->is_up)
			refuse(in, c, "closed, a message has no end",
			    &in->counters.stalled);
		else
			refuse(in, c, "closed, the handshake takes too long",
			    &in->counters.handshakes);
	}
}

static void
look(struct inlet *in)
{
	struct epoll_event events[EVENTS_MAX];
	int n = epoll_wait(in->epoll, events, EVENTS_MAX, 0);
	bool is_tick = false, has_comers = false;
	void *what;

	for (int i = 0; i < n; i++) {
		what = events[i].data.ptr;
		if (what == &in->listener)
			has_comers = true;
		else if (what == &in->clock)
			is_tick = true;
		else if (what != &in->event)
			take_turn(in, what);
	}
	/* Without all events it is not known who sends nothing. */
	if (has_comers)
		accept_all(in, n < EVENTS_MAX);
	if (is_tick && n < EVENTS_MAX)
		check_stalls(in);
}

/* What TLS waits for: it has answers to write when others want new keys. */
static void
watch_channel(struct inlet *in, struct connection *c)
{
	uint32_t events = c->channel.events == POLLOUT ? EPOLLOUT : EPOLLIN;

	if (events != c->watched)
		watch(in, EPOLL_CTL_MOD, c->channel.fd, events, c);
	c->watched = events;
}

/* False: the connection is gone, or has to wait. */
static bool
shake_hands(struct inlet *in, struct connection *c)
{
	struct err err;
	int rc = channel_handshake(&c->channel, &err);

	if (rc == -1) {
		refuse(in, c, err.text, &in->counters.handshakes);
		return false;
	}
	c->is_up = rc == 1;
	if (c->is_up)
		c->since_ms = 0;
	else
		watch_channel(in, c);
	return c->is_up;
}

/* True if there may be more to read. */
static bool
fill(struct connection *c)
{
	ssize_t n = 1;

	memmove(c->buffer, c->buffer + c->begin, c->end - c->begin);
	c->end -= c->begin;
	c->begin = 0;
	while (!c->is_ended && n > 0 && c->end < BUFFER_LEN) {
		n = channel_read(&c->channel, c->buffer + c->end,
		    BUFFER_LEN - c->end, NULL);
		if (n > 0)
			c->end += (size_t)n;
		c->is_ended = n < 0;
	}
	return !c->is_ended && n > 0;
}

/* 1 if there is a whole message, 0, or -1 with an error. */
static int
next_message(const struct inlet *in, const struct connection *c, size_t *len,
    struct err *err)
{
	size_t have = c->end - c->begin;
	int rc = framing_len(in->options.framing, c->buffer + c->begin, have,
	    len, err);

	return rc == 1 && *len > have ? 0 : rc;
}

static void
hand_out(struct inlet *in, struct connection *c, size_t len)
{
	size_t prefix = framing_prefix_len(in->options.framing);
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	in->list[in->count++] = (struct udp_datagram){
		.data = c->buffer + c->begin + prefix, .len = len - prefix,
		.sender = c->peer, .sender_port = c->port,
		.received_ns = (uint64_t)ts.tv_sec * 1000000000 +
		    (uint64_t)ts.tv_nsec };
	c->begin += len;
	c->is_proven = true;
	in->counters.messages++;
	in->counters.bytes += len - prefix;
}

/*
 * The buffer of a connection with messages in this batch has to stay: such a
 * one has another turn, in which it is seen that nothing is left.
 */
static void
serve(struct inlet *in, struct connection *c)
{
	unsigned before = in->count;
	bool has_more;
	size_t len;
	struct err err;
	int rc;

	if (!c->is_up && !shake_hands(in, c))
		return;
	has_more = fill(c);
	while ((rc = next_message(in, c, &len, &err)) == 1 &&
	    in->count < UDP_BATCH)
		hand_out(in, c, len);
	if (rc == 1 || has_more || (in->count > before &&
		(rc == -1 || c->is_ended))) {
		c->since_ms = 0;
		take_turn(in, c);
	} else if (rc == -1) {
		refuse(in, c, err.text, &in->counters.malformed);
	} else if (c->is_ended) {
		in->counters.broken += c->begin < c->end;
		connection_free(in, c);
	} else {
		watch_channel(in, c);
		if (c->begin == c->end && c->watched == EPOLLIN)
			c->since_ms = 0;
		else if (c->since_ms == 0 || in->count > before)
			c->since_ms = in->now_ms;
	}
}

/* Set while somebody waits for a turn. */
static void
set_event(struct inlet *in)
{
	bool is_wanted = !TAILQ_EMPTY(&in->turns);
	eventfd_t count;

	if (in->has_event == is_wanted)
		return;
	if (is_wanted)
		eventfd_write(in->event, 1);
	else
		eventfd_read(in->event, &count);
	in->has_event = is_wanted;
}

unsigned
inlet_receive(struct inlet *in, const struct udp_datagram **list)
{
	struct connection *c, *last;
	bool is_last;

	in->count = 0;
	in->now_ms = clock_ms(CLOCK_MONOTONIC);
	look(in);
	last = TAILQ_LAST(&in->turns, turns);
	for (is_last = (last == NULL); !is_last && in->count < UDP_BATCH;) {
		c = TAILQ_FIRST(&in->turns);
		is_last = c == last;
		TAILQ_REMOVE(&in->turns, c, turn);
		c->has_turn = false;
		serve(in, c);
	}
	set_event(in);
	*list = in->list;
	return in->count;
}

static int
open_listener(struct inlet *in, int family, struct err *err)
{
	const struct inlet_options *o = &in->options;
	bool is_any = o->host == NULL || *o->host == '\0';
	struct addrinfo *list;
	int saved;

	list = lookup_now(is_any ? NULL : o->host, o->port, family,
	    SOCK_STREAM, AI_PASSIVE, err);
	if (list == NULL)
		return err_context(err, "%s", o->name);
	for (const struct addrinfo *a = list;
	    a != NULL && in->listener == -1; a = a->ai_next)
		in->listener = listen_at(a, LISTEN_BOTH |
		    (o->shards > 0 ? LISTEN_SHARED : 0), BACKLOG);
	saved = errno;
	freeaddrinfo(list);
	errno = saved;
	if (in->listener == -1)
		return err_system(err, "Could not bind to %s", o->name);
	return 0;
}

/* Any address: of both families, or of IPv4 if there is no other. */
static int
open_any(struct inlet *in, struct err *err)
{
	const char *host = in->options.host;

	if (host != NULL && *host != '\0')
		return open_listener(in, AF_UNSPEC, err);
	if (open_listener(in, AF_INET6, err) == 0)
		return 0;
	return err->code == ERR_SYSTEM && errno == EADDRINUSE ? -1 :
	    open_listener(in, AF_INET, err);
}

static int
open_watch(struct inlet *in, struct err *err)
{
	in->epoll = epoll_create1(EPOLL_CLOEXEC);
	in->clock = timerfd_create(CLOCK_MONOTONIC,
	    TFD_CLOEXEC | TFD_NONBLOCK);
	in->event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (in->epoll == -1 || in->clock == -1 || in->event == -1)
		return err_system(err, "%s: watching", in->options.name);
	watch(in, EPOLL_CTL_ADD, in->listener, EPOLLIN, &in->listener);
	watch(in, EPOLL_CTL_ADD, in->clock, EPOLLIN, &in->clock);
	watch(in, EPOLL_CTL_ADD, in->event, EPOLLIN, &in->event);
	return 0;
}

struct inlet *
inlet_open(const struct inlet_options *o, struct err *err)
{
	struct inlet *in = calloc(1, sizeof(*in));

	if (in == NULL) {
		err_nomem(err);
		return NULL;
	}
	in->options = *o;
	in->epoll = in->listener = in->clock = in->event = -1;
	LIST_INIT(&in->connections);
	TAILQ_INIT(&in->turns);
	if (open_any(in, err) == 0 && open_watch(in, err) == 0)
		return in;
	inlet_close(in);
	return NULL;
}

static void
close_one(int fd)
{
	if (fd != -1)
		close(fd);
}

void
inlet_close(struct inlet *in)
{
	struct connection *c, *next;
	int saved = errno;

	if (in == NULL)
		return;
	for (c = LIST_FIRST(&in->connections); c != NULL; c = next) {
		next = LIST_NEXT(c, all);
		connection_free(in, c);
	}
	close_one(in->listener);
	close_one(in->clock);
	close_one(in->event);
	close_one(in->epoll);
	free(in);
	errno = saved;
}

int
inlet_fd(const struct inlet *in)
{
	return in->epoll;
}

uint16_t
inlet_port(const struct inlet *in)
{
	return sockaddr_bound_port(in->listener);
}

int
inlet_shard(const struct inlet *in, struct err *err)
{
	return udp_shard_attach(in->listener, in->options.shards, err);
}

void
inlet_counters(const struct inlet *in, struct inlet_counters *n)
{
	*n = in->counters;
}
