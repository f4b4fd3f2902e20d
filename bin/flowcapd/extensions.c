/*
 * Old list of optional extensions.  A number that users know stands for one
 * or more lines.
 */

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "flowcapd/extensions.h"

#define LIST_MAX 128

/* clang-format off */
const char *const extension_lines[EXTENSION_LINES] = {
	"2 byte input/output interface index",
	"4 byte input/output interface index",
	"2 byte src/dst AS number",
	"4 byte src/dst AS number",
	"dst tos, direction, src/dst mask",
	"IPv4 next hop",
	"IPv6 next hop",
	"IPv4 BGP next IP",
	"IPv6 BGP next IP",
	"src/dst vlan id",
	"4 byte output packets",
	"8 byte output packets",
	"4 byte output bytes",
	"8 byte output bytes",
	"4 byte aggregated flows",
	"8 byte aggregated flows",
	"in src/out dst mac address",
	"in dst/out src mac address",
	"MPLS Labels",
	"IPv4 router IP addr",
	"IPv6 router IP addr",
	"router ID",
	"BGP adjacent prev/next AS",
	"time packet received",
	"NSEL Common block",
	"NSEL xlate ports",
	"NSEL xlate IPv4 addr",
	"NSEL xlate IPv6 addr",
	"NSEL ACL ingress/egress acl ID",
	"NSEL username",
	"NSEL max username",
	"nprobe latency",
	"NEL Common block",
	"Compat NEL IPv4",
	"NAT Port Block Allocation",
};

/* From a number or a word to its lines. */
static const struct group {
	const char *name;
	uint8_t first, count;
} groups[] = {
	{ "1", 0, 2 }, { "2", 2, 2 }, { "3", 4, 1 }, { "4", 5, 2 },
	{ "5", 7, 2 }, { "6", 9, 1 }, { "7", 10, 2 }, { "8", 12, 2 },
	{ "9", 14, 2 }, { "10", 16, 1 }, { "11", 17, 1 }, { "12", 18, 1 },
	{ "13", 19, 2 }, { "14", 21, 1 }, { "15", 22, 1 }, { "16", 23, 1 },
	{ "26", 24, 1 }, { "27", 25, 1 }, { "28", 26, 2 }, { "29", 28, 1 },
	{ "30", 29, 2 }, { "64", 31, 1 }, { "31", 32, 2 }, { "32", 34, 1 },
	{ "all", 0, EXTENSION_LINES }, { "nsel", 24, 7 }, { "nel", 32, 3 },
};
/* clang-format on */

#define LINES_DEFAULT UINT64_C(0xf) /* numbers 1 and 2 */

static uint64_t
lines_of(const char *name, size_t len, bool *known)
{
	*known = true;
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		if (strlen(groups[i].name) == len &&
		    strncmp(groups[i].name, name, len) == 0)
			return ((UINT64_C(1) << groups[i].count) - 1)
			    << groups[i].first;
	/* Numbers that do not exist are passed over, words are not. */
	*known = len > 0 && strspn(name, "0123456789") >= len;
	return 0;
}

int
extensions_parse(const char *text, uint64_t *chosen, struct err *err)
{
	size_t len = strlen(text);
	uint64_t lines;
	bool known;
	char sign;

	if (len == 0 || len > LIST_MAX)
		return err_set(err, ERR_USAGE, "Extension length error: "
		    "1 to %d characters are allowed", LIST_MAX);
	*chosen = *text == '+' || *text == '-' ? LINES_DEFAULT : 0;
	for (;; text += len + 1) {
		sign = *text == '+' || *text == '-' ? *text++ : '+';
		len = strcspn(text, ",");
		lines = lines_of(text, len, &known);
		if (!known)
			return err_set(err, ERR_USAGE, "Extension format "
			    "error: Unexpected string: %.*s.", (int)len, text);
		*chosen = sign == '-' ? *chosen & ~lines : *chosen | lines;
		if (text[len] == '\0')
			return 0;
	}
}
