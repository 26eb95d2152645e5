#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""make_captures.py must make this folder again, octet for octet, and the folder must stay small.

Compressed files are compared by what they hold, since compressors of other versions write other octets; where the
program for zst or lz4 is not installed, that file is skipped. Results are TAP.
"""

import gzip
import lzma
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

import make_captures  # noqa: E402
from tap import Tap  # noqa: E402

FOLDER_SIZE_MAX = 300_000
BY_HAND = {".py", ".md"}


def by_program(program):
    return lambda octets: subprocess.run([program, "-d", "-q", "-c"], input=octets, stdout=subprocess.PIPE,
                                         check=True).stdout


OPENERS = {".gz": gzip.decompress, ".xz": lzma.decompress, ".zst": by_program("zstd"), ".lz4": by_program("lz4")}


def same(name, made, kept):
    if made == kept:
        return True
    opener = OPENERS.get(pathlib.Path(name).suffix)
    return opener is not None and not name.startswith("cut_") and opener(made) == opener(kept)


def main():
    tap = Tap()
    made = make_captures.contents()
    differing = []
    for name, octets in made.items():
        path = HERE / name
        if octets is None:
            tap.skip(name, "the program that compresses it is not installed")
        elif not path.exists() or not same(name, octets, path.read_bytes()):
            differing.append(f"{name} differs from what make_captures.py makes: run it and look at the difference")
    tap.result("every file is made again as it is", differing)
    files = [path for path in HERE.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    strangers = [str(path.relative_to(HERE)) for path in files if path.suffix not in BY_HAND]
    strangers = [name for name in strangers if name not in made]
    tap.result("nothing else is here", [f"{name} is made by nobody" for name in strangers])
    size = sum(path.stat().st_size for path in files)
    tap.result("the folder is small", [] if size < FOLDER_SIZE_MAX else [f"{size} octets"])
    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
