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

sound_unit "flowcapd.service" 20 "$unit"
done_testing
