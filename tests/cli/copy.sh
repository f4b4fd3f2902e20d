# -w: what is written lists as what was read.

. "$SRCDIR/tests/lib.sh"

data=$SRCDIR/tests/data
all='fmt:%ts %te %tr %pr %sap %dap %flg %tos %pkt %byt %opkt %obyt %in %out'
all="$all %sas %das %nh %nhb %smk %dmk %svln %dvln %fl %ra %eng %ismc %odmc"
all="$all %idmc %osmc %mpls %nas %pas %cl %sl %al %fwd %dir %dtos %xsa %xda"
all="$all %xsp %xdp %evt %xevt %msec %ivrf %evrf %pbstart %uname %nbid"

list()
{
	"$FLOWDUMP" -q -N -6 -o "$all" "$@"
}

# readable FILE: its compression is compiled in
readable()
{
	"$FLOWDUMP" -I -r "$1" 2>&1 | grep -q 'not compiled in' && return 1
	return 0
}

# everything, and the statistics
cd "$data/query/in-1.7.1" || exit 1
"$FLOWDUMP" -R netflow -w "$tmp/all" >"$tmp/out" 2>&1
is "$?" 0 "copy of two files"
is "$(cat "$tmp/out")" "" "prints nothing"
list -R netflow >"$tmp/want"
list -r "$tmp/all" >"$tmp/got"
compare_file "$tmp/got" "$tmp/want" "same flows"
"$FLOWDUMP" -I -R netflow >"$tmp/want"
"$FLOWDUMP" -I -r "$tmp/all" >"$tmp/got"
compare_file "$tmp/got" "$tmp/want" "same statistics"

# every extension survives
for file in "$data"/files/nfcapd-1.7.*; do
	case $file in
	*.txt) continue ;;
	esac
	name=$(basename "$file")
	readable "$file" || {
		skip "$name: same flows" "not compiled in"
		continue
	}
	"$FLOWDUMP" -r "$file" --compress none -w "$tmp/one"
	list -r "$file" >"$tmp/want"
	list -r "$tmp/one" >"$tmp/got"
	compare_file "$tmp/got" "$tmp/want" "$name: same flows"
done

# a selection
"$FLOWDUMP" -R netflow -c 20 -w "$tmp/some" "proto udp"
list -R netflow -c 20 "proto udp" >"$tmp/want"
list -r "$tmp/some" >"$tmp/got"
compare_file "$tmp/got" "$tmp/want" "twenty flows of UDP"
"$FLOWDUMP" -R netflow -w "$tmp/none" "proto 99"
is "$?" 0 "no match is no error"
is "$(list -r "$tmp/none")" "" "an empty file can be read"

# exporters of different collectors keep apart
"$FLOWDUMP" -M netflow:sflow -R . -w "$tmp/mixed"
"$FLOWDUMP" -q -r "$tmp/mixed" -o 'fmt:%ra %exp' | sort -u >"$tmp/pairs"
is "$(wc -l <"$tmp/pairs" | tr -d ' ')" 3 "three exporters"
is "$(awk '{ print $2 }' "$tmp/pairs" | sort -u | wc -l | tr -d ' ')" 3 \
	"with three numbers"

# every compression
for option in -z -j -y '--compress zstd'; do
	"$FLOWDUMP" -R netflow $option -w "$tmp/packed" 2>"$tmp/err"
	if grep -q 'not compiled in' "$tmp/err"; then
		skip "$option: same flows" "not compiled in"
		continue
	fi
	list -R netflow >"$tmp/want"
	list -r "$tmp/packed" >"$tmp/got"
	compare_file "$tmp/got" "$tmp/want" "$option: same flows"
done
fails 1 "one compression" "$FLOWDUMP" -R netflow -z -y -w "$tmp/x"

# overwriting, and errors
cp "$tmp/some" "$tmp/kept"
"$FLOWDUMP" -r netflow/nfcapd.202405140900 -w "$tmp/kept"
is "$(list -r "$tmp/kept" | wc -l | tr -d ' ')" 190 "an old file is replaced"
fails 250 "no such directory" \
	"$FLOWDUMP" -R netflow -w "$tmp/missing/file"
fails 1 "no such codec" "$FLOWDUMP" -R netflow --compress foo -w "$tmp/x"
fails 250 "no input" "$FLOWDUMP" -r missing -w "$tmp/x"
fails 1 "no codec without -w" "$FLOWDUMP" -R netflow --compress lz4
mkfifo "$tmp/fifo" && ln -s fifo "$tmp/link"
mkdir "$tmp/dir"
for target in fifo link dir; do
	for report in "" "-a"; do
		fails 1 "$target is not replaced $report" \
			"$FLOWDUMP" -R netflow $report -w "$tmp/$target"
	done
done
ok "the fifo is still there" test -p "$tmp/fifo"
ok "and so is the link" test -h "$tmp/link"
fails 1 "no name" "$FLOWDUMP" -R netflow -w ""
fails 250 "no such directory, rows" \
	"$FLOWDUMP" -R netflow -a -w "$tmp/missing/file"
is "$(find "$tmp" -name 'x*' | wc -l | tr -d ' ')" 0 "leaves no file"
is "$(find "$tmp" -name '.*.stat' | wc -l | tr -d ' ')" 0 "nor a temporary one"

done_testing
