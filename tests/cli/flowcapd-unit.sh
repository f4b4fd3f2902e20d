# The unit for systemd: it is understood whole, and shuts the collector in.

. "$SRCDIR/tests/lib.sh"

need make systemd-analyze

make_unit flowcapd "$FLOWCAPD"
for line in Type=notify WatchdogSec=30 KillMode=process NoNewPrivileges=yes \
	ProtectSystem=strict CapabilityBoundingSet= Restart=on-failure; do
	ok "$line" grep -qx "$line" "$unit"
done

sound_unit "flowcapd.service" 20 "$unit"
done_testing
