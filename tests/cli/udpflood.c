/*
 * Send what hostile or broken exporters may send to a port on the loopback
 * interface: templates without end, from many senders and domains, sets that
 * are too long, fields of no length, data that nobody announced, and noise.
 *
 * usage: udpflood port seed senders seconds rate
 *
 * Senders are addresses 127.1.0.0 and up; rate is datagrams a second.  At the
 * end, what was sent: name=number words.
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

#define LEN_MAX 1400
#define FIRST_SENDER 0x7f010000
#define SENDERS_MAX 0xfe0000
#define TEMPLATES_MAX 12
#define FIELDS_MAX 40
#define TICKS 100 /* a second: what is due is sent then */

struct flood {
	uint64_t dice;
	uint32_t senders;
	struct sockaddr_in to;
	uint8_t data[LEN_MAX];
	size_t len;
	uint64_t datagrams;
	uint64_t templates;
};

/* SplitMix64. */
static uint32_t
below(struct flood *f, uint32_t n)
{
	uint64_t v = f->dice += UINT64_C(0x9e3779b97f4a7c15);

	v = (v ^ v >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	v = (v ^ v >> 27) * UINT64_C(0x94d049bb133111eb);
	return (uint32_t)((v ^ v >> 31) % n);
}

static void
put16(struct flood *f, uint32_t v)
{
	if (f->len + 2 > LEN_MAX)
		return;
	f->data[f->len++] = (uint8_t)(v >> 8);
	f->data[f->len++] = (uint8_t)v;
}

static void
put32(struct flood *f, uint32_t v)
{
	put16(f, v >> 16);
	put16(f, v & 0xffff);
}

static void
set16(struct flood *f, size_t at, size_t v)
{
	f->data[at] = (uint8_t)(v >> 8);
	f->data[at + 1] = (uint8_t)v;
}

/* A header of v9 or IPFIX, of one of many domains. */
static void
begin(struct flood *f, uint16_t version)
{
	f->len = 0;
	put16(f, version);
	put16(f, below(f, 30));
	if (version == 9)
		put32(f, 1000000);
	put32(f, (uint32_t)time(NULL));
	put32(f, below(f, 1000));
	put32(f, below(f, 100000));
}

static void
finish(struct flood *f, uint16_t version)
{
	if (version == 10)
		set16(f, 2, f->len);
}

static void
put_template(struct flood *f, uint16_t version)
{
	uint32_t fields = 1 + below(f, FIELDS_MAX);

	if (f->len + 4 + fields * 8 > LEN_MAX)
		return;
	put16(f, 256 + below(f, 65280));
	put16(f, fields);
	for (uint32_t i = 0; i < fields; i++) {
		uint32_t id = 1 + below(f, 500);

		if (version == 10 && below(f, 8) == 0)
			id |= 0x8000;
		put16(f, id);
		put16(f, below(f, 6) == 0 ? 0 : 1 + below(f, 16));
		if (id & 0x8000)
			put32(f, below(f, 50000));
	}
	f->templates++;
}

static void
make_templates(struct flood *f)
{
	uint16_t version = below(f, 2) == 0 ? 9 : 10;
	uint32_t count = 1 + below(f, TEMPLATES_MAX);
	size_t start;

	begin(f, version);
	start = f->len;
	put16(f, version == 9 ? 0 : 2);
	put16(f, 0);
	while (count-- > 0)
		put_template(f, version);
	set16(f, start + 2, f->len - start);
	finish(f, version);
}

/* A set of any id and length, the latter seldom right. */
static void
make_set(struct flood *f)
{
	static const uint16_t lengths[] = { 0, 1, 3, 4, 5, 0xffff, 0x8000 };
	uint16_t version = below(f, 2) == 0 ? 9 : 10;
	uint32_t len = below(f, 600);

	begin(f, version);
	put16(f, below(f, 3) == 0 ? below(f, 6) : 256 + below(f, 65280));
	put16(f, below(f, 2) == 0 ? len + 4 : lengths[below(f, 7)]);
	while (len-- > 0 && f->len < LEN_MAX)
		f->data[f->len++] = (uint8_t)below(f, 256);
	finish(f, version);
}

/* All templates of a domain are withdrawn. */
static void
make_withdrawal(struct flood *f)
{
	begin(f, 10);
	put16(f, 2);
	put16(f, 8);
	put16(f, 2);
	put16(f, 0);
	finish(f, 10);
}

/* Noise behind a version, which is that of sFlow, too. */
static void
make_noise(struct flood *f)
{
	static const uint16_t versions[] = { 0, 1, 5, 7, 8, 9, 10, 99 };
	uint32_t len = below(f, LEN_MAX - 4);

	f->len = 0;
	put16(f, versions[below(f, 8)]);
	put16(f, below(f, 2) == 0 ? 5 : below(f, 65536));
	while (len-- > 0)
		f->data[f->len++] = (uint8_t)below(f, 256);
}

/* The datagram before with some bytes changed, and perhaps cut. */
static void
change(struct flood *f)
{
	for (uint32_t n = 1 + below(f, 8); n > 0 && f->len > 0; n--)
		f->data[below(f, (uint32_t)f->len)] = (uint8_t)below(f, 256);
	if (f->len > 0 && below(f, 4) == 0)
		f->len = below(f, (uint32_t)f->len + 1);
}

static void
make(struct flood *f)
{
	switch (below(f, 10)) {
	case 0:
		make_set(f);
		break;
	case 1:
		make_noise(f);
		break;
	case 2:
		change(f);
		break;
	case 3:
		make_withdrawal(f);
		break;
	default:
		make_templates(f);
		break;
	}
}

/* From one of the senders, with a socket of its own. */
static int
send_one(struct flood *f)
{
	struct sockaddr_in from = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	from.sin_addr.s_addr = htonl(FIRST_SENDER + below(f, f->senders));
	if (fd == -1 ||
	    bind(fd, (struct sockaddr *)&from, sizeof(from)) == -1 ||
	    sendto(fd, f->data, f->len, 0, (struct sockaddr *)&f->to,
		sizeof(f->to)) == -1) {
		perror("udpflood");
		return -1;
	}
	close(fd);
	f->datagrams++;
	return 0;
}

int
main(int argc, char **argv)
{
	struct flood f = { .to = { .sin_family = AF_INET } };
	struct timespec tick = { 0, 1000000000 / TICKS };
	unsigned long ticks, rate;

	if (argc != 6) {
		fprintf(stderr,
		    "usage: udpflood port seed senders seconds rate\n");
		return 2;
	}
	f.to.sin_port = htons((uint16_t)strtoul(argv[1], NULL, 10));
	f.to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	f.dice = strtoull(argv[2], NULL, 10);
	f.senders = (uint32_t)strtoul(argv[3], NULL, 10);
	ticks = strtoul(argv[4], NULL, 10) * TICKS;
	rate = strtoul(argv[5], NULL, 10);
	if (f.senders == 0 || f.senders > SENDERS_MAX)
		return 2;
	for (; ticks > 0; ticks--) {
		for (unsigned long i = 0; i < rate / TICKS; i++) {
			make(&f);
			if (send_one(&f) == -1)
				return 1;
		}
		nanosleep(&tick, NULL);
	}
	printf("datagrams=%llu templates=%llu\n",
	    (unsigned long long)f.datagrams, (unsigned long long)f.templates);
	return 0;
}
