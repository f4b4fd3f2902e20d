#!/usr/bin/env python3
"""Reads the index of a flow file as flow-store(5) describes it, with nothing
of ours: what a second implementation would do.

usage: indexread.py FILE [ADDRESS...]

Prints a line for the file and one for each span; of each ADDRESS (or IPv4
/24, IPv6 /48) whether it may be in the file.  Exits with 1 when anything is
not as the manual says.
"""

import ipaddress
import struct
import sys

MASK = (1 << 64) - 1
P1, P2, P3, P4, P5 = (0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F,
                      0x165667B19E3779F9, 0x85EBCA77C2B2AE63,
                      0x27D4EB2F165667C5)


def rotate(v, n):
    return (v << n | v >> (64 - n)) & MASK


def xxh64_round(acc, lane):
    return rotate((acc + lane * P2) & MASK, 31) * P1 & MASK


def xxh64(data):
    at, end = 0, len(data)
    if end >= 32:
        acc = [(P1 + P2) & MASK, P2, 0, -P1 & MASK]
        for lanes in struct.iter_unpack("<4Q", data[:end // 32 * 32]):
            acc = [xxh64_round(a, v) for a, v in zip(acc, lanes)]
        at = end // 32 * 32
        h = sum(rotate(a, n) for a, n in zip(acc, (1, 7, 12, 18))) & MASK
        for a in acc:
            h = ((h ^ xxh64_round(0, a)) * P1 + P4) & MASK
    else:
        h = P5
    h = (h + end) & MASK
    while at + 8 <= end:
        h ^= xxh64_round(0, struct.unpack_from("<Q", data, at)[0])
        h = (rotate(h, 27) * P1 + P4) & MASK
        at += 8
    if at + 4 <= end:
        h ^= struct.unpack_from("<I", data, at)[0] * P1 & MASK
        h = (rotate(h, 23) * P2 + P3) & MASK
        at += 4
    for byte in data[at:]:
        h = rotate(h ^ byte * P5 & MASK, 11) * P1 & MASK
    h = (h ^ h >> 33) * P2 & MASK
    h = (h ^ h >> 29) * P3 & MASK
    return h ^ h >> 32


def check(holds, text):
    if not holds:
        sys.exit("indexread: " + text)


def mix(v):
    v = v * 0xBF58476D1CE4E5B9 & MASK
    return (v ^ v >> 32) & 0xFFFFFFFF


FACTOR = 0x9E3779B97F4A7C15


def halves(address):
    n = int(address)
    if address.version == 4:
        n |= 0xFFFF << 32
    return n >> 64, n & MASK


def address_key(address):
    hi, lo = halves(address)
    return mix(hi * FACTOR & MASK ^ lo)


def prefix_key(address):
    hi, lo = halves(address)
    if hi == 0 and lo >> 32 == 0xFFFF:
        return mix(~(lo >> 8) & MASK)
    return mix(~((hi >> 16) * FACTOR) & MASK)


class Span:
    pass


class Index:
    def __init__(self, data):
        self.data = data
        self.read_file()
        self.read_frame()
        self.at = self.start + 48 + 8 * self.blocks
        self.spans = []
        self.block, self.offset = 0, 40
        for _ in range(self.count):
            self.spans.append(self.read_span())
        check(self.at == self.start + self.length - 16, "bytes left over")
        check(self.block == self.blocks, "blocks left over")
        check(self.offset == self.appendix, "the blocks end elsewhere")

    def read_file(self):
        magic, layout = struct.unpack_from("<HH", self.data, 0)
        check(magic == 0xA50C and layout == 2, "no file of layout 2")
        self.compression = self.data[16]
        self.appendix, _, self.blocks = struct.unpack_from(
            "<QII", self.data, 24)
        stored = struct.unpack_from("<I", self.data, self.appendix + 4)[0]
        self.start = self.appendix + 12 + stored

    def read_frame(self):
        (magic, version, self.count, start, self.length, appendix, blocks,
         compression) = struct.unpack_from("<8sIIQQQII", self.data,
                                           self.start)
        check(magic == b"FLOWINDX" and version == 1, "no index")
        check(start == self.start and appendix == self.appendix and
              blocks == self.blocks and compression == self.compression,
              "index of another state")
        end = self.start + self.length
        check(end <= len(self.data), "cut off")
        check(self.data[end - 8:end] == b"XDNIWOLF", "no end")
        check(struct.unpack_from("<Q", self.data, end - 16)[0] ==
              xxh64(self.data[self.start:end - 16]), "damaged index")

    def number(self):
        v = shift = 0
        while True:
            byte = self.data[self.at]
            self.at += 1
            v |= (byte & 0x7F) << shift
            if byte < 0x80:
                return v
            shift += 7

    def words(self, n):
        mask = self.number()
        found = set()
        for i in range(n):
            if mask >> i & 1:
                word = struct.unpack_from("<Q", self.data, self.at)[0]
                self.at += 8
                found |= {i * 64 + bit for bit in range(64)
                          if word >> bit & 1}
        return found

    def read_blocks(self, s):
        for _ in range(s.blocks):
            stored, records, size = (self.number() for _ in range(3))
            at = self.offset + 12
            want = struct.unpack_from("<Q", self.data,
                                      self.start + 48 + 8 * self.block)[0]
            head = struct.unpack_from("<IIH", self.data, self.offset)
            check(head[1] == stored, "size of block %d" % self.block)
            check(records in (0, head[0]), "records of block")
            check(xxh64(self.data[at:at + stored]) == want,
                  "block %d is damaged" % self.block)
            s.records += records
            s.bytes += size
            self.offset = at + stored
            self.block += 1

    def read_span(self):
        s = Span()
        s.blocks, s.records, s.bytes = self.number(), 0, 0
        s.hash = struct.unpack_from("<Q", self.data,
                                    self.start + 48 + 8 * self.block)[0]
        self.read_blocks(s)
        s.flags = self.number()
        s.flows = self.number()
        if s.flows == 0:
            return s
        s.first = self.number()
        s.first_last = s.first + self.number()
        s.last_first = self.number()
        s.last = s.last_first + self.number()
        s.counts, s.octets, s.packets = (self.number() for _ in range(3))
        s.groups = [[self.number() for _ in range(3)] for _ in range(4)]
        s.protocols = self.words(4)
        s.ports = self.words(16)
        s.marks = self.number()
        if s.marks > 0:
            n = self.number()
            s.filter = struct.unpack_from("<%dQ" % n, self.data, self.at)
            self.at += n * 8
        return s


def has_key(s, key):
    v = key * (s.hash | 1) & MASK
    at = key * FACTOR & MASK
    for half in v >> 32, v & 0xFFFFFFFF:
        word = s.filter[half * len(s.filter) >> 32]
        for _ in range(s.marks):
            if not word >> (at >> 58) & 1:
                return False
            at = at << 6 & MASK
    return True


def may_have(s, text):
    if s.flows == 0:
        return False
    if s.marks == 0:
        return True
    address = ipaddress.ip_address(text.split("/")[0])
    if s.flags & 8 and not has_key(s, prefix_key(address)):
        return False
    return "/" in text or has_key(s, address_key(address))


def main():
    with open(sys.argv[1], "rb") as f:
        x = Index(f.read())
    print("blocks=%d spans=%d length=%d" % (x.blocks, x.count, x.length))
    for s in x.spans:
        if s.flows == 0:
            print("records=%d flows=0" % s.records)
            continue
        print("records=%d flows=%d counts=%d packets=%d bytes=%d first=%d "
              "last=%d protocols=%s ports=%d" % (
                  s.records, s.flows, s.counts, s.packets, s.octets,
                  s.first, s.last,
                  ",".join(str(p) for p in sorted(s.protocols)),
                  len(s.ports)))
    for text in sys.argv[2:]:
        is_there = any(may_have(s, text) for s in x.spans)
        print("%s %s" % (text, "maybe" if is_there else "no"))


main()
