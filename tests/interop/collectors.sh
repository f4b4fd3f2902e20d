#!/bin/sh
# Every group of export packets to our collector and to those of nfdump 1.7.1,
# each group from an address of its own: nfdump prints the same flows of both
# files.  Where README of the packets names a trap, that the other one falls
# into, the columns in question or the group are left out.
. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"
. "$SRCDIR/scripts/udp.sh"

need nfdump nfcapd
nfdump -V 2>/dev/null | grep -q '1\.7\.1' ||
	skip_all "nfdump is not version 1.7.1"

shared=$SHARED/data/wire
groups=$SHARED/data/wire/groups.tsv
[ -r "$groups" ] || skip_all "the packets of real devices are not here"
awk -F '\t' -v OFS='\t' 'NR > 1 {
		gsub(/ /, "", $4)
		print $1, $3, $4, "127.0.0." NR
	}' \
	"$groups" >"$tmp/groups"

columns='ts te pr sap dap flg tos pkt byt opkt obyt in out sas das nh nhb smk
	dmk svln dvln fwd dir dtos ismc odmc idmc osmc mpls1 mpls2 xsa xda xsp
	xdp ivrf evrf'

# left_out GROUP: columns in which the other one is wrong; "all" of them, or
# none at all
left_out()
{
	while read -r name bad_columns; do
		[ "$name" != "$1" ] || echo " $bad_columns "
	done <<-END
		v9_softflowd dap
		v9_cisco_asa_nsel_old te
		v9_cisco_nbar dap
		v9_cisco_1941 ts te
		ipfix_softflowd_concatenated all
		ipfix_mikrotik ts te
		ipfix_barracuda ts te
		ipfix_yaf tos
		syn_v7 smk dmk
		syn_v5_time_wrap smk dmk
		syn_v5_sampling smk dmk
		syn_v5_sequence_gap smk dmk
		syn_v9_sampler_by_id pkt byt
		syn_v9_data_before_template all
		syn_ipfix_biflow_reverse flg
		syn_ipfix_message_length all
		syn_sflow_flow_samples ts te sap dap out xsa xda
		syn_sflow_malformed all
	END
}

# collect DAEMON: send the groups of this one to the last collector started.
collect()
{
	while IFS='	' read -r group daemon order from; do
		[ "$daemon" = "$1" ] || continue
		(
			cd "$shared/$group" || exit
			IFS=,
			"$BUILDDIR/tests/cli/udpsend" -g 2000 -s "$from" \
				"$port" $order
		)
	done <"$tmp/groups"
	udp_wait_read "$port"
}

# listed DIRECTORY SENDER FORMAT
listed()
{
	nfdump -q -N -6 -R "$1" -o "$3" "router ip $2" 2>/dev/null |
		grep -v '^No matching flows' | tr -s ' ' | sort
}

mkdir "$tmp/nfcapd" "$tmp/sfcapd"
ok "ours starts" capd -t 31536000 -l "$data"
collect nfcapd
collect sfcapd
stop
for peer in nfcapd sfcapd; do
	if ! command -v $peer >/dev/null; then
		skip "$peer" "not installed"
		continue
	fi
	ok "$peer starts" listen $peer -t 31536000 -w "$tmp/$peer"
	collect $peer
	stop_peer
	while IFS='	' read -r group daemon order from; do
		[ "$daemon" = $peer ] || continue
		bad=$(left_out "$group")
		if [ "$bad" = " all " ]; then
			skip "$group" "a trap"
			continue
		fi
		format=fmt:
		for column in $columns; do
			case $bad in
			*" $column "*) ;;
			*) format="$format %$column" ;;
			esac
		done
		listed "$data" "$from" "$format" >"$tmp/got"
		listed "$tmp/$peer" "$from" "$format" >"$tmp/want"
		compare_file "$tmp/got" "$tmp/want" "$group: the same flows"
	done <"$tmp/groups"
done
done_testing
