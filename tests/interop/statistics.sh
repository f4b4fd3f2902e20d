# Reports over made-up flows, put together at random: nfdump 1.7.1 and
# flowdump find the same rows and sort them by the same values.  The order of
# rows with equal values is nobody's promise.  SEED=number in the environment
# makes another choice.

. "$SRCDIR/tests/lib.sh"

need nfdump
: "${SEED:=1}"
echo "# SEED=$SEED"
mkdir "$tmp/store" || exit 1
"$BUILDDIR/flowgen" -n 5000 --files 2 --dir "$tmp/store" --interval 300 \
	>"$tmp/made" || exit 1
cp "$SRCDIR"/tests/data/query/in-1.7.1/netflow/nfcapd.* "$tmp/store"

# values: fields with blanks between
values()
{
	tr ',|' '  ' | sed 's/^No matching flows$//'
}

# same ARGUMENT...: the same rows
same()
{
	nfdump -q -R . "$@" 2>/dev/null | values | sort >"$tmp/want"
	"$FLOWDUMP" -q -R . "$@" 2>"$tmp/err" | values | sort >"$tmp/got"
	close_enough "$tmp/got" "$tmp/want" >"$tmp/diff"
	result $? "$*" || note <"$tmp/diff"
}

# sorted COLUMN ARGUMENT...: the same values in this column, in order
sorted()
{
	column=$1
	shift
	for program in nfdump "$FLOWDUMP"; do
		"$program" -q -R . "$@" 2>/dev/null | values |
			awk -v n="$column" '{ print n == 0 ? $0 : $n }' \
			>"$tmp/${program##*/}"
	done
	close_enough "$tmp/flowdump" "$tmp/nfdump" >"$tmp/diff"
	result $? "order: $*" || note <"$tmp/diff"
}

# pick COUNT FILE: so many random lines
pick()
{
	SEED=$((SEED + 1))
	awk -v seed="$SEED" 'BEGIN { srand(seed) } { print rand() "\t" $0 }' \
		"$2" | sort | head -"$1" | cut -f2-
}

# words TEXT: a word a line
words()
{
	printf '%s\n' $1
}

cd "$tmp/store" || exit 1

# element statistics; fields of two sides where the sides differ, as 1.7.1
# counts equal ones twice
for element in srcip dstip srcport dstport proto tos dsttos dir srcas dstas \
	inif outif srcmask dstmask srcvlan insrcmac outdstmac nhip nhbip \
	router mpls1 "port src port < 1024 and dst port > 1024" \
	ip "mask src mask 24 and not dst mask 24"; do
	echo "$element"
done >"$tmp/elements"
words "flows:6 packets:8 bytes:10 pps:12 bps:13 bpp:14 ipkg:8 ibyte:10
	ipps:12 ibps:13 ibpp:14 opkg:8 obyte:10 opps:12 obps:13 obpp:14" \
	>"$tmp/orders"
words "-N -6N -6 -q" >"$tmp/flags"
pick 8 "$tmp/elements" | while read -r element filter; do
	echo "$element $(pick 1 "$tmp/orders") $(pick 1 "$tmp/flags") $filter"
done >"$tmp/runs"
while read -r element order flag filter; do
	for split in "" :p; do
		set -- "$flag" -n 0 -s "$element$split/${order%:*}"
		same "$@" -o csv "$filter"
		same "$@" -N -o line "$filter"
		same -n 0 -s "$element$split/${order%:*}" -o line "$filter"
	done
	case $element in
	*ip | router) ;;
	*) same -n 0 -s "$element/${order%:*}" -o pipe "$filter" ;;
	esac
	# dates are two words each
	sorted $((${order#*:} + 2)) -n 0 -s "$element/${order%:*}" -o csv \
		"$filter"
done <"$tmp/runs"

# aggregation
words "srcip dstip proto srcport dstport srcas dstas nextas prevas inif outif
	next bgpnext router insrcmac outdstmac indstmac outsrcmac mpls1 mpls2
	srcvlan dstvlan srcmask dstmask tos srctos dsttos" >"$tmp/keys"
words "flows:%fl ipkg:%ipkt opkg:%opkt ibyte:%ibyt obyte:%obyt tstart:%tsr
	tend:%te duration:%tds" >"$tmp/orders"
for i in $(seq 6); do
	keys=$(pick $((i % 4 + 1)) "$tmp/keys" | paste -sd,)
	case $keys in
	*tos*tos*) continue ;; # one field by two names
	esac
	order=$(pick 1 "$tmp/orders")
	# 1.7.1 forgets type and code of ICMP when it has both as keys
	case $keys in
	*proto*dstport* | *dstport*proto*)
		some='not proto icmp and not proto icmp6'
		;;
	*) some=any ;;
	esac
	same -A "$keys" -n 0 "$some"
	same -N -A "$keys" -n 0 -o extended "$some"
	same -A "$keys" -n 0 -o csv ipv4
	sorted 0 -A "$keys" -n 0 -O "${order%:*}" -o "fmt:${order#*:}"
	sorted 0 -A "$keys" -s "record/ibyte" -n 0 -o "fmt:%ibyt"
done
for bits in 1 8 13 24 31 32; do
	same -A "srcip4/$bits" -n 0 ipv4
	same -A "srcip4/$bits,dstip4/$bits" -n 0 ipv4
	same -A "srcip6/$bits" -n 0 ipv6
	same -A "dstip6/$((bits + 96))" -n 0 ipv6
	same -A "srcip6/$bits" -n 0 ipv4
done
same -A srcnet,srcmask -n 0 -o 'fmt:%smk %pkt %fl'

# whole flows, in one direction and in both; and single ones
for option in -a -b -B; do
	for mode in line long extended biline bilong; do
		same $option -n 0 -o $mode
	done
	while read -r order; do
		sorted 0 $option -n 0 -O "${order%:*}" -o "fmt:${order#*:}"
	done <"$tmp/orders"
done
while read -r order; do
	sorted 0 -O "${order%:*}" -o "fmt:${order#*:}"
	sorted 0 -O "${order%:*}:d" -o "fmt:${order#*:}"
	sorted 0 -O "${order%:*}:a" -o "fmt:${order#*:}"
done <"$tmp/orders"
same -O bytes -o csv ipv4

# 1.7.1 applies limits to element statistics alone
for limit in "-l 1000" "-L -10k" "-l +10 -L 1m"; do
	same -s srcip/bytes -n 0 $limit -o csv
done

done_testing
