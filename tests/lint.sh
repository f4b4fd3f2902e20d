#!/bin/sh
# The tree keeps the rules, and scripts/lint finds what breaks them.
. "$SRCDIR/tests/lib.sh"

ok "the tree keeps the rules" "$SRCDIR/scripts/lint" "$BUILDDIR/libflow.a"

mkdir -p "$tmp/scripts" "$tmp/lib/base" "$tmp/lib/flow" "$tmp/bin/common"
cp "$SRCDIR/scripts/lint" "$tmp/scripts"
cp "$SRCDIR/lib/LAYERS" "$tmp/lib"
echo "lib/base/a.c lib/flow/a.c bin/common/a.c" >"$tmp/Makefile.am"

# refused FILE MESSAGE: a tree of this file, from standard input, is refused.
refused()
{
	cat >"$tmp/$1"
	like "$("$tmp/scripts/lint")" "^$1:[0-9]+: $2" "refused: $2"
	rm "$tmp/$1"
}

# accepted FILE NAME: a tree of this file, from standard input, is accepted.
accepted()
{
	cat >"$tmp/$1"
	is "$("$tmp/scripts/lint")" "" "accepted: $2"
	rm "$tmp/$1"
}

lines()
{
	awk -v n="$1" -v text="$2" 'BEGIN { while (n-- > 0) print text }'
}

refused lib/base/a.c "lib/base may not include lib/flow" <<'END'
#include "flow/flow.h"
END
refused lib/flow/a.c "lib/flow may not include bin/common" <<'END'
#include "common/options.h"
END
refused lib/base/a.c "includes a .c file" <<'END'
#include "b.c"
END
refused lib/base/b.c "not listed" <<'END'
void b(void);
END
refused lib/base/a.c "printing in lib: fprintf" <<'END'
	if (fprintf(stderr, "%d", 1) < 0)
END
refused lib/base/a.c "exit in lib: abort" <<'END'
	/* a comment */ abort();
END
refused lib/flow/a.c "clock in lib: time" <<'END'
	now = time(NULL);
END
refused lib/flow/a.c "input or output in lib/flow: fopen" <<'END'
	f = fopen(path, "r");
END
refused lib/base/a.c "writable global" <<'END'
static int count;
END
refused bin/common/a.c "forbidden call: strcpy" <<'END'
	x_strcpy(a), strcpy(a, b);
END
refused bin/common/a.c "blanks at the end" <<END
	x = 1;$(printf '\t')
END
refused bin/common/a.c "unfinished work" <<END
/* TO$(:)DO: more */
END
refused bin/common/a.c "701 lines" <<END
$(lines 701 "x;")
END
refused bin/common/a.c "function of 71 lines" <<END
{
$(lines 69 "x;")
}
END
refused bin/common/a.c "longer than 100 columns" <<END
$(printf '\t%093d;' 1)
END

accepted lib/flow/a.c "what only looks forbidden" <<'END'
#include "base/err.h"
/*
 * printf("%d") and exit(1) in a comment.
 */
static const int limit = 1;
struct flow;
static int
parse(struct buf *b)
{
	const char quote = '"';

	snprintf(b->text, sizeof(b->text), "exit(%d) \" time(", 1);
	return b->open(b) + flow_time(b) + quote;
}
END
accepted bin/common/a.c "printing and exit outside lib" <<'END'
#include "flow/flow.h"
	fprintf(stderr, "%d", 1);
	exit(1);
END
done_testing
