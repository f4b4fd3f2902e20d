# What the console of Pandora FMS runs, as it builds the commands, and what it
# reads from the answers, by line and column; in the dialect that
# FLOWDUMP_COMPAT names.

. "$SRCDIR/tests/lib.sh"

golden=$SRCDIR/tests/data/query
cases=$golden/cases
path=$tmp/flows/
nfdump=$tmp/nfdump
if [ "$FLOWDUMP_COMPAT" = 1.6 ]; then
	heading="^ts,te,td,pr,val,fl,flP,ipkt,ipktP,ibyt,ibytP,ipps,ipbs,ibpp$"
	sides=1
	recorded=.out.1.6.13
	usage=255
	no_input=250 # it is read from standard input
else
	heading="^ts,te,td,pr,val,fl,flP,i?pkt,i?pktP,i?byt,i?bytP,i?pps,i?bps,i?bpp$"
	sides=2
	recorded=.out
	usage=1
	no_input=1
fi
window="-t 2024/05/14.09:00:00-2024/05/14.09:10:00"
outside="-t 2023/01/01.00:00:00-2023/01/01.00:10:00"
ln -s "$FLOWDUMP" "$nfdump"
mkdir "$path"
cp -R "$golden/in-1.7.1/netflow" "$golden/in-1.7.1/sflow" "$path"
chmod -R u+w "$path"

# What a killed collector, another tool and the collector at work leave.
cp "$path/netflow/nfcapd.202405140900" "$path/netflow/nfcapd.current.4711"
echo "not a flow file" >"$path/netflow/.nfstat"

from_to="-R nfcapd.202405140900:nfcapd.202405140905 -M ${path}netflow"
both="-R ${path}sflow/nfcapd.202405140900:nfcapd.202405140900 \
-R ${path}netflow/nfcapd.202405140900:nfcapd.202405140905"

# shell_word TEXT: as escapeshellarg() of PHP quotes it
shell_word()
{
	printf '%s' "$1" | sed "s/'/'\\\\''/g; 1s/^/'/; \$s/\$/'/"
}

# run_by SHELL SUFFIX: the command in $line, as exec() of PHP runs it: with the
# working directory of the web server, and lines without blanks at their end.
# What comes back is left in $tmp/outSUFFIX, $tmp/errSUFFIX and $status.
run_by()
{
	(cd / && exec "$1" -c "$line") </dev/null >"$tmp/raw" 2>"$tmp/err$2"
	status=$?
	sed 's/[[:space:]]*$//' "$tmp/raw" >"$tmp/out$2"
}

bash=$(command -v bash)

# ask INPUT OPTIONS [FILTER]: run it; lines in $tmp/out, messages in
# $tmp/err, the exit status in $status
ask()
{
	line="$nfdump -N $1 $2 ${3:+$(shell_word "$3")}"
	if [ -n "$bash" ]; then
		run_by bash .bash
		of_bash=$status
	fi
	run_by sh ""
	[ -n "$bash" ] || return
	[ "$of_bash" = "$status" ] ||
		result 1 "sh and bash: status of $line"
	for stream in out err; do
		cmp -s "$tmp/$stream" "$tmp/$stream.bash" ||
			result 1 "sh and bash: $stream of $line"
	done
}

# cells LINE FIRST LAST: columns of a line, both counted from 0
cells()
{
	sed -n "$(($1 + 1))p" "$tmp/out" | cut -d , -f "$(($2 + 1))-$(($3 + 1))"
}

lines()
{
	wc -l <"$tmp/out" | tr -d ' '
}

# rows_have COLUMNS NAME: every line from $1 on that is not empty has them
rows_have()
{
	is "$(tail -n "+$(($1 + 1))" "$tmp/out" | grep . |
		awk -F, '{ print NF }' | sort -u)" "$2" "$3"
}

# Version.
for name in flowdump nfdump; do
	ln -sf "$FLOWDUMP" "$tmp/$name"
	line="$tmp/$name -V"
	run_by sh ""
	is "$status" 0 "$name -V: status"
	is "$(sed "s/:.*//" "$tmp/out")" "$name" "$name -V: its name"
	sed -n 's/.*Version:[^0-9]\{1,\}\([0-9]*\)\.\([0-9]*\)\.\([0-9]*\).*/\1 \2 \3/p' \
		"$tmp/out" >"$tmp/version"
	read -r major minor patch <"$tmp/version"
	ok "$name -V: 1.6.8 or newer" test $((major * 1000000 + minor * 1000 +
		patch)) -ge 1006008
