# The probe in scripts/bench, which reads this.  Packets are made up into a
# capture in the page cache; all run on one core.

# probe_input PACKETS FLOWS: $capture and the packets in it.
probe_input()
{
	capture=$tmp/capture
	rm -f "$capture"
	line=$(packetgen -n "$1" --flows "$2" -o "$capture") ||
		give_up "no capture"
	cat "$capture" >/dev/null
}

# on_core COMMAND...: the fastest of some runs, as the words of run.
on_core()
{
	: >"$tmp/cost"
	for turn in $(seq "$runs"); do
		rm -rf "$tmp/data"
		mkdir "$tmp/data"
		run "$tmp/cost" taskset -c 0 "$@" 2>"$tmp/log"
	done
	sort -n -k 2 "$tmp/cost" | head -n 1
}

# probe_flowprobe FLOWS: flows go to files.
probe_flowprobe()
{
	on_core flowprobe -l0 --max-flows $(($1 + $1 / 8 + 1)) \
		-l "$tmp/data" -r "$capture"
}

# probe_row NAME COST: one line of the table.
probe_row()
{
	echo "$packets $2" | awk -v name="$1" 'NF == 4 && $2 > 0 && $3 > 0 {
		printf "%-12s%9.2f%8.2f%9.1f%10.2f%10.2f\n", name, $2, $3,
			$4 / 1024, $1 / $3 / 1e6, $1 / $2 / 1e6
	}'
}

# probe_growth FLOWS: what a packet costs among so many flows, and what one
# more does, which is without the start and what a flow costs at its end.
probe_growth()
{
	probe_input $((packets / 2)) "$1"
	half=$(probe_flowprobe "$1")
	probe_input "$packets" "$1"
	echo "$1 $packets $(probe_flowprobe "$1") $half" | awk 'NF == 8 {
		printf "%-12d%14.0f%14.0f%9.1f\n", $1, $4 * 1e9 / $2,
			($4 - $7) * 2e9 / $2, $5 / 1024
	}'
}

bench_probe()
{
	: "${packets:=5000000}"
	live=$((packets / 50))
	probe_input "$packets" "$live"
	echo
	echo "probe: $packets packets, $live flows, $(($(wc -c <"$capture") /
		1048576)) MiB, one core; least CPU time of $runs runs"
	printf '%-12s%9s%8s%9s%10s%10s\n' program "wall s" "CPU s" "RSS MiB" \
		"M/s CPU" "M/s wall"
	ours=$(probe_flowprobe "$live")
	probe_row flowprobe "$ours"
	if command -v softflowd >/dev/null 2>&1; then
		theirs=$(on_core softflowd -m $((live * 2)) -r "$capture")
		probe_row softflowd "$theirs"
		echo "$theirs $ours" | awk 'NF == 6 && $5 > 0 {
			printf "a packet costs softflowd %.1f times the CPU" \
				" time\n", $2 / $5
		}'
	else
		echo "softflowd is not installed: only ours is measured"
	fi
	printf '%-12s%14s%14s%9s\n' "live flows" "ns a packet" "ns one more" \
		"RSS MiB"
	for live in 1000 10000 100000 1000000; do
		[ "$live" -gt $((packets / 5)) ] || probe_growth "$live"
	done
	rm -f "$capture"
}
