# What files tell of themselves: -E, -g, -x, and -i, which changes it.

. "$SRCDIR/tests/lib.sh"

in=$SRCDIR/tests/data/query/in-1.7.1
file=$in/netflow/nfcapd.202405140900
TZ=UTC
export TZ

# printed NAME WANT ARGUMENT...: these lines, status 0, no message
printed()
{
	printed_name=$1 printed_want=$2
	shift 2
	"$FLOWDUMP" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	is "$?" 0 "$printed_name: status"
	is "$(cat "$tmp/out")" "$printed_want" "$printed_name"
	is "$(cat "$tmp/err")" "" "$printed_name: no message"
}

# refused STATUS PATTERN ARGUMENT...: one message, nothing on stdout
refused()
{
	refused_status=$1 refused_pattern=$2
	shift 2
	"$FLOWDUMP" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	is "$?" "$refused_status" "$*: status"
	is "$(cat "$tmp/out")" "" "$*: nothing on stdout"
	is "$(sed '/^usage/,$d' "$tmp/err" | grep -c .)" 1 "$*: one message"
	like "$(cat "$tmp/err")" "$refused_pattern" "$*: $refused_pattern"
}

# Exporters of several files count together, and numbers that two files use
# for different exporters are told apart.
both='Exporters:

SysID: 1, IP:        127.0.0.1, version: 9, ID: 100, Sequence failures: 0, packets: 64, flows: 265
SysID: 2, IP:        127.0.0.2, version: 9, ID:  7, Sequence failures: 0, packets: 28, flows: 75'
third='SysID: 3, IP:        127.0.0.1, version: 5, ID: 260, Sequence failures: 0, packets: 3, flows: 70'
printed "-E, a directory" "$both" -E "$in/netflow"
printed "-E, a range" "$both" -E \
	"$in/netflow/nfcapd.202405140900:nfcapd.202405140905"
printed "-E, more than one" "$both
$third" -E "$in/netflow" -E "$in/sflow"
cd "$in" || exit 1
printed "-E with -M" "$both
$third" -M netflow:sflow -E .
sampled='Exporters:

SysID: 1, IP:        127.0.0.1, version: 5, ID: 258, Sequence failures: 0, packets: 1, flows: 5
SysID: 2, IP:        127.0.0.1, version: 5, ID: 772, Sequence failures: 0, packets: 1, flows: 1
    Sampler: Generic Sampler: algorithm: 1, packet interval: 1, packet space: 99'
files=$SRCDIR/tests/data/files
printed "-E, samplers" "$sampled
SysID: 3, IP:        127.0.0.1, version: 9, ID: 1001, Sequence failures: 0, packets: 9, flows: 13
SysID: 4, IP:        127.0.0.1, version: 10, ID: 2002, Sequence failures: 0, packets: 7, flows: 7" \
	-E "$files/nfcapd-1.7.1-none"
printed "-E of nfdump 1.7.8" "$sampled
SysID: 3, IP:        127.0.0.1, version: 9, ID: 1001, Sequence failures: 0, packets: 9, flows: 13
    Sampler: Assigned Sampler: id: 5, algorithm: 2, packet interval: 1, packet space: 49
SysID: 4, IP:        127.0.0.1, version: 10, ID: 2002, Sequence failures: 0, packets: 7, flows: 7
    Sampler: Assigned Sampler: id: 99, algorithm: 1, packet interval: 1, packet space: 9" \
	-E "$files/nfcapd-1.7.8-none"
refused 250 "$tmp/missing" -E "$tmp/missing"
refused 250 "not a flow file" -E "$files/README"
refused 1 "no -r and no -R" -E "$file" -r "$file"
refused 1 "no -r and no -R" -E "$file" -R "$in"
refused 1 "mutually exclusive" -E "$file" -g
refused 1 "mutually exclusive" -I -g -r "$file"

# a copy tells what its sources do, without the counters of the collector
"$FLOWDUMP" -R "$in/netflow" -w "$tmp/copy"
like "$("$FLOWDUMP" -E "$tmp/copy")" 'SysID: 2, IP: +127\.0\.0\.2, ' \
	"-E of a copy"

# A line per file to plot.
heading='# yyyy-mm-dd HH:MM:SS,flows,packets,bytes'
printed "-g with -M" "$heading
2024-05-14 09:00:00,190,86583,76573349
2024-05-14 09:05:00,150,21010,13960016
2024-05-14 09:00:00,70,6500,3662571" -g -M netflow:sflow -R .
TZ=Asia/Kolkata
printed "-g in another zone" "$heading
2024-05-14 09:00:00,190,86583,76573349" -g -q -r "$file"
cp "$file" "$tmp/nfcapd.202405140900+0200"
cp "$file" "$tmp/nfcapd.20240514090030"
printed "-g, zone in the name" "$heading
2024-05-14 12:30:00,190,86583,76573349" -g -r "$tmp/nfcapd.202405140900+0200"
TZ=UTC
printed "-g, seconds in the name" "$heading
2024-05-14 09:00:30,190,86583,76573349" -g -r "$tmp/nfcapd.20240514090030"
mkdir "$tmp/store"
for name in nfcapd.202405140900 copy nfcapd.202413140900 nfcapd.202405142500 \
	nfcapd.202405140900.old nfcapd.2024051409 nfcapd.202405140900+02; do
	cp "$file" "$tmp/store/$name"
