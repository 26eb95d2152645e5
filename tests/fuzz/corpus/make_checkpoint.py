#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes corpus/checkpoint/: sections of small checkpoints, whole and wrong, heads alone, and a file of no sections.

The layout is that of dataplane/state/checkpoint.hpp and checkpoint_head.cpp, written here a second time.
"""

import pathlib
import struct

from make_window_file import STAGES, WHOLE, number, signed, text

FOLDER = pathlib.Path(__file__).parent / "checkpoint"
V4 = bytes(10) + b"\xff\xff"


def ledger(drops=()):
    return (number(7) * 2 * STAGES + number(3)
            + b"".join(text(name) + number(units) for name, units in drops) + text(""))


def waiting(kind, originator):
    return (signed(1_700_000_000_000_000_000) + signed(1_700_000_100_000_000_000) + number(kind) + number(1)
            + originator + V4 + b"\x0a\0\0\1")


def head(series=(), waits=(), filter_octets=4096, sources=1):
    """`series` are lists of window numbers; the clock stands in the first."""
    books = number(1000) + signed(-1) + signed(1_700_000_000_000_000_000) + number(len(series))
    for windows in series:
        books += signed(windows[0]) + number(len(windows))
        books += b"".join(signed(window) + ledger([("icmp", 4)]) + number(1) for window in windows)
    books += number(3) + number(4) + number(len(waits)) + b"".join(waits)
    return (number(1) + text("anchor") + text("0 s") + number(sources) + bytes(16) * sources
            + number(2 ** 64 - 1) + number(5) + number(filter_octets) + books)


def sections(*bodies):
    return b"".join(struct.pack("<H", len(body)) + body for body in bodies)


HEAD = head([[-3, 19000], [2 ** 30]], [waiting(0, V4 + b"\xcb\0\x71\7"), waiting(1, b"\x20\1\r\xb8" + bytes(12)),
                                       waiting(2, V4 + b"\xcb\0\x71\x80")])
WINDOW = b"\2" + number(1) + number(0) + signed(19000) + WHOLE

CASES = {
    "empty": b"",
    "head": HEAD,
    "head_small": head(),
    "head_windows_out_of_order": head([[5, 4]]),
    "head_window_beyond": head([[2 ** 40]]),
    "head_sources_twice": head(sources=2),
    "head_other_family": head([], [waiting(1, V4 + b"\1\2\3\4")]),
    "head_prefix_unmarked": head([], [waiting(2, bytes(16))]),
    "whole": sections(b"\0" + HEAD, b"\1" + number(0) + b"abc", b"\1" + number(64) + b"d", WINDOW, WINDOW),
    "no_windows": sections(b"\0" + head()),
    "filter_beyond": sections(b"\0" + head(), b"\1" + number(4095) + b"ab"),
    "filter_twice": sections(b"\0" + head(), b"\1" + number(5) + b"ab", b"\1" + number(6) + b"c"),
    "filter_too_large": sections(b"\0" + head(filter_octets=2 ** 50)),
    "window_of_no_length": sections(b"\0" + head(), WINDOW),
    "window_cut": sections(b"\0" + HEAD, WINDOW[:-5]),
    "no_head": sections(WINDOW),
    "head_twice": sections(b"\0" + HEAD, b"\0" + HEAD),
    "file_start": b"ECHOTAPC" + struct.pack("<II", 2, 0) + bytes(32),
}

FOLDER.mkdir(exist_ok=True)
for name, octets in CASES.items():
    (FOLDER / name).write_bytes(octets)
