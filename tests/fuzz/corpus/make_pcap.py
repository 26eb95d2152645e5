#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the starting corpora of the pcap and pcapng fuzzers beside itself, the same octets at every run."""
import pathlib
import struct

here = pathlib.Path(__file__).resolve().parent


def pcap(order, magic, minor=4, snap=65535, link=1, cut=None, frames=(b"first", b"", b"third frame")):
    out = struct.pack(order + "IHHiIII", magic, 2, minor, 0, 0, snap, link)
    for i, frame in enumerate(frames):
        lengths = (len(frame), len(frame) + 4)
        out += struct.pack(order + "IIII", 1700000000 + i, 999 * i, *(lengths if minor > 2 else lengths[::-1]))
        if magic == 0xA1B2CD34:
            out += struct.pack(order + "IHBB", 3, 0x800, 0, 0)
        out += frame
    return out[:cut]


def block(order, kind, body, size=None, again=None):
    size = len(body) + 12 if size is None else size
    return struct.pack(order + "II", kind, size) + body + struct.pack(order + "I", size if again is None else again)


def pad(octets):
    return octets + bytes(-len(octets) % 4)


def section(order):
    return block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))


def interface(order, link=1, snap=0, resolution=None, offset=None):
    body = struct.pack(order + "HHI", link, 0, snap)
    if resolution is not None:
        body += struct.pack(order + "HHBxxx", 9, 1, resolution)
    if offset is not None:
        body += struct.pack(order + "HHq", 14, 8, offset)
    return block(order, 1, body + struct.pack(order + "HH", 0, 0))


def enhanced(order, number, ticks, frame, captured=None):
    captured = len(frame) if captured is None else captured
    return block(order, 6, struct.pack(order + "IIIII", number, ticks >> 32, ticks & 0xFFFFFFFF, captured, len(frame))
                 + pad(frame))


def obsolete(order, number, ticks, frame):
    return block(order, 2, struct.pack(order + "HHIIII", number, 9, ticks >> 32, ticks & 0xFFFFFFFF, len(frame),
                                       len(frame)) + pad(frame))


def simple(order, frame, length=None):
    return block(order, 3, struct.pack(order + "I", len(frame) if length is None else length) + pad(frame))


def pcapng(order):
    return (section(order) + interface(order, 1, 0) + interface(order, 101, 64, 9) + interface(order, 113, 4, 0x8A, -5)
            + block(order, 5, b"statistics..") + enhanced(order, 0, 1700000000000000, b"frame")
            + enhanced(order, 1, 1700000000000000000, b"nano") + enhanced(order, 2, 1 << 42, b"binary")
            + obsolete(order, 1, 5, b"obsolete") + simple(order, b"simple"))


pcaps = {
    "micro_little": pcap("<", 0xA1B2C3D4), "micro_big": pcap(">", 0xA1B2C3D4),
    "nano_little": pcap("<", 0xA1B23C4D), "nano_big": pcap(">", 0xA1B23C4D),
    "modified_little": pcap("<", 0xA1B2CD34), "modified_big": pcap(">", 0xA1B2CD34),
    "version_2_2": pcap("<", 0xA1B2C3D4, minor=2), "version_2_3": pcap(">", 0xA1B2C3D4, minor=3),
    "link_with_flags": pcap("<", 0xA1B2C3D4, link=0x54000071), "no_snap_length": pcap("<", 0xA1B2C3D4, snap=0),
    "cut_in_record": pcap("<", 0xA1B2C3D4, cut=-3), "cut_in_header": pcap("<", 0xA1B2C3D4, cut=20),
    "huge_record": pcap("<", 0xA1B2C3D4) + struct.pack("<IIII", 1, 2, 0xFFFFFFFF, 4),
}
pcapngs = {
    "little": pcapng("<"), "big": pcapng(">"), "two_sections": pcapng("<") + pcapng(">"),
    "no_interface": section("<") + enhanced("<", 0, 1, b"frame") + simple("<", b"frame"),
    "captured_too_large": section("<") + interface("<") + enhanced("<", 0, 1, b"frame", 9) + enhanced("<", 0, 2, b"ok"),
    "simple_cut_by_snap": section(">") + interface(">", 1, 4) + simple(">", b"fram", 5) + simple(">", b"fr", 3),
    "lengths_differ": section("<") + interface("<") + block("<", 6, bytes(20), again=36),
    "length_odd": section("<") + interface("<") + block("<", 6, bytes(20), size=33),
    "cut": pcapng("<")[:-7], "version_2": block("<", 0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 2, 0, -1)),
    "resolutions": section("<") + b"".join(interface("<", 1, 0, r, 1 << 40) for r in (0, 3, 12, 40, 127, 128, 192, 255))
                   + b"".join(enhanced("<", i, 0xFFFFFFFFFFFFFFFF >> i, b"x") for i in range(8)),
}
for room, files in (("pcap", pcaps), ("pcapng", pcapngs)):
    (here / room).mkdir(exist_ok=True)
    for name, octets in files.items():
        (here / room / name).write_bytes(octets)
