# --explain: how a filter and a window are understood, without any flows.

. "$SRCDIR/tests/lib.sh"

"$FLOWDUMP" --explain -t 2024/07/11.09:15:00-2024/07/11.09:20:00 \
	'dst port in [80 443] and (src ip 10.0.0.1 or src net 172.16.0.0/12)' \
	>"$tmp/got"
cat >"$tmp/want" <<'END'
filter: dst port in [80 443] and src ip in [10.0.0.1 172.16.0.0/12]
columns: dst_port src_addr
set: dst port, bit map 2
set: src ip, hashed 1, ranges 1
needs src address: 10.0.0.1 172.16.0.0/12
needs dst port: 80 443
needs first seen: >= "2024-07-11 09:15:00.000"
needs last seen: <= "2024-07-11 09:20:00.000"
END
compare_file "$tmp/got" "$tmp/want" "lists, networks, a window"

is "$("$FLOWDUMP" --explain)" "filter: any
columns: none" "no filter at all"
is "$("$FLOWDUMP" --explain 'proto tcp and proto udp')" "filter: not any
columns: none
needs: what no flow has" "a filter that is never true"
fails 254 "a wrong filter" "$FLOWDUMP" --explain 'proto'
fails 1 "a wrong window" "$FLOWDUMP" --explain -t yesterday

done_testing
