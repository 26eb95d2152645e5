#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes corpus/window_file/: bodies of small windows, whole and wrong, and heads of files.

The layout is that of dataplane/state/window_body.hpp, written here a second time.
"""

import pathlib
import struct

FOLDER = pathlib.Path(__file__).parent / "window_file"
STAGES = 7
COUNTS = 13


def number(value):
    octets = bytearray()
    while value > 0x7F:
        octets.append(value & 0x7F | 0x80)
        value >>= 7
    octets.append(value)
    return bytes(octets)


def signed(value):
    return number(value * 2 if value >= 0 else -value * 2 - 1)


def text(value):
    return number(len(value)) + value.encode()


def column(octets):
    return number(len(octets)) + octets


def ascent(values, lowest=0):
    octets, following = b"", lowest
    for value in values:
        octets += number(value - following)
        following = value + 1
    return octets


def listed(values):
    return number(len(values)) + ascent(values)


def header(drops=(), sites=(), sample_size=65536, families=0, absences=()):
    return b"".join([
        text("192.0.2.0/24"), signed(86400), number(families), signed(0), number(1), signed(30_000_000), number(0x1234),
        number(len(sites)), *(text(site) for site in sites),
        number(1), bytes(range(16)),
        signed(1_700_000_000_000_000_000), signed(86_400_000_000_000),
        number(len(absences)), *(number(before) + number(size) for before, size in absences), number(1),
        number(7) * 2 * STAGES, number(3), *(text(name) + number(units) for name, units in drops), text(""),
        number(1) * COUNTS, number(2), number(1), number(sample_size), number(0), number(0), number(1),
    ])


def queriers(v4=(), v6=(), counts=1):
    return (column(ascent(v4)) + column(number(counts) * 2 * len(v4))
            + column(ascent(v6)) + column(number(counts) * 2 * len(v6)))


def originators(rows=()):
    """Rows of (address, bound complement, periods, IPv4 queriers, indices of IPv6 queriers)."""
    periods = [[period + 2 ** 31 for period in row[2]] for row in rows]
    return b"".join(map(column, [
        ascent(row[0] for row in rows), number(5) * len(rows), signed(1_000_000_000) * len(rows),
        signed(5_000_000_000) * len(rows), b"".join(number(row[1]) for row in rows),
        b"".join(map(listed, periods)),
        b"".join(listed(row[3]) for row in rows), b"".join(listed(row[4]) for row in rows),
    ]))


def nothing(**words):
    return header(**words) + queriers() + originators() + originators()


MAPPED = 0xFFFF << 32
V6 = 0x20010DB8 << 96
ROWS = [(MAPPED | 1, 0, [2833333], [5, 9], []), (MAPPED | 70000, 2 ** 63, [2833333, 2833340], [9], [0, 1]),
        (V6 | 5, 0, [-3], [], [1])]
WHOLE = (header([("icmp", 4), ("response", 9)], ["ams", "lax"]) + queriers([5, 9], [V6 | 1, V6 | 9])
         + originators(ROWS) + originators([(MAPPED | 0x0A800000, 0, [1], [5], [])]))

CASES = {
    "empty": b"",
    "no_rows": header() + queriers() + originators() + originators(),
    "whole": WHOLE,
    "cut": WHOLE[:-3],
    "trailing": WHOLE + b"\0",
    "drop_unknown": header([("gremlins", 1)]) + queriers() + originators() + originators(),
    "drops_out_of_order": header([("response", 1), ("icmp", 1)]) + queriers() + originators() + originators(),
    "sites_twice": header([], ["ams", "ams"]) + queriers() + originators() + originators(),
    "querier_uncounted": header() + queriers([5], [], 0) + originators() + originators(),
    "querier_unused": header() + queriers([], [V6 | 1], 0) + originators() + originators(),
    "querier_beyond": header() + queriers([], [V6 | 1]) + originators([(1, 0, [], [], [1])]) + originators(),
    "sample_too_large": header([], [], 1) + queriers([1, 2]) + originators([(1, 0, [], [1, 2], [])]) + originators(),
    "address_beyond": header() + queriers() + originators([(2 ** 128, 0, [], [], [])]) + originators(),
    "address_largest": header() + queriers() + originators([(2 ** 128 - 1, 0, [], [], [])]) + originators(),
    "list_longer_than_file": header() + queriers() + column(b"\1") + column(b"\1") * 4 + column(number(2 ** 60)),
    "number_not_shortest": b"\x80\x00" + header()[1:],
    "absences": nothing(families=2, absences=[(0, 3_600_000_000_000), (7, 1), (1, 82_799_999_999_991)]),
    "absence_everywhere": nothing(absences=[(0, 86_400_000_000_000)]),
    "absence_of_nothing": nothing(absences=[(5, 0)]),
    "absence_in_two": nothing(absences=[(5, 5), (0, 5)]),
    "absence_beyond": nothing(absences=[(5, 86_399_999_999_996)]),
    "family_unknown": nothing(families=3),
    "head_of_version_1": b"ECHOTAPW" + struct.pack("<IIQQ", 1, 0, 48, 1) + bytes(16),
    "head": b"ECHOTAPW" + struct.pack("<IIQQ", 2, 0, 48, 2 ** 62) + bytes(16),
}

FOLDER.mkdir(exist_ok=True)
for name, octets in CASES.items():
    (FOLDER / name).write_bytes(octets)
