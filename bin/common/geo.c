/*
 * Countries of addresses, by libmaxminddb.
 */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/geo.h"

#ifdef HAVE_MAXMINDDB

#include <maxminddb.h>

struct geo_db {
	MMDB_s mmdb;
};

struct geo_db *
geo_db_open(const char *path, struct err *err)
{
	struct geo_db *db = calloc(1, sizeof(*db));
	int rc;

	if (db == NULL) {
		err_nomem(err);
		return NULL;
	}
	if (access(path, R_OK) == -1) {
		err_system(err, "%s", path);
		goto fail;
	}
	if ((rc = MMDB_open(path, MMDB_MODE_MMAP, &db->mmdb)) !=
	    MMDB_SUCCESS) {
		err_set(err, ERR_MALFORMED, "%s: %s", path, MMDB_strerror(rc));
		goto fail;
	}
	if (strstr(db->mmdb.metadata.database_type, "ASN") != NULL) {
		err_set(err, ERR_MALFORMED,
		    "%s: a database of type %s, without countries", path,
		    db->mmdb.metadata.database_type);
		geo_db_close(db);
		return NULL;
	}
	return db;
fail:
	free(db);
	return NULL;
}

void
geo_db_close(struct geo_db *db)
{
	if (db == NULL)
		return;
	MMDB_close(&db->mmdb);
	free(db);
}

static MMDB_lookup_result_s
look_up(const MMDB_s *mmdb, struct addr a)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	const void *sa = &v6;
	int status;

	if (addr_is_v4(a)) {
		v4.sin_addr.s_addr = htonl((uint32_t)a.lo);
		sa = &v4;
	} else
		addr_to_bytes(a, v6.sin6_addr.s6_addr);
	return MMDB_lookup_sockaddr(mmdb, sa, &status);
}

void
geo_db_country(void *ctx, struct addr a, char code[2])
{
	static const char *const country[] = { "country", "iso_code", NULL };
	static const char *const registered[] = { "registered_country",
		"iso_code", NULL };
	static const char *const flat[] = { "country_code", NULL };
	static const char *const *const paths[] = { country, registered,
		flat };
	struct geo_db *db = ctx;
	MMDB_lookup_result_s found = look_up(&db->mmdb, a);
	MMDB_entry_data_s data;

	for (size_t i = 0; found.found_entry && i < 3; i++) {
		if (MMDB_aget_value(&found.entry, &data, paths[i]) !=
			MMDB_SUCCESS ||
		    !data.has_data || data.type != MMDB_DATA_TYPE_UTF8_STRING ||
		    data.data_size != 2)
			continue;
		memcpy(code, data.utf8_string, 2);
		return;
	}
}

#else

struct geo_db *
geo_db_open(const char *path, struct err *err)
{
	err_set(err, ERR_USAGE,
	    "-G %s: this program is built without libmaxminddb", path);
	return NULL;
}

void
geo_db_close(struct geo_db *db)
{
	(void)db;
}

void
geo_db_country(void *ctx, struct addr a, char code[2])
{
	(void)ctx;
	(void)a;
	(void)code;
}

#endif
