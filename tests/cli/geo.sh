# Countries of addresses, from a database in the format of MaxMind.

. "$SRCDIR/tests/lib.sh"

cd "$SRCDIR/tests/data/query/in-1.7.1/netflow" || exit 1
mmdbmake=$BUILDDIR/tests/cli/mmdbmake

# rows ARGUMENT...: how many flows are listed
rows()
{
	"$FLOWDUMP" -q -R . "$@" | grep -c .
}

fails 254 "no database" "$FLOWDUMP" -R . 'geo CH'
like "$("$FLOWDUMP" -R . 'proto tcp and geo CH' 2>&1)" \
	'^flowdump: filter:1:19: "geo" needs a database of countries .* -G' \
	"told with the option"
fails 254 "-G none" "$FLOWDUMP" -G none -R . 'geo CH'

"$mmdbmake" Test-Country 10.0.0.0/8=CH 192.0.2.0/24=IN 2001:db8::/32=DE \
	198.51.100.0/24=US >"$tmp/db"
if "$FLOWDUMP" -G "$tmp/db" -Z any 2>&1 | grep -q 'built without'; then
	skip "countries" "built without libmaxminddb"
	done_testing
	exit
fi

# same FILTER FILTER: the first, with the database, is the second
same()
{
	"$FLOWDUMP" -q -R . -G "$tmp/db" "$1" >"$tmp/got"
	"$FLOWDUMP" -q -R . "$2" >"$tmp/want"
	compare_file "$tmp/got" "$tmp/want" "$1"
}

same 'geo CH' 'net 10.0.0.0/8'
same 'src geo ch' 'src net 10.0.0.0/8'
same 'dst geo IN' 'dst net 192.0.2.0/24'
same 'src and dst geo CH' 'src and dst net 10.0.0.0/8'
same 'not geo CH' 'not net 10.0.0.0/8'
same 'geo "DE" or src geo US' 'net 2001:db8::/32 or src net 198.51.100.0/24'
same 'geo FR' 'not any'
same 'src geo ..' 'not src ip in [10.0.0.0/8 192.0.2.0/24 2001:db8::/32
	198.51.100.0/24]'
same 'nat geo CH' 'nat net 10.0.0.0/8'
same 'tun geo CH' 'tun net 10.0.0.0/8'
same '(geo CH)%home or proto tcp' 'net 10.0.0.0/8 or proto tcp'
is "$("$FLOWDUMP" -G "$tmp/db" -X 'src geo in')" "src geo IN" "-X"

"$FLOWDUMP" -q -R . -G "$tmp/db" -o 'fmt:%sc %dc %gsa' 'ipv4' >"$tmp/codes"
"$FLOWDUMP" -q -R . -o 'fmt:%sa %da %gsa' 'ipv4' | awk '
	function code(address) {
		if (address ~ /^10\./)
			return "CH"
		if (address ~ /^192\.0\.2\./)
			return "IN"
		return address ~ /^198\.51\.100\./ ? "US" : ".."
	}
	{
		address = substr($0, length($0) - 19, 16)
		print code($1), code($2), address "(" code($1) ")"
	}' >"$tmp/want"
compare_file "$tmp/codes" "$tmp/want" "%sc %dc %gsa"
ok "which are some" grep -q '^CH IN' "$tmp/codes"

"$FLOWDUMP" -q -R . -G "$tmp/db" -A srcip -o 'fmt:%sa %sc' 'src geo CH' \
	>"$tmp/codes"
"$FLOWDUMP" -q -R . -A srcip -o 'fmt:%sa CH' 'src net 10.0.0.0/8' >"$tmp/want"
compare_file "$tmp/codes" "$tmp/want" "countries of sums"

fails 250 "no such database" "$FLOWDUMP" -G "$tmp/none" -R . 'geo CH'
fails 250 "a flow file" "$FLOWDUMP" -G nfcapd.202405140900 -R . 'geo CH'
"$mmdbmake" Test-ASN 10.0.0.0/8=CH >"$tmp/asn"
like "$("$FLOWDUMP" -G "$tmp/asn" -R . 'geo CH' 2>&1)" 'without countries' \
	"a database of AS numbers"

done_testing
