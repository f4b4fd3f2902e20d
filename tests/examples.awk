# Command lines of manual pages and Markdown, for tests that run them.
#
# usage: awk -v dir=DIR -f examples.awk FILE...
#
# Each display becomes a file of DIR: a line that says where it is from, then
# its commands, one a line.  Displays of pages that hold no command are passed
# over, but those under EXAMPLES are not; filters and files stand there, too.
# In Markdown it is the blocks of sh.

function unroff(s) {
	gsub(/\\\(dq/, "\"", s)
	gsub(/\\e/, "\\", s)
	gsub(/\\&/, "", s)
	gsub(/\\-/, "-", s)
	return s
}

# The line of a display, without the prompt or the first columns of cron(8).
function add(s) {
	if (text == "")
		where = FILENAME ":" FNR
	sub(/^\$ /, "", s)
	sub(/^\*\/[0-9]+ \* \* \* \* [a-z]+ /, "", s)
	if (text ~ /\\\n$/) {
		sub(/\\\n$/, "", text)
		sub(/^ +/, "", s)
	}
	text = text s "\n"
}

function flush(  file) {
	if (text != "" && (wanted || text ~ command)) {
		sub(/^.*\//, "", where)
		file = sprintf("%s/%03d", dir, ++units)
		printf "%s\n%s", where, text >file
		close(file)
	}
	text = ""
}

BEGIN {
	command = "(^|[|&\n] ?)flow(capd|dump|dump-ssh|expire|fwd|probe) "
}

FNR == 1 {
	flush()
	is_page = FILENAME ~ /\.[1-9]$/
	wanted = display = 0
}

is_page && /^\.Sh / {
	flush()
	wanted = $2 == "EXAMPLES"
	next
}

is_page && /^\.Dl / {
	add(unroff(substr($0, 5)))
	next
}

is_page && /^\.(Bd -literal|Ed)/ {
	flush()
	display = /^\.Bd/
	next
}

is_page {
	if (display)
		add(unroff($0))
	else
		flush()
	next
}

/^```/ {
	flush()
	wanted = display = /^```sh$/
	next
}

display {
	add($0)
}

END {
	flush()
}
