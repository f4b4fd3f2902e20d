# Every group of export packets through both collectors and both query tools:
# what we store, nfdump 1.7.1 lists the same way; what nfcapd 1.7.1 stores, we
# list as nfdump does.

. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"

need nfdump nfcapd
groups=$SHARED/data/wire/groups.tsv
[ -r "$groups" ] || skip_all "the packets of real devices are not here"

all='fmt:%ts %te %tr %pr %sap %dap %flg %tos %pkt %byt %opkt %obyt %in %out'
all="$all %sas %das %nas %pas %nh %nhb %ra %smk %dmk %svln %dvln %fl %exp"
all="$all %eng %ismc %odmc %idmc %osmc %mpls1 %mpls2 %mpls3 %fwd %dir %dtos"
all="$all %cl %sl %al %xsa %xda %xsp %xdp %evt %xevt %nevt %msec %nfc %ivrf"
all="$all %evrf %pbstart %pbend %pbstep %pbsize %uname %nbid %nfv"

# A firewall event without an event time gets names of NAT events from nfdump.
events()
{
	sed -E -e '/^No matching flows$/d' \
		-e 's/ +(ADD|CREATE|UNKNOW|UPDATE) / event /g'
}

# same_listing DIRECTORY NAME: both query tools print the same rows
same_listing()
{
	ok "$2: written" ls "$1"/nfcapd.2*
	nfdump -q -6 -N -R "$1" -o "$all" 2>/dev/null | events >"$tmp/want"
	"$FLOWDUMP" -q -6 -N -R "$1" -o "$all" | events >"$tmp/got"
	compare_file "$tmp/got" "$tmp/want" "$2: both list the same"
	# nfcapd stores flows that end before they start, and nfdump prints
	# garbage for their duration
	case $2 in
	"v9_cisco_asa_nsel_old, nfcapd"* | \
	"ipfix_softflowd_concatenated, nfcapd"*) return ;;
	esac
	for mode in line long extended csv; do
		nfdump -R "$1" -o $mode 2>/dev/null | rows >"$tmp/want"
		"$FLOWDUMP" -R "$1" -o $mode | rows >"$tmp/got"
		compare_file "$tmp/got" "$tmp/want" "$2: $mode"
	done
}

# ours: our collector's files of the datagrams
ours()
{
	rm -f "$data"/nfcapd.*
	capd -t 31536000 -l "$data"
	feed "$@"
	stop
}

# theirs: the files that nfcapd makes of them
theirs()
{
	rm -rf "$tmp/peer"
	mkdir "$tmp/peer"
	listen nfcapd -t 31536000 -w "$tmp/peer"
	feed "$@"
	stop_peer
}

tail -n +2 "$groups" >"$tmp/groups"
while IFS='	' read -r group protocol daemon order counts; do
	[ "$daemon" = nfcapd ] || continue
	set --
	for name in $(echo "$order" | tr ',' ' '); do
		set -- "$@" "$SHARED/data/wire/$group/$name"
	done
	ours "$@"
	same_listing "$data" "$group, our file"
	theirs "$@"
	same_listing "$tmp/peer" "$group, nfcapd's file"
done <"$tmp/groups"

done_testing
