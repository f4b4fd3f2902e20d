/*
 * Values of options: the first byte says what kind of text follows.
 */
#include <string.h>

#include "base/addr.h"
#include "base/civil.h"
#include "base/quantity.h"
#include "common/framing.h"
#include "common/url.h"
#include "flow/field.h"
#include "flowcapd/command.h"
#include "flowcapd/extensions.h"
#include "fuzz/fuzz.h"
#include "fuzzkit.h"
#include "store/slot.h"

static void
try_quantity(const char *text)
{
	uint64_t n;

	quantity_size(text, &n, NULL);
	quantity_span(text, &n, NULL);
}

static void
try_window(const char *text)
{
	uint64_t from_ms, to_ms;

	civil_window_parse(text, &from_ms, &to_ms, NULL);
}

static void
try_slot(const char *text)
{
	int64_t start_s;

	if (slot_time(text, &start_s) == 0) {
		require(start_s >= 0);
		slot_is_repeated(text, start_s);
	}
}

/* What an address is printed as is that address. */
static void
try_addr(const char *text)
{
	char again[ADDR_TEXT_MAX];
	struct prefix p;
	struct addr a, b;

	if (addr_parse(text, &a) == 0) {
		require(addr_format(a, again) == strlen(again));
		require(addr_parse(again, &b) == 0 && addr_equal(a, b));
	}
	if (prefix_parse(text, &p, NULL) == 0)
		require(p.len <= 128 && prefix_contains(&p, p.addr));
}

static void
try_url(const char *text)
{
	static const struct url_scheme schemes[] = { { "udp", "9995" },
		{ "tls", NULL }, { "unix", "" } };
	struct url url;

	url_has_scheme(text);
	for (int use = URL_PEER; use <= URL_LISTEN; use++)
		if (url_parse(text, schemes, 3, (enum url_use)use, &url,
			NULL) == 0)
			require(url.scheme < 3 && url.rest >= text &&
			    url.rest <= text + strlen(text));
}

static void
try_command(const char *text)
{
	const struct command_values v = { .name = "a/nfcapd.202401010000",
		.dir = "/var/%f", .ident = "i d", .start_s = 1 };
	struct command *c = command_parse(text, NULL, NULL);
	char **words;

	if (c == NULL)
		return;
	require((words = command_expand(c, &v)) != NULL && words[0] != NULL);
	free(words);
	command_free(c);
}

static void
try_names(const char *text)
{
	uint64_t chosen;

	extensions_parse(text, &chosen, NULL);
	require(field_by_name(text) <= FLD_NONE);
}

static void
try_framing(const char *text)
{
	size_t have = strlen(text), len;

	for (int f = FRAMING_IPFIX; f <= FRAMING_TERA; f++)
		if (framing_len((enum framing)f, (const uint8_t *)text,
			have > 8 ? 8 : have, &len, NULL) == 1)
			require(len > framing_prefix_len((enum framing)f) &&
			    len <= FRAMING_MESSAGE_MAX + FRAMING_PREFIX_MAX);
}

int
FUZZ_TARGET(values)(const uint8_t *data, size_t size)
{
	static void (*const tries[])(const char *text) = { try_quantity,
		try_window, try_slot, try_addr, try_url, try_command,
		try_names, try_framing };
	char *text;

	if (size == 0)
		return 0;
	text = fuzzkit_text(data + 1, size - 1);
	tries[data[0] % (sizeof(tries) / sizeof(tries[0]))](text);
	free(text);
	return 0;
}
