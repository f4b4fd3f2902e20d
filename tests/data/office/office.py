#!/usr/bin/env python3
"""Write office.pcap, ten minutes of a made-up office, to standard output.

Hosts of the office are in 10.20.0.0/16 and 2001:db8:20::/48, others in the
networks for documentation.  Packets are cut at 600 bytes.
"""

import random
import struct
import sys

START = 1715677200  # 2024-05-14 09:00:00 UTC
SNAP = 600
FIN, SYN, RST, PSH, ACK, URG = 1, 2, 4, 8, 16, 32
dice = random.Random(20)
packets = []


def address(text):
    if ":" not in text:
        return bytes(int(part) for part in text.split("."))
    head, _, tail = text.partition("::")
    groups = [int(g, 16) for g in head.split(":")]
    rest = [int(g, 16) for g in tail.split(":") if g]
    groups += [0] * (8 - len(groups) - len(rest)) + rest
    return struct.pack(">8H", *groups)


def packet(at, src, dst, proto, body, length=None, ttl=64, tos=0, vlan=None):
    """One packet; length is that behind the IP header if it is cut."""
    length = len(body) if length is None else length
    s, d = address(src), address(dst)
    if len(s) == 4:
        kind = 0x0800
        header = struct.pack(">BBHHHBBH", 0x45, tos, 20 + length, 0, 0x4000,
                             ttl, proto, 0) + s + d
    else:
        kind = 0x86dd
        header = struct.pack(">IHBB", 0x60000000 | tos << 20, length, proto,
                             ttl) + s + d
    link = b"\x02\x00\x00" + d[-3:] + b"\x02\x00\x00" + s[-3:]
    if vlan is not None:
        link += struct.pack(">HH", 0x8100, vlan)
    frame = link + struct.pack(">H", kind) + header + body
    whole = len(frame) - len(body) + length
    packets.append((at, frame[:SNAP], whole))


def udp(at, src, dst, sport, dport, data, length=None, **more):
    length = len(data) if length is None else length
    packet(at, src, dst, 17, struct.pack(">HHHH", sport, dport, 8 + length,
                                         0) + data, 8 + length, **more)


def tcp(at, src, dst, sport, dport, flags, data=b"", length=None, **more):
    length = len(data) if length is None else length
    packet(at, src, dst, 6, struct.pack(">HHIIBBHHH", sport, dport, 1, 1, 0x50,
                                        flags, 65535, 0, 0) + data,
           20 + length, **more)


def icmp(at, src, dst, kind, code, data=b"", **more):
    proto = 58 if ":" in src else 1
    packet(at, src, dst, proto, struct.pack(">BBHI", kind, code, 0, 1) + data,
           **more)


def connection(at, client, server, sport, dport, asked, up, down, **more):
    """A whole connection; the numbers are packets of 1400 bytes each way."""
    tcp(at, client, server, sport, dport, SYN, **more)
    tcp(at + .02, server, client, dport, sport, SYN | ACK, **more)
    tcp(at + .021, client, server, sport, dport, ACK, **more)
    tcp(at + .022, client, server, sport, dport, PSH | ACK, asked, **more)
    now = at + .05
    for i in range(max(up, down)):
        now += .004
        if i < up:
            tcp(now, client, server, sport, dport, ACK, b"", 1400, **more)
        if i < down:
            tcp(now + .001, server, client, dport, sport, ACK, b"", 1400,
                **more)
            if i % 2:
                tcp(now + .002, client, server, sport, dport, ACK, **more)
    tcp(now + .02, server, client, dport, sport, FIN | ACK, **more)
    tcp(now + .03, client, server, sport, dport, FIN | ACK, **more)
    tcp(now + .05, server, client, dport, sport, ACK, **more)


def hello(name):
    """A client's hello of TLS 1.3 that asks for the name."""
    name = name.encode()
    sni = struct.pack(">HBH", len(name) + 3, 0, len(name)) + name
    extensions = struct.pack(">HH", 0, len(sni)) + sni
    extensions += struct.pack(">HHHHH", 10, 6, 4, 29, 23)
    extensions += struct.pack(">HHHHH", 13, 6, 4, 0x403, 0x804)
    extensions += struct.pack(">HHBH", 43, 3, 2, 0x304)
    body = b"\x03\x03" + bytes(dice.randrange(256) for _ in range(32)) + b"\0"
    body += struct.pack(">HHHH", 6, 0x1301, 0x1302, 0xc02f) + b"\x01\x00"
    body += struct.pack(">H", len(extensions)) + extensions
    body = b"\x01" + struct.pack(">I", len(body))[1:] + body
    return b"\x16\x03\x01" + struct.pack(">H", len(body)) + body


def question(name, answer=None):
    """A message of DNS, with the address that is told."""
    labels = b"".join(bytes([len(p)]) + p.encode() for p in name.split("."))
    count = 0 if answer is None else 1
    data = struct.pack(">HHHHHH", 7, 0x8180 if count else 0x0100, 1, count, 0,
                       0) + labels + struct.pack(">BHH", 0, 1, 1)
    if count:
        data += struct.pack(">HHHIH", 0xc00c, 1, 1, 300, 4) + address(answer)
    return data


def look_up(at, client, server, name, answer):
    port = dice.randrange(30000, 60000)
    udp(at, client, server, port, 53, question(name))
    udp(at + .003, server, client, 53, port, question(name, answer))


