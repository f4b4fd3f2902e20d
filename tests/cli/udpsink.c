/*
 * Write the datagrams that come to a port of 127.0.0.1 to files of a
 * directory, 000001 and so on, until killed.
 *
 * usage: udpsink port directory
 *
 * "ready" on standard error says that it receives.
 */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/types.h>

#define DATAGRAM_MAX 65536
#define PATH_LEN 4096

static int
open_socket(uint16_t port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0), size = 4 * 1024 * 1024;

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd == -1)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	return bind(fd, (struct sockaddr *)&at, sizeof(at)) == -1 ? -1 : fd;
}

static int
write_file(const char *path, const void *data, size_t len)
{
	FILE *f = fopen(path, "wb");

	return f == NULL || fwrite(data, 1, len, f) != len || fclose(f) != 0 ?
	    -1 : 0;
}

int
main(int argc, char **argv)
{
	static char data[DATAGRAM_MAX];
	char path[PATH_LEN];
	unsigned count = 0;
	ssize_t n;
	int fd;

	if (argc != 3)
		return 2;
	fd = open_socket((uint16_t)strtoul(argv[1], NULL, 10));
	if (fd == -1) {
		perror("udpsink");
		return 1;
	}
	fprintf(stderr, "ready\n");
	while ((n = recv(fd, data, sizeof(data), 0)) != -1) {
		snprintf(path, sizeof(path), "%s/%06u", argv[2], ++count);
		if (write_file(path, data, (size_t)n) == -1)
			break;
	}
	perror("udpsink");
	return 1;
}