done

# Call 1 over every form of input.
# summary NAME VALUES INPUT: line 5 has these six columns
summary()
{
	ask "$3" "-o csv -n 1 -s srcip/bytes $window" "$4"
	is "$(cells 5 0 5)" "$2" "call 1: $1"
	is "$(lines)" 6 "call 1: $1: six lines"
	is "$(sed -n 3,4p "$tmp/out")" "
Summary" "call 1: $1: lines 2 and 3"
	is "$status" 0 "call 1: $1: status"
	is "$(cat "$tmp/err")" "" "call 1: $1: no message"
}

netflow=340,90533365,107593,1221486,181,841
sflow=70,3662571,6500,129591,28,563
union=410,94195936,114093,1270902,192,825
summary "an interval" "$netflow" " $from_to"
summary "no file close to the interval" "$netflow" " -R . -M ${path}netflow"
summary "sFlow" "$sflow" " -R . -M ${path}sflow"
summary "both, an interval" "$union" " $both"
summary "both, one without a close file" "$union" " -R ${path}sflow \
-R ${path}netflow/nfcapd.202405140900:nfcapd.202405140905"
summary "both, no close file" "$union" " -R ${path}sflow -R ${path}netflow"
summary "both, no interval" "$union" " -R. -M ${path}netflow:sflow"
summary "a filter" 265,67989202,84075,917317,141,808 " $from_to" \
	' (router ip 127.0.0.1)'
is "$(cells 1 0 13)" "2024-05-14 09:00:07,2024-05-14 09:09:55,587.933,any,$(
	)203.0.113.80,25,9.4,32734,38.9,43680095,64.2,55,594354,1334" \
	"call 1: the row"
window="-t 2024/05/14.11:00:00-2024/05/14.11:10:00"
TZ=Europe/Madrid
summary "in the time zone of PHP" "$netflow" " $from_to"
TZ=UTC
window="-t 2024/05/14.09:00:00-2024/05/14.09:10:00"

# Call 1 without a match: there is no line 5, and the summary is empty.
for filter in ' (router ip 127.0.0.9)' ' (src ip 192.0.2.99)' '(port 65000)'; do
	ask " $from_to" "-o csv -n 1 -s srcip/bytes $window" "$filter"
	is "$(cells 5 0 5)" "" "call 1: no match: $filter"
	is "$(cells 4 0 5)" 0,0,0,0,0,0 "call 1: no match: zeros before it"
	is "$status" 0 "call 1: no match: status"
done
ask " $from_to" "-o csv -n 1 -s srcip/bytes $outside"
is "$(cells 5 0 5)" "" "call 1: outside of all data"

# added KEY ORDER INPUT FILTER: the wanted columns 4, 5, 7 and 9 of the top
# four, added up from a listing.  KEY is one or two of its columns, from 1.
added()
{
	ask "$3" "-q -o csv $window" "$4"
	awk -F, -v keys="$1" -v sides="$sides" 'BEGIN { n = split(keys, key, " ") }
	{
		for (i = 1; i <= n; i++) {
			if (i == 2 && $key[1] == $key[2])
				continue
			v = $key[i]
			flows[v]++
			packets[v] += $12 + (sides == 2 ? $14 : 0)
			bytes[v] += $13 + (sides == 2 ? $15 : 0)
		}
	}
	END {
		for (v in flows)
			printf "%s,%d,%d,%.0f\n", v, flows[v], packets[v],
				bytes[v]
	}' "$tmp/out" | sort -t , -k "$2,${2}nr" | head -n 4 >"$tmp/want"
}

# top NUMBER OPTIONS INPUT FILTER KEY COLUMN: a call of element statistics:
# the heading in line 0 although there is -q, rows, and an empty line
top()
{
	added "$5" "$6" "$3" "$4"
	ask "$3" "$2 $window" "$4"
	is "$status$(cat "$tmp/err")" 0 "call $1: $2: status"
	like "$(cells 0 0 13)" "$heading" "call $1: $2: line 0"
	is "$(cells 5 0 13)$(lines)" 6 "call $1: $2: one empty line at the end"
	rows_have 0 14 "call $1: $2: 14 columns"
	sed 1d "$tmp/out" | grep . | cut -d , -f 5,6,8,10 >"$tmp/got"
	compare_file "$tmp/got" "$tmp/want" "call $1: $2 $4: values"
	unlike "$(sed 1d "$tmp/out" | cut -d , -f 1)" \
		'[^0-9: -]' "call $1: $2: dates in column 0"
}

