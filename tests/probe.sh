# Helpers for tests of the probe.  Read after tests/lib.sh:
#
#	. "$SRCDIR/tests/probe.sh"

TZ=UTC
export TZ
pcap=$SRCDIR/tests/data/pcap

# probe CAPTURE ARGUMENT...: into $tmp/flows, which is empty before.
probe()
{
	rm -rf "$tmp/flows"
	mkdir "$tmp/flows"
	"$FLOWPROBE" -l "$tmp/flows" -r "$@" 2>"$tmp/probe.log"
}

# listed DIR: flows of a directory, in the form of wanted.
listed()
{
	"$FLOWDUMP" -q -6 -N -R "$1" -o \
	    'fmt:%sa,%da,%pr,%sp,%dp,%pkt,%byt,%tsr,%ter,%flg,%tos' 2>&1 |
		tr -d ' ' | sort
}

# wanted FILE: the expected flows of a capture, times in milliseconds.
# Ports of SCTP are read, the table has none.
wanted()
{
	awk -F, -v OFS=, '
	function hex(text, i, n) {
		for (i = 3; i <= length(text); i++)
			n = n * 16 + index("0123456789abcdef",
			    substr(text, i, 1)) - 1
		return n + 0
	}
	function flags(n, i, bit, text, letter) {
		split("C E U A P R S F", letter, " ")
		for (i = 1; i <= 8; i++) {
			bit = 2 ^ (8 - i)
			text = text (n >= bit ? letter[i] : ".")
			n -= n >= bit ? bit : 0
		}
		return text
	}
	function milli(time, part) {
		split(time, part, ".")
		return sprintf("%s.%03d", part[1], (part[2] + 1) / 1000)
	}
	NR > 1 {
		if ($4 == 1 || $4 == 58)
			$6 = int($6 / 256) "." $6 % 256
		if ($4 == 132) {
			$5 = 5000
			$6 = 5001
		}
		print $2, $3, $4, $5, $6, $7, $8, milli($9), milli($10),
		    flags($4 == 6 ? hex($11) : 0), hex($12)
	}' "$1" | sort
}

# expected CAPTURE: the name of its table, without .csv.
expected()
{
	expected_name=${1##*/}
	expected_name=${expected_name%%.*}
	case $expected_name in
	tcp_basic_be) expected_name=tcp_basic ;;
	udp_dns_nsec) expected_name=udp_dns ;;
	esac
	echo "$pcap/expected/$expected_name"
}
