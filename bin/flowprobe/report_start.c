/*
 * The log of the start, in the lines of fprobe.
 */

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"
#include "flowprobe/probe.h"

/* Bytes in front of IP, as fprobe has them; others have no one length. */
static unsigned
link_len(const struct probe *p)
{
	static const struct {
		int type;
		unsigned len;
	} lens[] = {
		{ 0, 4 }, /* NULL */
		{ 1, 14 }, /* EN10MB */
		{ 108, 4 }, /* LOOP */
		{ 113, 16 }, /* LINUX_SLL */
		{ 276, 20 }, /* LINUX_SLL2 */
	};

	if (p->config.link_len != 0)
		return p->config.link_len;
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++)
		if (lens[i].type == capture_link_type(p->captures[0]))
			return lens[i].len;
	return 0;
}

static const char *
text_or(const char *text, const char *otherwise)
{
	return text != NULL && *text != '\0' ? text : otherwise;
}

/* The identifier behind our name, with a colon in front. */
static void
set_ident(char *ident, size_t len, const char *name)
{
	const char *begin = strchr(name, '[');

	snprintf(ident, len, ":%s", begin == NULL ? "" : begin + 1);
	ident[begin == NULL ? 0 : strcspn(ident, "]")] = '\0';
}

static void
log_options(const struct probe *p)
{
	const struct config *c = &p->config;
	char ident[sizeof(c->name)];

	set_ident(ident, sizeof(ident), c->name);
	log_info("options: p=%d s=%" PRIu32 " g=%" PRIu32 " d=%" PRIu32
	    " e=%" PRIu32 " n=%" PRIu32 " a=%s x=%" PRIu32 ":%" PRIu32
	    " b=%" PRIu32 " m=%" PRIu32 " q=%" PRIu32 " B=%" PRIu32 " r=%"
	    PRIu32 " t=%" PRIu64 ":%" PRIu64 " S=%" PRIu32 " K=%u k=%d c=%s"
	    " u=%s v=%" PRIu32 " l=%d%s", !c->no_promiscuous, c->scan_s,
	    c->fragments_s, c->idle_s, c->active_s, c->version,
	    text_or(c->from, "0.0.0.0"), c->cache.input, c->cache.output,
	    c->bulk, c->memory_kb, c->queue, c->buffer_kb, c->priority,
	    c->burst_bytes, c->pause_ns, c->snaplen, link_len(p),
	    c->frame_bytes, text_or(c->root, ""), text_or(c->user, ""),
	    c->level, c->log_to, ident);
}

void
report_start(const struct probe *p)
{
	const struct config *c = &p->config;
	const char *from = text_or(c->from, "0.0.0.0");
	const struct remote *r;

	log_info("Starting %s...", PACKAGE_VERSION);
	log_info("pid: %ld", (long)getpid());
	log_info("interface: %s, datalink: %s (%d)", capture_name(p->captures[0]),
	    capture_link_name(p->captures[0]), capture_link_type(p->captures[0]));
	log_info("filter: \"%s\"", text_or(c->filter, ""));
	log_options(p);
	for (unsigned i = 0; i < c->remote_count; i++) {
		r = &c->remotes[i];
		log_info("collector #%u: %s/%s/%s", i + 1, r->name,
		    text_or(r->local, from), r->is_rotating ? "r" : "m");
	}
}
