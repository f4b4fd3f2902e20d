"""
A name server for tests: answers on a free port of 127.0.0.1 (or of the
address given) until it is killed.  Prints the port, then every question.

two.test has an address of each family, big.test more than fit a datagram, so
it has to be asked again over TCP; all else does not exist.
"""

import socket
import struct
import sys
import threading

A, AAAA = 1, 28
NAMES = {
    "two.test": {A: [b"\x0a\x01\x02\x03"],
                 AAAA: [bytes.fromhex("20010db8") + bytes(11) + b"\x09"]},
    "four.test": {A: [b"\x7f\x00\x00\x05"]},
    "big.test": {A: [bytes([10, 9, i, 1]) for i in range(60)]},
    "none.test": {},
}


def question(query):
    """Name, type and end of the question in a query."""
    at, labels = 12, []
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode())
        at += 1 + query[at]
    kind, = struct.unpack(">H", query[at + 1:at + 3])
    return ".".join(labels).lower(), kind, at + 5


def answer(query, room):
    name, kind, end = question(query)
    print(name, kind, flush=True)
    found = NAMES.get(name)
    records = (found or {}).get(kind, [])
    body = b"".join(struct.pack(">HHHIH", 0xc00c, kind, 1, 60, len(r)) + r
                    for r in records)
    flags = 0x8180 | (3 if found is None else 0)
    count = len(records)
    if end + len(body) > room:
        flags, count, body = flags | 0x200, 0, b""
    head = query[:2] + struct.pack(">HHHHH", flags, 1, count, 0, 0)
    return head + query[12:end] + body


def serve_tcp(listener):
    while True:
        peer, _ = listener.accept()
        with peer, peer.makefile("rb") as stream:
            while len(size := stream.read(2)) == 2:
                query = stream.read(struct.unpack(">H", size)[0])
                reply = answer(query, 65535)
                peer.sendall(struct.pack(">H", len(reply)) + reply)


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    udp = socket.socket(family, socket.SOCK_DGRAM)
    udp.bind((host, 0))
    port = udp.getsockname()[1]
    tcp = socket.create_server((host, port), family=family)
    threading.Thread(target=serve_tcp, args=(tcp,), daemon=True).start()
    print(port, flush=True)
    while True:
        query, peer = udp.recvfrom(4096)
        udp.sendto(answer(query, 512), peer)


main()
