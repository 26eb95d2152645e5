# SPDX-License-Identifier: Apache-2.0
"""Capture files: frames go in, the octets of a pcap or pcapng file come out, plain or compressed.

pcap is draft-ietf-opsawg-pcap, pcapng is draft-ietf-opsawg-pcapng. `order` is '<' or '>' as struct has it.
"""

import gzip
import lzma
import shutil
import struct
import subprocess


def pcap(frames, link=1, *, order="<", nanoseconds=False, modified=False, version=(2, 4), snap_length=262144):
    """`frames` are (nanoseconds since 1970, octets, length on the wire)."""
    magic = 0xA1B23C4D if nanoseconds else 0xA1B2CD34 if modified else 0xA1B2C3D4
    octets = struct.pack(order + "IHHiIII", magic, *version, 0, 0, snap_length, link)
    unit = 1 if nanoseconds else 1000
    for time, frame, length in frames:
        seconds, rest = divmod(time, 10**9)
        octets += struct.pack(order + "IIII", seconds & 0xFFFFFFFF, rest // unit, len(frame), length)
        if modified:
            octets += struct.pack(order + "IHBB", 2, 0x0800, 0, 0)  # interface, protocol, packet type, padding
        octets += frame
    return octets


def block(kind, body, order="<"):
    """One pcapng block, padded to 4 octets, with both copies of its length."""
    body += bytes(-len(body) % 4)
    length = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + length + body + length


def option(code, value, order="<"):
    return struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)


def section_header(order="<", length=-1):
    return block(0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, length), order)


def interface(link, order="<", *, snap_length=0, resolution=None, offset=None):
    """`resolution` is if_tsresol as the file has it (9: 10^-9; 0x8a: 2^-10), `offset` if_tsoffset in seconds."""
    options = b""
    if resolution is not None:
        options += option(9, bytes([resolution]), order)
    if offset is not None:
        options += option(14, struct.pack(order + "q", offset), order)
    if options:
        options += option(0, b"", order)
    return block(1, struct.pack(order + "HHI", link, 0, snap_length) + options, order)


def enhanced_packet(number, ticks, frame, length=None, order="<"):
    body = struct.pack(order + "IIIII", number, ticks >> 32, ticks & 0xFFFFFFFF, len(frame),
                       len(frame) if length is None else length)
    return block(6, body + frame + bytes(-len(frame) % 4), order)


def simple_packet(frame, length=None, order="<"):
    return block(3, struct.pack(order + "I", len(frame) if length is None else length) + frame, order)


def obsolete_packet(number, ticks, frame, order="<"):
    body = struct.pack(order + "HHIIII", number, 0, ticks >> 32, ticks & 0xFFFFFFFF, len(frame), len(frame))
    return block(2, body + frame, order)


def gz(octets):
    return gzip.compress(octets, 9, mtime=0)


def xz(octets):
    return lzma.compress(octets, check=lzma.CHECK_CRC64, preset=6)


def by_program(program, octets):
    """What zstd or lz4 make of the octets, or nothing where the program is not installed."""
    if shutil.which(program) is None:
        return None
    return subprocess.run([program, "-9", "-q", "-c"], input=octets, stdout=subprocess.PIPE, check=True).stdout


def zst(octets):
    return by_program("zstd", octets)


def lz4(octets):
    return by_program("lz4", octets)


def zst_skippable(content):
    """A frame of zstd that decoders pass over (RFC 8878 section 3.1.2)."""
    return struct.pack("<II", 0x184D2A50, len(content)) + content
