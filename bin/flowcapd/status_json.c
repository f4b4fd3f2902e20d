/*
 * A status as JSON.
 */

#include <stdio.h>
#include <unistd.h>

#include "flowcapd/status_int.h"
#include "flowcapd/status_json.h"
#include "output/json.h"

static void
put_rows(struct json *j, const struct status_row *r, const void *object)
{
	for (; r->metric != NULL; r++)
		if (!status_has_value(r, object))
			continue;
		else if (r->type == STATUS_SEC || r->type == STATUS_MSEC)
			json_time(j, r->name, status_value(r, object));
		else
			json_u64(j, r->name, status_value(r, object));
}

/* Who an exporter is. */
static void
put_identity(struct json *j, const struct wire_exporter *e)
{
	char addr[ADDR_TEXT_MAX], version[RECORD_VERSION_TEXT];

	addr_format(e->addr, addr);
	json_string(j, "ip", addr);
	if (!addr_is_zero(e->agent)) {
		addr_format(e->agent, addr);
		json_string(j, "agent", addr);
	}
	record_version_format(e->version, version);
	json_string(j, "version", version);
	json_u64(j, "id", e->id);
}

static void
put_protocols(struct json *j, const struct status_exporter *e)
{
	char key[32];

	for (unsigned p = 0; p < STAT_PROTOS; p++) {
		snprintf(key, sizeof(key), "%s_flows", status_protocols[p]);
		json_u64(j, key, e->flows[p]);
		snprintf(key, sizeof(key), "%s_packets", status_protocols[p]);
		json_u64(j, key, e->packets[p]);
		snprintf(key, sizeof(key), "%s_bytes", status_protocols[p]);
		json_u64(j, key, e->bytes[p]);
	}
}

static void
put_sources(struct json *j, const struct status *s)
{
	struct json list;

	json_key(j, "sources");
	json_init(&list, JSON_MEMBER, j->out);
	json_list_begin(&list);
	for (uint32_t i = 0; i < s->source_count; i++) {
		json_object_begin(&list);
		json_string(&list, "ident", s->sources[i].ident);
		json_string(&list, "directory", s->sources[i].path);
		put_rows(&list, status_source_rows, &s->sources[i]);
		json_object_end(&list);
	}
	json_list_end(&list);
}

static void
put_repeaters(struct json *j, const struct status *s)
{
	struct json list;

	json_key(j, "repeaters");
	json_init(&list, JSON_MEMBER, j->out);
	json_list_begin(&list);
	for (uint32_t i = 0; i < s->repeater_count; i++) {
		json_object_begin(&list);
		json_string(&list, "target", s->repeaters[i].target);
		put_rows(&list, status_repeater_rows, &s->repeaters[i]);
		json_object_end(&list);
	}
	json_list_end(&list);
}

static void
put_exporters(struct json *j, const struct status *s)
{
	struct json list;

	json_key(j, "exporters");
	json_init(&list, JSON_MEMBER, j->out);
	json_list_begin(&list);
	for (uint32_t i = 0; i < s->exporter_count; i++) {
		const struct status_exporter *e = &s->exporters[i];

		json_object_begin(&list);
		put_identity(&list, &e->exporter);
		json_u64(&list, "sysid", e->exporter.sysid);
		json_string(&list, "source", e->source < s->source_count ?
		    s->sources[e->source].ident : "");
		put_rows(&list, status_exporter_rows, e);
		put_rows(&list, status_counter_rows, &e->exporter.counters);
		put_protocols(&list, e);
		json_object_end(&list);
	}
	json_list_end(&list);
}

static void
put_interfaces(struct json *j, const struct status *s)
{
	struct json list;

	json_key(j, "interfaces");
	json_init(&list, JSON_MEMBER, j->out);
	json_list_begin(&list);
	for (uint32_t i = 0; i < s->interface_count; i++) {
		const struct status_interface *f = &s->interfaces[i];

		json_object_begin(&list);
		put_identity(&list, &s->exporters[f->exporter].exporter);
		json_u64(&list, "interface", f->last.index);
		json_u64(&list, "type", f->last.type);
		json_u64(&list, "direction", f->last.direction);
		put_rows(&list, status_interface_rows, f);
		json_object_end(&list);
	}
	json_list_end(&list);
}

int
status_json_put(const struct status *s, struct buffer *out, struct err *err)
{
	struct json j, list;

	json_init(&j, JSON_ARRAY, out);
	json_object_begin(&j);
	json_string(&j, "version", PACKAGE_VERSION);
	json_u64(&j, "pid", (uint64_t)getpid());
	json_time(&j, "taken", s->taken_ms);
	put_rows(&j, status_rows, s);
	json_key(&j, "totals");
	json_init(&list, JSON_MEMBER, out);
	buffer_char(out, '\n');
	json_object_begin(&list);
	put_rows(&list, status_counter_rows, &s->totals);
	json_object_end(&list);
	put_sources(&j, s);
	put_repeaters(&j, s);
	put_exporters(&j, s);
	put_interfaces(&j, s);
	json_object_end(&j);
	buffer_char(out, '\n');
	return out->failed ? err_nomem(err) : 0;
}
