# The unit for systemd: it is understood whole, and shuts the forwarder in.

. "$SRCDIR/tests/lib.sh"

need make systemd-analyze

make_unit flowfwd "$FLOWFWD"
for line in Type=notify NoNewPrivileges=yes ProtectSystem=strict \
	CapabilityBoundingSet= StateDirectory=flowfwd Restart=on-failure; do
	ok "$line" grep -qx "$line" "$unit"
done

sound_unit "flowfwd.service" 20 "$unit"
done_testing
