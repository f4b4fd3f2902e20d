#ifndef FLOWCAPD_CONFIG_FILE_H
#define FLOWCAPD_CONFIG_FILE_H

#include "base/err.h"
#include "flowcapd/settings.h"
#include "flowcapd/source.h"

/*
 * The configuration file of newer collectors (collector.md 8.7):
 *
 *	[nfcapd]
 *	exporter.border = ["192.0.2.1", "/var/db/flows/border"]
 *	sampling = -100
 *	[nfcapd.threads]
 *	writers = 2
 *
 * Keys of a section below that of the program begin with its name:
 * threads.writers.  What the section [common] sets counts where that of the
 * program does not.  Sections of others are passed over.
 */

/*
 * Read the sections of this program into the settings, and add its sources
 * unless they are NULL.  Logs what has no meaning in the program's own
 * section.  ERR_SYSTEM, or ERR_VALUE with path, line and key.
 */
int config_file_read(const char *path, const char *program,
    struct settings *settings, struct sources *sources, struct err *err);

#endif
