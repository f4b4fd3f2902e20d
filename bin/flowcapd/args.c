/*
 * Command line of the collector.  A word that begins with '-' is a cluster of
 * letters; most take their value from the option table, the ambiguous ones
 * have a function in args_letters.c.  What needs the whole line, as -l, -w
 * and -x do, is noted in order and settled after the walk.
 */

#include <ctype.h>
#include <stdarg.h>
#include <string.h>

#include "flowcapd/args_int.h"

#define SET(member) offsetof(struct config, member)

/* clang-format off */
static const struct opt options[] = {
	{ '4', NULL, OPT_FLAG, SET(v4), NULL, "receive on IPv4 only (default)" },
	{ '6', NULL, OPT_FLAG, SET(v6), NULL, "receive on IPv6 only; -4 -6: on both" },
	{ 'A', NULL, OPT_FLAG, SET(spoof), NULL, "repeat with the address of the sender" },
	{ 'b', NULL, OPT_STR, SET(host), "host", "bind to this host name or address" },
	{ 'B', NULL, OPT_U32, SET(buffer), "bytes", "receive buffer of the socket" },
	{ 'C', NULL, OPT_STR, SET(config_file), "file", "configuration; none: no file" },
	{ 'd', NULL, OPT_STR, SET(device), "device", "read packets from this interface" },
	{ 'D', NULL, OPT_FLAG, SET(background), NULL, "run in the background, log to syslog" },
	{ 'e', NULL, OPT_FLAG, SET(expire), NULL, "expire files after every interval" },
	{ 'E', NULL, OPT_FLAG, SET(print), NULL, "print every record" },
	{ 'f', NULL, OPT_STR, SET(capture_file), "file", "read packets from this capture file" },
	{ 'g', NULL, OPT_STR, SET(group), "group", "change to this group" },
	{ 'h', NULL, OPT_FLAG, SET(help), NULL, "print this text" },
	{ 'i', NULL, OPT_U32, SET(metric_interval_s), "seconds", "interval of -m, default 60" },
	{ 'I', NULL, OPT_STR, SET(ident), "ident", "name of the source, default none" },
	{ 'j', NULL, OPT_FLAG, SET(accepted), "[group]", "compress with bzip2; with a group as -J" },
	{ 'J', NULL, OPT_STR, SET(multicast), "group", "join this multicast group" },
	{ 'l', NULL, OPT_STR, SET(dir), "dir", "data directory" },
	{ 'm', NULL, OPT_STR, SET(metric_socket), "socket", "send metrics to this unix socket" },
	{ 'M', NULL, OPT_STR, SET(base), "dir", "make a directory below dir for each sender" },
	{ 'n', NULL, OPT_LIST, SET(sources), "ident,ip,dir", "source by address; may be repeated" },
	{ 'N', NULL, OPT_LIST, SET(source_files), "file", "file with a line as of -n for each source" },
	{ 'o', NULL, OPT_STR, SET(settings), "tun", "sFlow: inner packets of tunnels are the flows" },
	{ 'p', NULL, OPT_STR, SET(port), "port", "UDP port, default 9995" },
	{ 'P', NULL, OPT_STR, SET(pidfile), "file", "write the process id to file" },
	{ 'r', NULL, OPT_FLAG, SET(accepted), NULL, "accepted, has no effect" },
	{ 'R', NULL, OPT_LIST, SET(repeaters), "host[/port]", "send every datagram on; may be repeated" },
	{ 's', NULL, OPT_STR, SET(settings), "rate", "sampling where none is announced; -rate: always" },
	{ 'S', NULL, OPT_U32, SET(layout), "num", "layout of sub-directories, 0 to 8" },
	{ 't', NULL, OPT_U32, SET(interval_s), "seconds", "start a new file that often, default 300" },
	{ 'T', NULL, OPT_STR, SET(extensions), "list", "accepted, all fields are stored anyway" },
	{ 'u', NULL, OPT_STR, SET(user), "user", "change to this user" },
	{ 'v', NULL, OPT_FLAG, SET(accepted), "[level]", "log more, or at this level, 0 to 4" },
	{ 'V', NULL, OPT_FLAG, SET(version), NULL, "print the version" },
	{ 'w', NULL, OPT_STR, SET(dir), "[dir]", "data directory; alone: no effect" },
	{ 'W', NULL, OPT_U32, SET(workers), "num", "accepted, has no effect" },
	{ 'x', NULL, OPT_STR, SET(command), "command", "run this after every interval" },
	{ 'X', NULL, OPT_FLAG, SET(accepted), "[list]", "accepted, has no effect" },
	{ 'y', NULL, OPT_FLAG, SET(accepted), NULL, "compress with LZ4 (default)" },
	{ 'Y', NULL, OPT_STR, SET(ipfix_file), "file", "read IPFIX messages from this file" },
	{ 'z', NULL, OPT_STR, SET(compression), "[method]", "compress with LZO or this method" },
	{ 'Z', NULL, OPT_FLAG, SET(has_zone), NULL, "names of files end in the offset to UTC" },
	{ 0, "compress", OPT_STR, SET(compression), "method", "none, lzo, bz2, lz4 (default) or zstd" },
	{ 0, "flush", OPT_U32, SET(flush_s), "seconds", "write blocks at least that often, default 2" },
	{ 0, "listen", OPT_LIST, SET(listens), "url", "udp://host:port, tera+udp://..., ipfix+tls://...; may be repeated" },
	{ 0, "max-exporters", OPT_U32, SET(max_exporters), "num", "of one sender, default 4096" },
	{ 0, "max-memory", OPT_U32, SET(max_memory), "MiB", "for templates and the like, default 256" },
	{ 0, "max-sources", OPT_STR, SET(settings), "num", "that -M makes, default 1000" },
	{ 0, "max-templates", OPT_U32, SET(max_templates), "num", "of one exporter, default 4096" },
	{ 0, "metrics", OPT_STR, SET(metrics), "address", "serve OpenMetrics: [host:]port or unix:path" },
	{ 0, "no-index", OPT_FLAG, SET(no_index), NULL, "write files without an index" },
	{ 0, "no-state", OPT_FLAG, SET(no_state), NULL, "forget templates at the end" },
	{ 0, "receivers", OPT_U32, SET(receivers), "num", "threads that receive, default 1" },
	{ 0, "status", OPT_FLAG, SET(status), NULL, "print what the running collector counted, as JSON" },
	{ 0, "strict-domain", OPT_FLAG, SET(strict_domain), NULL, "no sampling rate of another domain" },
	{ 0, "sync", OPT_STR, SET(sync_text), "when", "safe from power failure: never, close (default), flush" },
	{ 0, "tls-cert", OPT_STR, SET(tls_cert), "file", "certificate of TLS, with its chain" },
	{ 0, "tls-key", OPT_STR, SET(tls_key), "file", "its key, if that is in another file" },
};