for input in " $from_to" " $both"; do
	top 2 "-o csv -q -n 4 -s srcip/bytes" "$input" \
		' (dst ip 203.0.113.80 or dst ip 198.51.100.10)' 4 4
	top 2 "-o csv -q -n 4 -s dstip/bytes" "$input" '' 5 4
	top 2 "-o csv -q -n 4 -s srcport/bytes" "$input" '(proto tcp)' 6 4
	top 2 "-o csv -q -n 4 -s dstport/bytes" "$input" '' 7 4
	top 3 "-q -o csv -n 4 -s srcip/bytes" "$input" ' (dst net 10.20.2.0/16)' 4 4
	top 7 "-q -o csv -n 4 -s dstip/packets" "$input" '' 5 3
	top 7 "-q -o csv -n 4 -s port/bytes" "$input" '(proto tcp)' '6 7' 4
	top 7 "-q -o csv -n 4 -s ip/packets" "$input" \
		'((dst port 443) or (src port 443)) and (proto tcp)' '4 5' 3
done

# Rows as recorded.
ask " $from_to" "-q -o csv -n 3 -s ip/flows $window" \
	'((dst port 443) or (src port 443)) and (proto tcp)'
sed 1d "$tmp/out" >"$tmp/got"
cat >"$tmp/want" <<'END_OF_ROWS'
2024-05-14 09:00:07,2024-05-14 09:08:38,510.990,any,203.0.113.80,30,42.9,1143,43.5,562228,39.3,2,8802,491
2024-05-14 09:00:02,2024-05-14 09:09:55,592.657,any,198.51.100.25,16,22.9,602,22.9,391308,27.4,1,5282,650
2024-05-14 09:00:04,2024-05-14 09:09:34,570.106,any,198.51.100.10,13,18.6,477,18.1,316462,22.1,0,4440,663

END_OF_ROWS
compare_file "$tmp/got" "$tmp/want" "call 7: rows"
ask " -R . -M ${path}netflow" "-q -o csv -n 5 -s dstport/bytes" ''
sed 's/[[:space:]]*$//' "$cases/stat-csv-quiet$recorded" >"$tmp/want"
compare_file "$tmp/out" "$tmp/want" "call 3: stat-csv-quiet"

# No match and no data: only what is dropped, a heading and an empty line.
for where in "$window" "$outside"; do
	for of in srcip/bytes dstport/bytes ip/flows; do
		ask " $from_to" "-q -o csv -n 3 -s $of $where" '(src ip 192.0.2.99)'
		is "$(sed 1d "$tmp/out")" "" "call 3: $of: no match: no rows"
		is "$status$(cat "$tmp/err")" 0 "call 3: $of: no match: status"
		[ "$FLOWDUMP_COMPAT$where" = "1.6$outside" ] && continue
		like "$(cells 0 0 13)" "$heading" "call 3: $of: no match: heading"
	done
done

# Steps of a graph add up to less than the whole: flows over a border are in
# no step.
ask " $from_to" "-o csv -n 1 -s srcip/bytes $window" ''
whole=$(cells 5 1 1)
steps=0
for minute in 00 02 04 06 08; do
	ask " $from_to" "-o csv -q -n 1000 -s srcip/bytes $(
		)-t 2024/05/14.09:$minute:00-2024/05/14.09:0$((1$minute % 100 +
		1)):59" ''
	steps=$((steps + $(sed 1d "$tmp/out" | grep . | cut -d , -f 10 |
		awk '{ sum += $1 } END { print sum + 0 }')))
done
ok "call 2: steps" test "$steps" -gt 0 -a "$steps" -le "$whole"

# Calls 4 and 5: rows only.
ask " $from_to" "-o \"fmt:%sap,%dap,%ibyt,%ipkt,%bps\" -q -n 10 $(
	)-s record/bytes $window" ''
