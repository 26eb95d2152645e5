#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the captures of this folder, the rows that must come of each (*.tsv) and manifest.tsv.

Usage: make_captures.py [FOLDER]     (without one: the folder of this script)

The same script gives the same octets on every machine; only zst and lz4 depend on the version of the program that
compresses, and xz and gz on that of the library. Needs nothing but Python and, for zst and lz4, those programs.
"""

import pathlib
import sys

import themes_dns
import themes_files
import themes_fragments
import themes_layers
import themes_tcp

MANIFEST_HEAD = "#capture\tpaths\targuments\texit\tminimised\tdrops\ttheme\n"


def all_captures():
    for theme in (themes_layers, themes_fragments, themes_tcp, themes_dns, themes_files):
        yield from theme.captures()


def contents():
    """Name in the folder to octets; None where the program that would compress it is not installed."""
    written = {}
    manifest = MANIFEST_HEAD
    for capture in all_captures():
        for name, octets in (capture.files() | {f"{capture.name}.tsv": capture.tsv().encode()}).items():
            assert name not in written, name
            written[name] = octets
        manifest += capture.manifest_row() + "\n"
    written["manifest.tsv"] = manifest.encode()
    return written


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent)
    for name, octets in contents().items():
        if octets is None:
            print(f"{name} is left as it is: the program that compresses it is not installed", file=sys.stderr)
            continue
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(octets)


if __name__ == "__main__":
    main()