/* Letters of nfcapd 1.8 for what this collector does not do. */
static const struct refused {
	int letter;
	const char *meaning;
} refused[] = {
	{ 'H', "forwarding in the format of nfdump" },
	{ 'k', "encrypted transport" },
	{ 'K', "encrypted transport" },
	{ 'Q', "encrypted transport" },
};
/* clang-format on */

#define ROWS (sizeof(options) / sizeof(options[0]))
#define REFUSED (sizeof(refused) / sizeof(refused[0]))

void
args_warn(struct config *c, const char *fmt, ...)
{
	va_list ap;

	if (c->warnings == ARGS_WARNINGS)
		return;
	va_start(ap, fmt);
	vsnprintf(c->warning[c->warnings++], ARGS_WARNING_MAX, fmt, ap);
	va_end(ap);
}

static const struct refused *
find_refused(int letter)
{
	for (size_t i = 0; i < REFUSED; i++)
		if (refused[i].letter == letter)
			return &refused[i];
	return NULL;
}

const char *
args_peek(const struct walk *w)
{
	return w->next < w->argc ? w->argv[w->next] : NULL;
}

bool
args_is_cluster(const char *text)
{
	for (; *text != '\0'; text++) {
		const struct opt *o = options_by_letter(options, ROWS,
		    (unsigned char)*text);

		if (o == NULL && find_refused((unsigned char)*text) == NULL)
			return false;
		if (o == NULL || o->type != OPT_FLAG)
			return true;
	}
	return true;
}

int
args_set_compression(struct config *c, const char *name, struct err *err)
{
	if (c->compression != NULL && strcmp(c->compression, name) != 0)
		return err_set(err, ERR_USAGE, "Use one compression: -z for "
		    "LZO, -j for BZ2 or -y for LZ4 compression");
	c->compression = name;
	return 0;
}

/* An option of the table; the result is that of a letter_fn. */
static int
take_table(struct walk *w, const struct opt *opt, const char *glued,
    struct err *err)
{
	if (opt->type == OPT_FLAG)
		return options_set(opt, NULL, w->config, err);
	if (glued == NULL) {
		if ((glued = args_peek(w)) == NULL)
			return err_set(err, ERR_USAGE,
			    "option -%c needs an argument", opt->letter);
		w->next++;
	}
	return options_set(opt, glued, w->config, err) == -1 ? -1 : 1;
}

