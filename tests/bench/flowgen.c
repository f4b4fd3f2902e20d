/*
 * flowgen: made-up flows for benchmarks and tests, into flow files or as
 * export datagrams to a collector on this machine.  What it made is summed
 * up in one line of name=value words.
 */

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/bytes.h"
#include "bench/gen.h"
#include "bench/send.h"
#include "common/options.h"
#include "record/v3.h"
#include "store/slot.h"
#include "store/writer.h"

struct config {
	bool help;
	uint64_t flows;
	uint64_t seed;
	uint64_t start_s;
	const char *output;
	const char *codec;
	const char *dir;
	const char *rare;
	uint32_t files;
	uint32_t interval_s;
	const char *send;
	const char *to;
	uint32_t rate;
	const char *skip;
	bool no_templates;
	bool only_templates;
};

#define AT(member) offsetof(struct config, member)

/* clang-format off */
static const struct opt rows[] = {
	{ 'h', NULL, OPT_FLAG, AT(help), NULL, "show this text" },
	{ 'n', NULL, OPT_U64, AT(flows), "count", "number of flows in all" },
	{ 'o', NULL, OPT_STR, AT(output), "path", "write this flow file" },
	{ 0, "codec", OPT_STR, AT(codec), "name", "compression, default lz4" },
	{ 0, "dir", OPT_STR, AT(dir), "path", "write rotated files here" },
	{ 0, "files", OPT_U32, AT(files), "count", "number of them" },
	{ 0, "interval", OPT_U32, AT(interval_s), "s", "of a file, default 300" },
	{ 0, "no-templates", OPT_FLAG, AT(no_templates), NULL,
	    "they have been sent before" },
	{ 0, "only-templates", OPT_FLAG, AT(only_templates), NULL,
	    "send them and nothing else" },
	{ 0, "rare", OPT_STR, AT(rare), "addr",
	    "source of one flow in each of five files" },
	{ 0, "rate", OPT_U32, AT(rate), "n", "datagrams a second, 0 no limit" },
	{ 0, "seed", OPT_U64, AT(seed), "n", "other flows" },
	{ 0, "send", OPT_STR, AT(send), "name", "send as v5, v9, ipfix or sflow" },
	{ 0, "skip", OPT_STR, AT(skip), "n,n...",
	    "datagrams that get lost, the first is 1" },
	{ 0, "start", OPT_U64, AT(start_s), "s", "time of the first file" },
	{ 0, "to", OPT_STR, AT(to), "addr:port", "loopback address to send to" },
};
/* clang-format on */

static const struct opt_table options = { rows,
	sizeof(rows) / sizeof(rows[0]) };

#define RARE_FILES 5

/* What goes into one file, and sums over all files. */
struct output {
	const struct codec *codec;
	struct gen *gen;
	struct record_encoder *encoder;
	struct flow flow;
	struct addr rare;
	bool wants_rare; /* the next IPv4 flow comes from there */
	uint8_t *block;
	size_t used;
	uint32_t records;
	struct store_writer *writer; /* of the file being written */
	struct record_stats stats; /* its sums */
	struct record_stats all;
};

static void
count_flow(struct record_stats *s, const struct flow *f)
{
	enum record_proto group = record_proto_group(f->proto);

	s->flows++;
	s->packets += f->in_packets;
	s->bytes += f->in_bytes;
	s->proto_flows[group]++;
	s->proto_packets[group] += f->in_packets;
	s->proto_bytes[group] += f->in_bytes;
	if (f->first_ms < s->first_ms)
		s->first_ms = f->first_ms;
	if (f->last_ms > s->last_ms)
		s->last_ms = f->last_ms;
}

static int
flush(struct output *o, struct err *err)
{
	int rc = 0;

	if (o->records > 0)
		rc = store_writer_block(o->writer, o->block, o->used,
		    o->records, err);
	o->used = 0;
	o->records = 0;
	return rc;
}

static void
put_exporters(struct output *o)
{
	struct record_exporter e = { .version = 9 };
	struct writer w;

	writer_init(&w, o->block, STORE_BLOCK_SIZE);
	for (uint16_t id = 1; id <= GEN_EXPORTERS; id++) {
		e.addr = gen_exporter_addr(id);
		e.sysid = id;
		e.id = id;
		record_put_exporter(&w, &e);
	}
	o->used = w.used;
	o->records = GEN_EXPORTERS;
}

static int
put_flow(struct output *o, struct err *err)
{
	size_t len;

	gen_flow(o->gen, &o->flow);
	if (o->wants_rare && addr_is_v4(o->flow.src_addr)) {
		o->flow.src_addr = o->rare;
		o->wants_rare = false;
	}
	len = record_encode(o->encoder, &o->flow, o->block + o->used,
	    STORE_BLOCK_SIZE - o->used);
	if (len == 0) {
		if (flush(o, err) == -1)
			return -1;
		len = record_encode(o->encoder, &o->flow, o->block,
		    STORE_BLOCK_SIZE);
	}
	o->used += len;
	o->records++;
	count_flow(&o->stats, &o->flow);
	return 0;
}

static int
write_file(struct output *o, const char *path, uint64_t flows,
    uint64_t created_s, struct err *err)
{
	int rc = -1;

	o->writer = store_writer_open(AT_FDCWD, path, o->codec, "flowgen",
	    (int64_t)created_s, err);
	if (o->writer == NULL)
		return -1;
	record_stats_init(&o->stats);
	put_exporters(o);
	while (flows-- > 0)
		if (put_flow(o, err) == -1)
			goto done;
	if (flush(o, err) == -1 ||
	    store_writer_commit(o->writer, &o->stats, err) == -1)
		goto done;
	record_stats_merge(&o->all, &o->stats);
	rc = 0;
done:
	store_writer_close(o->writer);
	return rc;
}

