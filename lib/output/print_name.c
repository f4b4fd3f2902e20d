/*
 * Names of interfaces, VRFs and applications, as exporters told them.
 */

#include <string.h>

#include "output/format_int.h"

/* The cell's second field is the exporter. */
static char *
put_name(char *p, struct cell *c, uint32_t row, enum format_name kind,
    struct span id)
{
	const char *text = NULL;
	struct span s;

	if (c->name != NULL)
		text = c->name(c->name_ctx, CELL(c, 1, struct addr), kind, id);
	if (text == NULL)
		return p;
	s = (struct span){ (const uint8_t *)text, (uint32_t)strlen(text) };
	if (s.len > FORMAT_NAME_MAX)
		s.len = FORMAT_NAME_MAX;
	/* nfdump sets those apart that have numbers */
	if (kind != FORMAT_NAME_APP)
		*p++ = ' ';
	return print_clean(p, &s);
}

static char *
put_numbered(char *p, struct cell *c, uint32_t row, enum format_name kind)
{
	const uint32_t *id = &CELL(c, 0, uint32_t);

	return put_name(p, c, row, kind,
	    (struct span){ (const uint8_t *)id, sizeof(*id) });
}

char *
print_interface_name(char *p, struct cell *c, uint32_t row)
{
	return put_numbered(p, c, row, FORMAT_NAME_INTERFACE);
}

char *
print_vrf_name(char *p, struct cell *c, uint32_t row)
{
	return put_numbered(p, c, row, FORMAT_NAME_VRF);
}

char *
print_app_name(char *p, struct cell *c, uint32_t row)
{
	static const char none[] = "<no info>";
	char *end = put_name(p, c, row, FORMAT_NAME_APP,
	    CELL(c, 0, struct span));

	if (end != p)
		return end;
	memcpy(p, none, sizeof(none) - 1);
	return p + sizeof(none) - 1;
}
