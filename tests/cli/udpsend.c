/*
 * Send files as UDP datagrams to a port on the loopback interface.
 *
 * usage: udpsend [-6b] [-g microseconds] [-n times] [-s address] port file ...
 *
 * The files are sent in order, -n times over, with -g between datagrams; with
 * -b to all on the interface.
 * The address is 127.0.0.1, or ::1 with -6; that of the sender may be another
 * one of 127.0.0.0/8.
 */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define DATAGRAM_MAX 65536
#define LOOPBACK_ALL 0x7fffffff

static int
open_socket(bool v6, bool to_all, uint16_t port, const char *sender)
{
	struct sockaddr_in6 to6 = { .sin6_family = AF_INET6,
		.sin6_port = htons(port), .sin6_addr = in6addr_loopback };
	struct sockaddr_in to4 = { .sin_family = AF_INET,
		.sin_port = htons(port) };
	struct sockaddr_in from = { .sin_family = AF_INET };
	int fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_DGRAM, 0);
	int one = 1, rc;

	to4.sin_addr.s_addr = htonl(to_all ? LOOPBACK_ALL : INADDR_LOOPBACK);
	if (fd == -1 || (to_all && setsockopt(fd, SOL_SOCKET, SO_BROADCAST,
	    &one, sizeof(one)) == -1))
		return -1;
	if (sender != NULL &&
	    (inet_pton(AF_INET, sender, &from.sin_addr) != 1 ||
		bind(fd, (struct sockaddr *)&from, sizeof(from)) == -1))
		return -1;
	rc = v6 ? connect(fd, (struct sockaddr *)&to6, sizeof(to6)) :
		  connect(fd, (struct sockaddr *)&to4, sizeof(to4));
	return rc == -1 ? -1 : fd;
}

static int
send_file(int fd, const char *path)
{
	static char data[DATAGRAM_MAX];
	FILE *f = fopen(path, "rb");
	size_t len;

	if (f == NULL) {
		perror(path);
		return -1;
	}
	len = fread(data, 1, sizeof(data), f);
	fclose(f);
	if (send(fd, data, len, 0) != (ssize_t)len) {
		perror("send");
		return -1;
	}
	return 0;
}

int
main(int argc, char **argv)
{
	struct timespec gap = { 0, 0 };
	const char *sender = NULL;
	bool v6 = false, to_all = false;
	long times = 1;
	int c, fd;

	while ((c = getopt(argc, argv, "6bg:n:s:")) != -1)
		if (c == '6')
			v6 = true;
		else if (c == 'b')
			to_all = true;
		else if (c == 'g')
			gap.tv_nsec = strtol(optarg, NULL, 10) * 1000;
		else if (c == 'n')
			times = strtol(optarg, NULL, 10);
		else if (c == 's')
			sender = optarg;
		else
			return 2;
	if (argc - optind < 2 ||
	    (fd = open_socket(v6, to_all,
		 (uint16_t)strtoul(argv[optind], NULL, 10), sender)) == -1) {
		fprintf(stderr, "udpsend: no port, or no socket\n");
		return 2;
	}
	for (; times > 0; times--)
		for (int i = optind + 1; i < argc; i++) {
			if (send_file(fd, argv[i]) == -1)
				return 1;
			if (gap.tv_nsec > 0)
				nanosleep(&gap, NULL);
		}
	return 0;
}
