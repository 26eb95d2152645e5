#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of the fuzzers `message` and `reverse_name`, one file per kind of question."""

from pathlib import Path

HERE = Path(__file__).resolve().parent


def name(*labels: bytes) -> bytes:
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def message(question: bytes, flags: int = 0x0100, questions: int = 1) -> bytes:
    return b"\x12\x34" + flags.to_bytes(2, "big") + questions.to_bytes(2, "big") + bytes(6) + question


PTR_IN = b"\0\x0c\0\x01"
V4 = name(b"4", b"3", b"2", b"1", b"in-addr", b"arpa")
V6 = name(*[b"0"] * 32, b"ip6", b"arpa")
OPT = b"\0\0\x29\x10\0\0\0\0\0\0\0"

MESSAGES = {
    "v4_full": message(V4 + PTR_IN),
    "v4_edns": message(V4 + PTR_IN + OPT),
    "v6_full": message(V6 + PTR_IN),
    "response": message(V4 + PTR_IN, flags=0x8180),
    "no_question": message(b"", questions=0),
    "pointer_header": message(b"\x01a\xc0\x0b" + PTR_IN),
    "pointer_self": message(b"\xc0\x0c" + PTR_IN),
    "pointer_forward": message(b"\xc0\x20" + PTR_IN),
    "label_type": message(b"\x41\x01\x02" + PTR_IN),
    "name_255": message(name(b"x" * 63, b"x" * 63, b"x" * 63, b"x" * 61) + PTR_IN),
    "name_256": message(name(b"x" * 63, b"x" * 63, b"x" * 63, b"x" * 62) + PTR_IN),
    "label_at_end": message(b"\x01a"),
    "header_cut": message(b"")[:11],
}

NAMES = {
    "v4_full": b"\0" + name(b"4", b"3", b"2", b"1"),
    "v4_short": b"\0" + name(b"_", b"2", b"1"),
    "v4_classless": b"\0" + name(b"7", b"0/25", b"2", b"0", b"192"),
    "v4_octet": b"\0" + name(b"4", b"256", b"01", b"1"),
    "service": b"\0" + name(b"lb", b"_dns-sd", b"_udp", b"0", b"1", b"168", b"192"),
    "v6_full": b"\1" + name(*[b"f"] * 32),
    "v6_short": b"\1" + name(*[b"A"] * 12),
    "v6_longer": b"\1" + name(*[b"0"] * 33),
    "arpa_only": b"\2" + name(b"in-addr"),
    "other": b"\3" + name(b"www", b"example", b"com"),
}

for room, seeds in {"message": MESSAGES, "reverse_name": NAMES}.items():
    (HERE / room).mkdir(exist_ok=True)
    for seed, octets in seeds.items():
        (HERE / room / seed).write_bytes(octets)
