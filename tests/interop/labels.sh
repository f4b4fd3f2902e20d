# Labels of filters: nfdump 1.7.1 and flowdump print the same.

. "$SRCDIR/tests/lib.sh"

need nfdump
cd "$SRCDIR/tests/data/query/in-1.7.1/netflow" || exit 1

while read -r filter; do
	nfdump -q -R . -o 'fmt:%ts %sap %pr %lbl' "$filter" >"$tmp/want" 2>&1
	"$FLOWDUMP" -q -R . -o 'fmt:%ts %sap %pr %lbl' "$filter" \
		>"$tmp/got" 2>&1
	compare_file "$tmp/got" "$tmp/want" "$filter"
done <<'END'
(proto tcp)%a
%a(proto tcp) or (proto udp)%b
(proto tcp)%a or (any)%b
(any)%b or (proto tcp)%a
proto tcp or (any)%b
dst port 443 or (proto tcp)%b or (proto udp)%c
(proto tcp)%a and (dst port 443)%b
(proto tcp)%a and dst port 443 and (any)%c and packets > 0
((proto tcp)%a and (dst port 443))%c
((dst port 443)%a or proto udp)%c
((proto tcp)%a or (proto udp)%b) and dst port > 0
((proto tcp)%a and any) or proto udp
not (proto tcp)%a
END
done_testing
