/*
 * Connections to a port of the loopback:
 *
 *	tcpsend PORT COUNT FILE	send what is in the file on each of so many
 *	tcpsend -k PORT		TLS, with new keys all the time
 *
 * They stay until standard input ends; keys are sent until killed.
 */

#include <netinet/in.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define COUNT_MAX 512

static int
dial(const char *port)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons((uint16_t)strtoul(port, NULL, 10)) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd == -1 || connect(fd, (struct sockaddr *)&to, sizeof(to)) == -1) {
		perror("connect");
		exit(1);
	}
	return fd;
}

static int
send_keys(const char *port)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	SSL *s = ctx == NULL ? NULL : SSL_new(ctx);

	if (s == NULL || SSL_set_fd(s, dial(port)) != 1 || SSL_connect(s) != 1)
		return 1;
	puts("connected");
	fflush(stdout);
	while (SSL_key_update(s, SSL_KEY_UPDATE_REQUESTED) == 1 &&
	    SSL_do_handshake(s) == 1)
		;
	return 1;
}

static int
send_file(const char *port, unsigned long count, const char *path)
{
	static char data[65536];
	FILE *in = fopen(path, "rb");
	size_t len;

	if (in == NULL || count > COUNT_MAX) {
		fprintf(stderr, "tcpsend: %s, %lu\n", path, count);
		return 1;
	}
	len = fread(data, 1, sizeof(data), in);
	fclose(in);
	while (count-- > 0)
		if (send(dial(port), data, len, MSG_NOSIGNAL) == -1)
			perror("send");
	while (getchar() != EOF)
		;
	return 0;
}

int
main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "-k") == 0)
		return send_keys(argv[2]);
	if (argc == 4)
		return send_file(argv[1], strtoul(argv[2], NULL, 10), argv[3]);
	fputs("usage: tcpsend PORT COUNT FILE | tcpsend -k PORT\n", stderr);
	return 1;
}
