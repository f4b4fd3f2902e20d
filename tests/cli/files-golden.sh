# Every layout 2 file of the collection gives the text that the query tool of
# the version that wrote it printed.

. "$SRCDIR/tests/lib.sh"

files=$SRCDIR/tests/data/files
basic='%ts %te %pr %sap %dap %flg %tos %pkt %byt %opkt %obyt %in %out'
basic="$basic %sas %das %nh %smk %dmk %svln %dvln %fl"
more='%pr %sap %dap %fwd %dir %dtos %nhb %ra %exp %eng %ismc %odmc %idmc'
more="$more %osmc %mpls1 %mpls2 %mpls3 %nas %pas %cl %sl %al"
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

done_testing