done
"$FLOWDUMP" -g -R "$tmp/store" >"$tmp/out" 2>"$tmp/err"
is "$?" 0 "-g, names without a date: status"
is "$(wc -l <"$tmp/out" | tr -d ' ')" 2 "the line of the one that has"
is "$(grep -c 'no date in its name' "$tmp/err")" 6 "the others are named"
refused 250 "not a flow file" -g -r "$files/README"
refused 1 "no input" -g

# A file that tells nothing of its flows is named, and the others count.
mkdir "$tmp/cut"
cp "$file" "$tmp/cut"
head -c 3000 "$file" >"$tmp/cut/nfcapd.202405140905"
for option in -I -g; do
	refused 250 "nfcapd.202405140905: no statistics" $option \
		-r "$tmp/cut/nfcapd.202405140905"
	"$FLOWDUMP" $option -R "$tmp/cut" >"$tmp/out" 2>"$tmp/err"
	is "$?" 250 "$option, one without statistics: status"
	like "$(cat "$tmp/err")" "nfcapd.202405140905: no statistics" \
		"$option, one without statistics: named"
	"$FLOWDUMP" $option -r "$file" >"$tmp/want"
	compare_file "$tmp/out" "$tmp/want" "$option: the other one"
done

# The same in JSON, for programs.
printed "-E -o json" '[
{
	"sysid" : 1,
	"ip" : "127.0.0.1",
	"version" : "9",
	"id" : 100,
	"sequence_failures" : 0,
	"packets" : 33,
	"flows" : 148,
	"samplers" : [],
	"counters" : []
},
{
	"sysid" : 2,
	"ip" : "127.0.0.2",
	"version" : "9",
	"id" : 7,
	"sequence_failures" : 0,
	"packets" : 14,
	"flows" : 42,
	"samplers" : [],
	"counters" : []
}]' -o json -E "$file"
like "$("$FLOWDUMP" -o ndjson -E "$files/nfcapd-1.7.8-none")" \
	'"samplers":\[\{"type":"assigned","id":5,"algorithm":2,"packet_interval":1,"packet_space":49\}\],"counters":\[\]\}$' \
	"-E -o ndjson: samplers"
TZ=Asia/Kolkata
printed "-g -o ndjson" \
	'{"file":"netflow/nfcapd.202405140900","time":"2024-05-14T09:00:00.000+05:30","time_ms":1715657400000,"flows":190,"packets":86583,"bytes":76573349}' \
	-g -o ndjson -r netflow/nfcapd.202405140900
TZ=UTC
printed "-g -o json" '[
{
	"file" : "sflow/nfcapd.202405140900",
	"time" : "2024-05-14T09:00:00.000+00:00",
	"time_ms" : 1715677200000,
	"flows" : 70,
	"packets" : 6500,
	"bytes" : 3662571
}]' -g -o json -R sflow
mkdir "$tmp/nothing"
for option in -E "-g -R"; do
	for mode in json ndjson; do
		is "$("$FLOWDUMP" -o $mode $option "$tmp/nothing" 2>/dev/null)" \
			"$([ $mode = ndjson ] || printf '[\n]')" \
			"-o $mode $option: no files"
	done
done

# Extension maps are a thing of 1.6.
printed "-x" "
Dump all extension maps:
========================
No 1.6.x extension definition records" -x "$file"
printf '\014\245\001\000' >"$tmp/old"
head -c 200 /dev/zero >>"$tmp/old"
refused 250 "$tmp/old: truncated: 204 bytes of a header of 276" -x "$tmp/old"
refused 250 "$tmp/missing" -x "$tmp/missing"

# The ident is changed, and nothing else.
cp "$file" "$tmp/file"
chmod 600 "$tmp/file"
printed "-i" "" -i edge-9 -r "$tmp/file"
is "$("$FLOWDUMP" -I -r "$tmp/file")" \
	"$("$FLOWDUMP" -I -r "$file" | sed 's/edge-rtr/edge-9/')" "the ident"
"$FLOWDUMP" -q -o csv -r "$file" >"$tmp/want"
"$FLOWDUMP" -q -o csv -r "$tmp/file" >"$tmp/got"
compare_file "$tmp/got" "$tmp/want" "the flows"
refused 1 "Ident must not contain spaces" -i "a b" -r "$tmp/file"
refused 1 "Ident must have 1 to 122" -i "" -r "$tmp/file"
refused 1 "Ident must have 1 to 122" -i "$(printf %0123d 7)" -r "$tmp/file"
refused 1 "control characters" -i "$(printf 'a\033b')" -r "$tmp/file"
refused 1 "which -r names" -i ident
refused 1 "which -r names" -i ident -R "$tmp/store"
refused 1 "which -r names" -i ident -M "$tmp/store" -r nfcapd.202405140900
refused 250 "$tmp/missing" -i ident -r "$tmp/missing"
refused 250 "not a regular file" -i ident -r "$tmp/store"
is "$("$FLOWDUMP" -I -r "$tmp/file" | head -n 1)" "Ident: edge-9" "still"

done_testing
