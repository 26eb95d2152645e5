#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the seeds of the fuzzers `repeat_filter` and `window_part`: streams of questions in four octets each."""

import random
from pathlib import Path

HERE = Path(__file__).resolve().parent


def stream(seed: int, size: int, first: bytes, *choices) -> bytes:
    """`size` groups of four octets; `choices` gives the range of each octet of a group."""
    chance = random.Random(seed)
    return first + bytes(chance.randrange(*choice) for _ in range(size) for choice in choices)


ALL = (0, 256)

REPEAT_FILTER = {
    "seconds": stream(1, 60, b"\x02", (0x40, 0x44), (0, 12), (0, 1), ALL),
    "backwards": stream(2, 60, b"\x02", (0x40, 0x48), (0, 30), (0, 6), ALL),
    "days": stream(3, 60, b"\x02", (0xc0, 0xc4), (0, 20), (0, 2), ALL),
    "hours_late": stream(4, 60, b"\x28", (0x80, 0x90), (0, 9), ALL, ALL),
    "no_interval": stream(5, 10, b"\x00", ALL, ALL, ALL, ALL),
    "all": stream(6, 120, b"\x04", ALL, ALL, ALL, ALL),
}

WINDOW_PART = {
    "v4": stream(11, 120, b"\xff", (0x18, 0x20), (0, 4), ALL, (0, 3)),
    "v6": stream(12, 120, b"\xff", (0x00, 0x08), (0, 4), ALL, ALL),
    "prefixes": stream(13, 120, b"\xff", (0x30, 0x40), (0, 4), ALL, ALL),
    "small_k": stream(14, 400, b"\x01", (0x10, 0x20), (0, 2), ALL, (0, 2)),
    "large_set": stream(15, 1500, b"\xff", (0x18, 0x20), (0, 1), ALL, (0, 2)),
    "large_sampled": stream(16, 1500, b"\x20", (0x10, 0x20), (0, 1), ALL, (0, 2)),
    "evicted": stream(17, 300, b"\xff", (0x80, 0xc1), ALL, ALL, ALL),
    "thinned": stream(18, 600, b"\x80", (0x50, 0xff), (0, 20), ALL, ALL),
    "all": stream(19, 300, b"\x10", ALL, ALL, ALL, ALL),
}

for room, seeds in {"repeat_filter": REPEAT_FILTER, "window_part": WINDOW_PART}.items():
    (HERE / room).mkdir(exist_ok=True)
    for seed, octets in seeds.items():
        (HERE / room / seed).write_bytes(octets)
