# SPDX-License-Identifier: Apache-2.0
"""Writes MaxMind DB files: networks and what is known of them go in, the octets of a file come out.

Format: MaxMind DB File Format Specification 2.0 (maxmind.github.io/MaxMind-DB). A search tree of two records per node,
16 zero octets, the records that networks lead to, and metadata behind a marker. Debian 12 has only a Perl writer, which
takes 50 s for what takes 7 s here: networks come sorted, so the tree is folded together
from the left like the digits of a counter, and no node is ever searched for.

The same input gives the same octets. Nested networks are allowed: the longest prefix decides, the last one among equals.
"""

import struct

METADATA_MARKER = b"\xab\xcd\xefMaxMind.com"
SEPARATOR = bytes(16)
EMPTY = -1  # a record that leads nowhere; others below it lead to a value, and from 0 on to a node


class U16(int):
    """An integer to be written as uint16; plain ones are written as uint32."""


class U64(int):
    """An integer to be written as uint64."""


class Encoder:
    """The data section of a file. Strings that stand there already are pointed to."""

    # The types of the specification's section "Data Field Format"; those over 7 take a second octet.
    POINTER, STRING, UINT16, UINT32, MAP, INT32, UINT64, ARRAY, BOOLEAN = 1, 2, 5, 6, 7, 8, 9, 11, 14

    def __init__(self):
        self.octets = bytearray()
        self._strings = {}

    def append(self, value):
        """Writes a value and returns where it begins: dict, list, str, bool, int (negative ones too), U16 or U64."""
        offset = len(self.octets)
        if isinstance(value, dict):
            self._control(self.MAP, len(value))
            for key, each in value.items():
                self.append(key)
                self.append(each)
        elif isinstance(value, list):
            self._control(self.ARRAY, len(value))
            for each in value:
                self.append(each)
        elif isinstance(value, str):
            self._string(value)
        elif isinstance(value, bool):
            self._control(self.BOOLEAN, int(value))
        elif value < 0:
            self._control(self.INT32, 4)
            self.octets += struct.pack(">i", value)
        else:
            kind = {U16: self.UINT16, U64: self.UINT64}.get(type(value), self.UINT32)
            digits = value.to_bytes((value.bit_length() + 7) // 8, "big")
            self._control(kind, len(digits))
            self.octets += digits
        return offset

    def _control(self, kind, size):
        extended = kind > 7
        front = 0 if extended else kind << 5
        if size < 29:
            rest, size_octets = size, b""
        elif size < 285:
            rest, size_octets = 29, (size - 29).to_bytes(1, "big")
        elif size < 65821:
            rest, size_octets = 30, (size - 285).to_bytes(2, "big")
        else:
            rest, size_octets = 31, (size - 65821).to_bytes(3, "big")
        self.octets.append(front | rest)
        if extended:
            self.octets.append(kind - 7)
        self.octets += size_octets

    def _string(self, text):
        known = self._strings.get(text)
        octets = text.encode()
        if known is None or len(octets) < 2:
            self._strings.setdefault(text, len(self.octets))
            self._control(self.STRING, len(octets))
            self.octets += octets
        elif known < 2048:
            self.octets += bytes((self.POINTER << 5 | known >> 8, known & 255))
        elif known < 2048 + (1 << 19):
            self.octets += ((self.POINTER << 5 | 1 << 3) << 16 | known - 2048).to_bytes(3, "big")
        else:
            self.octets += bytes((self.POINTER << 5 | 3 << 3,)) + known.to_bytes(4, "big")


def flatten(networks, bits):
    """Networks (first address, prefix length, value) to ranges (first, behind the last, value), apart and ascending.

    The longest prefix decides about each address; neighbours of one value are one range.
    """
    ranges = []
    position = 0

    def say(end, value):
        nonlocal position
        if position < end:
            if ranges and ranges[-1][1] == position and ranges[-1][2] == value:
                ranges[-1] = (ranges[-1][0], end, value)
            else:
                ranges.append((position, end, value))
            position = end

    around = []  # the networks that hold the present position, outermost first, each with its end
    for first, length, value in sorted(networks, key=lambda network: network[:2]):
        while around and around[-1][0] <= first:
            say(*around.pop())
        if around:
            say(first, around[-1][1])
        position = first
        around.append((first + (1 << (bits - length)), value))
    while around:
        say(*around.pop())
    return ranges


class Tree:
    """The search tree: (left, right) of every node, children before their parents."""

    def __init__(self):
        self.nodes = []

    def add(self, ranges, bits):
        """Adds a tree over all addresses of so many bits; returns its root, or its value where it has but one."""
        stack = []  # (prefix length, record): blocks side by side, each a left half that waits for its right one
        nodes = self.nodes

        def put(length, record):
            while stack and stack[-1][0] == length:
                left = stack.pop()[1]
                if left != record or record >= 0:
                    nodes.append((left, record))
                    record = len(nodes) - 1
                length -= 1
            stack.append((length, record))

        def cover(position, end, record):
            while position < end:
                size_bits = min((end - position).bit_length() - 1,
                                (position & -position).bit_length() - 1 if position else bits)
                put(bits - size_bits, record)
                position += 1 << size_bits

        position = 0
        for first, end, record in ranges:
            cover(position, first, EMPTY)
            cover(first, end, record)
            position = end
        cover(position, 1 << bits, EMPTY)
        return stack[0][1]


def records_to_octets(nodes, record_size, number):
    """Nodes in the order of the file. `number` turns a record of the tree into that of the file."""
    if record_size == 28:
        def pack(left, right):
            middle = (left >> 24) << 4 | right >> 24
            return ((left & 0xFFFFFF) << 32 | middle << 24 | right & 0xFFFFFF).to_bytes(7, "big")
    else:
        octets = record_size // 4

        def pack(left, right):
            return (left << record_size | right).to_bytes(octets, "big")
    return b"".join([pack(number(left), number(right)) for left, right in reversed(nodes)])


def mmdb(networks, *, database_type, description, build_epoch, ip_version=6, record_size=None):
    """The octets of a MaxMind DB file.

    networks: any iterable of (IP version 4 or 6, first address as int, prefix length, value); a value is what Encoder.append takes,
    None says that nothing is known of this network though it may lie in a larger one. In a file of IP version 6, IPv4
    networks stand under ::/96 and are found under ::ffff:0:0/96, too.
    """
    encoder = Encoder()
    offsets = []
    by_text = {}
    by_identity = {}  # most networks share a value with others; to look at its text each time took half of the run

    def record(value):
        if value is None:
            return EMPTY
        known = by_identity.get(id(value))
        if known is None:
            text = repr(value)
            if text not in by_text:
                by_text[text] = EMPTY - 1 - len(offsets)
                offsets.append(encoder.append(value))
            known = (by_text[text], value)  # holds the value, so that no other can get its identity
            by_identity[id(value)] = known
        return known[0]

    families = {4: [], 6: []}
    for version, first, length, value in networks:
        families[version].append((first, length, record(value)))

    tree = Tree()
    root = tree.add(flatten(families[4], 32), 32)
    if ip_version == 6:
        mapped = 0xFFFF << 32
        root = tree.add(flatten(families[6] + [(0, 96, root), (mapped, 96, root)], 128), 128)
    if not tree.nodes or root < 0:
        tree.nodes.append((root, root))
    count = len(tree.nodes)

    # Children were added before their parents, and the root is node 0 of a file.
    def number(child):
        if child >= 0:
            return count - 1 - child
        return count if child == EMPTY else count + len(SEPARATOR) + offsets[EMPTY - 1 - child]

    if record_size is None:
        record_size = next(size for size in (24, 28, 32) if count + len(SEPARATOR) + len(encoder.octets) < 1 << size)
    metadata = Encoder()
    metadata.append({
        "binary_format_major_version": U16(2),
        "binary_format_minor_version": U16(0),
        "build_epoch": U64(build_epoch),
        "database_type": database_type,
        "description": {"en": description},
        "ip_version": U16(ip_version),
        "languages": ["en"],
        "node_count": count,
        "record_size": U16(record_size),
    })
    return b"".join((records_to_octets(tree.nodes, record_size, number), SEPARATOR, encoder.octets,
                     METADATA_MARKER, metadata.octets))
