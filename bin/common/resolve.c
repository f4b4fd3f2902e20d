/*
 * Host names to addresses, by the system or by c-ares.
 */

#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/resolve.h"

/* Addresses found so far. */
struct found {
	struct addr *addrs;
	size_t max;
	size_t count;
};

static void
add_address(struct found *f, const struct sockaddr *sa)
{
	const void *p = sa;

	if (f->count == f->max)
		return;
	if (sa->sa_family == AF_INET)
		f->addrs[f->count++] = addr_v4(ntohl(
		    ((const struct sockaddr_in *)p)->sin_addr.s_addr));
	else if (sa->sa_family == AF_INET6)
		f->addrs[f->count++] = addr_from_bytes(
		    ((const struct sockaddr_in6 *)p)->sin6_addr.s6_addr);
}

static int
ask_system(const char *name, struct found *f, struct err *err)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_DGRAM };
	struct addrinfo *list, *ai;
	int rc;

	if ((rc = getaddrinfo(name, NULL, &hints, &list)) != 0)
		return err_set(err, ERR_FILTER, "%s", gai_strerror(rc));
	for (ai = list; ai != NULL; ai = ai->ai_next)
		add_address(f, ai->ai_addr);
	freeaddrinfo(list);
	return 0;
}

#ifdef HAVE_CARES

#define CARES_NO_DEPRECATED
#include <ares.h>

#define TIMEOUT_MS 2000 /* of the first try */
#define TRIES 2
#define ADDRESSES_MAX 4 /* of a server */

struct resolver {
	ares_channel channel;
	const char *server;
};

/* What one question gives. */
struct answer {
	struct found *found;
	int status;
	bool is_there;
};

/* "ADDRESS", "ADDRESS:PORT" or "[ADDRESS]:PORT" cut into its parts. */
static int
split_server(char *text, const char **host, uint16_t *port)
{
	char *colon = strrchr(text, ':'), *end;
	unsigned long v;

	*host = text;
	*port = 0; /* that of DNS */
	if (*text == '[') {
		if ((end = strchr(text, ']')) == NULL ||
		    (end[1] != '\0' && end + 1 != colon))
			return -1;
		*host = text + 1;
		*end = '\0';
		if (colon < end)
			return 0;
	} else if (colon == NULL || strchr(text, ':') != colon)
		return 0; /* no port, or an IPv6 address alone */
	*colon = '\0';
	v = strtoul(colon + 1, &end, 10);
	if (colon[1] < '0' || colon[1] > '9' || *end != '\0' || v == 0 ||
	    v > UINT16_MAX)
		return -1;
	*port = (uint16_t)v;
	return 0;
}

/* The addresses and the port of a server. */
static int
find_server(const char *server, struct found *f, uint16_t *port,
    struct err *err)
{
	char *text = strdup(server);
	const char *host;
	int rc;

	if (text == NULL)
		return err_nomem(err);
	rc = split_server(text, &host, port);
	if (rc == 0 && addr_parse(host, &f->addrs[0]) == 0)
		f->count = 1;
	else if (rc == 0 && *host != '\0')
		rc = ask_system(host, f, NULL);
	if (f->count == 0)
		rc = err_set(err, ERR_VALUE,
		    "option -D: '%s' is no address of a name server", server);
	free(text);
	return rc;
}

static void
set_node(struct ares_addr_port_node *node, struct addr a, uint16_t port)
{
	node->udp_port = node->tcp_port = port;
	if (addr_is_v4(a)) {
		node->family = AF_INET;
		node->addr.addr4.s_addr = htonl((uint32_t)a.lo);
	} else {
		node->family = AF_INET6;
		addr_to_bytes(a, (uint8_t *)&node->addr.addr6);
	}
}

