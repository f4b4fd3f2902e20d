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

# counts FORMAT: of the flows by the columns before the last two, summed up
counts()
{
	"$FLOWDUMP" -q -N -R . -G "$tmp/db" -o "$1 %byt %fl" "$2" | awk '{
		key = $1
		for (i = 2; i < NF - 1; i++)
			key = key " " $i
		bytes[key] += $(NF - 1)
		flows[key] += $NF
	}
	END {
		for (key in bytes)
			print key, bytes[key], flows[key]
	}' | sort
}

counts 'fmt:%sc %dc' any >"$tmp/want"
"$FLOWDUMP" -q -N -R . -G "$tmp/db" -A srcgeo,dstgeo \
	-o 'fmt:%sc %dc %byt %fl' | tr -s ' ' | sort >"$tmp/codes"
compare_file "$tmp/codes" "$tmp/want" "-A srcgeo,dstgeo"
counts 'fmt:%sa %sc' ipv4 >"$tmp/want"
"$FLOWDUMP" -q -N -R . -G "$tmp/db" -A srcip,srcgeo \
	-o 'fmt:%sa %sc %byt %fl' ipv4 | tr -s ' ' | sed 's/^ //' | sort >"$tmp/codes"
compare_file "$tmp/codes" "$tmp/want" "-A srcip,srcgeo"
counts 'fmt:%dc' any >"$tmp/want"
"$FLOWDUMP" -q -N -R . -G "$tmp/db" -s dstgeo/ibyte -n 0 -o csv |
	awk -F, 'NR > 1 && NF > 5 { print $5, $10, $6 }' | sort >"$tmp/codes"
compare_file "$tmp/codes" "$tmp/want" "-s dstgeo"
for side in 'src geo CH' 'dst geo CH' 'geo CH'; do
	"$FLOWDUMP" -q -N -R . -G "$tmp/db" -o 'fmt:%byt %fl' "$side"
	echo /
done | awk -v RS=/ '{
		bytes[NR] = 0
		for (i = 1; i < NF; i += 2) {
			bytes[NR] += $i
			flows[NR] += $(i + 1)
		}
	}
	END { print "CH", bytes[3], flows[3] }' >"$tmp/want"
"$FLOWDUMP" -q -N -R . -G "$tmp/db" -s geo/ibyte -n 0 -o csv |
	awk -F, '$5 == "CH" { print $5, $10, $6 }' >"$tmp/codes"
compare_file "$tmp/codes" "$tmp/want" "-s geo: a flow with both ends counts once"
like "$("$FLOWDUMP" -q -R . -G "$tmp/db" -s geo/ibyte -n 0)" ' CH ' "as text"
fails 1 "-s without a database" "$FLOWDUMP" -R . -s srcgeo
fails 1 "-A without a database" "$FLOWDUMP" -R . -A srcgeo

fails 250 "no such database" "$FLOWDUMP" -G "$tmp/none" -R . 'geo CH'
fails 250 "a flow file" "$FLOWDUMP" -G nfcapd.202405140900 -R . 'geo CH'
"$mmdbmake" Test-ASN 10.0.0.0/8=CH >"$tmp/asn"
like "$("$FLOWDUMP" -G "$tmp/asn" -R . 'geo CH' 2>&1)" 'without countries' \
	"a database of AS numbers"

done_testing
