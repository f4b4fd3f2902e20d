/*
 * Listening on a multicast group, over loopback.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/udp.h"
#include "tap.h"

#define PATIENCE_MS 20000

/* Send from the loopback interface.  False: it has no multicast. */
static bool
send_to(const char *host, uint16_t port)
{
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6,
		.sin6_port = htons(port) };
	struct sockaddr_in v4 = { .sin_family = AF_INET,
		.sin_port = htons(port) };
	struct ip_mreqn from = { .imr_ifindex = (int)if_nametoindex("lo") };
	bool is_v6 = strchr(host, ':') != NULL;
	int fd = socket(is_v6 ? AF_INET6 : AF_INET, SOCK_DGRAM, 0);
	ssize_t n;

	if (is_v6) {
		inet_pton(AF_INET6, host, &v6.sin6_addr);
		setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF,
		    &from.imr_ifindex, sizeof(from.imr_ifindex));
		n = sendto(fd, "flow", 4, 0, (struct sockaddr *)&v6,
		    sizeof(v6));
	} else {
		inet_pton(AF_INET, host, &v4.sin_addr);
		setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &from,
		    sizeof(from));
		n = sendto(fd, "flow", 4, 0, (struct sockaddr *)&v4,
		    sizeof(v4));
	}
	close(fd);
	return n == 4;
}

static bool
arrives(struct udp_ring *ring, int fd)
{
	const struct udp_datagram *list;
	struct pollfd p = { fd, POLLIN, 0 };
	struct err err;

	return poll(&p, 1, PATIENCE_MS) == 1 &&
	    udp_ring_receive(ring, fd, &list, &err) == 1 &&
	    list[0].len == 4 && memcmp(list[0].data, "flow", 4) == 0;
}

static void
test_group(const char *group, int family, const char *local)
{
	struct udp_listen how = { .port = "0", .multicast = group };
	struct udp_bound bound;
	struct udp_ring *ring;
	const struct udp_datagram *list;
	struct err err;

	if ((ring = udp_ring_new(&err)) == NULL)
		bail("%s", err.text);
	if (udp_listen(&how, &bound, &err) == -1) {
		skip(3, "%s", err.text);
		udp_ring_free(ring);
		return;
	}
	is_int(bound.family, family, "%s: family", group);
	send_to(local, bound.port); /* not to the group: is not ours */
	if (!send_to(group, bound.port)) {
		skip(2, "%s: %s", group, strerror(errno));
	} else {
		ok(arrives(ring, bound.fd), "%s: what is sent there arrives",
		    group);
		is_int(udp_ring_receive(ring, bound.fd, &list, &err), 0,
		    "%s: nothing else does", group);
	}
	close(bound.fd);
	udp_ring_free(ring);
}

static void
test_refused(const char *group, bool v4, bool v6, int number,
    const char *want)
{
	struct udp_listen how = { .port = "0", .multicast = group, .v4 = v4,
		.v6 = v6 };
	struct udp_bound bound;
	struct err err;

	errno = 0;
	is_int(udp_listen(&how, &bound, &err), -1, "%s is refused", group);
	if (number != 0)
		is_int(errno, number, "errno");
	ok(strstr(err.text, want) != NULL, "text: %s", err.text);
}

int
main(void)
{
	test_group("239.255.71.3", AF_INET, "127.0.0.1");
	test_group("ff05::7103", AF_INET6, "::1");
	test_refused("127.0.0.1", false, false, EADDRNOTAVAIL,
	    "bind: Cannot assign requested address");
	test_refused("::1", false, false, EADDRNOTAVAIL,
	    "multicast group ::1 port 0: bind: ");
	test_refused("239.255.71.3", false, true, 0, "getaddrinfo error: [");
	return done_testing();
}