sed 's/[[:space:]]*$//' "$cases/rec-fmt$recorded" >"$tmp/want"
compare_file "$tmp/out" "$tmp/want" "call 4: rec-fmt"
rows_have 0 5 "call 4: five columns"
ask " $from_to" "-o \"fmt:%sap,%dap,%ibyt,%obyt,%ipkt,%opkt,%bps\" -q -n 3 $(
	)-s record/bytes $window" ''
cat >"$tmp/want" <<'END_OF_ROWS'
    203.0.113.80:8443 ,    192.168.7.19:48757,25442613,       0,   17917,       0, 2600297
    203.0.113.80:21   ,      10.20.1.77:57246,15527644,       0,   12169,       0, 7300684
2001:db..cafe:53.21   ,2001:db..0:1::2b.48006,12106166,       0,    8882,       0, 3207674
END_OF_ROWS
compare_file "$tmp/out" "$tmp/want" "call 5: rows"
for where in "$window" "$outside"; do
	for columns in %sap,%dap,%ibyt,%ipkt,%bps \
		%sap,%dap,%ibyt,%obyt,%ipkt,%opkt,%bps; do
		ask " $both" "-o \"fmt:$columns\" -q -n 3 -s record/bytes $where" \
			'(src ip 192.0.2.99)'
		is "$status$(cat "$tmp/out" "$tmp/err")" 0 \
			"fmt:$columns: no match: no line"
	done
done

# Call 6: records of 48 columns, no heading; its keys are those of call 3.  The
# recordings differ in column 47, when the flows were received.
ask " -R . -M ${path}netflow" " -q -o csv -n 100 -s record/bytes" ''
sed 's/[[:space:]]*$//' "$cases/rec-bytes-csv-q$recorded" | rows |
	cut -d , -f -47 >"$tmp/want"
rows <"$tmp/out" | cut -d , -f -47 >"$tmp/got"
compare_file "$tmp/got" "$tmp/want" "call 6: rec-bytes-csv-q"
ask " $both" " -q -o csv -n 10000 -s record/bytes $window" \
	' (dst ip 203.0.113.80)'
rows_have 0 48 "call 6: 48 columns"
is "$(cut -d , -f 5 "$tmp/out" | sort -u)" 203.0.113.80 "call 6: column 4"
cut -d , -f 4 "$tmp/out" | sort -u >"$tmp/want"
ask " $both" "-q -o csv -n 0 -s srcip/bytes $window" ' (dst ip 203.0.113.80)'
sed 1d "$tmp/out" | grep . | cut -d , -f 5 | sort -u >"$tmp/got"
compare_file "$tmp/got" "$tmp/want" "call 6: the addresses of call 3"
ask " $both" "-q -o csv -n 0 -s dstip/bytes $window" '(ipv6)'
sed 1d "$tmp/out" | grep . | cut -d , -f 5 | sort -u >"$tmp/want"
ask " $both" " -q -o csv -n 10000 -s record/bytes $window" '(ipv6)'
cut -d , -f 5 "$tmp/out" | sort -u >"$tmp/got"
compare_file "$tmp/got" "$tmp/want" "call 6: the IPv6 addresses of call 3"
ask " $both" " -q -o csv -n 10000 -s record/bytes $outside" ''
is "$status$(cat "$tmp/out" "$tmp/err")" 0 "call 6: no data: no line"

# Filters as the console makes them, and those of its help page.  Each must
# select as many flows as the other.
# alike FILTER OTHER
alike()
{
	ask " -R . -M ${path}netflow:sflow" "-o csv -q" "$1"
	mv "$tmp/out" "$tmp/got"
	is "$status$(cat "$tmp/err")" 0 "filter '$1': status"
	ask " -R . -M ${path}netflow:sflow" "-o csv -q" "$2"
	cmp -s "$tmp/got" "$tmp/out" && [ -s "$tmp/out" ]
	result $? "filter '$1': as '$2'"
}

alike ' (router ip 127.0.0.1)' 'router ip 127.0.0.1'
alike ' dst ip  10.20.9.9' 'dst ip 10.20.9.9'
alike ' (dst ip  10.20.9.9 or dst net  10.20.1.77/24)' \
	'dst ip in [10.20.9.9 10.20.1.0/24]'
alike ' (router ip 127.0.0.1) and (dst ip 10.20.9.9 or dst net 10.20.0.0/16) and (dst port 53 or dst port 443) and (proto udp)' \
	'router ip 127.0.0.1 and dst net 10.20.0.0/16 and dst port in [53 443] and proto udp'
