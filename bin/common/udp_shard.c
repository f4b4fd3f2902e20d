/*
 * Which of several sockets gets a datagram: a hash of the sender's address,
 * as a function here and as a program for the system.  Classic BPF has words
 * of 32 bits and no loops; both do the same, word by word.
 */

#include <assert.h>
#include <linux/filter.h>
#include <string.h>
#include <sys/socket.h>

#include "common/udp.h"

#define MIX 0x9e3779b1U /* 2^32 by the golden ratio, odd */
#define MIX_SHIFT 16
#define IP4_SOURCE 12 /* offsets in the headers */
#define IP6_SOURCE 8

uint32_t
udp_shard(struct addr sender, uint32_t n)
{
	uint32_t x = (uint32_t)sender.lo;

	assert(n > 0);
	if (!addr_is_v4(sender))
		x ^= (uint32_t)(sender.lo >> 32) ^ (uint32_t)sender.hi ^
		    (uint32_t)(sender.hi >> 32);
	return (x * MIX >> MIX_SHIFT) % n;
}

#define LOAD(offset) \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)SKF_NET_OFF + (offset))
#define XOR_LOAD(offset) \
	BPF_STMT(BPF_MISC | BPF_TAX, 0), LOAD(offset), \
	BPF_STMT(BPF_ALU | BPF_XOR | BPF_X, 0)

int
udp_shard_attach(int fd, uint32_t n, struct err *err)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (uint32_t)SKF_NET_OFF),
		BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 4, 11, 0),
		LOAD(IP6_SOURCE),
		XOR_LOAD(IP6_SOURCE + 4),
		XOR_LOAD(IP6_SOURCE + 8),
		XOR_LOAD(IP6_SOURCE + 12),
		BPF_STMT(BPF_JMP | BPF_JA, 1),
		LOAD(IP4_SOURCE),
		BPF_STMT(BPF_ALU | BPF_MUL | BPF_K, MIX),
		BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, MIX_SHIFT),
		BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, n),
		BPF_STMT(BPF_RET | BPF_A, 0),
	};
	struct sock_fprog program;

	memset(&program, 0, sizeof(program)); /* what pads it, too */
	program.len = sizeof(code) / sizeof(code[0]);
	program.filter = code;
	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program,
		sizeof(program)) == -1)
		return err_system(err, "the system cannot share a port");
	return 0;
}