static int
take_letter(struct walk *w, const char *at, struct err *err)
{
	int letter = (unsigned char)*at;
	const char *glued = at[1] != '\0' ? at + 1 : NULL;
	const struct opt *opt = options_by_letter(options, ROWS, letter);
	const struct refused *no = find_refused(letter);
	letter_fn rule = args_letter(letter);

	if (no != NULL)
		return err_set(err, ERR_USAGE,
		    "option -%c is not supported: %s", letter, no->meaning);
	if (opt == NULL)
		return err_set(err, ERR_USAGE, "unknown option -%c",
		    isprint(letter) ? letter : '?');
	return rule != NULL ? rule(w, glued, err) :
			      take_table(w, opt, glued, err);
}

static int
walk_cluster(struct walk *w, const char *letters, struct err *err)
{
	int rc = 0;

	for (; rc == 0 && *letters != '\0'; letters++)
		rc = take_letter(w, letters, err);
	return rc == -1 ? -1 : 0;
}

static int
set_max_sources(struct config *c, const char *text, struct err *err)
{
	if (args_set(c, "dyn_max_sources", text, err) == -1)
		return err_context(err, "option --max-sources");
	return 0;
}

static int
walk_long(struct walk *w, const char *word, struct err *err)
{
	size_t len = strcspn(word, "=");
	const struct opt *opt = options_by_name(options, ROWS, word, len);
	bool has_text = word[len] == '=';
	const char *text = has_text ? word + len + 1 : args_peek(w);

	if (strncmp(word, "help", len) == 0 && len == 4)
		w->config->help = true;
	else if (opt == NULL)
		return err_set(err, ERR_USAGE, "unknown option --%.*s",
		    (int)len, word);
	else if (opt->type == OPT_FLAG && has_text)
		return err_set(err, ERR_USAGE,
		    "option --%s takes no argument", opt->name);
	else if (opt->type == OPT_FLAG)
		return options_set(opt, NULL, w->config, err);
	else if (text == NULL)
		return err_set(err, ERR_USAGE,
		    "option --%s needs an argument", opt->name);
	else {
		if (!has_text)
			w->next++;
		if (strcmp(opt->name, "compress") == 0)
			return args_set_compression(w->config, text, err);
		if (strcmp(opt->name, "max-sources") == 0)
			return set_max_sources(w->config, text, err);
		return options_set(opt, text, w->config, err);
	}
	return 0;
}

static int
walk_words(struct walk *w, struct err *err)
{
	bool only_operands = false;

	while (w->next < w->argc && !w->config->help && !w->config->version) {
		const char *word = w->argv[w->next++];
		int rc = 0;

		if (only_operands || word[0] != '-' || word[1] == '\0') {
			if (w->operands++ > 0)
				return err_set(err, ERR_USAGE,
				    "unexpected argument '%s'", word);
			w->config->packet_filter = word;
		} else if (strcmp(word, "--") == 0)
			only_operands = true;
		else if (word[1] == '-')
			rc = walk_long(w, word + 2, err);
		else
			rc = walk_cluster(w, word + 1, err);
		if (rc == -1)
			return -1;
	}
	return 0;
}

/* Is this name that of the sFlow collector? */
static bool
is_sfcapd(const char *name)
{
	return strncmp(name, "sfcapd", 6) == 0;
}

int
args_parse(struct config *c, int argc, char **argv,
    const struct args_probe *probe, struct err *err)
{
	struct walk w = { .argc = argc, .argv = argv, .next = 1, .config = c,
		.probe = probe };

	memset(c, 0, sizeof(*c));
	c->is_sfcapd = is_sfcapd(options_program(argc, argv, "flowcapd"));
	c->port = c->is_sfcapd ? "6343" : "9995";
	c->ident = "none";
	c->interval_s = 300;
	c->flush_s = 2;
	c->sync_text = "close";
	c->metric_interval_s = 60;
	c->receivers = 1;
	c->max_exporters = 4096;
	c->max_templates = 4096;
	c->max_memory = 256;
	c->verbosity = 1;
	if (walk_words(&w, err) == -1)
		return -1;
	if (c->help || c->version)
		return 0;
	if (c->compression == NULL)
		c->compression = "lz4";
	if (args_check(c, err) == -1)
		return -1;
	return args_settle(&w, err);
}

void
args_usage(const char *name, FILE *out)
{
	fprintf(out, "usage: %s [options] -w dir\n", name);
	options_usage(options, ROWS, out);
}
