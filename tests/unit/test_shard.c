/*
 * Sockets that share a port: the system gives each sender to the one that our
 * function names.
 */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/udp.h"
#include "tap.h"

#define SHARDS 5
#define SENDERS 40

struct port {
	int fds[SHARDS];
	uint16_t number;
};

static void
open_port(struct port *p, const char *host)
{
	struct udp_listen how = { .host = host, .port = "0",
		.is_shared = true };
	struct udp_bound bound;
	char number[16];
	struct err err;

	for (unsigned i = 0; i < SHARDS; i++) {
		if (udp_listen(&how, &bound, &err) == -1)
			skip_all("%s", err.text);
		p->fds[i] = bound.fd;
		p->number = bound.port;
		snprintf(number, sizeof(number), "%u", bound.port);
		how.port = number;
	}
	if (udp_shard_attach(p->fds[0], SHARDS, &err) == -1)
		skip_all("%s", err.text);
}

/* Which socket has something; SHARDS: none. */
static unsigned
receiver(const struct port *p)
{
	struct pollfd list[SHARDS];
	char byte;

	for (unsigned i = 0; i < SHARDS; i++)
		list[i] = (struct pollfd){ p->fds[i], POLLIN, 0 };
	poll(list, SHARDS, 10000);
	for (unsigned i = 0; i < SHARDS; i++)
		if (list[i].revents != 0 && recv(p->fds[i], &byte, 1, 0) == 1)
			return i;
	return SHARDS;
}

static void
send_from(const void *from, const void *to, socklen_t len, int family)
{
	int fd = socket(family, SOCK_DGRAM, 0);

	if (fd == -1 || bind(fd, from, len) == -1 ||
	    sendto(fd, "x", 1, 0, to, len) == -1)
		bail("cannot send");
	close(fd);
}

static void
test_v4(void)
{
	struct sockaddr_in from = { .sin_family = AF_INET };
	struct sockaddr_in to = { .sin_family = AF_INET };
	unsigned wrong = 0, used = 0;
	struct port p;

	open_port(&p, "127.0.0.1");
	to.sin_port = htons(p.number);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (uint32_t i = 0; i < SENDERS; i++) {
		uint32_t a = 0x7f000001 + i * 0x101;
		unsigned want = udp_shard(addr_v4(a), SHARDS);

		from.sin_addr.s_addr = htonl(a);
		send_from(&from, &to, sizeof(from), AF_INET);
		wrong += receiver(&p) != want;
		used |= 1U << want;
	}
	is_uint(wrong, 0, "IPv4: %d senders are where we say", SENDERS);
	is_uint(used, (1U << SHARDS) - 1, "every socket has some");
	for (unsigned i = 0; i < SHARDS; i++)
		close(p.fds[i]);
}

static void
test_v6(void)
{
	struct sockaddr_in6 from = { .sin6_family = AF_INET6,
		.sin6_addr = in6addr_loopback };
	struct sockaddr_in6 to = from;
	struct addr loopback = { 0, 1 };
	struct port p;

	open_port(&p, "::1");
	to.sin6_port = htons(p.number);
	send_from(&from, &to, sizeof(from), AF_INET6);
	is_uint(receiver(&p), udp_shard(loopback, SHARDS), "IPv6: so is ::1");
	for (unsigned i = 0; i < SHARDS; i++)
		close(p.fds[i]);
}

/* A socket for both families sees an IPv4 sender as such. */
static void
test_mapped(void)
{
	struct addr mapped = { 0, ADDR_V4_MAPPED | 0x7f010203 };

	is_uint(udp_shard(mapped, 7), udp_shard(addr_v4(0x7f010203), 7),
	    "an IPv4 address is one");
	is_uint(udp_shard(mapped, 1), 0, "of one socket it is the first");
}

int
main(void)
{
	test_v4();
	test_v6();
	test_mapped();
	return done_testing();
}
