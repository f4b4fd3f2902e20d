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

sound_unit "flowexpire." 15 "$unit" "$tmp/flowexpire.timer"
done_testing
