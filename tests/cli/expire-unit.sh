# The units for systemd: they are understood whole, and shut expiry in.

. "$SRCDIR/tests/lib.sh"

need make systemd-analyze

make_unit flowexpire "$FLOWEXPIRE"
cp "$SRCDIR/scripts/flowexpire.timer" "$tmp"
for line in Type=oneshot NoNewPrivileges=yes ProtectSystem=strict \
	CapabilityBoundingSet= PrivateNetwork=yes; do
	ok "$line" grep -qx "$line" "$unit"
done

sound_unit "flowexpire." 15 "$unit" "$tmp/flowexpire.timer"
done_testing
