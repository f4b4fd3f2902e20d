# Every report as json and ndjson, read by a parser: valid, no key twice, the
# keys and types of --schema, and the same rows in both.

. "$SRCDIR/tests/lib.sh"

need python3

# Reads lines of mode, file, number of rows, name; prints the last two of each
# behind the number of rows that it finds, or what is wrong.
cat >"$tmp/check.py" <<'PY'
import json, re, sys

iso = re.compile(r"\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d")
kinds = {str: "string", list: "array", int: "number", float: "number"}

class Wrong(Exception):
    pass

def read_schema(path):
    schema = {}
    for line in open(path):
        report, key, kind = line.rstrip("\n").split("\t")
        schema.setdefault(report, {})[key] = kind
    return schema

def no_twins(pairs):
    row = dict(pairs)
    if len(row) != len(pairs):
        raise Wrong("a key stands twice: %s" % [key for key, _ in pairs])
    return row

def loads(text):
    return json.loads(text, object_pairs_hook=no_twins)

def read_rows(mode, path):
    text = open(path, encoding="utf-8", newline="").read()
    if mode == "json":
        rows = loads(text)
        return [rows] if isinstance(rows, dict) else rows
    if text and not text.endswith("\n"):
        raise Wrong("the last line has no end")
    return [loads(line) for line in text.split("\n")[:-1]]

def check_row(schema, row):
    report = "statistic" if "list" in row else \
        "stored" if "Ident" in row else \
        "exporters" if "samplers" in row else \
        "files" if "file" in row else "flows"
    members = list(row.items())
    for sampler in row.get("samplers", []):
        members += [("samplers[]." + key, sampler[key]) for key in sampler]
    for counter in row.get("counters", []):
        members += [("counters[]." + key, counter[key]) for key in counter]
    for key, value in members:
        if schema[report].get(key) != kinds.get(type(value), "unknown"):
            raise Wrong("%s: %s is not as in the schema" % (report, key))
        if key + "_ms" in row and not iso.fullmatch(value):
            raise Wrong("%s: %s is no time" % (key, value))
    if report == "statistic" and row["list"] not in row:
        raise Wrong("a row has no value")

def check(schema, mode, path):
    rows = read_rows(mode, path)
    number = 0
    for row in rows:
        if "cnt" in row:
            number = 1 if row["cnt"] == 1 else number + 1
            if row["cnt"] != number:
                raise Wrong("row %d counts as %d" % (number, row["cnt"]))
        check_row(schema, row)
    return len(rows)

schemas = {mode: read_schema("%s.%s" % (sys.argv[1], mode))
    for mode in ("json", "ndjson")}
for line in sys.stdin:
    mode, path, rest = line.split("\t", 2)
    try:
        found = check(schemas[mode], mode, path)
    except (Wrong, ValueError) as error:
        found = str(error).replace("\n", " ").replace("\t", " ")
    print(found, rest, sep="\t", end="")
PY

mkdir "$tmp/store" || exit 1
"$BUILDDIR/tests/interop/diverse" "$SRCDIR/tests/data/filters/accept.txt" \
	"$tmp/store" 3000 1 || exit 1
cd "$tmp/store" || exit 1
for mode in json ndjson; do
	"$FLOWDUMP" --schema $mode >"$tmp/schema.$mode"
	compare_file "$tmp/schema.$mode" \
		"$SRCDIR/tests/data/query/schema-$mode.txt" "--schema $mode"
done
fails 1 "--schema csv" "$FLOWDUMP" --schema csv

kept=0

# keep MODE ROWS NAME ARGUMENT...: print to a file, $out, whose rows are
# counted and checked at the end
keep()
{
	kept=$((kept + 1))
	out=$tmp/out.$kept
	printf '%s\t%s\t%s\t%s\n' "$1" "$out" "$2" "$3" >>"$tmp/kept"
	mode=$1
	shift 3
	"$FLOWDUMP" -o "$mode" "$@" >"$out" 2>"$tmp/err" ||
		echo "exit status $?" >>"$out"
}

# report ROWS ARGUMENT...: so many rows in both modes, by any number of
# threads, and with -q
report()
{
	want=$1
	shift
	for mode in json ndjson; do
		keep $mode "$want" "$mode: $*" -R . --threads 1 "$@"
		"$FLOWDUMP" -q -R . -o $mode --threads 7 "$@" >"$tmp/many" \
			2>"$tmp/err"
		compare_file "$tmp/many" "$out" "$mode: $*, 7 threads, -q"
	done
}

# what csv has: its lines
lines()
{
	"$FLOWDUMP" -q -R . -o csv "$@" 2>"$tmp/err" | wc -l | tr -d ' '
}

report 3000
report 0 'proto 1 and proto 2'
report 5 -c 5
report "$(lines 'ipv6 and proto icmp6')" 'ipv6 and proto icmp6'
report 3000 -O bytes
report 10 -O duration -n 10
report "$(lines -a)" -a
report "$(lines -b)" -b
report "$(lines -B)" -B
report "$(lines -A srcip,dstport -O flows)" -A srcip,dstport -O flows
report 7 -A srcip4/24,srcip6/48,proto -O flows -n 7
report "$(lines -A router,next,insrcmac)" -A router,next,insrcmac
report "$(lines --by 10s)" --by 10s
report 1 --distinct srcip --p95
report 30 -s record/bytes/packets/flows
report 0 -s record/bytes 'proto 1 and proto 2'
report 5 -s record/bytes -n 5 -A srcip,dstip
report 10 -s srcip/bytes
report 10 -s srcip/bytes -l +100
report 0 -s srcip/bytes 'proto 1 and proto 2'
report 18 -s dstport:p/bytes/packets -s if/flows -n 6
report 16 -s record/bytes -s ip/bytes -s mpls1 -s insrcmac -n 4
report 6 -s proto/flows -s dir/flows --distinct dstip --p95 -n 3
report 6 -s srcport -n 2 --by 15s
report 6 -s cl -s flags -s iacl -n 2
report 1 -I
report 2 -g

# what is read in place of -R: exporters with samplers
for mode in json ndjson; do
	keep $mode 4 "$mode: -E" -E "$SRCDIR/tests/data/files/nfcapd-1.7.8-none"
done

python3 "$tmp/check.py" "$tmp/schema" <"$tmp/kept" >"$tmp/counted" \
	2>"$tmp/err" || note <"$tmp/err"
is "$(wc -l <"$tmp/counted" | tr -d ' ')" "$kept" "all are checked"
while IFS='	' read -r got want name; do
	is "$got" "$want" "$name"
done <"$tmp/counted"

is "$("$FLOWDUMP" -R . -o json 'proto 1 and proto 2')" "$(printf '[\n]')" \
	"an array of nothing"
is "$("$FLOWDUMP" -R . -o json-log -a | cksum)" \
	"$("$FLOWDUMP" -R . -o NDJSON -a | cksum)" "json-log is ndjson"

# the rows of lists are one array
"$FLOWDUMP" -R . -o json -s record/bytes -n 1 -s srcip/flows >"$tmp/out"
is "$(grep -c '^[][]' "$tmp/out")" 1 "one line begins with a bracket"
is "$(grep -c '^}]$' "$tmp/out")" 1 "one ends with a bracket"
is "$(grep -c '^},$' "$tmp/out")" 1 "one comma"

# in a zone of its own
is "$(TZ=XST-5:45 "$FLOWDUMP" -R . -o ndjson -c 1 |
	grep -o '"first":"[^"]*","first_ms":[0-9]*')" \
	'"first":"2023-11-15T03:58:20.000+05:45","first_ms":1700000000000' \
	"times have their offset"

done_testing
