#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the seeds of the fragments fuzzer: one file per story in corpus/fragments/.

A seed is two octets for the bounds (packets, blocks) and five per fragment: owner, offset / 8, size / 8, flags, time * 4
(see fragments_fuzz.cpp).
"""
import pathlib

MORE, FAR, ODD, OTHER = 1, 2, 4, 8
CUT = 0xf0


def main():
    head, middle, tail = (0, 0, 2, MORE, 0), (0, 2, 2, MORE, 0), (0, 4, 5, ODD, 0)
    stories = {
        "in_order": [head, middle, tail],
        "reversed": [tail, middle, head],
        "duplicates": [head, head, tail, tail, middle],
        "overlap": [head, (0, 1, 2, MORE, 0), middle, tail],
        "other_octets": [head, (0, 0, 2, MORE | OTHER, 0), tail],
        "two_ends": [tail, (0, 8, 5, ODD, 0)],
        "beyond_the_end": [tail, (0, 9, 1, MORE, 0)],
        "expired": [head, (0, 2, 2, MORE, 124), (0, 4, 1, 0, 8)],
        "clock_back": [head, (0, 2, 2, 0, 128), (0, 2, 2, 0, 127)],
        "too_many_packets": [(owner, 0, 2, MORE, 0) for owner in range(16)],
        "too_many_octets": [(owner, 0, 15, MORE, 0) for owner in range(8)] + [(7, 15, 1, 0, 0)],
        "too_many_fragments": [(0, place, 1, MORE, 0) for place in range(130)],
        "far_end": [(0, 0, 1, MORE | FAR, 0), (0, 0, 7, ODD | FAR, 0), (0, 1, 8, FAR, 0)],
        "malformed": [(0, 0, 9, MORE | ODD, 0), (0, 0, 0, MORE, 0), (0, 0, 2, MORE | CUT, 0), head],
        "families": [head, (4, 2, 2, 0, 0), (12, 0, 2, MORE, 0), (8, 2, 2, 0, 0), (0, 2, 2, 0, 0)],
    }
    folder = pathlib.Path(__file__).parent / "fragments"
    folder.mkdir(exist_ok=True)
    for name, fragments in stories.items():
        bounds = {"too_many_fragments": (3, 200), "too_many_octets": (7, 3)}.get(name, (3, 8))
        (folder / name).write_bytes(bytes(bounds) + b"".join(bytes(fragment) for fragment in fragments))


if __name__ == "__main__":
    main()