alike '(src port 53 or src port  443) and (proto tcp or proto udp)' \
	'src port in [53 443] and (proto tcp or proto udp)'
alike '(ip 2001:db8:20:1::2b) and (net 2001:db8:f00::1/48)' \
	'ip 2001:db8:20:1::2b and net 2001:db8:f00::/48'
alike 'host 10.20.1.77' 'ip 10.20.1.77'
alike 'dst host 10.20.1.77' 'dst ip 10.20.1.77'
alike 'not src host 10.20.1.77' 'not src ip 10.20.1.77'
alike 'src net 10.20.1.77/24' 'src net 10.20.1.0/24'
alike '(port 53) or (port 443)' 'port in [53 443]'
alike '(port 53) and (dst host 10.20.9.9)' 'port 53 and dst ip 10.20.9.9'
alike 'port not 53' 'not port 53'
alike '' any
alike ' ' any
alike "$(awk 'BEGIN {
	for (i = 0; i < 400; i++)
		printf "%ssrc ip 10.20.%d.%d", (i > 0 ? " or " : " ("), i / 256,
			i % 256
	print ")" }')" 'src net 10.20.0.0/24 or src ip in [10.20.1.0-10.20.1.143]'
if getent hosts localhost >/dev/null; then
	alike '(src ip localhost or proto tcp)' \
		'(src net 127.0.0.0/8 or proto tcp)'
else
	skip "a host name in a filter" "localhost has no address here"
fi

# What is wrong gives no line, a message, and a status that is not 0.
# wrong STATUS NAME INPUT OPTIONS FILTER
wrong()
{
	ask "$3" "$4" "$5"
	is "$status$(cat "$tmp/out")" "$1" "wrong: $2: no line, $1"
	like "$(cat "$tmp/err")" "^nfdump: ." "wrong: $2: message"
}

for options in "-o csv -n 1 -s srcip/bytes" "-q -o csv -n 3 -s ip/flows" \
	"-q -o csv -n 3 -s record/bytes" \
	"-o \"fmt:%sap,%dap,%ibyt\" -q -n 3 -s record/bytes"; do
	wrong $no_input "no input" "" "$options $window" ''
	wrong 250 "a missing file" " -R nfcapd.202405140859:nfcapd.202405140905 $(
		)-M ${path}netflow" "$options $window" ''
	wrong 250 "a missing directory" " -R . -M ${path}none" "$options" ''
	wrong $usage "a bad window" " $from_to" "$options -t 2024/5/14" ''
	wrong $usage "a window of 1.8" " $from_to" "$options -t now-1h" ''
	wrong 254 "a bad filter" " $from_to" "$options $window" '(src ip val'
	wrong 254 "a bad address" " $from_to" "$options $window" \
		'(src ip 10.0.0.256)'
	wrong 254 "an unknown name" " $from_to" "$options $window" \
		'(src ip no-such-host.invalid)'
	wrong 254 "a bad port" " $from_to" "$options $window" '(dst port 65536)'
done

# Both collectors are enabled, and one has never run: the other's flows.
for input in "-R. -M ${path}netflow:nosflow" "-R. -M ${path}nosflow:netflow" \
	"-R ${path}nosflow -R ${path}netflow" \
	"-R ${path}nosflow -R ${path}netflow/nfcapd.202405140900:nfcapd.202405140905"
do
	ask " $input" "-o csv -n 1 -s srcip/bytes $window" ''
	is "$status $(cells 5 0 5)" "250 $netflow" "one directory: $input"
	is "$(lines)" 6 "one directory: six lines"
	is "$(cat "$tmp/err")" \
		"nfdump: ${path}nosflow: No such file or directory" \
		"one directory: the other is named"
done

# A directory in which nothing has been collected yet is not an error.
mkdir "${path}fresh"
: >"${path}fresh/nfcapd.current.4711"
ask " -R . -M ${path}fresh" "-q -o csv -n 3 -s record/bytes" ''
is "$status$(cat "$tmp/out")" 0 "nothing collected yet: no record"
ask " -R . -M ${path}fresh" "-o csv -n 1 -s srcip/bytes" ''
is "$status$(cells 5 0 5)" 0 "nothing collected yet: an empty summary"
done_testing
