# Every file of the collection gives the text that the query tool of the
# version that wrote it printed.

. "$SRCDIR/tests/lib.sh"

files=$SRCDIR/tests/data/files
basic='%ts %te %pr %sap %dap %flg %tos %pkt %byt %opkt %obyt %in %out'
basic="$basic %sas %das %nh %smk %dmk %svln %dvln %fl"
more='%pr %sap %dap %fwd %dir %dtos %nhb %ra %exp %eng %ismc %odmc %idmc'
more="$more %osmc %mpls1 %mpls2 %mpls3 %nas %pas %cl %sl %al"
more_16=$more
more="$more %xsa %xda %xsp %xdp %evt %xevt %msec %ivrf %evrf"
more="$more %pbstart %pbend %pbstep %pbsize %uname %nbid"

# Where 1.7.8 prints another text for the same value: flags as a number, a time
# of 0, no event, no application id.  Its event time in place of a missing
# first time (file-format.md 2.2) is its own, too.
like_178()
{
	sed -e 's/1970-01-01 00:00:00\.000 1970-01-01/EVENT EVENT 0000-00-00/' \
		-e 's/2024-06-15 11:59:57.778 0000-00-00/EVENT EVENT 0000-00-00/' |
		awk '{ sub(/[A-Z.]+$/, "", $8); $8 = "flags"; print }'
}

# Of the other columns: event names, an absent user name, an absent
# application id.
like_178_more()
{
	awk '{
		id = $NF
		sub(/^0\.\.0\.\.0$/, "0..0", id)
		$27 = $28 = "event"
		NF = 35
		print $0, id
	}'
}

# 1.6 does not print type and code of ICMP where it has them in the event only:
# flows 13 and 19.
with_icmp()
{
	sed -e 's/ 192\.0\.2\.81:0\.0 / 192.0.2.81:8.0 /' \
		-e 's/ 10\.50\.0\.2:0\.0  / 10.50.0.2:11.1 /' "$1"
}

for file in "$files"/nfcapd-1.7.*; do
	case $file in
	*.txt) continue ;;
	esac
	name=$(basename "$file")
	"$FLOWDUMP" -q -N -r "$file" -o "fmt:$basic" >"$tmp/got" 2>"$tmp/err"
	status=$?
	if grep -q 'not compiled in' "$tmp/err"; then
		skip "$name: flows" "not compiled in"
		continue
	fi
	is "$status" 0 "$name: exit status"
	is "$(cat "$tmp/err")" "" "$name: no message"
	case $name in
	nfcapd-1.7.8*)
		like_178 <"$tmp/got" >"$tmp/got.m"
		like_178 <"$file.expected.txt" >"$tmp/want.m"
		compare_file "$tmp/got.m" "$tmp/want.m" "$name: flows"
		;;
	*)
		compare_file "$tmp/got" "$file.expected.txt" "$name: flows"
		;;
	esac
	"$FLOWDUMP" -I -r "$file" >"$tmp/got"
	compare_file "$tmp/got" "$file.stat.txt" "$name: statistics"
	[ -e "$file.extended.txt" ] || continue
	"$FLOWDUMP" -q -N -r "$file" -o "fmt:$more" >"$tmp/got"
	case $name in
	nfcapd-1.7.8*)
		like_178_more <"$tmp/got" >"$tmp/got.m"
		like_178_more <"$file.extended.txt" >"$tmp/want.m"
		compare_file "$tmp/got.m" "$tmp/want.m" "$name: more columns"
		;;
	*)
		compare_file "$tmp/got" "$file.extended.txt" \
			"$name: more columns"
		;;
	esac
done

# list_16 NAME FILE WANT FORMAT: a file of 1.6; what 1.6.13 printed is of its
# dialect, what 1.6.25 and 1.7.1 printed is not
list_16()
{
	case $1 in
	*1.6.13*.expected | *1.6.13*.extended) dialect=1.6 ;;
	*) dialect=1.7 ;;
	esac
	"$FLOWDUMP" --compat=$dialect -q -N -r "$2" -o "fmt:$4" >"$tmp/got" \
		2>"$tmp/err"
	is $? 0 "$1: exit status"
	is "$(cat "$tmp/err")" "" "$1: no message"
	with_icmp "$3" >"$tmp/want"
	compare_file "$tmp/got" "$tmp/want" "$1"
}

