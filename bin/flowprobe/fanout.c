/*
 * Sharing of a device.  The hash that the kernel offers takes ports, too,
 * which fragments do not have; so a filter program makes ours, from behind
 * any tags and PPPoE.  What it does not understand goes to the first socket.
 */

#include <assert.h>
#include <linux/filter.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <stdint.h>
#include <sys/socket.h>

#include "flowprobe/fanout.h"

#define LINK (uint32_t)SKF_LL_OFF
#define NETWORK (uint32_t)SKF_NET_OFF
#define ANCILLARY (uint32_t)SKF_AD_OFF

#define CODE_MAX 160
#define TAGS 4
#define TAG_LEN 4
#define PPPOE_LEN 8
#define ETHERTYPE_OLD_TAG 0x9100
#define PPP_IPV4 0x21
#define PPP_IPV6 0x57
#define NO_GROUP (-1)
#define MIX 0x9e3779b1 /* 2^32 by the golden ratio */

/* Words of the memory that programs have. */
enum { HEADER, HASH };

struct program {
	struct sock_filter code[CODE_MAX];
	unsigned short len;
};

static void
emit(struct program *p, unsigned code, uint32_t k)
{
	assert(p->len < CODE_MAX);
	p->code[p->len++] = (struct sock_filter){ (unsigned short)code, 0, 0,
		k };
}

/* If A is k, pass over the first number of instructions, else the second. */
static void
emit_if(struct program *p, uint32_t k, uint8_t yes, uint8_t no)
{
	emit(p, BPF_JMP | BPF_JEQ | BPF_K, k);
	p->code[p->len - 1].jt = yes;
	p->code[p->len - 1].jf = no;
}

/* To the network header; A is its type. */
static void
emit_start(struct program *p)
{
	emit(p, BPF_LD | BPF_W | BPF_ABS, ANCILLARY + SKF_AD_HATYPE);
	emit_if(p, ARPHRD_ETHER, 1, 0);
	emit_if(p, ARPHRD_LOOPBACK, 0, 4);
	emit(p, BPF_LD | BPF_IMM, LINK + ETH_HLEN);
	emit(p, BPF_ST, HEADER);
	emit(p, BPF_LD | BPF_H | BPF_ABS, LINK + ETH_HLEN - 2);
	emit(p, BPF_JMP | BPF_JA, 3);
	emit(p, BPF_LD | BPF_IMM, NETWORK);
	emit(p, BPF_ST, HEADER);
	emit(p, BPF_LD | BPF_W | BPF_ABS, ANCILLARY + SKF_AD_PROTOCOL);
}

/* Behind len bytes, whose last two are the type of what follows. */
static void
emit_skip(struct program *p, uint32_t len)
{
	emit(p, BPF_LD | BPF_MEM, HEADER);
	emit(p, BPF_ALU | BPF_ADD | BPF_K, len);
	emit(p, BPF_ST, HEADER);
	emit(p, BPF_MISC | BPF_TAX, 0);
	emit(p, BPF_LD | BPF_H | BPF_IND, UINT32_MAX - 1); /* -2 */
}

static void
emit_tag(struct program *p)
{
	emit_if(p, ETH_P_8021Q, 2, 0);
	emit_if(p, ETH_P_8021AD, 1, 0);
	emit_if(p, ETHERTYPE_OLD_TAG, 0, 5);
	emit_skip(p, TAG_LEN);
}

/* Return a hash of both addresses, the first of which is there. */
static void
emit_hash(struct program *p, uint32_t at, unsigned words)
{
	emit(p, BPF_LD | BPF_IMM, 0);
	emit(p, BPF_ST, HASH);
	for (unsigned i = 0; i < words; i++) {
		emit(p, BPF_LDX | BPF_MEM, HEADER);
		emit(p, BPF_LD | BPF_W | BPF_IND, at + 4 * i);
		emit(p, BPF_LDX | BPF_MEM, HASH);
		emit(p, BPF_ALU | BPF_XOR | BPF_X, 0);
		emit(p, BPF_ST, HASH);
	}
	emit(p, BPF_ALU | BPF_MUL | BPF_K, MIX);
	emit(p, BPF_ALU | BPF_RSH | BPF_K, 16);
	emit(p, BPF_RET | BPF_A, 0);
}

/* The same if A is one of two types. */
static void
emit_addresses(struct program *p, uint32_t type, uint32_t other, uint32_t at,
    unsigned words)
{
	unsigned short test;

	emit_if(p, type, 1, 0);
	test = p->len;
	emit_if(p, other, 0, 0);
	emit_hash(p, at, words);
	p->code[test].jf = (uint8_t)(p->len - test - 1);
}

static void
make_program(struct program *p)
{
	p->len = 0;
	emit_start(p);
	for (int i = 0; i < TAGS; i++)
		emit_tag(p);
	emit_if(p, ETH_P_PPP_SES, 0, 5);
	emit_skip(p, PPPOE_LEN);
	emit_addresses(p, ETH_P_IP, PPP_IPV4, 12, 2);
	emit_addresses(p, ETH_P_IPV6, PPP_IPV6, 8, 8);
	emit(p, BPF_RET | BPF_K, 0);
}

/* The kernel finds a number for the group of the first one, which may be 0. */
static int
join(int fd, int *group, struct err *err)
{
	int value = *group == NO_GROUP ? PACKET_FANOUT_FLAG_UNIQUEID << 16 :
					 *group;
	socklen_t len = sizeof(value);

	value |= PACKET_FANOUT_CBPF << 16;
	if (setsockopt(fd, SOL_PACKET, PACKET_FANOUT, &value,
		sizeof(value)) == -1 ||
	    getsockopt(fd, SOL_PACKET, PACKET_FANOUT, &value, &len) == -1)
		return err_system(err, "sharing a device");
	*group = value & 0xffff;
	return 0;
}

int
fanout_join(const int *fds, unsigned count, struct err *err)
{
	struct program p;
	struct sock_fprog fprog = { .filter = p.code };
	int group = NO_GROUP;

	make_program(&p);
	fprog.len = p.len;
	for (unsigned i = 0; i < count; i++)
		if (join(fds[i], &group, err) == -1)
			return -1;
	if (setsockopt(fds[0], SOL_PACKET, PACKET_FANOUT_DATA, &fprog,
		sizeof(fprog)) == -1)
		return err_system(err, "sharing a device by addresses");
	return 0;
}
