/*
 * Send NetFlow v5 datagrams to a port on the loopback interface, flows
 * numbered by their source addresses, and tell what was sent and when.
 *
 * usage: udpstream port first count gap
 *
 * 30 flows a datagram, up to count flows from number first on, gap
 * microseconds between datagrams.  A line for each datagram: the last number
 * in it and the time in milliseconds after it was sent.
 */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define RECORDS 30
#define HEADER_LEN 24
#define RECORD_LEN 48
#define LEN (HEADER_LEN + RECORDS * RECORD_LEN)
#define UPTIME_MS 1000000

static void
put32(uint8_t *p, uint32_t v)
{
	v = htonl(v);
	memcpy(p, &v, sizeof(v));
}

static void
put16(uint8_t *p, uint16_t v)
{
	v = htons(v);
	memcpy(p, &v, sizeof(v));
}

static void
fill(uint8_t data[LEN], uint32_t number, uint16_t records)
{
	memset(data, 0, LEN);
	put16(data, 5);
	put16(data + 2, records);
	put32(data + 4, UPTIME_MS);
	put32(data + 8, (uint32_t)time(NULL));
	put32(data + 16, number);
	for (uint16_t i = 0; i < records; i++) {
		uint8_t *r = data + HEADER_LEN + i * RECORD_LEN;

		put32(r, number + i);
		put32(r + 4, 0x0a000001);
		put32(r + 16, 1);
		put32(r + 20, 100);
		put32(r + 24, UPTIME_MS - 1000);
		put32(r + 28, UPTIME_MS);
		put16(r + 32, 1024);
		put16(r + 34, 53);
		r[38] = 17;
	}
}

static int
open_socket(uint16_t port)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd == -1 || connect(fd, (struct sockaddr *)&to, sizeof(to)) == -1) {
		perror("udpstream");
		exit(2);
	}
	return fd;
}

int
main(int argc, char **argv)
{
	uint8_t data[LEN];
	struct timespec now, gap = { 0, 0 };
	uint32_t number, end;
	uint16_t records;
	int fd;

	if (argc != 5) {
		fprintf(stderr, "usage: udpstream port first count gap\n");
		return 2;
	}
	fd = open_socket((uint16_t)strtoul(argv[1], NULL, 10));
	number = (uint32_t)strtoul(argv[2], NULL, 10);
	end = number + (uint32_t)strtoul(argv[3], NULL, 10);
	gap.tv_nsec = strtol(argv[4], NULL, 10) * 1000;
	for (; number < end; number += records) {
		records =
		    end - number < RECORDS ? (uint16_t)(end - number) : RECORDS;
		fill(data, number, records);
		/* Nobody listens between two lives of the collector. */
		if (send(fd, data, HEADER_LEN + records * RECORD_LEN, 0) == -1)
			usleep(1000);
		clock_gettime(CLOCK_REALTIME, &now);
		printf("%lu %lld\n", (unsigned long)(number + records - 1),
		    (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000);
		fflush(stdout);
		if (gap.tv_nsec > 0)
			nanosleep(&gap, NULL);
	}
	return 0;
}
