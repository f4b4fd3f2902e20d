# Every output mode with every kind of report over flows with all extensions:
# nfdump 1.7.1 and flowdump print the same lines.  One flag goes with each
# pair, another one with the next seed.

. "$SRCDIR/tests/lib.sh"

need nfdump
: "${SEED:=1}"
echo "# SEED=$SEED"
mkdir "$tmp/all" "$tmp/store" || exit 1
"$BUILDDIR/tests/interop/diverse" "$SRCDIR/tests/data/filters/accept.txt" \
	"$tmp/all" 1200 "$SEED" || exit 1

# Left out: counters whose rates nfdump keeps in 32 bits, latencies that a
# double does not hold, masks that are too long, addresses that are zero, which
# both take for missing, but not in the same places, and tunnels, for which
# nfdump prints a second row.
"$FLOWDUMP" -R "$tmp/all" -w "$tmp/store/nfcapd.202311142210" \
	'bytes < 100000 and out bytes < 100000 and packets < 100000 and
	out packets < 100000 and flows < 1000 and
	client latency < 1000000000 and server latency < 1000000000 and
	app latency < 1000000000 and
	src mask <= 32 and dst mask <= 32 and
	not host :: and not host 0.0.0.0 and
	not tun net ::/0 and not tun net 0.0.0.0/0' 2>"$tmp/err" || exit 1
cp "$SRCDIR"/tests/data/query/in-1.7.1/netflow/nfcapd.* "$tmp/store"

# What 1.7.1 gets wrong, and what it alone prints, taken out:
# - csv: the BGP next hop repeats the next hop or is half of it
# - csv: protocol numbers without a name are padded
# - nel, nsel: an event with NAT has the names of either
# - raw: the tos of the destination is the source's, events with NAT have its
#   names; DNS is decoded, and rows of -b have flags of the reverse direction
undone()
{
	rows all | sed -e '/^DNS/d' -e '/^  revtcp flags/d' \
		-e 's/^\(  dst tos .*=\).*/\1/' \
		-e 's/^\(  fw event .*\): .*/\1/' \
		-e 's/\(,[0-9][0-9]*\)  *,/\1,/' -e 's/[,|]/ /g' \
		-e '/^[0-9-]* [0-9:.]* *[A-Z][A-Z]* /s/^\([^ ]* [^ ]*\) *[A-Z]* /\1 /'
}

# with -6 the durations of lists have another form
short()
{
	sed -e 's/^\(.\{23\}\) *[0-9]*d /\1 /' \
		-e 's/^\(.\{23\}\)  *[0-9:.]* /\1 /'
}

# IPv6 addresses are shuffled
family4()
{
	grep -v '^10 '
}

# same HOW ARGUMENT...: the same lines after HOW, a pipeline
same()
{
	how=undone
	[ "$1" = cat ] || how="undone | $1"
	shift
	nfdump -R . "$@" 2>/dev/null | eval "$how" >"$tmp/want"
	"$FLOWDUMP" -R . "$@" 2>"$tmp/err" | eval "$how" >"$tmp/got"
	close_enough "$tmp/got" "$tmp/want" >"$tmp/diff"
	result $? "$*" || note <"$tmp/diff"
}

# flag: the next one of them
flag()
{
	SEED=$((SEED + 1))
	set -- -n0 -q -N -6 -T -6T -Nq
	shift $((SEED % $#))
	flag=$1
}

cd "$tmp/store" || exit 1
for mode in line long extended biline bilong gline glong nsel nel csv raw \
	pipe null line6 RAW6 csv6 Pipe6 null6 'fmt:%nh,%nhb,%ra,%xsa,%xdap'; do
	same cat -o "$mode"
	for turn in 1 2; do
		flag
		same cat $flag -o "$mode"
	done
	same sort -O tstart -o "$mode"
	same cat -o "$mode" -c 5 'proto udp'
	same cat -o "$mode" 'proto 252'
	for report in -a -b -B '-s record/packets' '-A srcip,dstport' \
		'-A proto,inif,srcmask'; do
		flag
		case "$mode $report" in
		# of keys, raw has only zeroes
		[rR]*-A*) ;;
		*) same sort $flag -n0 $report -o "$mode" ;;
		esac
	done
	for element in srcip/bytes dstport/packets proto:p/bps \
		'insrcmac -s nhip/pps' router/ibyte; do
		flag
		how=sort
		case "$mode $flag" in
		[pP]ipe*) how="family4 | sort" ;;
		*6*) how="short | sort" ;;
		esac
		same "$how" $flag -n0 -s $element -o "$mode"
	done
done

done_testing
