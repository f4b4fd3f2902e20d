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
# which blocks of files need not be read
cd "$tmp" || exit 1
old=$SRCDIR/tests/data/query/in-1.7.1/netflow/nfcapd.202405140900
"$FLOWDUMP" -r "$old" -w new ipv4
for what in any '-t 2030/01/01' 'proto tcp and proto udp' ipv6 'proto 99' \
	'ip 192.0.2.77' 'port 1000'; do
	# shellcheck disable=SC2086
	"$FLOWDUMP" --explain -r new $what | grep '^file'
done >got
cat >want <<'END'
file: new: 0 of 1 blocks skipped
file: new: 1 of 1 blocks skipped: time 1
file: new: 1 of 1 blocks skipped: never 1
file: new: 1 of 1 blocks skipped: family 1
file: new: 1 of 1 blocks skipped: protocol 1
file: new: 1 of 1 blocks skipped: address 1
file: new: 1 of 1 blocks skipped: port 1
END
compare_file got want "every reason"

mkdir all && cp new all/b && cp "$old" all/c && "$FLOWDUMP" -r "$old" -w all/a
: >all/d
"$FLOWDUMP" --explain -R all ipv6 >got 2>err
is "$?" 250 "a file that cannot be read"
is "$(cat err)" "flowdump: all/d: empty file" "it is named"
cat >want <<'END'
filter: ipv6
columns: extensions
needs family: ipv6
file: all/a: 0 of 1 blocks skipped
file: all/b: 1 of 1 blocks skipped: family 1
file: all/c: 0 of 1 blocks skipped, no index
total: 3 files, 1 of 3 blocks skipped: family 1
END
compare_file got want "several files"
is "$("$FLOWDUMP" --explain --no-index -r all/b ipv6 | tail -n 2)" \
	"file: all/b: 0 of 1 blocks skipped, index not used
total: 1 files, 0 of 1 blocks skipped" "--no-index"
is "$("$FLOWDUMP" --explain --compat=1.6 -r new -t 2030/01/01 | tail -n 2)" \
	"file: new: left out, its statistics are outside -t
total: 0 files, 0 of 0 blocks skipped" "a file that 1.6 leaves out"

fails 254 "a wrong filter" "$FLOWDUMP" --explain 'proto'
fails 1 "a wrong window" "$FLOWDUMP" --explain -t yesterday

done_testing
