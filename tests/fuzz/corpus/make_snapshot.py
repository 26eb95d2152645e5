#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the corpus of snapshot_fuzz: sorted in either way, unsorted, repeated, commented, and wrong in each way."""

import pathlib
import random

HERE = pathlib.Path(__file__).resolve().parent


def contents():
    chance = random.Random(1)
    rows = sorted((chance.getrandbits(32), chance.choice(["mail.example.net", "NXDOMAIN", "UNREACH", "a" * 60 + ".example"]))
                  for _ in range(150))
    lines = [f"{'.'.join(str(number >> shift & 255) for shift in (24, 16, 8, 0))}\t{name}\n" for number, name in rows]
    mixed = lines[:40]
    chance.shuffle(mixed)
    made = {
        "ascending": "".join(lines),
        "ascending_text": "".join(sorted(lines)),
        "mixed": "".join(mixed),
        "repeated": "1.2.3.4\ta.example\n1.2.3.4\tNXDOMAIN\n1.2.3.4\tb.example\n" * 60,
        "both_families": "::1\tlocalhost.\n1.2.3.4\tx.example.\n2001:db8::1\ty\\.\n2001:db8::2\ty\\\\.\n",
        "ends_in_a_backslash": "::1\tlo4.\n2001:db8::2\ty\\\n",
        "comments": "# names of today\n\n1.2.3.4\ta.example\r\n#" + "-" * 1000 + "\n\n1.2.3.5\tUNREACH",
        "no_tab": "1.2.3.4 a.example\n",
        "two_tabs": "1.2.3.4\ta.example\t300\n",
        "no_address": "host\ta.example\n",
        "no_name": "1.2.3.4\t\n",
        "root": "1.2.3.4\t.\n",
        "long_name": "1.2.3.4\t" + "a" * 1021 + "\n",
        "long_line": "#" * 1281 + "\n",
        "longest_line": "#" * 1280 + "\n1.2.3.4\tx\n",
        "no_line_feed": "1.2.3.4\tx",
        "empty": "",
        "nul": "1.2.3.4\0\tx\n1.2.3.5\tx\0y\n",
    }
    return {f"{name}.tsv": text.encode("latin-1") for name, text in made.items()}


def main():
    folder = HERE / "snapshot"
    folder.mkdir(exist_ok=True)
    for name, octets in contents().items():
        (folder / name).write_bytes(octets)


if __name__ == "__main__":
    main()
