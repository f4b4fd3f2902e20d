# The units for systemd: they are understood whole, and shut expiry in.

. "$SRCDIR/tests/lib.sh"

need make systemd-analyze
unset MAKEFLAGS MFLAGS MAKELEVEL
unit=$tmp/flowexpire.service

make -s -C "$BUILDDIR" flowexpire.service >"$tmp/make.log" 2>&1
result $? "the unit is made" || note <"$tmp/make.log"
unlike "$(cat "$BUILDDIR/flowexpire.service")" '@[a-z]+dir@' "all is filled in"
sed "s|^ExecStart=[^ ]*|ExecStart=$FLOWEXPIRE|" \
	"$BUILDDIR/flowexpire.service" >"$unit"
cp "$SRCDIR/scripts/flowexpire.timer" "$tmp"
for line in Type=oneshot NoNewPrivileges=yes ProtectSystem=strict \
	CapabilityBoundingSet= PrivateNetwork=yes; do
	ok "$line" grep -qx "$line" "$unit"
done

systemd-analyze verify --man=no "$unit" "$tmp/flowexpire.timer" \
	>"$tmp/out" 2>&1
status=$?
if grep -q 'Failed to \(initialize\|connect\|set up\)' "$tmp/out"; then
	skip "verify" "$(head -n 1 "$tmp/out")"
	skip "security" "systemd-analyze does not work here"
	done_testing
fi
is "$status$(grep -F flowexpire. "$tmp/out")" 0 "verify"
systemd-analyze security --offline=yes --threshold=15 "$unit" \
	>"$tmp/out" 2>&1
result $? "security: exposure of 1.5 at most" || tail -n 5 "$tmp/out" | note
done_testing
