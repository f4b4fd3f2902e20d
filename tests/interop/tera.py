#!/usr/bin/env python3
"""Compare flows with messages of Tera Flow that capnp has decoded.

usage: tera.py FLOWS MESSAGES RATE SELECTION

FLOWS is what flowdump prints with -o ndjson, MESSAGES what capnp decode
prints with --short; the rates are those that tests/interop/tera was given.
Every field of the schema is worked out anew from the flow, and compared.
"""

import ipaddress
import json
import re
import sys

FIELD = re.compile(r'(\w+) = ("(?:[^"\\]|\\.)*"|[^,)]+)')
FLAGS = "CEUAPRSF"
ICMP = (1, 58)


def value(text):
    if text.startswith('"'):
        text = text[1:-1].encode("latin1").decode("unicode_escape")
        return text.encode("latin1")
    return {"true": 1, "false": 0}.get(text) if text in ("true", "false") \
        else int(text)


def message(line):
    fields = {name: value(text) for name, text in FIELD.findall(line)}
    return {name: v for name, v in fields.items() if v not in (0, b"")}


def little(address):
    return int.from_bytes(ipaddress.ip_address(address).packed, "little")


def mac(flow, key):
    return bytes.fromhex(flow.get(key, "").replace(":", "")).strip(b"\0") \
        and bytes.fromhex(flow[key].replace(":", ""))


def tcp_flags(flow):
    return sum(0x80 >> i for i, c in enumerate(flow.get("tcp_flags", ""))
               if c == FLAGS[i])


def source(flow):
    version = flow["export_version"]
    if version >= 0x80:
        return 2
    if version == 0x54:
        return flow["engine_type"] if flow["engine_type"] <= 4 else 4
    return 3


def ratio(flow, rate, selection):
    return min(max(1, selection) * (1 if flow["sampled"] else max(1, rate)),
               2 ** 32 - 1)


def ends(flow, is_back):
    """What stands for either end of a flow, seen from one of them."""
    order = ("dst", "src") if is_back else ("src", "dst")
    names = ("src", "dst")
    interfaces = ["input_snmp", "output_snmp"]
    macs = ["in_src_mac", "out_dst_mac"]
    fields = {}
    is_v6 = "src6_addr" in flow
    if is_back:
        interfaces.reverse()
        macs.reverse()
    for name, of in zip(names, order):
        if is_v6:
            fields[name + "Ipv6"] = \
                ipaddress.ip_address(flow[of + "6_addr"]).packed
        else:
            fields[name + "Ip"] = little(flow.get(of + "4_addr", "0.0.0.0"))
        fields[name + "Asn"] = flow.get(of + "_as", 0)
    for name, key in zip(("inputInterface", "outputInterface"), interfaces):
        fields[name] = flow.get(key, 0)
    for name, key in zip(("srcMac", "dstMac"), macs):
        fields[name] = mac(flow, key)
    if flow["proto"] in ICMP:
        fields["destinationPort"] = \
            flow["icmp_type"] * 256 + flow["icmp_code"]
    else:
        for name, of in zip(("sourcePort", "destinationPort"), order):
            fields[name] = flow[of + "_port"]
    fields["ipProtocolVersion"] = 6 if is_v6 else 4
    return fields


def expected(flow, is_back, rate, selection):
    counters = "out" if is_back else "in"
    direction = flow.get("direction", 3)
    if direction > 1:
        direction = 3
    elif is_back:
        direction = 1 - direction
    fragment = flow.get("ip_fragment", 0)
    fields = ends(flow, is_back)
    fields.update({
        "source": source(flow),
        "sampleRatio": ratio(flow, rate, selection),
        "ttl": flow.get("ip_minttl", 0) or flow.get("ip_maxttl", 0),
        "protocol": flow["proto"],
        "length": flow[counters + "_bytes"],
        "ipLength": flow[counters + "_bytes"],
        "numberOfPackets": flow[counters + "_packets"],
        "flags": tcp_flags(flow),
        "ipFragmented": fragment >> 5 & 1,
        "ipDontFragment": fragment >> 6 & 1,
        "tsSec": flow["last_ms"] // 1000,
        "tsMsec": flow["last_ms"] % 1000 * 1000,
        "packetDirection": direction,
        "agentIpAddress": little(flow.get("ip4_router", "0.0.0.0")),
    })
    return {name: v for name, v in fields.items() if v not in (0, b"")}


def main():
    rate, selection = int(sys.argv[3]), int(sys.argv[4])
    want = []
    with open(sys.argv[1], encoding="utf-8", errors="replace") as flows:
        for line in flows:
            flow = json.loads(line)
            want.append(expected(flow, False, rate, selection))
            if flow.get("out_packets") or flow.get("out_bytes"):
                want.append(expected(flow, True, rate, selection))
    with open(sys.argv[2], encoding="latin1") as messages:
        got = [message(line) for line in messages]
    for i, (g, w) in enumerate(zip(got, want)):
        for name in sorted(set(g) | set(w)):
            if g.get(name, 0) != w.get(name, 0):
                sys.exit("message %d: %s is %r, not %r: %r" %
                         (i + 1, name, g.get(name, 0), w.get(name, 0), w))
    if len(got) != len(want) or not got:
        sys.exit("%d messages, not %d" % (len(got), len(want)))
    print(len(got))


main()
