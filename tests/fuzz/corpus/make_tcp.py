#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the first inputs of tcp_fuzz and message_check_fuzz beside this script; their form is told in tcp_fuzz.cpp."""
import pathlib
import struct

FIN, SYN, RST, ACK, FAR, CUT, CLIENT = 0x01, 0x02, 0x04, 0x10, 0x20, 0x40, 0x80


def query(number):
    return struct.pack(">HHHHHH", number, 0x100, 1, 0, 0, 0) + b"\x01a\x00" + struct.pack(">HH", 12, 1)


def response(number, rdata):
    header = struct.pack(">HHHHHH", number, 0x8180, 1, 1, 0, 0)
    return header + query(number)[12:] + struct.pack(">HHHIH", 0xC00C, 16, 1, 60, len(rdata)) + rdata


def framed(message):
    return struct.pack(">H", len(message)) + message


def one_direction(isn, *segments):
    """Segments are (position, octets)."""
    octets = b"\x00" + struct.pack(">H", isn)
    for position, payload in segments:
        octets += struct.pack(">BH", len(payload) - 1, position) + payload
    return octets


def anything(stream_limit, limit, *segments):
    """Segments are (flags, position, acknowledged, missing, octets); both sides start with number -256."""
    octets = bytes([1, stream_limit, limit])
    for flags, position, acknowledged, missing, payload in segments:
        octets += struct.pack(">BBH", flags, len(payload), position)
        octets += struct.pack(">H", acknowledged) if flags & ACK else b""
        octets += bytes([missing]) if flags & CUT else b""
        octets += payload
    return octets


q1, q2, r1 = framed(query(1)), framed(query(2)), framed(response(1, b"text"))
TCP = {
    "whole": one_direction(0, (0, q1)),
    "two_in_one": one_direction(0, (0, q1 + q2)),
    "split": one_direction(20, (0, q1[:2]), (2, q1[2:7]), (7, q1[7:])),
    "disorder_and_wrap": one_direction(10, (20, q1[20:]), (7, q1[7:20]), (0, q1[:7]), (len(q1), q2)),
    "overlap": one_direction(0, (5, q1[5:15]), (0, q1[:10]), (12, q1[12:] + q2), (0, q1)),
    "short_length": one_direction(0, (0, b"\0\3abc"), (5, q1)),
    "joined": anything(50, 50, (CLIENT, 256, 0, 0, q1), (CLIENT, 256 + len(q1), 0, 0, q2)),
    "joined_inside": anything(50, 50, (CLIENT, 256, 0, 0, q1[9:]), (CLIENT, 256 + len(q1) - 9, 0, 0, q2)),
    "gap_acknowledged": anything(
        90, 90, (CLIENT | SYN, 255, 0, 0, b""), (CLIENT, 300, 0, 0, q2), (ACK, 256, 300 + len(q2), 0, b"")),
    "gap_full": anything(20, 90, (CLIENT | SYN, 255, 0, 0, b""), (CLIENT, 300, 0, 0, q2), (CLIENT, 350, 0, 0, q2)),
    "gap_idle": anything(
        90, 90, (CLIENT | SYN, 255, 0, 0, b""), (CLIENT, 300, 0, 0, q2), (CLIENT | CUT, 0, 0, 200, b"")),
    "cut": anything(90, 90, (CLIENT | SYN, 255, 0, 0, b""), (CLIENT | CUT, 256, 0, 9, q1[:-9]),
                    (CLIENT, 256 + len(q1), 0, 0, q2)),
    "handshake_and_fin": anything(
        90, 90, (CLIENT | SYN, 255, 0, 0, b""), (SYN | ACK, 100, 256, 0, b""),
        (CLIENT | ACK | FIN, 256, 101, 0, q1), (ACK | FIN, 101, 257 + len(q1), 0, r1)),
    "rst": anything(90, 90, (CLIENT | SYN, 255, 0, 0, b""), (CLIENT, 260, 0, 0, q1), (CLIENT | RST, 256, 0, 0, b"")),
    "ports_again": anything(
        90, 90, (CLIENT | SYN, 255, 0, 0, b""), (CLIENT, 256, 0, 0, q1[:9]), (CLIENT | SYN, 400, 0, 0, q2)),
    "far_away": anything(
        90, 90, (CLIENT, 256, 0, 0, q1[:9]), (CLIENT | FAR, 0x8000, 0, 0, q2), (CLIENT, 280, 0, 0, q1)),
}
MESSAGE_CHECK = {
    "query": query(1),
    "query_edns": query(1)[:11] + b"\1" + query(1)[12:] + bytes([0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0]),
    "response": response(1, b"text"),
    "notify": query(1)[:2] + b"\x24\0" + query(1)[4:],
    "forward_pointer": response(1, b"text").replace(b"\xc0\x0c", b"\xc0\x20"),
    "too_long": query(1) + b"\0",
}

if __name__ == "__main__":
    for name, inputs in (("tcp", TCP), ("message_check", MESSAGE_CHECK)):
        folder = pathlib.Path(__file__).parent / name
        folder.mkdir(exist_ok=True)
        for title, octets in inputs.items():
            (folder / title).write_bytes(octets)
