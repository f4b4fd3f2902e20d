#!/bin/sh
# Manual pages pass mandoc -T lint, and tell of every option that -h lists
# and of every token of an output format.
. "$SRCDIR/tests/lib.sh"

need mandoc

# documented WORD PAGE: the word stands in the page as printed
documented()
{
	grep -Fqw -e "$1" "$tmp/$2"
}

for page in "$SRCDIR"/man/*.[1-9]; do
	name=${page##*/}
	ok "$name" mandoc -T lint -W warning "$page"
	is "$(awk '/^\.Bl/ { last = "" }
		/^\.It Fl / {
			name = $3
			sub(/^-/, "", name)
			key = tolower(name) (name == toupper(name) ? " 0" : " 1")
			if (key < last)
				print name
			last = key
		}' "$page")" "" "$name: options in their order"
	mandoc -T ascii "$page" | sed "s/.$(printf '\b')//g" >"$tmp/$name"
done

# The page of the fields is made from the tables.
"$BUILDDIR/man/fields" >"$tmp/fields"
compare_file "$SRCDIR/man/flow-fields.7" "$tmp/fields" \
	"flow-fields.7 is what make fields-page makes"
sed -n 's/^JSON([A-Z0-9_]*, "\([^"]*\)").*/\1/p' \
	"$SRCDIR/lib/flow/fields.def" >"$tmp/names"
ok "names of fields" test -s "$tmp/names"
while read -r name; do
	ok "flow-fields.7: $name" grep -Eq "^     $name( |\$)" \
		"$tmp/flow-fields.7"
done <"$tmp/names"

for program in "$FLOWDUMP:flowdump.1" "$FLOWCAPD:flowcapd.8" \
	"$FLOWEXPIRE:flowexpire.8" "$FLOWFWD:flowfwd.1" \
	"$FLOWPROBE:flowprobe.8"; do
	page=${program##*:}
	options_of "${program%:*}" >"$tmp/options"
	while read -r option; do
		ok "$page: $option" documented "$option" "$page"
	done <"$tmp/options"
done

sed -n 's/^TOKEN("\([a-z0-9]*\)".*/\1/p' "$SRCDIR/lib/output/tokens.def" |
	grep -v '^mpls[2-9]$' >"$tmp/tokens"
while read -r token; do
	ok "flowdump.1: %$token" documented "%$token" flowdump.1
done <"$tmp/tokens"
sed -n 's/^OWN("\([a-z0-9]*\)".*/%\1/p' "$SRCDIR/lib/output/csv_own.def" |
	grep -v '^%mpls[2-9]$' >"$tmp/tokens"
mandoc -T ascii "$SRCDIR/man/flowdump.1" | sed "s/.$(printf '\b')//g" |
	sed -n '/Of these, csv: takes/,/^[A-Z]/p' >"$tmp/csv.1"
while read -r token; do
	ok "flowdump.1: csv:$token" documented "$token" csv.1
done <"$tmp/tokens"
for mode in csv csv-fast pipe raw null; do
	ok "flowdump.1: -o $mode" documented "$mode" flowdump.1
done

# Fields, keys and orders of reports; labels are given as a range.
for table in keys orders; do
	sed -n 's/^[KSO][A-Z_]*(\([A-Z0-9_]*, \)\{0,1\}"\([a-z0-9]*\)".*/\2/p' \
		"$SRCDIR/lib/query/$table.def"
done | grep -v '^mpls[2-9]$' | sort -u >"$tmp/names"
ok "flowdump.1: fields, keys and orders" test -s "$tmp/names"
while read -r name; do
	ok "flowdump.1: $name" documented "$name" flowdump.1
done <"$tmp/names"
sed -n 's/^MODE("\([a-z]*\)".*/\1/p' "$SRCDIR/lib/output/modes.def" \
	>"$tmp/names"
while read -r name; do
	ok "flowdump.1: -o $name" documented "$name" flowdump.1
done <"$tmp/names"

# Words and names of filters; what may stand before payload is said once.
tr '\n' ' ' <"$tmp/flow-filter.7" | tr -s ' ' >"$tmp/words.7"
sed -n 's/^[A-Z]*("\([a-z][^"]*\)".*/\1/p' "$SRCDIR/lib/query/words.def" |
	sed 's/#$//; s/^dst \(or\|and\) src/src \1 dst/' | sort -u >"$tmp/words"
while read -r word; do
	case $word in
	*payload*) word="payload${word#*payload}" ;;
	esac
	ok "flow-filter.7: $word" grep -Fqe "$word" "$tmp/words.7"
done <"$tmp/words"
sed -n 's/^NAME([A-Z_]*, [0-9]*, "\([^)"]*\)".*/\1/p' \
	"$SRCDIR/lib/query/names.def" >"$tmp/names.all"
sed -n 's/^NAME(PROTO, [0-9]*, "\([^"]*\)".*/\1/p' \
	"$SRCDIR/lib/query/names.def" >"$tmp/names.proto"
grep -Fvx -f "$tmp/names.proto" "$tmp/names.all" | sort -u >"$tmp/names"
while read -r name; do
	ok "flow-filter.7: $name" grep -Fqw -e "$name" "$tmp/words.7"
done <"$tmp/names"
sed -n 's/^OTHER_NAME([SD][A-Z]*, [0-9]*, "\([^"]*\)".*/\1/p' \
	"$SRCDIR/lib/query/names.def" | sort -u >"$tmp/names"
while read -r name; do
	ok "flow-filter.7: $name" grep -Fqw -e "$name" "$tmp/words.7"
done <"$tmp/names"

# Forms of other tools; those with dst are as those with src.
sed -n '/^FORM_HINT/d; s/^\(WORD\|FORM[A-Z_]*\)("\([a-z][^"]*\)".*/\2/p' \
	"$SRCDIR/lib/query/forms.def" |
	sed 's/^dst \(or\|and\) src/src \1 dst/; s/^dst\([_a-z]\)/src\1/' |
	sort -u >"$tmp/words"
while read -r word; do
	ok "flow-filter.7: $word" grep -Fqw -e "$word" "$tmp/words.7"
done <"$tmp/words"

done_testing
