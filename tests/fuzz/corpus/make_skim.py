#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of the fuzzer `skim`: a configuration octet and a plain frame each."""

import struct
from pathlib import Path

HERE = Path(__file__).resolve().parent / "skim"


def name(*labels: bytes) -> bytes:
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def message(question: bytes, flags: int = 0x0100, questions: int = 1) -> bytes:
    return struct.pack(">HHHHHH", 0x1234, flags, questions, 0, 0, 0) + question


def udp(payload: bytes, source: int = 40000, destination: int = 53) -> bytes:
    return struct.pack(">HHHH", source, destination, 8 + len(payload), 0) + payload


def ipv4(payload: bytes) -> bytes:
    return (struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), 7, 0, 64, 17, 0)
            + bytes([203, 0, 113, 5]) + bytes([192, 0, 2, 53]) + payload)


def ipv6(payload: bytes) -> bytes:
    address = bytes.fromhex("20010db8000000000000000000000001")
    return struct.pack(">IHBB", 0x60000000, len(payload), 17, 64) + address + address + payload


def ethernet(ethertype: int, payload: bytes, tag: bytes = b"") -> bytes:
    return bytes(12) + tag + struct.pack(">H", ethertype) + payload


A_IN = b"\0\x01\0\x01"
PTR_IN = b"\0\x0c\0\x01"
OTHER = name(b"www", b"example", b"com")
REVERSE = name(b"4", b"3", b"2", b"1", b"in-addr", b"arpa")
VLAN = b"\x81\0\0\x05"

SEEDS = {
    "other_name": b"\0" + ethernet(0x0800, ipv4(udp(message(OTHER + A_IN)))),
    "other_name_v6": b"\0" + ethernet(0x86DD, ipv6(udp(message(OTHER + A_IN)))),
    "other_name_tagged": b"\0" + ethernet(0x0800, ipv4(udp(message(OTHER + A_IN))), VLAN),
    "other_name_padded": b"\0" + ethernet(0x0800, ipv4(udp(message(OTHER + A_IN)))) + bytes(9),
    "other_authority": b"\1" + ethernet(0x0800, ipv4(udp(message(OTHER + A_IN)))),
    "other_port": b"\2" + ethernet(0x0800, ipv4(udp(message(OTHER + A_IN), destination=5300))),
    "response": b"\0" + ethernet(0x0800, ipv4(udp(message(OTHER + A_IN, 0x8180), 53, 40000))),
    "reverse": b"\0" + ethernet(0x0800, ipv4(udp(message(REVERSE + PTR_IN)))),
    "update": b"\0" + ethernet(0x0800, ipv4(udp(message(OTHER + A_IN, 0x2800)))),
    "no_question": b"\0" + ethernet(0x0800, ipv4(udp(message(OTHER + A_IN, questions=0)))),
}

HERE.mkdir(exist_ok=True)
for seed, octets in SEEDS.items():
    (HERE / seed).write_bytes(octets)