nat='%ts %te %pr %sap %dap %xsa %xda %xsp %xdp %evt %xevt %msec %ivrf %evrf'
nat="$nat %pbstart %pbend %pbstep %pbsize %uname"
for file in "$files"/nfcapd-1.6.*; do
	case $file in
	*.txt) continue ;;
	esac
	name=$(basename "$file")
	"$FLOWDUMP" -I -r "$file" >"$tmp/got" 2>"$tmp/err"
	if grep -q 'not compiled in' "$tmp/err"; then
		skip "$name" "not compiled in"
		continue
	fi
	compare_file "$tmp/got" "$file.stat.txt" "$name: statistics"
	list_16 "$name.expected" "$file" "$file.expected.txt" "$basic"
	[ -e "$file.extended.txt" ] &&
		list_16 "$name.extended" "$file" "$file.extended.txt" "$more_16"
	[ -e "$file.nat.txt" ] || continue
	list_16 "$name.nat" "$file" "$file.nat.txt" "$nat"
	"$FLOWDUMP" -x "$file" >"$tmp/got"
	compare_file "$tmp/got" "$file.maps.txt" "$name: extension maps"
done

# 1.8 beta prints labels of MPLS as numbers whose bytes are in the order of the
# wire; ours are those that were sent.  It stops at latencies and event names,
# so its text has no such columns.
labels_18()
{
	awk '{
		for (i = 15; i <= 17; i++) {
			split($i, part, "-")
			v = part[1] * 16 + part[2] * 2 + part[3]
			v = v % 256 * 65536 + int(v / 256) % 256 * 256 + \
				int(v / 65536)
			$i = int(v / 16) "-" int(v / 2) % 8 "-" v % 2
		}
		print
	}'
}

more_18='%pr %sap %dap %fwd %dir %dtos %nhb %ra %exp %eng %ismc %odmc %idmc'
more_18="$more_18 %osmc %mpls1 %mpls2 %mpls3 %nas %pas"
more_18="$more_18 %xsa %xda %xsp %xdp %msec %ivrf %evrf"
more_18="$more_18 %pbstart %pbend %pbstep %pbsize %uname %nbid"

# Absent and empty user names, absent application ids, the width of columns.
like_18_more()
{
	awk '{
		sub(/^0\.\.0\.\.0$/, "0..0", $NF)
		sub(/ <empty>/, "")
		$1 = $1
		print
	}'
}

for file in "$files"/nfcapd-1.8-none "$files"/nfcapd-1.8-lz4; do
	name=$(basename "$file")
	"$FLOWDUMP" -q -N -r "$file" -o "fmt:$basic" >"$tmp/got" 2>"$tmp/err"
	is "$?" 0 "$name: exit status"
	is "$(cat "$tmp/err")" "" "$name: no message"
	like_178 <"$tmp/got" >"$tmp/got.m"
	like_178 <"$file.expected.txt" >"$tmp/want.m"
	compare_file "$tmp/got.m" "$tmp/want.m" "$name: flows"
	"$FLOWDUMP" -I -r "$file" >"$tmp/got"
	compare_file "$tmp/got" "$file.stat.txt" "$name: statistics"
	"$FLOWDUMP" -q -N -r "$file" -o "fmt:$more_18" |
		like_18_more >"$tmp/got.m"
	labels_18 <"$file.extended.txt" | like_18_more >"$tmp/want.m"
	compare_file "$tmp/got.m" "$tmp/want.m" "$name: more columns"

	# The copy is of layout 2 and has the same flows.
	"$FLOWDUMP" -q -r "$file" -o ndjson >"$tmp/want"
	"$FLOWDUMP" -q -r "$file" -w "$tmp/copy"
	is "$?" 0 "$name: copied"
	"$FLOWDUMP" -q -r "$tmp/copy" -o ndjson >"$tmp/got"
	compare_file "$tmp/got" "$tmp/want" "$name: the copy's flows"
	"$FLOWDUMP" -E "$tmp/copy" >"$tmp/got"
	"$FLOWDUMP" -E "$file" >"$tmp/want"
	compare_file "$tmp/got" "$tmp/want" "$name: the copy's exporters"
	rm "$tmp/copy"

	"$FLOWDUMP" -x "$file" >"$tmp/got"
	like "$(cat "$tmp/got")" "No 1.6.x extension" "$name: no maps of 1.6"

	# Nothing is written to a file of layout 3.
	cp "$file" "$tmp/ident"
	fails 250 "$name: ident not changed" \
		"$FLOWDUMP" -i other -r "$tmp/ident"
	like "$(cat "$tmp/.out")" "files of layout 3 are only read" \
		"$name: why not"
	compare_file "$tmp/ident" "$file" "$name: as it was"
done

done_testing
