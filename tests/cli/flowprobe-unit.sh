# The unit for systemd: it is understood whole, and shuts the probe in.

. "$SRCDIR/tests/lib.sh"

need make systemd-analyze

make_unit flowprobe "$FLOWPROBE"
for line in Type=notify 'AmbientCapabilities=CAP_NET_RAW CAP_NET_ADMIN' \
	'CapabilityBoundingSet=CAP_NET_RAW CAP_NET_ADMIN' \
	NoNewPrivileges=yes ProtectSystem=strict Restart=on-failure; do
	ok "$line" grep -qx "$line" "$unit"
done

sound_unit "flowprobe.service" 25 "$unit"
done_testing
