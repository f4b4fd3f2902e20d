# The unit for systemd: it is understood whole, and shuts the collector in.

. "$SRCDIR/tests/lib.sh"

need make systemd-analyze
unset MAKEFLAGS MFLAGS MAKELEVEL
unit=$tmp/flowcapd.service

make -s -C "$BUILDDIR" flowcapd.service >"$tmp/make.log" 2>&1
result $? "the unit is made" || note <"$tmp/make.log"
unlike "$(cat "$BUILDDIR/flowcapd.service")" '@[a-z]+dir@' "all is filled in"
sed "s|^ExecStart=[^ ]*|ExecStart=$FLOWCAPD|" "$BUILDDIR/flowcapd.service" \
	>"$unit"
for line in Type=notify WatchdogSec=30 KillMode=process NoNewPrivileges=yes \
	ProtectSystem=strict CapabilityBoundingSet= Restart=on-failure; do
	ok "$line" grep -qx "$line" "$unit"
done

systemd-analyze verify --man=no "$unit" >"$tmp/out" 2>&1
status=$?
if grep -q 'Failed to \(initialize\|connect\|set up\)' "$tmp/out"; then
	skip "verify" "$(head -n 1 "$tmp/out")"
	skip "security" "systemd-analyze does not work here"
	done_testing
fi
is "$status$(grep -F flowcapd.service "$tmp/out")" 0 "verify"
systemd-analyze security --offline=yes --threshold=20 "$unit" \
	>"$tmp/out" 2>&1
result $? "security: exposure of 2.0 at most" || tail -n 5 "$tmp/out" | note
done_testing
