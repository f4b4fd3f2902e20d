/*
 * Messages in streams.
 */

#include "base/bytes.h"
#include "common/framing.h"

#define IPFIX_VERSION 10
#define IPFIX_HEADER_LEN 16
#define TERA_PREFIX_LEN 8
#define TERA_WORD 8

size_t
framing_prefix_len(enum framing f)
{
	return f == FRAMING_TERA ? TERA_PREFIX_LEN : 0;
}

void
framing_prefix(enum framing f, size_t len, uint8_t *to)
{
	if (f != FRAMING_TERA)
		return;
	for (int i = 0; i < TERA_PREFIX_LEN; i++)
		to[i] = (uint8_t)((uint64_t)len >> i * 8);
}

static int
ipfix_len(const uint8_t *head, size_t have, size_t *len, struct err *err)
{
	if (have < 4)
		return 0;
	if (load_be16(head) != IPFIX_VERSION)
		return err_set(err, ERR_MALFORMED, "version %u is not IPFIX",
		    load_be16(head));
	*len = load_be16(head + 2);
	if (*len < IPFIX_HEADER_LEN)
		return err_set(err, ERR_MALFORMED, "an IPFIX message of %zu "
		    "bytes", *len);
	return 1;
}

static int
tera_len(const uint8_t *head, size_t have, size_t *len, struct err *err)
{
	uint64_t n = 0;

	if (have < TERA_PREFIX_LEN)
		return 0;
	for (int i = TERA_PREFIX_LEN - 1; i >= 0; i--)
		n = n << 8 | head[i];
	if (n == 0 || n > FRAMING_MESSAGE_MAX || n % TERA_WORD != 0)
		return err_set(err, ERR_MALFORMED, "a Tera Flow message of "
		    "%llu bytes", (unsigned long long)n);
	*len = TERA_PREFIX_LEN + (size_t)n;
	return 1;
}

int
framing_len(enum framing f, const uint8_t *head, size_t have, size_t *len,
    struct err *err)
{
	return f == FRAMING_TERA ? tera_len(head, have, len, err) :
				   ipfix_len(head, have, len, err);
}