/* Ask this server and no other. */
static int
set_server(ares_channel channel, const char *server, struct err *err)
{
	struct ares_addr_port_node nodes[ADDRESSES_MAX] = { { .next = NULL } };
	struct addr addrs[ADDRESSES_MAX];
	struct found f = { addrs, ADDRESSES_MAX, 0 };
	uint16_t port = 0;

	if (find_server(server, &f, &port, err) == -1)
		return -1;
	for (size_t i = 0; i < f.count; i++) {
		set_node(&nodes[i], addrs[i], port);
		nodes[i].next = i + 1 < f.count ? &nodes[i + 1] : NULL;
	}
	if (ares_set_servers_ports(channel, nodes) != ARES_SUCCESS)
		return err_nomem(err);
	return 0;
}

struct resolver *
resolver_open(const char *server, struct err *err)
{
	char lookups[] = "b"; /* the name server, no file of hosts */
	struct ares_options options = { .timeout = TIMEOUT_MS, .tries = TRIES,
		.lookups = lookups };
	struct resolver *r = calloc(1, sizeof(*r));

	if (r == NULL) {
		err_nomem(err);
		return NULL;
	}
	r->server = server;
	if (ares_library_init(ARES_LIB_INIT_ALL) != ARES_SUCCESS ||
	    ares_init_options(&r->channel, &options, ARES_OPT_TIMEOUTMS |
	    ARES_OPT_TRIES | ARES_OPT_LOOKUPS) != ARES_SUCCESS) {
		err_nomem(err);
		free(r);
		return NULL;
	}
	if (set_server(r->channel, server, err) == -1) {
		resolver_close(r);
		return NULL;
	}
	return r;
}

void
resolver_close(struct resolver *r)
{
	if (r == NULL)
		return;
	ares_destroy(r->channel);
	ares_library_cleanup();
	free(r);
}

static void
take_answer(void *arg, int status, int timeouts, struct ares_addrinfo *list)
{
	struct answer *a = arg;
	struct ares_addrinfo_node *node;

	(void)timeouts;
	a->is_there = true;
	a->status = status;
	if (list == NULL)
		return;
	for (node = list->nodes; node != NULL; node = node->ai_next)
		add_address(a->found, node->ai_addr);
	ares_freeaddrinfo(list);
}

/* Wait until the server has said something, or has not for too long. */
static void
wait_for(struct resolver *r, const struct answer *a)
{
	struct timeval room, *left;
	fd_set in, out;
	int n;

	while (!a->is_there) {
		FD_ZERO(&in);
		FD_ZERO(&out);
		if ((n = ares_fds(r->channel, &in, &out)) == 0)
			return;
		left = ares_timeout(r->channel, NULL, &room);
		if (select(n, &in, &out, NULL, left) == -1) {
			FD_ZERO(&in);
			FD_ZERO(&out);
		}
		ares_process(r->channel, &in, &out);
	}
}

static int
ask_server(struct resolver *r, const char *name, struct found *f,
    struct err *err)
{
	const struct ares_addrinfo_hints hints = { .ai_flags = ARES_AI_NOSORT,
		.ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM };
	struct answer a = { .found = f, .status = ARES_ECANCELLED };

	ares_getaddrinfo(r->channel, name, NULL, &hints, take_answer, &a);
	wait_for(r, &a);
	if (!a.is_there)
		ares_cancel(r->channel);
	if (a.status != ARES_SUCCESS)
		return err_set(err, ERR_FILTER, "name server %s: %s",
		    r->server, ares_strerror(a.status));
	return 0;
}

#else

struct resolver *
resolver_open(const char *server, struct err *err)
{
	err_set(err, ERR_USAGE,
	    "-D %s: this program is built without c-ares", server);
	return NULL;
}

void
resolver_close(struct resolver *r)
{
	(void)r;
}

static int
ask_server(struct resolver *r, const char *name, struct found *f,
    struct err *err)
{
	(void)r;
	return ask_system(name, f, err);
}

#endif

int
resolver_addresses(struct resolver *r, const char *name,
    struct addr *addrs, size_t max, struct err *err)
{
	struct found f = { addrs, max, 0 };
	int rc;

	rc = r == NULL ? ask_system(name, &f, err) :
	    ask_server(r, name, &f, err);
	if (rc == -1)
		return -1;
	if (f.count == 0)
		return err_set(err, ERR_FILTER, "it has no IP address");
	return (int)f.count;
}
