#ifndef FLOWCAPD_INTAKE_YAF_H
#define FLOWCAPD_INTAKE_YAF_H

#include "flowcapd/intake.h"

/*
 * A file of IPFIX messages, one behind the other as YAF writes them (RFC
 * 5655).  The sender is 127.0.0.1, the time that of the message.  "-" is
 * standard input.
 */
struct intake *intake_yaf(const char *path, struct err *err);

#endif
