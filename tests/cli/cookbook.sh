# Each filter of the cookbook in flow-filter(7) selects as many flows as the
# table says: of an office, whose packets are a capture, and of files that
# have what no packet tells, as AS numbers, NAT and events.
. "$SRCDIR/tests/lib.sh"
need awk
data=$SRCDIR/tests/data

mkdir "$tmp/store" "$tmp/units"
"$FLOWPROBE" -r "$data/office/office.pcap.gz" -S 0 --details --payload 512 \
	-l "$tmp/store" >"$tmp/log" 2>&1
result $? "flows of the office" || note <"$tmp/log"
cp "$data/files/nfcapd-1.7.1-none" "$tmp/store/nfcapd.202406151200"
cp -R "$data/query/in-1.7.1/netflow" "$tmp/store"

cd "$tmp" || exit 1
printf '10.20.0.0/16 192.168.0.0/16\n2001:db8:20::/48\n' >local
"$BUILDDIR/tests/cli/mmdbmake" Test-Country 10.0.0.0/8=CH 192.0.2.0/24=IN \
	>countries

# matches FILTER: how many flows; what flowdump says if it does not take it
matches()
{
	set -- -R store -o null "$1"
	case $5 in
	*" geo "*) set -- -G countries "$@" ;;
	esac
	"$FLOWDUMP" "$@" 2>&1 | sed -n 's/.*, passed: \([0-9]*\),.*/\1/p
		/^flowdump:/p'
}

awk -v dir=units -f "$SRCDIR/tests/examples.awk" "$SRCDIR/man/flow-filter.7"
for unit in units/*; do
	filter=$(sed 1d "$unit" | tr -s '\n ' '  ' | sed 's/ $//')
	printf '%s\t%s\n' "$(matches "$filter")" "$filter"
done >got
if grep -q 'built without' got; then
	grep -v 'geo ' "$SRCDIR/tests/cli/cookbook.txt" >want
	grep -v 'geo ' got >got.less && mv got.less got
else
	cp "$SRCDIR/tests/cli/cookbook.txt" want
fi
compare_file got want "what the filters of the cookbook select"
ok "the cookbook has 25 filters and more" test "$(grep -c . got)" -ge 25
unlike "$(cut -f 1 got)" '^(0|)$' "all select something"


sed -n '/^\.Sh EXAMPLES/q; s/^\.Dl //p' "$SRCDIR/man/flow-filter.7" >others
while read -r filter; do
	ok "$filter" "$FLOWDUMP" -Z "$filter"
done <others

done_testing