def browse(desk):
    client = f"10.20.1.{desk}"
    for visit in range(6):
        at = START + dice.random() * 570
        site = dice.randrange(5)
        name = ("www.example.com", "mail.example.org", "news.example.net",
                "cdn.example.com", "shop.example.org")[site]
        server = f"203.0.113.{10 + site}"
        look_up(at, client, "10.20.2.53", name, server)
        connection(at + .1, client, server, dice.randrange(30000, 60000), 443,
                   hello(name), 1, dice.randrange(3, 40))


def attacks():
    for port in range(1, 61):  # ports of one host, which refuses
        at = START + 120 + port * .05
        tcp(at, "192.0.2.99", "10.20.2.10", 40000, port, SYN, ttl=50)
        tcp(at + .001, "10.20.2.10", "192.0.2.99", port, 40000, RST | ACK)
    for host in range(1, 51):  # hosts that are not there
        for again in range(2):
            tcp(START + 200 + host * .1 + again, "10.20.1.17",
                f"10.20.9.{host}", 50000 + host, 445, SYN)
    for n in range(30):  # passwords
        connection(START + 30 + n * 15, "192.0.2.66", "10.20.2.10", 33000 + n,
                   22, b"SSH-2.0-Go\r\n", 2, 2, ttl=48)
    for n, flags in enumerate((0, FIN | PSH | URG, SYN | FIN)):
        tcp(START + 300 + n, "192.0.2.99", "10.20.2.10", 40001, 80, flags)
    for n in range(10):  # one that reports home, to the second
        connection(START + 5 + n * 60, "10.20.1.15", "192.0.2.200", 45000 + n,
                   8443, b"id=15", 0, 0)
    for n in range(8):  # and sends mail
        connection(START + 400 + n, "10.20.1.15", f"203.0.113.{30 + n}",
                   46000 + n, 25, b"EHLO pc15\r\n", 3, 1)
    for n in range(5):  # and talks through DNS
        look_up(START + 450 + n, "10.20.1.15", "198.51.100.53",
                f"{n}{'a1b2c3d4' * 6}.tunnel.example", "192.0.2.201")


def services():
    connection(START + 60, "10.20.1.12", "203.0.113.99", 51000, 443,
               hello("backup.example.net"), 3000, 20)
    connection(START + 90, "10.20.1.13", "10.20.2.10", 52000, 445, b"\xfeSMB",
               20, 400)
    connection(START + 180, "10.20.1.14", "198.51.100.80", 53000, 80,
               b"GET /index.html HTTP/1.1\r\nHost: old.example\r\n"
               b"User-Agent: curl/7.88\r\n\r\n", 0, 12)
    connection(START + 210, "2001:db8:20:1::11", "2001:db8:113::10", 54000,
               443, hello("v6.example.com"), 2, 30)
    connection(START + 310, "10.20.1.16", "192.0.2.202", 54100, 9001,
               hello("relay.example"), 4, 9)
    connection(START + 320, "10.20.1.16", "198.51.100.22", 54200, 2222,
               b"SSH-2.0-OpenSSH_9.2\r\n", 5, 5)
    icmp(START + 325, "2001:db8:113::1", "2001:db8:20:1::11", 2, 0, bytes(56))
    icmp(START + 326, "2001:db8:113::1", "2001:db8:20:1::11", 3, 0, bytes(56))
    for n in range(20):
        udp(START + 280 + n * .01, "198.51.100.111", "10.20.1.18", 11211,
            40000, bytes(60), 1400)
    for n in range(10):
        udp(START + n * 60, "10.20.2.10", "198.51.100.123", 123, 123,
            b"\x23" + bytes(47))
        udp(START + n * 60 + .01, "198.51.100.123", "10.20.2.10", 123, 123,
            b"\x24" + bytes(47))
        icmp(START + 1 + n, "10.20.1.11", "203.0.113.10", 8, 0, bytes(56))
        icmp(START + 1.01 + n, "203.0.113.10", "10.20.1.11", 0, 0, bytes(56))
        icmp(START + 3 + n, "2001:db8:20:1::11", "2001:db8:113::10", 128, 0,
             bytes(56))
    for hop in range(1, 6):
        udp(START + 240 + hop, "10.20.1.11", "203.0.113.10", 55000,
            33434 + hop, bytes(32), ttl=hop)
        icmp(START + 240.01 + hop, f"198.51.100.{hop}", "10.20.1.11", 11, 0,
             bytes(28))
    icmp(START + 260, "10.20.2.10", "10.20.1.40", 3, 3, bytes(28))
    icmp(START + 270, "10.20.0.1", "10.20.1.12", 3, 4, bytes(28))
    udp(START + 2, "10.20.1.40", "224.0.0.251", 5353, 5353, bytes(40), ttl=255)
    udp(START + 8, "0.0.0.0", "255.255.255.255", 68, 67, bytes(300))
    for n in range(200):  # a call of telephones, in a VLAN of their own
        for a, b in (("10.20.3.21", "10.20.3.22"), ("10.20.3.22",
                                                   "10.20.3.21")):
            udp(START + 330 + n * .02, a, b, 16384, 16386, b"\x80\x00", 172,
                tos=184, vlan=30)


for desk in range(11, 19):
    browse(desk)
attacks()
services()
out = sys.stdout.buffer
out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, SNAP, 1))
for at, frame, whole in sorted(packets, key=lambda p: p[0]):
    us = round(at * 1000000)
    out.write(struct.pack("<IIII", us // 1000000, us % 1000000, len(frame),
                          whole) + frame)
