# make install and uninstall into a directory, with and without the names of
# nfdump, and what the programs do by these names.

. "$SRCDIR/tests/lib.sh"
. "$SRCDIR/tests/capd.sh"

need make
root=$tmp/root
netflow=$SRCDIR/tests/data/query/in-1.7.1/netflow
unset MAKEFLAGS MFLAGS MAKELEVEL

# build TARGET YES|NO: run make for a target, with the names or without
build()
{
	make -s -C "$BUILDDIR" "$1" DESTDIR="$root" NFDUMP_NAMES="$2" \
		bindir=/bin datadir=/share libexecdir=/libexec mandir=/man \
		systemdsystemunitdir=/units sysusersdir=/sysusers \
		>"$tmp/make.log" 2>&1
}

# installed: the files, and where links lead to
installed()
{
	(cd "$root" && find . -type f | sort && find . -type l | sort |
		while read -r link; do
			echo "$link -> $(readlink "$link")"
		done)
}

cat >"$tmp/ours" <<'END_OF_FILES'
./bin/flowcapd
./bin/flowdump
./bin/flowexpire
./bin/flowfwd
./bin/flowprobe
./libexec/flowdump-ssh
./man/man1/flowdump-ssh.1
./man/man1/flowdump.1
./man/man1/flowfwd.1
./man/man5/flow-store.5
./man/man7/flow-fields.7
./man/man7/flow-filter.7
./man/man8/flowcapd.8
./man/man8/flowexpire.8
./man/man8/flowprobe.8
./share/bash-completion/completions/flowcapd
./share/bash-completion/completions/flowdump
./share/bash-completion/completions/flowexpire
./share/bash-completion/completions/flowfwd
./share/bash-completion/completions/flowprobe
./share/fish/vendor_completions.d/flowcapd.fish
./share/fish/vendor_completions.d/flowdump.fish
./share/fish/vendor_completions.d/flowexpire.fish
./share/fish/vendor_completions.d/flowfwd.fish
./share/fish/vendor_completions.d/flowprobe.fish
./share/zsh/site-functions/_flowcapd
./share/zsh/site-functions/_flowdump
./share/zsh/site-functions/_flowexpire
./share/zsh/site-functions/_flowfwd
./share/zsh/site-functions/_flowprobe
./sysusers/flowcapd.conf
./sysusers/flowprobe.conf
./units/flowcapd.service
./units/flowexpire.service
./units/flowexpire.timer
./units/flowfwd.service
./units/flowprobe.service
END_OF_FILES
cat >"$tmp/links" <<'END_OF_FILES'
./bin/fprobe -> flowprobe
./bin/nfcapd -> flowcapd
./bin/nfdump -> flowdump
./bin/nfexpire -> flowexpire
./bin/nfreplay -> flowfwd
./bin/sfcapd -> flowcapd
./man/man1/nfdump.1 -> flowdump.1
./man/man1/nfreplay.1 -> flowfwd.1
./man/man8/fprobe.8 -> flowprobe.8
./man/man8/nfcapd.8 -> flowcapd.8
./man/man8/nfexpire.8 -> flowexpire.8
./man/man8/sfcapd.8 -> flowcapd.8
./share/bash-completion/completions/fprobe -> flowprobe
./share/bash-completion/completions/nfcapd -> flowcapd
./share/bash-completion/completions/nfdump -> flowdump
./share/bash-completion/completions/nfexpire -> flowexpire
./share/bash-completion/completions/nfreplay -> flowfwd
./share/bash-completion/completions/sfcapd -> flowcapd
./share/fish/vendor_completions.d/fprobe.fish -> flowprobe.fish
./share/fish/vendor_completions.d/nfcapd.fish -> flowcapd.fish
./share/fish/vendor_completions.d/nfdump.fish -> flowdump.fish
./share/fish/vendor_completions.d/nfexpire.fish -> flowexpire.fish
./share/fish/vendor_completions.d/nfreplay.fish -> flowfwd.fish
./share/fish/vendor_completions.d/sfcapd.fish -> flowcapd.fish
END_OF_FILES

build install no
result $? "make install" || note <"$tmp/make.log"
installed >"$tmp/got"
compare_file "$tmp/got" "$tmp/ours" "make install: the files"
build install yes
result $? "with the names of nfdump" || note <"$tmp/make.log"
installed >"$tmp/got"
cat "$tmp/ours" "$tmp/links" >"$tmp/want"
compare_file "$tmp/got" "$tmp/want" "with the names: the files"
ok "flowdump-ssh can be run" test -x "$root/libexec/flowdump-ssh"

# By these names.
for row in fprobe:2 nfcapd:1 nfdump:1 nfexpire:250 nfreplay:1 sfcapd:1; do
	name=${row%:*}
	like "$("$root/bin/$name" -h)" "^usage: $name " "$name -h"
	"$root/bin/$name" --nonsense >"$tmp/out" 2>"$tmp/err"
	is "$?$(cat "$tmp/out")" "${row#*:}" "$name: an unknown option"
	like "$(cat "$tmp/err")" "^$name: unknown option" "$name: message"
done
for name in nfcapd nfdump nfreplay sfcapd; do
	like "$("$root/bin/$name" -V)" "^$name: Version: 1\.7\.1" "$name -V"
done
"$FLOWDUMP" -q -R "$netflow" -s srcip/bytes >"$tmp/want"
"$root/bin/nfdump" -q -R "$netflow" -s srcip/bytes >"$tmp/got"
compare_file "$tmp/got" "$tmp/want" "nfdump: as flowdump"
for name in nfcapd:9995 sfcapd:6343; do
	program=$root/bin/${name%:*}
	: >"$log"
	"$program" -b 127.0.0.1 -w "$data" 2>"$log" &
	pid=$!
	pids="$pids $pid"
	wait_for started_or_gone
	if logged 'Address already in use'; then
		forget
		skip "${name%:*}: port" "somebody else has the port"
		continue
	fi
	ok "${name%:*}: port" logged "Port: ${name#*:}$"
	stop
done

# Of what is in the way nothing is lost.
rm "$root/bin/nfdump" "$root/man/man8/nfcapd.8"
echo foreign >"$root/bin/nfdump"
ln -s foreign "$root/man/man8/nfcapd.8"
fails 2 "a program in the way" build install yes
like "$(cat "$tmp/make.log")" "/bin/nfdump is in the way" "it is named"
is "$(cat "$root/bin/nfdump")" foreign "it stays"
is "$(readlink "$root/man/man8/nfcapd.8")" flowcapd.8 "a link is replaced"
rm "$root/man/man8/sfcapd.8"
ln -s foreign "$root/man/man8/sfcapd.8"
build uninstall yes
result $? "make uninstall" || note <"$tmp/make.log"
cat >"$tmp/want" <<'END_OF_FILES'
./bin/nfdump
./man/man8/sfcapd.8 -> foreign
END_OF_FILES
installed >"$tmp/got"
compare_file "$tmp/got" "$tmp/want" "make uninstall: only others are left"
done_testing
