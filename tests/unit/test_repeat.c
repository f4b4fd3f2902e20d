/*
 * Packet repeaters over loopback: the same bytes, from us or from the sender.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dice.h"
#include "flowcapd/repeat.h"
#include "tap.h"

#define COUNT 100
#define V4_LEN_MAX 65507

/* A receiver, and the name of it as a target. */
struct receiver {
	int fd;
	uint16_t port;
	char target[64];
};

static bool
listen_on(struct receiver *r, const char *host, bool is_v6)
{
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6,
		.sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct timeval patience = { 10, 0 };
	socklen_t len = is_v6 ? sizeof(v6) : sizeof(v4);
	struct sockaddr *sa =
	    is_v6 ? (struct sockaddr *)&v6 : (struct sockaddr *)&v4;
	int room = 8 * 1024 * 1024;

	v4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	r->fd = socket(sa->sa_family, SOCK_DGRAM, 0);
	if (r->fd == -1 || bind(r->fd, sa, len) == -1 ||
	    getsockname(r->fd, sa, &len) == -1)
		return false;
	setsockopt(r->fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
	    sizeof(patience));
	setsockopt(r->fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	r->port = ntohs(is_v6 ? v6.sin6_port : v4.sin_port);
	snprintf(r->target, sizeof(r->target), "%s/%u", host, r->port);
	return true;
}

static struct repeater *
open_to(const char *const *targets, unsigned count, bool keeps_sender)
{
	struct repeat_options o = { targets, count, "9995", keeps_sender };
	struct err err;
	struct repeater *r = repeat_open(&o, &err);

	if (r == NULL)
		note("%s", err.text);
	return r;
}

static void
refuses(const char *target, enum err_code code, const char *want)
{
	const char *targets[REPEAT_TARGETS_MAX + 1];
	struct repeat_options o = { targets, 1, "9995", false };
	struct err err;

	for (size_t i = 0; i <= REPEAT_TARGETS_MAX; i++)
		targets[i] = target;
	if (code == ERR_USAGE)
		o.count = REPEAT_TARGETS_MAX + 1;
	ok(repeat_open(&o, &err) == NULL && err.code == code,
	    "[%s] is refused", target);
	ok(strncmp(err.text, want, strlen(want)) == 0, "text: %s", err.text);
}

/* Take one datagram, whose bytes must be these.  Its sender as text. */
static const char *
expect(const struct receiver *r, const struct udp_datagram *d)
{
	static char from[ADDR_TEXT_MAX + 16];
	static uint8_t data[UDP_LEN_MAX + 1];
	struct sockaddr_in6 sa = { 0 };
	socklen_t len = sizeof(sa);
	ssize_t n = recvfrom(r->fd, data, sizeof(data), 0,
	    (struct sockaddr *)&sa, &len);
	struct sockaddr_in v4;
	char host[ADDR_TEXT_MAX];

	if (n == -1)
		return strerror(errno);
	if ((size_t)n != d->len || memcmp(data, d->data, d->len) != 0)
		return "other bytes";
	memcpy(&v4, &sa, sizeof(v4));
	inet_ntop(sa.sin6_family, sa.sin6_family == AF_INET ?
		(void *)&v4.sin_addr : (void *)&sa.sin6_addr, host,
	    sizeof(host));
	snprintf(from, sizeof(from), "%s/%u", host, ntohs(sa.sin6_port));
	return from;
}

/* Datagrams of all lengths, among them the longest and an empty one. */
static void
make_list(struct dice *dice, struct udp_datagram list[COUNT],
    struct addr base, size_t len_max)
{
	static uint8_t bytes[2 * UDP_LEN_MAX];

	dice_fill(dice, bytes, sizeof(bytes));
	for (unsigned i = 0; i < COUNT; i++) {
		list[i] = (struct udp_datagram){
			.data = bytes + dice_below(dice, UDP_LEN_MAX),
			.len = dice_below(dice, i < 80 ? 2000 : len_max + 1),
			.sender = { base.hi, base.lo + i },
			.sender_port = (uint16_t)(2000 + i),
		};
	}
	list[10].len = 0;
	list[90].len = len_max;
}

/* How many to send at once, for what is sent to find room. */
static unsigned
step_at(unsigned i)
{
	return i < 80 ? 20 : 1;
}

static void
test_plain(struct dice *dice, const char *host, bool is_v6)
{
	struct udp_datagram list[COUNT];
	struct receiver a, b;
	const char *targets[2] = { a.target, b.target };
	struct repeat_counts n;
	struct repeater *r;
	unsigned wrong = 0;

	if (!listen_on(&a, host, is_v6) || !listen_on(&b, host, is_v6)) {
		skip(3, "no %s", host);
		return;
	}
	make_list(dice, list, addr_v4(0x0a000001), V4_LEN_MAX);
	if ((r = open_to(targets, 2, false)) == NULL)
		bail("cannot open");
	for (unsigned i = 0; i < COUNT; i++) {
		const char *from;

		if (i % step_at(i) == 0)
			repeat_send(r, list + i, step_at(i));
		from = expect(&a, &list[i]);
		wrong += strncmp(from, host, strlen(host)) != 0;
		from = expect(&b, &list[i]);
		wrong += strncmp(from, host, strlen(host)) != 0;
	}
	is_uint(wrong, 0, "%s: two targets get the same bytes from us", host);
	repeat_counts(r, 1, &n);
	is_uint(n.sent, COUNT, "all are counted");
	is_uint(n.dropped + n.failed + n.own_sender, 0, "and nothing else");
	repeat_close(r);
	close(a.fd);
	close(b.fd);
}

static void
test_sender(struct dice *dice, const char *host, bool is_v6)
{
	struct udp_datagram list[COUNT];
	struct receiver a;
	const char *targets[1] = { a.target };
	struct repeat_counts n;
	struct repeater *r;
	struct addr base;
	unsigned wrong = 0;
	char want[ADDR_TEXT_MAX + 16];

	if (!listen_on(&a, host, is_v6)) {
		skip(4, "no %s", host);
		return;
	}
	if ((r = open_to(targets, 1, true)) == NULL) {
		skip(4, "no raw socket");
		close(a.fd);
		return;
	}
	addr_parse(is_v6 ? "::1" : "127.0.0.5", &base);
	make_list(dice, list, base, V4_LEN_MAX);
	for (unsigned i = 0; is_v6 && i < COUNT; i++)
		list[i].sender = base; /* the one that there is */
	for (unsigned i = 0; i < COUNT; i++) {
		const char *from;

		if (i % step_at(i) == 0)
			repeat_send(r, list + i, step_at(i));
		from = expect(&a, &list[i]);
		addr_format(list[i].sender, want);
		snprintf(want + strlen(want), 16, "/%u", list[i].sender_port);
		if (strcmp(from, want) != 0 && wrong++ < 3)
			note("%u: %zu bytes: %s, want %s", i, list[i].len,
			    from, want);
	}
	is_uint(wrong, 0, "%s: senders are kept", host);
	repeat_counts(r, 0, &n);
	is_uint(n.sent, COUNT, "all are counted");
	addr_parse(is_v6 ? "127.0.0.5" : "::1", &list[1].sender);
	repeat_send(r, list, 3);
	wrong = 0;
	for (unsigned i = 0; i < 3; i++)
		wrong += strncmp(expect(&a, &list[i]), is_v6 ? "::" : "127.",
		    is_v6 ? 2 : 4) != 0;
	is_uint(wrong, 0, "%s: a sender of the other family is not", host);
	repeat_counts(r, 0, &n);
	is_uint(n.own_sender, 1, "and counted");
	repeat_close(r);
	close(a.fd);
}

/* Nobody listens, then somebody does: nothing is lost from then on. */
static void
test_refused(struct dice *dice)
{
	struct udp_datagram list[COUNT];
	struct receiver a;
	const char *targets[1] = { a.target };
	struct sockaddr_in sa = { .sin_family = AF_INET };
	struct repeat_counts n;
	struct repeater *r;
	unsigned wrong = 0;

	if (!listen_on(&a, "127.0.0.1", false))
		bail("no loopback");
	make_list(dice, list, addr_v4(0x0a000001), V4_LEN_MAX);
	list[30].len = UDP_LEN_MAX; /* longer than IPv4 can carry */
	r = open_to(targets, 1, false);
	close(a.fd);
	for (unsigned i = 0; i < 5; i++)
		repeat_send(r, list, 5);
	sa.sin_port = htons(a.port);
	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	a.fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (bind(a.fd, (struct sockaddr *)&sa, sizeof(sa)) == -1) {
		skip(3, "the port is taken");
		return;
	}
	repeat_send(r, list, 40);
	for (unsigned i = 0; i < 40; i++)
		wrong += i != 30 &&
		    strncmp(expect(&a, &list[i]), "127.", 4) != 0;
	is_uint(wrong, 0, "a target that came back gets all");
	repeat_counts(r, 0, &n);
	is_uint(n.failed, 1, "what is too long is counted");
	is_uint(n.sent, 25 + 39, "as is the rest");
	repeat_close(r);
	close(a.fd);
}

static bool
raise_loopback(void)
{
	struct ifreq r = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	bool is_up = ioctl(fd, SIOCSIFFLAGS, &r) == 0;

	close(fd);
	return is_up;
}

/* A network that comes up after the start; last, as we move to it. */
static void
test_late_network(struct dice *dice, bool keeps_sender)
{
	struct udp_datagram list[COUNT];
	const char *targets[1] = { "127.0.0.1/9995" };
	struct sockaddr_in sa = { .sin_family = AF_INET };
	struct timeval patience = { 10, 0 };
	struct repeat_counts n;
	struct repeater *r;
	struct receiver a;

	if (unshare(CLONE_NEWNET) == -1) {
		skip(4, "no network of our own: %s", strerror(errno));
		return;
	}
	make_list(dice, list, addr_v4(0x7f000001), V4_LEN_MAX);
	r = open_to(targets, 1, keeps_sender);
	ok(r != NULL, "a network that is down does not prevent the start");
	repeat_send(r, list, 10);
	repeat_counts(r, 0, &n);
	is_uint(n.failed, 10, "what is sent then is counted");
	if (!raise_loopback())
		bail("the network stays down: %s", strerror(errno));
	a.fd = socket(AF_INET, SOCK_DGRAM, 0);
	sa.sin_port = htons(9995);
	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(a.fd, SOL_SOCKET, SO_RCVTIMEO, &patience,
	    sizeof(patience));
	if (bind(a.fd, (struct sockaddr *)&sa, sizeof(sa)) == -1)
		bail("bind: %s", strerror(errno));
	repeat_send(r, list, 1);
	ok(strncmp(expect(&a, &list[0]), "127.0.0.1/", 10) == 0,
	    "when it comes up, datagrams get through");
	repeat_counts(r, 0, &n);
	is_uint(n.sent, 1, "and are counted");
	repeat_close(r);
	close(a.fd);
}

int
main(void)
{
	struct dice dice;

	dice_init(&dice);
	refuses("", ERR_VALUE, "repeater : getaddrinfo error: ");
	refuses("/9995", ERR_VALUE, "repeater /9995: getaddrinfo error: ");
	refuses("127.0.0.1/", ERR_VALUE,
	    "repeater 127.0.0.1/: getaddrinfo error: ");
	refuses("127.0.0.1/0", ERR_VALUE, "repeater 127.0.0.1/0: ");
	refuses("127.0.0.1/65536", ERR_VALUE, "repeater 127.0.0.1/65536: ");
	refuses("host.invalid", ERR_VALUE,
	    "repeater host.invalid: getaddrinfo error: ");
	refuses("127.0.0.1", ERR_USAGE, "Too many packet repeaters! Max: 8");
	test_plain(&dice, "127.0.0.1", false);
	test_plain(&dice, "::1", true);
	test_sender(&dice, "127.0.0.1", false);
	test_sender(&dice, "::1", true);
	test_refused(&dice);
	test_late_network(&dice, false);
	test_late_network(&dice, true);
	return done_testing();
}