/* The flows spread evenly over the slots of a directory. */
static int
write_slots(struct output *o, const struct config *c, struct err *err)
{
	char name[SLOT_NAME_MAX], path[4096];
	uint64_t begin, end, start_s;

	for (uint64_t i = 0; i < c->files; i++) {
		begin = c->flows * i / c->files;
		end = c->flows * (i + 1) / c->files;
		start_s = c->start_s + i * c->interval_s;
		o->wants_rare = c->rare != NULL &&
		    i * RARE_FILES / c->files <
			(i + 1) * RARE_FILES / c->files;
		slot_name((int64_t)start_s, c->interval_s, 0, name);
		if (snprintf(path, sizeof(path), "%s/%s", c->dir, name) >=
		    (int)sizeof(path))
			return err_set(err, ERR_VALUE, "%s is too long", c->dir);
		if (write_file(o, path, end - begin, start_s, err) == -1)
			return -1;
	}
	return 0;
}

static int
write_all(const struct config *c, struct err *err)
{
	struct gen_options go = {
		.seed = c->seed,
		.start_ms = c->start_s * 1000,
		.span_ms = (uint64_t)c->files * c->interval_s * 1000,
		.flows = c->flows,
	};
	struct output o = { .used = 0 };
	int rc = -1;

	record_stats_init(&o.all);
	if (c->rare != NULL && addr_parse(c->rare, &o.rare) == -1)
		return err_set(err, ERR_VALUE, "--rare: what is '%s'?",
		    c->rare);
	if ((o.codec = codec_by_name(c->codec, err)) == NULL ||
	    (o.gen = gen_new(&go, err)) == NULL ||
	    (o.encoder = record_encoder_new(0, err)) == NULL)
		goto done;
	if ((o.block = malloc(STORE_BLOCK_SIZE)) == NULL) {
		err_nomem(err);
		goto done;
	}
	rc = c->dir != NULL ? write_slots(&o, c, err) :
	    write_file(&o, c->output, c->flows, c->start_s, err);
	if (rc == 0)
		printf("flows=%" PRIu64 " packets=%" PRIu64 " bytes=%" PRIu64
		    " files=%u\n", o.all.flows, o.all.packets, o.all.bytes,
		    c->files);
done:
	free(o.block);
	record_encoder_free(o.encoder);
	gen_free(o.gen);
	return rc;
}

/* The list of numbers of --skip. */
static int
parse_skip(const char *text, struct send_options *so, struct err *err)
{
	char *end;

	for (; text != NULL; text = *end == ',' ? end + 1 : NULL) {
		if (so->skip_count == SEND_SKIP_MAX)
			return err_set(err, ERR_VALUE, "--skip: too many");
		so->skip[so->skip_count++] = strtoull(text, &end, 10);
		if (end == text || (*end != ',' && *end != '\0'))
			return err_set(err, ERR_VALUE, "--skip: what is '%s'?",
			    text);
	}
	return 0;
}

static int
send_all(const struct config *c, struct err *err)
{
	struct send_options so = {
		.to = c->to,
		.rate = c->rate,
		.flows = c->flows,
		.seed = c->seed,
		.templates = c->only_templates ? SEND_ONLY_TEMPLATES :
		    c->no_templates ? SEND_NO_TEMPLATES : SEND_TEMPLATES,
	};
	struct send_totals t;

	if (export_protocol_parse(c->send, &so.protocol, err) == -1 ||
	    parse_skip(c->skip, &so, err) == -1 ||
	    send_flows(&so, &t, err) == -1)
		return -1;
	printf("flows=%" PRIu64 " packets=%" PRIu64 " bytes=%" PRIu64
	    " datagrams=%" PRIu64 " unsent=%" PRIu64 " seconds=%.3f\n",
	    t.flows, t.packets, t.bytes, t.datagrams, t.skipped_flows,
	    t.seconds);
	return 0;
}

static int
check(const struct config *c, struct err *err)
{
	int modes = (c->output != NULL) + (c->dir != NULL) + (c->send != NULL);

	if (modes != 1)
		return err_set(err, ERR_USAGE,
		    "one of -o, --dir and --send is needed");
	if (c->send != NULL && c->to == NULL)
		return err_set(err, ERR_USAGE, "--send needs --to");
	if (c->output != NULL && c->files != 1)
		return err_set(err, ERR_USAGE, "--files needs --dir");
	if (c->dir == NULL && c->rare != NULL)
		return err_set(err, ERR_USAGE, "--rare needs --dir");
	if (c->flows == 0 || c->files == 0 || c->interval_s == 0)
		return err_set(err, ERR_USAGE,
		    "-n, --files and --interval must be above 0");
	return 0;
}

int
main(int argc, char **argv)
{
	struct config c = {
		.flows = 1000000,
		.start_s = 1735689600, /* 2025-01-01 00:00 UTC */
		.codec = "lz4",
		.files = 1,
		.interval_s = 300,
	};
	struct err err;
	int operands;

	if (options_parse(&options, argc, argv, &c, &operands, &err) == -1)
		goto fail;
	if (c.help) {
		puts("usage: flowgen [-n count] -o path | --dir path | "
		    "--send name --to addr:port");
		options_usage(&options, stdout);
		return 0;
	}
	if (operands > 0) {
		err_set(&err, ERR_USAGE, "what is '%s'?", argv[1]);
		goto fail;
	}
	if (check(&c, &err) == -1 ||
	    (c.send != NULL ? send_all(&c, &err) : write_all(&c, &err)) == -1)
		goto fail;
	return 0;
fail:
	fprintf(stderr, "flowgen: %s\n", err.text);
	return err_status(&err);
}
